"""Lets rival libraries answer over a pipe. Run by .venv-peers' Python, which has them; the project's own has not.

Usage: `python -I worker.py FOLDER`. FOLDER, which must exist, stands in for the home folder. Each line on stdin is a
JSON object with a `command` and its fields; each gets one line on stdout, `{"answer": {...}}` or
`{"error": {"class", "message", "traceback"}}`. Bytes are base64 text. At the end of stdin the program ends.

Nothing of the user's takes part: the environment is replaced, AWS's files are empty, instance metadata and proxies
are off. What a rival prints goes to stderr. A rival is imported when a command first needs it.

Commands, with their fields; those with a default may be left out:

`versions()`
    → `python`, `distributions` (normalised name to version).
`botocore_sign(method, url, headers=[[name, value]…], body="" [base64], credentials={access_key_id, secret_access_key,
session_token=null}, region, service, time [YYYYMMDDTHHMMSSZ], placement="headers"|"query", expires=3600 [seconds],
signer=null)`
    → `canonical_request`, `string_to_sign`, `signature`, `headers` (pairs), `url`. `signer` names a class of
    `botocore.auth`: SigV4Auth (default) or S3SigV4Auth for headers, SigV4QueryAuth (default) or S3SigV4QueryAuth for
    query.
`boto3_invoke(endpoint_url, region, credentials, operation [InvokeEndpoint, …], kwargs={…; Body is base64},
max_attempts=null [sends in all, 1 = no retries, null = boto3's default])`
    → `output` (as boto3 has it, `Body` read to its end, base64) or `error` {`class`, `code`, `message`, `status`,
    `response`}; the last four but `message` are null unless the service answered.
`awscli(argv [without "aws"], env={}, stdin="" [base64], cwd=FOLDER, limit=60 [seconds])`
    → `stdout`, `stderr` (base64), `exit_code`. `env` is added to the emptied environment.
`awscrt_sign(method, target [path with query], headers=[[name, value]…], body="" [base64], credentials, region [under
SigV4a the text of the region set], service, time, placement="headers"|"query", algorithm="V4"|"V4_ASYMMETRIC",
expires=3600 [seconds], double_encode=true, normalize=true)`
    → `headers` (pairs), `target`: the signed request as awscrt returns it.
`botocore_chunked(body [base64], chunk_size, checksum="crc32"|"sha1"|"sha256")`
    → `body` (base64) as botocore sends it in chunks without signatures, with the checksum in a trailer.
`many(of [a command], calls=[{fields}…])`
    → `answers`: those of one command for many sets of fields, in order. A failure names the number of its call.
`hang()`
    never answers: for the test of the pipe's bound.
"""

import base64
import importlib.metadata
import io
import json
import os
import platform
import re
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from unittest import mock

Fields = dict[str, Any]

SIGNERS = {"headers": ("SigV4Auth", "S3SigV4Auth"), "query": ("SigV4QueryAuth", "S3SigV4QueryAuth")}
SIGNING_LIMIT = 10
"""Seconds that one signature of awscrt may take; it is made in a thread of its own."""
SIGNING_STEPS = ("canonical_request", "string_to_sign", "signature")


def versions() -> Fields:
    """Names what is installed beside this program's interpreter."""
    installed = importlib.metadata.distributions()
    return {
        "python": platform.python_version(),
        "distributions": {re.sub(r"[-_.]+", "-", found.name).lower(): found.version for found in installed},
    }


