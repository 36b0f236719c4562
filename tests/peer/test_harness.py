"""The harness: what it installed, how it fails, and that its judges are asked what they are said to be asked."""

import base64
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.peer.pipe import CommandError, Peer, WorkerEndedError, WorkerTimeoutError

RECORD_CHECK = Path(__file__).parents[2] / "scripts" / "record_check.py"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
EXAMPLE_KEYS = {"access_key_id": "AKIDEXAMPLE", "secret_access_key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
GET_VANILLA: dict[str, Any] = {
    "method": "GET",
    "url": "https://example.amazonaws.com/",
    "headers": [["Host", "example.amazonaws.com"]],
    "credentials": EXAMPLE_KEYS,
    "region": "us-east-1",
    "service": "service",
    "time": "20150830T123600Z",
}


def test_the_installed_versions_are_the_pinned_ones(peer: Peer) -> None:
    """Every line of the list names a distribution that is installed in exactly that version."""
    pinned = dict(line.split("==") for line in REQUIREMENTS.read_text().splitlines() if re.match(r"\w", line))

    installed = peer.call("versions")["distributions"]

    assert pinned
    assert {name.lower(): version for name, version in pinned.items()}.items() <= installed.items()


def test_botocore_reproduces_the_published_get_vanilla(peer: Peer) -> None:
    """At the time of AWS's signature test suite botocore makes the suite's canonical request and signature."""
    signed = peer.call("botocore_sign", **GET_VANILLA)

    assert signed["canonical_request"] == (
        "GET\n/\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\n\nhost;x-amz-date\n"
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )
    assert signed["string_to_sign"] == (
        "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/service/aws4_request\n"
        "bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63"
    )
    assert signed["signature"] == "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
    assert signed["signature"] in dict(signed["headers"])["Authorization"]


def test_botocore_reproduces_the_published_get_vanilla_in_query_placement(peer: Peer) -> None:
    """The suite's presigned form of the same request has the signature that botocore puts in the URL."""
    signed = peer.call("botocore_sign", placement="query", expires=3600, **GET_VANILLA)

    assert signed["signature"] == "e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d"
    assert signed["url"].endswith("&X-Amz-Signature=" + signed["signature"])


def test_a_signer_is_chosen_by_its_name(peer: Peer) -> None:
    """The signer for S3 leaves dot segments in the path, the general one removes them."""
    request = GET_VANILLA | {"url": "https://example.amazonaws.com/a/../b"}

    general = peer.call("botocore_sign", **request)
    for_s3 = peer.call("botocore_sign", signer="S3SigV4Auth", **request)

    assert general["canonical_request"].split("\n")[1] == "/b"
    assert for_s3["canonical_request"].split("\n")[1] == "/a/../b"


def test_an_error_in_the_worker_comes_back_with_its_name_and_traceback(peer: Peer) -> None:
    """The exception names the worker's exception and the function that raised it."""
    with pytest.raises(CommandError, match="does not match format") as caught:
        peer.call("botocore_sign", **(GET_VANILLA | {"time": "yesterday"}))

    assert caught.value.name == "ValueError"
    assert "in botocore_sign" in caught.value.traceback


def test_a_hung_command_is_bounded_and_the_next_one_is_answered(peer: Peer) -> None:
    """The worker that missed its bound is killed, and another takes its place."""
    with pytest.raises(WorkerTimeoutError, match=r"hang: no answer within 0\.5 s"):
        peer.call("hang", bound=0.5)

    assert peer.call("versions")["python"]


def test_a_worker_that_ends_early_is_told_with_its_stderr(tmp_path: Path) -> None:
    """What the program wrote before it ended is in the error."""
    broken = tmp_path / "broken.py"
    broken.write_text("raise SystemExit('no such luck')\n")

    with Peer(Path(sys.executable), tmp_path, broken) as worker, pytest.raises(WorkerEndedError, match="no such luck"):
        worker.call("versions")


def test_nothing_of_the_users_reaches_the_rivals(
    rivals_python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys in the variables and in the files of the home folder are not found, and what a test gives is."""
    home = tmp_path / "home"
    (home / ".aws").mkdir(parents=True)
    (home / ".aws" / "credentials").write_text("[default]\naws_access_key_id = FROMAFILE\naws_secret_access_key = x\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "FROMTHEENVIRONMENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    folder = tmp_path / "worker"
    folder.mkdir()

    with Peer(rivals_python, folder) as worker:
        listed = worker.call("awscli", argv=["configure", "list"], env={"AWS_DEFAULT_REGION": "eu-west-1"})

    shown = base64.b64decode(listed["stdout"]).decode()
    assert listed["exit_code"] == 0
    assert re.search(r"^ *access_key +<not set>", shown, re.MULTILINE)
    assert re.search(r"^ *region +eu-west-1", shown, re.MULTILINE)


class Answers(BaseHTTPRequestHandler):
    """Answers `/endpoints/echo/…` with the body it got, any other endpoint as an overloaded service does."""

    def do_POST(self) -> None:
        """Answers one invocation."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/endpoints/echo/invocations":
            self.answer(200, {"Content-Type": "application/octet-stream"}, body)
        else:
            self.answer(503, {"x-amzn-ErrorType": "ServiceUnavailable"}, b'{"Message": "try later"}')

    def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        """Sends one answer and closes the connection, as HTTP/1.0 does."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Logs nothing."""


@pytest.fixture
def service() -> Iterator[str]:
    """The URL of a local server that answers as `Answers` says."""
    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(timeout=5)


def boto3_invoke(peer: Peer, url: str, endpoint: str) -> dict[str, Any]:
    """Has boto3 send one invocation, once."""
    kwargs = {"EndpointName": endpoint, "Body": b"\x00\xff"}
    return peer.call(
        "boto3_invoke",
        endpoint_url=url,
        region="us-east-1",
        credentials=EXAMPLE_KEYS,
        operation="InvokeEndpoint",
        kwargs=kwargs,
        max_attempts=1,
    )


def test_boto3_output_comes_back_with_its_body(peer: Peer, service: str) -> None:
    """The output's members are those of boto3; the body is base64."""
    output = boto3_invoke(peer, service, "echo")["output"]

    assert base64.b64decode(output["Body"]) == b"\x00\xff"
    assert output["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_boto3_errors_of_the_service_come_back_with_their_response(peer: Peer, service: str) -> None:
    """Class, code, status and the whole response are there; no retry was made when one attempt was asked for."""
    error = boto3_invoke(peer, service, "overloaded")["error"]

    assert (error["code"], error["status"]) == ("ServiceUnavailable", 503)
    assert error["response"]["ResponseMetadata"]["RetryAttempts"] == 0


def test_boto3_errors_without_an_answer_come_back_by_class(peer: Peer) -> None:
    """A refused connection has a class and a message and no response."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    error = boto3_invoke(peer, f"http://127.0.0.1:{port}", "echo")["error"]

    assert (error["class"], error["status"], error["response"]) == ("EndpointConnectionError", None, None)


def installed_distribution(site_packages: Path, row: str) -> Path:
    """Makes a distribution `example` with one file, `example.py`, and that row in its RECORD."""
    metadata = site_packages / "example-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: example\nVersion: 1.0\n")
    (metadata / "RECORD").write_text(f"{row}\nexample.pyc,sha256=x,1\nexample-1.0.dist-info/RECORD,,\n")
    file = site_packages / "example.py"
    file.write_bytes(b"")
    return file


def record_check(site_packages: Path) -> subprocess.CompletedProcess[str]:
    """Runs the check on one folder."""
    command = [sys.executable, "-I", str(RECORD_CHECK), str(site_packages)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)  # noqa: S603 - our own script


EMPTY_FILE = "example.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0"


def test_files_as_recorded_pass_the_record_check(tmp_path: Path) -> None:
    """Rows without a hash and `.pyc` files are passed over; the rest is counted."""
    installed_distribution(tmp_path, EMPTY_FILE)

    done = record_check(tmp_path)

    assert (done.returncode, done.stdout) == (0, "1 installed files are as their RECORD has them\n")


def test_an_overwritten_file_fails_the_record_check_by_name(tmp_path: Path) -> None:
    """File and distribution are named."""
    file = installed_distribution(tmp_path, EMPTY_FILE)
    file.write_bytes(b"other")

    done = record_check(tmp_path)

    assert (done.returncode, done.stderr) == (1, f"{file} of example 1.0 is not the file that was recorded\n")


def test_a_missing_file_fails_the_record_check_by_name(tmp_path: Path) -> None:
    """File and distribution are named."""
    file = installed_distribution(tmp_path, EMPTY_FILE)
    file.unlink()

    done = record_check(tmp_path)

    assert (done.returncode, done.stderr) == (1, f"{file} of example 1.0 is missing\n")


def test_a_record_check_of_nothing_fails(tmp_path: Path) -> None:
    """An empty folder is not a checked one."""
    done = record_check(tmp_path)

    assert done.returncode == 1
    assert "no recorded file" in done.stderr
