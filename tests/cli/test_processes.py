"""The program as a process of its own: signals, streams that are missing, and the server in the foreground."""

from __future__ import annotations

import re
import select
import signal
import socket
import subprocess
from pathlib import Path
from typing import IO

import pytest

from runtime import Client, Credentials, InvalidSignatureException
from runtime.emulator.server import LocalEndpoint
from tests.cli.conftest import FLOWER, RAW
from tests.cli.running import BOUND, KEY_ID, KEYS, PROGRAM, SECRET, clean_environment, run_process, started

URL = re.compile(r"http://127\.0\.0\.1:[0-9]+\n")


def invocation(url: str, *more: str) -> tuple[str, ...]:
    """Return the arguments of an invoke-endpoint of one flower."""
    given = ("--endpoint-url", url, "--endpoint-name", "iris", "--content-type", "text/csv", "--body", FLOWER, *RAW)
    return ("invoke-endpoint", *given, *more)


def first_line(stream: IO[bytes] | None) -> str:
    """Wait for the first line of a stream."""
    assert stream is not None
    ready, _, _ = select.select([stream], [], [], BOUND)
    assert ready
    return stream.readline().decode()


def without_keys(folder: Path, **variables: str) -> dict[str, str]:
    """Return an environment without keys and region, whose temporary files lie in a folder."""
    kept = {name: value for name, value in clean_environment(**variables).items() if name not in KEYS}
    return {**kept, **variables, "TMPDIR": str(folder)}


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    """A folder for the temporary files of a process."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


def test_the_program_runs(endpoint: LocalEndpoint) -> None:
    """The installed script does what the function does."""
    outcome = run_process(*invocation(endpoint.url))

    assert (outcome.code, outcome.stdout) == (0, b"setosa\n")
    assert b'"InvokedProductionVariant": "AllTraffic"' in outcome.stderr


def test_an_interrupt_while_the_model_runs_ends_quietly(tmp_path: Path) -> None:
    """Ctrl-C: 130, not a word, and nothing unfinished is left."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(BOUND)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with started(*invocation(url, str(tmp_path / "answer"))) as process:
            connection, _ = listening.accept()
            with connection:
                connection.settimeout(BOUND)
                assert connection.recv(1)
                process.send_signal(signal.SIGINT)
                stdout, stderr = process.communicate(timeout=BOUND)

    assert (process.returncode, stdout, stderr) == (130, b"", b"")
    assert list(tmp_path.iterdir()) == []


def test_a_body_can_be_piped_through(endpoint: LocalEndpoint) -> None:
    """Standard input in, standard output out."""
    arguments = ("--endpoint-url", endpoint.url, "--endpoint-name", "iris", "--content-type", "text/csv", "--body", "-")
    outcome = run_process("invoke-endpoint", *arguments, stdin=FLOWER.encode())

    assert (outcome.code, outcome.stdout) == (0, b"setosa\n")


@pytest.mark.parametrize("closed", [0, 1])
def test_a_missing_stream_is_told_in_one_line(endpoint: LocalEndpoint, closed: int) -> None:
    """As after ``<&-`` or ``>&-``: 255 and no traceback."""
    body = ("--body", "-") if closed == 0 else ("--body", FLOWER, *RAW)
    arguments = ("invoke-endpoint", "--endpoint-url", endpoint.url, "--endpoint-name", "iris", *body)
    shell = f'exec "$@" {closed}{"<&-" if closed == 0 else ">&-"}'
    done = subprocess.run(  # noqa: S603 - the program under test
        ["/bin/sh", "-c", shell, "sh", str(PROGRAM), *arguments],
        env=clean_environment(),
        capture_output=True,
        timeout=BOUND,
        check=False,
    )

    assert done.returncode == 255
    assert b"Traceback" not in done.stderr
    assert done.stderr.strip()


def test_the_server_prints_its_url_and_serves(temporary: Path) -> None:
    """One line on standard output; with no keys and no region set, AWS's example pair and us-east-1 do."""
    with started("serve", environment=without_keys(temporary)) as process:
        url = first_line(process.stdout)
        assert URL.fullmatch(url)
        with Client("us-east-1", endpoint_url=url.strip(), credentials=Credentials(KEY_ID, SECRET)) as client:
            assert client.invoke_endpoint("iris", FLOWER, content_type="text/csv").body == b"setosa\n"
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=BOUND)

    assert stdout == b""
    assert b"AKIAIOSFODNN7EXAMPLE" in stderr
    assert b"POST /endpoints/iris/invocations: 200" in stderr
    assert f"export AWS_ACCESS_KEY_ID={KEY_ID} AWS_SECRET_ACCESS_KEY={SECRET}".encode() in stderr


