"""The main job from end to end: the local endpoint in a process of its own, both operations, and a refusal.

Prints what a user would want to see, and ends with 1 if any of it is not as it should be.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime import Client, Credentials, InvalidSignatureException, InvokeEndpointAsyncInput

REGION = "us-east-1"
KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # noqa: S105 - the example of AWS's documentation
IRIS = Path(__file__).parents[1] / "fixtures" / "iris.csv"
WAIT_SECONDS = 20
INPUT_LOCATION = "s3://iris-async/input/flowers.csv"


def main() -> int:
    """Run the demonstration; return the exit code."""
    _, *rows = [line.split(",") for line in IRIS.read_text().split()]
    flowers = "".join(",".join(row[:4]) + "\n" for row in rows)
    species = [row[4] for row in rows]
    with tempfile.TemporaryDirectory() as name, local_endpoint(Path(name)) as url:
        print(f"local endpoint    {url}")
        with Client(REGION, endpoint_url=url, credentials=Credentials(KEY_ID, SECRET)) as client:
            predicted = invoke(client, flowers, species)
            invoke_async(client, Path(name), flowers, predicted)
        refuse(url, flowers)
    print("\nall as it should be")
    return 0


def invoke(client: Client, flowers: str, species: list[str]) -> list[str]:
    """Send all flowers through InvokeEndpoint; return what the model made of them."""
    answer = client.invoke_endpoint("iris", flowers, content_type="text/csv", accept="application/json")
    predicted: list[str] = answer.json()["predictions"]
    right = sum(found == true for found, true in zip(predicted, species, strict=True))
    print(f"\nInvokeEndpoint    {answer.metadata.status_code} in {answer.metadata.elapsed * 1000:.1f} ms")
    print(f"  predictions     {len(predicted)}: " + ", ".join(f"{n} {s}" for s, n in Counter(predicted).items()))
    print(f"  accuracy        {right / len(species):.1%} ({right} of {len(species)})")
    print(f"  variant         {answer.invoked_production_variant}")
    print(f"  request id      {answer.metadata.request_id}")
    require(answer.metadata.status_code == 200, "InvokeEndpoint answers with 200")  # noqa: PLR2004 - as documented
    require(set(predicted) == set(species), "every species is found")
    require(right / len(species) > 0.9, "more than nine in ten are right")  # noqa: PLR2004 - a centroid does 139 of 150
    require(answer.invoked_production_variant == "AllTraffic", "the variant that answered is named")
    require(bool(answer.metadata.request_id), "the answer has a request id")
    return predicted


def invoke_async(client: Client, folder: Path, flowers: str, predicted: list[str]) -> None:
    """Queue the same flowers as an object, wait for the output, and compare."""
    given = folder / INPUT_LOCATION.removeprefix("s3://")
    given.parent.mkdir(parents=True)
    given.write_text(flowers)
    record = InvokeEndpointAsyncInput(
        endpoint_name="iris", input_location=INPUT_LOCATION, content_type="text/csv", request_ttl_seconds=600
    )
    answer = client.send(record)
    print(f"\nInvokeEndpointAsync  {answer.metadata.status_code} in {answer.metadata.elapsed * 1000:.1f} ms")
    print(f"  inference id    {answer.inference_id}")
    print(f"  output          {answer.output_location}")
    print(f"  failure         {answer.failure_location}")
    require(answer.metadata.status_code == 202, "InvokeEndpointAsync answers with 202")  # noqa: PLR2004 - as documented
    require(bool(answer.output_location and answer.failure_location), "both locations are named")
    output = wait_for(folder / str(answer.output_location).removeprefix("s3://"))
    require(output.split() == predicted, "the output object holds the same predictions")
    print(f"  output object   {len(output.split())} predictions, the same as above")


def refuse(url: str, flowers: str) -> None:
    """Send a request with a wrong secret; it must be refused."""
    wrong = Credentials(KEY_ID, SECRET[::-1])
    with Client(REGION, endpoint_url=url, credentials=wrong) as client:
        try:
            client.invoke_endpoint("iris", flowers, content_type="text/csv")
        except InvalidSignatureException as error:
            print(f"\nwrong secret      {error.status_code} {error.code}\n  {error.message.splitlines()[0]}")
            require(error.status_code == 403, "a wrong secret is answered with 403")  # noqa: PLR2004 - as documented
            return
    require(condition=False, claim="a wrong secret is refused")


@contextmanager
def local_endpoint(folder: Path) -> Iterator[str]:
    """Run ``sagemaker-runtime serve`` in a process of its own; yield its URL."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    program = Path(sys.executable).parent / "sagemaker-runtime"
    command = [str(program), "serve", "--port", "0", "--region", REGION, "--s3-folder", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)  # noqa: S603
    try:
        url = process.stdout.readline().strip() if process.stdout else ""
        if not url:
            _, log = process.communicate(timeout=WAIT_SECONDS)
            raise SystemExit(f"the local endpoint did not start:\n{log}")
        yield url
    finally:
        process.terminate()
        process.communicate(timeout=WAIT_SECONDS)


def wait_for(path: Path) -> str:
    """Return a file's text once it is there."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not path.exists():
        require(time.monotonic() < deadline, f"the output object appears within {WAIT_SECONDS} s")
        time.sleep(0.02)
    return path.read_text()


def require(condition: bool, claim: str) -> None:  # noqa: FBT001 - reads as a sentence where it is used
    """End the demonstration with 1 unless the claim holds."""
    if not condition:
        raise SystemExit(f"NOT AS IT SHOULD BE: {claim}")


if __name__ == "__main__":
    sys.exit(main())