def botocore_sign(
    *,
    method: str,
    url: str,
    region: str,
    service: str,
    time: str,
    credentials: Fields,
    headers: tuple[tuple[str, str], ...] = (),
    body: str = "",
    placement: str = "headers",
    expires: int = 3600,
    signer: str | None = None,
) -> Fields:
    """Signs one request with botocore at the given time and answers every step of it."""
    request = importlib.import_module("botocore.awsrequest").AWSRequest(method, url, data=base64.b64decode(body))
    for name, value in headers:
        request.headers[name] = value  # adds: a repeated name stays repeated
    lifetime = {"expires": expires} if placement == "query" else {}
    signer_class = botocore_signer(placement, signer or SIGNERS[placement][0])
    auth = signer_class(botocore_credentials(credentials), service, region, **lifetime)
    steps = record_steps(auth)
    moment = datetime.strptime(time, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    # The signers call this name of their module for the time. Were it gone, patching would fail.
    with mock.patch("botocore.auth.get_current_datetime", return_value=moment):
        auth.add_auth(request)
    if time not in steps["string_to_sign"].split("\n"):
        raise RuntimeError(f"botocore signed at another time than {time}: {steps['string_to_sign']!r}")
    return {**steps, "headers": list(request.headers.items()), "url": request.url}


def botocore_signer(placement: str, name: str) -> Any:
    """Finds a class of `botocore.auth` by its name; one of the other placement would leave `expires` unused."""
    if name not in SIGNERS[placement]:
        raise ValueError(f"{name} does not sign in {placement}")
    return getattr(importlib.import_module("botocore.auth"), name)


def botocore_credentials(credentials: Fields) -> Any:
    """Makes botocore's record of keys."""
    return importlib.import_module("botocore.credentials").Credentials(
        credentials["access_key_id"], credentials["secret_access_key"], credentials.get("session_token")
    )


def record_steps(auth: Any) -> dict[str, str]:
    """Makes a signer keep the result of each of its steps in the dict that is returned."""
    steps: dict[str, str] = {}

    def recorded(name: str, step: Callable[..., str]) -> Callable[..., str]:
        def run(*arguments: Any) -> str:
            steps[name] = step(*arguments)
            return steps[name]

        return run

    for name in SIGNING_STEPS:
        setattr(auth, name, recorded(name, getattr(auth, name)))
    return steps


def boto3_invoke(
    *,
    endpoint_url: str,
    region: str,
    credentials: Fields,
    operation: str,
    kwargs: Fields,
    max_attempts: int | None = None,
) -> Fields:
    """Calls one operation of boto3's SageMaker Runtime client; what it raises is an outcome, not a failure of ours."""
    retries = {} if max_attempts is None else {"retries": {"total_max_attempts": max_attempts}}
    client = importlib.import_module("boto3").client(
        "sagemaker-runtime",
        endpoint_url=endpoint_url,
        region_name=region,
        aws_access_key_id=credentials["access_key_id"],
        aws_secret_access_key=credentials["secret_access_key"],
        aws_session_token=credentials.get("session_token"),
        config=importlib.import_module("botocore.config").Config(**retries),
    )
    call = getattr(client, importlib.import_module("botocore").xform_name(operation))
    if "Body" in kwargs:
        kwargs = {**kwargs, "Body": base64.b64decode(kwargs["Body"])}
    try:
        output = call(**kwargs)
        if "Body" in output:
            output["Body"] = output["Body"].read()
    except Exception as error:  # noqa: BLE001 - rivals raise errors outside their own tree too
        return {"error": described(error)}
    finally:
        client.close()
    return {"output": output}


def described(error: Exception) -> Fields:
    """Turns what boto3 raised into fields; only a service's answer has a response."""
    response = getattr(error, "response", None)
    detail = response if isinstance(response, dict) else {}
    return {
        "class": type(error).__name__,
        "code": detail.get("Error", {}).get("Code"),
        "message": str(error),
        "status": detail.get("ResponseMetadata", {}).get("HTTPStatusCode"),
        "response": detail or None,
    }


def awscli(
    *, argv: list[str], env: dict[str, str] | None = None, stdin: str = "", cwd: str | None = None, limit: float = 60
) -> Fields:
    """Runs the AWS CLI of this environment, by its script, because its messages show the name it was run by."""
    done = subprocess.run(  # noqa: S603 - the tests' own argument list, no shell
        [sys.executable, "-I", str(Path(sys.executable).with_name("aws")), *argv],
        input=base64.b64decode(stdin),
        env={**os.environ, **(env or {})},
        cwd=cwd or os.environ["HOME"],
        capture_output=True,
        timeout=limit,
        check=False,
    )
    return {"stdout": done.stdout, "stderr": done.stderr, "exit_code": done.returncode}


def awscrt_sign(
    *,
    method: str,
    target: str,
    region: str,
    service: str,
    time: str,
    credentials: Fields,
    headers: tuple[tuple[str, str], ...] = (),
    body: str = "",
    placement: str = "headers",
    algorithm: str = "V4",
    expires: int = 3600,
    double_encode: bool = True,
    normalize: bool = True,
) -> Fields:
    """Signs one request with AWS's C library at the given time."""
    auth, http = importlib.import_module("awscrt.auth"), importlib.import_module("awscrt.http")
    pairs = [(name, value) for name, value in headers]
    request = http.HttpRequest(method, target, http.HttpHeaders(pairs), io.BytesIO(base64.b64decode(body)))
    kind = {"headers": "HTTP_REQUEST_HEADERS", "query": "HTTP_REQUEST_QUERY_PARAMS"}[placement]
    config = auth.AwsSigningConfig(
        algorithm=auth.AwsSigningAlgorithm[algorithm],
        signature_type=auth.AwsSignatureType[kind],
        credentials_provider=auth.AwsCredentialsProvider.new_static(
            credentials["access_key_id"], credentials["secret_access_key"], credentials.get("session_token")
        ),
        region=region,
        service=service,
        date=datetime.strptime(time, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC),
        use_double_uri_encode=double_encode,
        should_normalize_uri_path=normalize,
        expiration_in_seconds=expires if placement == "query" else None,
    )
    signed = auth.aws_sign_request(request, config).result(SIGNING_LIMIT)
    return {"headers": list(signed.headers), "target": signed.path}


def botocore_chunked(*, body: str, chunk_size: int, checksum: str = "crc32") -> Fields:
    """Puts a body into chunks as botocore does for a checksum in a trailer."""
    checksums = importlib.import_module("botocore.httpchecksum")
    wrapper = checksums.AwsChunkedWrapper(
        io.BytesIO(base64.b64decode(body)),
        checksum_cls={
            "crc32": checksums.Crc32Checksum,
            "sha1": checksums.Sha1Checksum,
            "sha256": checksums.Sha256Checksum,
        }[checksum],
        checksum_name=f"x-amz-checksum-{checksum}",
        chunk_size=chunk_size,
    )
    return {"body": wrapper.read()}


def many(*, of: str, calls: list[Fields]) -> Fields:
    """Runs one command many times: a line for each would wait for the pipe each time."""
    answers = []
    for number, fields in enumerate(calls):
        try:
            answers.append(COMMANDS[of](**fields))
        except Exception as error:
            raise RuntimeError(f"call {number} of {len(calls)}: {error!r}: {fields!r}") from error
    return {"answers": answers}


def hang() -> Fields:
    """Never returns."""
    threading.Event().wait()
    return {}


COMMANDS: dict[str, Callable[..., Fields]] = {
    command.__name__: command
    for command in (versions, botocore_sign, boto3_invoke, awscli, awscrt_sign, botocore_chunked, many, hang)
}


def isolate(folder: str) -> None:
    """Replaces the environment by one in which nothing of the user's is found."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    os.environ.clear()
    os.environ.update(kept)
    os.environ.update(
        HOME=folder,
        LANG="C.UTF-8",
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        BOTO_CONFIG=os.devnull,
        AWS_EC2_METADATA_DISABLED="true",
    )


def private_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Moves the protocol to descriptors of its own, so that no rival reads or prints into it."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    return requests, answers


def answer(line: bytes) -> bytes:
    """Runs the command of one line and returns the line to send back."""
    try:
        fields = json.loads(line)
        outcome = {"answer": COMMANDS[fields.pop("command")](**fields)}
        return json.dumps(outcome, default=encoded).encode()
    except Exception as error:  # noqa: BLE001 - whatever fails here is the caller's to see
        failure = {"class": type(error).__name__, "message": str(error), "traceback": traceback.format_exc()}
        return json.dumps({"error": failure}).encode()


def encoded(value: object) -> str:
    """Gives `json.dumps` a text for what JSON lacks: bytes as base64, times by ISO 8601."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"no JSON form for {type(value).__name__}")


def main(folder: str) -> None:
    """Answers lines until stdin ends."""
    isolate(folder)
    requests, answers = private_pipes()
    for line in requests:
        answers.write(answer(line) + b"\n")
        answers.flush()


if __name__ == "__main__":
    main(sys.argv[1])