@pytest.mark.parametrize(("name", "codes"), [("SIGINT", (130,)), ("SIGTERM", (0, 130))])
def test_the_server_stops_when_it_is_told_to(temporary: Path, name: str, codes: tuple[int, ...]) -> None:
    """Ctrl-C is 130, and SIGTERM ends in order: no traceback, and no temporary folder is left."""
    with started("serve", environment=without_keys(temporary)) as process:
        first_line(process.stdout)
        process.send_signal(getattr(signal, name))
        _, stderr = process.communicate(timeout=BOUND)

    assert b"Traceback" not in stderr
    assert list(temporary.iterdir()) == []
    assert process.returncode in codes


def test_the_server_takes_the_keys_and_the_region_of_its_environment(temporary: Path) -> None:
    """Those keys alone are accepted, for that region alone."""
    keys = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_DEFAULT_REGION": "eu-west-1"}
    with started("serve", environment=without_keys(temporary, **keys)) as process:
        url = first_line(process.stdout).strip()
        with Client("eu-west-1", endpoint_url=url, credentials=Credentials("AKIDEXAMPLE", SECRET)) as client:
            assert client.invoke_endpoint("iris", FLOWER).body == b"setosa\n"
        wrong = Client("eu-west-1", endpoint_url=url, credentials=Credentials("AKIDEXAMPLE", SECRET[::-1]))
        with wrong, pytest.raises(InvalidSignatureException):
            wrong.invoke_endpoint("iris", FLOWER)
        process.terminate()
        _, stderr = process.communicate(timeout=BOUND)

    assert SECRET.encode() not in stderr


def test_the_server_uses_the_folder_and_the_region_that_it_is_given(tmp_path: Path, temporary: Path) -> None:
    """--s3-folder is made when it is missing, and stays; --region beats the environment's."""
    folder = tmp_path / "new" / "s3"
    arguments = ("serve", "--s3-folder", str(folder), "--region", "eu-west-2")
    with started(*arguments, environment=without_keys(temporary, AWS_REGION="eu-west-1")) as process:
        url = first_line(process.stdout).strip()
        with Client("eu-west-2", endpoint_url=url, credentials=Credentials(KEY_ID, SECRET)) as client:
            answer = client.invoke_endpoint_async("iris", body=FLOWER, content_type="text/csv")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=BOUND)

    assert answer.output_location is not None
    assert (folder / answer.output_location.removeprefix("s3://")).read_bytes() == b"setosa\n"


def test_a_port_that_is_taken_is_255(endpoint: LocalEndpoint) -> None:
    """The words name the port and a way out; no URL is printed."""
    port = endpoint.url.rpartition(":")[2]

    outcome = run_process("serve", "--port", port)

    assert (outcome.code, outcome.stdout) == (255, b"")
    assert f"port {port} of 127.0.0.1 cannot be used: " in outcome.words
    assert "--port 0" in outcome.words


@pytest.mark.parametrize("port", ["70000", "-1"])
def test_a_port_that_is_none_is_refused_in_one_line(port: str) -> None:
    """252 or 255, the port is named, and there is no traceback."""
    outcome = run_process("serve", "--port", port)

    assert outcome.code in (252, 255)
    assert port in outcome.words
    assert "Traceback" not in outcome.words


def test_a_folder_that_is_a_file_is_refused_in_one_line(tmp_path: Path) -> None:
    """255, the folder is named, and there is no traceback."""
    (tmp_path / "file").touch()

    outcome = run_process("serve", "--s3-folder", str(tmp_path / "file"))

    assert (outcome.code, outcome.stdout) == (255, b"")
    assert str(tmp_path / "file") in outcome.words
    assert "Traceback" not in outcome.words


def test_half_a_pair_of_keys_is_no_reason_to_serve_with_the_example_pair(temporary: Path) -> None:
    """255: whoever sets a key id means it."""
    outcome = run_process("serve", environment=without_keys(temporary, AWS_ACCESS_KEY_ID="AKIDEXAMPLE"))

    assert (outcome.code, outcome.stdout) == (255, b"")
    assert "AWS_SECRET_ACCESS_KEY" in outcome.words
    assert list(temporary.iterdir()) == []
