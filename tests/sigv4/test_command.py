"""The command ``sigv4``: whole sessions, in this process and in others: both output streams and the exit code."""

import io
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve, frozen

import sigv4
from sigv4 import Headers, Request, parse_timestamp, presign, sign_headers
from sigv4.cli import main
from sigv4.curl import read_curl
from sigv4.raw_http import read_request, write_request
from tests.sigv4.examples import CREDENTIALS, INVOKE, SCOPE, TEMPORARY, TIME, signed_request, with_value

ROOT = Path(sigv4.__file__).parents[1]
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"  # noqa: S105 - AWS's published example
TOKEN = "AQoDYXdzEPT//wEXAMPLE=="  # noqa: S105 - AWS's published example
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": SECRET}
STAMP = "20150830T123600Z"
SIGN = ["sign", "--region", "eu-west-1", "--service", "sagemaker", "--time", STAMP]
PRESIGN = ["presign", *SIGN[1:]]
VERIFY = ["verify", "--region", "eu-west-1", "--service", "sagemaker", "--time", STAMP]
URL = "https://runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/iris/invocations?a=1&b=x%20y"
FIELDS = [
    "--method", "POST", "--url", URL, "--header", "Content-Type: text/csv",
    "--header", "X-Amzn-SageMaker-Custom-Attributes:tenant=a", "--data", "5.1,3.5,1.4,0.2\n",
]  # fmt: skip
"""`INVOKE` as arguments."""
CURL = [
    "curl", "-s", "-X", "POST", URL, "-H", "Content-Type: text/csv",
    "-H", "X-Amzn-SageMaker-Custom-Attributes: tenant=a", "--data-raw", "5.1,3.5,1.4,0.2\n",
]  # fmt: skip
"""The same for curl."""
EXPECTED = sign_headers(INVOKE, CREDENTIALS, SCOPE)


@frozen
class Ended:
    """How a command ended.

    Attributes:
        code: its exit code.
        out: what it wrote to standard output.
        err: what it wrote to standard error.
    """

    code: int
    out: str
    err: str


class Command:
    """Runs the command in this process, in an environment with just the keys."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[bytes]) -> None:
        self._monkeypatch = monkeypatch
        self._capture = capture
        for name in list(os.environ):
            if name.startswith("AWS_"):
                monkeypatch.delenv(name)
        self.keys(KEYS)

    def keys(self, values: Mapping[str, str | None]) -> None:
        """Set variables of the environment, or take them out."""
        for name, value in values.items():
            if value is None:
                self._monkeypatch.delenv(name, raising=False)
            else:
                self._monkeypatch.setenv(name, value)

    def __call__(self, *arguments: str, stdin: bytes = b"") -> Ended:
        """Run one command."""
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        try:
            code = main(arguments)
        except SystemExit as ended:  # argparse's
            code = int(ended.code or 0)
        captured = self._capture.readouterr()
        return Ended(code, captured.out.decode(), captured.err.decode())

    def succeeds(self, *arguments: str, stdin: bytes = b"") -> str:
        """Run one command that must succeed in silence but for its result, which is returned."""
        ended = self(*arguments, stdin=stdin)
        assert (ended.code, ended.err) == (0, "")
        return ended.out


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> Command:
    """The command, with AWS's published example keys."""
    return Command(monkeypatch, capsysbinary)


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """A file with `INVOKE` as raw HTTP text."""
    path = tmp_path / "request.http"
    path.write_bytes(write_request(INVOKE))
    return path


def lines_of(headers: Headers) -> str:
    """Return headers as the command prints them."""
    return "".join(f"{name}: {value}\n" for name, value in headers)


# The request, in each of its forms


def test_fields_are_signed(command: Command) -> None:
    """The headers to add, one a line."""
    assert lines_of(EXPECTED.headers) == command.succeeds(*SIGN, *FIELDS)


def test_raw_text_is_signed(command: Command, raw: Path) -> None:
    """From a file or from standard input. A Content-Length that is in it is signed."""
    with_length = evolve(INVOKE, headers=(*INVOKE.headers, ("Content-Length", "16")))
    expected = lines_of(sign_headers(with_length, CREDENTIALS, SCOPE).headers)

    assert expected == command.succeeds(*SIGN, "--request", str(raw))
    assert expected == command.succeeds(*SIGN, "--request", "-", stdin=raw.read_bytes())


def test_a_curl_command_is_signed(command: Command) -> None:
    """As one argument, or word by word after two hyphens."""
    expected = lines_of(EXPECTED.headers)

    assert expected == command.succeeds(*SIGN, "--curl", shlex.join(CURL))
    assert expected == command.succeeds(*SIGN, "--", *CURL)


def test_data_come_from_a_file(command: Command, tmp_path: Path) -> None:
    """As it is, byte by byte: with its line ends, unlike curl's -d."""
    (tmp_path / "body").write_bytes(b"5.1,3.5,1.4,0.2\n")
    arguments = [*FIELDS[:-1], f"@{tmp_path / 'body'}"]

    assert lines_of(EXPECTED.headers) == command.succeeds(*SIGN, *arguments)
    assert lines_of(EXPECTED.headers) == command.succeeds(*SIGN, *FIELDS[:-1], "@-", stdin=b"5.1,3.5,1.4,0.2\n")
    words = [*CURL[:-2], "--data-binary", f"@{tmp_path / 'body'}"]
    assert lines_of(EXPECTED.headers) == command.succeeds(*SIGN, "--", *words)


def test_the_scheme_of_raw_text_is_https_unless_said_otherwise(command: Command) -> None:
    """It shows in the URL."""
    text = b"GET /a HTTP/1.1\r\nHost: localhost:8080\r\n\r\n"

    assert command.succeeds(*PRESIGN, "--request", "-", stdin=text).startswith("https://localhost:8080/a?")
    http = command.succeeds(*PRESIGN, "--request", "-", "--scheme", "http", stdin=text)
    assert http.startswith("http://localhost:8080/a?")


def test_a_get_is_what_is_asked_for_without_a_method(command: Command) -> None:
    """Of the URL alone."""
    request = Request.from_url("GET", URL)

    assert lines_of(sign_headers(request, CREDENTIALS, SCOPE).headers) == command.succeeds(*SIGN, "--url", URL)


@pytest.mark.parametrize(
    "forms",
    [
        [],
        ["--url", URL, "--curl", "curl https://example.com/"],
        ["--request", "-", "--url", URL],
        ["--url", URL, "--", "curl", URL],
        ["--curl", "curl https://example.com/", "--request", "-"],
    ],
)
def test_the_request_is_given_in_one_form(command: Command, forms: Sequence[str]) -> None:
    """Not in two of them, and not in none."""
    ended = command(*SIGN, *forms)

    assert (ended.code, ended.out) == (2, "")
    assert ended.err == ("sigv4: request: is to be given once: as --request, as a curl command line, or as --url\n")


# The result, in each of its forms


def test_the_result_as_raw_text(command: Command) -> None:
    """What can be sent as it is."""
    assert write_request(INVOKE, EXPECTED.headers).decode() == command.succeeds(*SIGN, *FIELDS, "--output", "http")


def test_the_result_as_a_curl_command(command: Command) -> None:
    """Of which the reader makes the signed request."""
    out = command.succeeds(*SIGN, *FIELDS, "--output", "curl")

    found = read_curl(shlex.split(out), lambda _: b"")
    assert evolve(INVOKE, headers=INVOKE.headers + EXPECTED.headers) == found


@pytest.mark.parametrize(
    "request_",
    [
        INVOKE,
        Request.from_url("GET", "https://example.amazonaws.com/"),
        Request.from_url("DELETE", "http://localhost:8080/a%20b?c=%2F&d", [("A", "")]),
        Request.from_url("PUT", URL, [("Content-Type", "text/csv")], "é'\"$`\\\n".encode()),
        Request.from_url("POST", URL, [], b"body without a type"),
        Request.from_url("HEAD", URL),
    ],
    ids=["a call", "nothing but a host", "a query and an empty header", "any text", "no type", "no body"],
)
@pytest.mark.parametrize("credentials", [CREDENTIALS, TEMPORARY], ids=["long-term", "temporary"])
def test_curl_output_is_the_same_request(
    command: Command, tmp_path: Path, request_: Request, credentials: sigv4.Credentials
) -> None:
    """Signed with headers or as a URL; read again and verified."""
    command.keys({"AWS_SESSION_TOKEN": TOKEN if credentials is TEMPORARY else None})
    path = tmp_path / "request.http"
    path.write_bytes(write_request(evolve(request_, payload=b"")) + bytes(as_bytes(request_)))
    for arguments in (SIGN, PRESIGN):
        out = command.succeeds(*arguments, "--request", str(path), "--scheme", request_.scheme, "--output", "curl")
        sent = read_curl(shlex.split(out), lambda _: b"")
        assert (request_.method, request_.path, request_.payload) == (sent.method, sent.path, sent.payload)
        assert set(request_.headers) <= set(sent.headers)
        verified = command.succeeds(*VERIFY, "--curl", out.strip(), "--scheme", request_.scheme)
        assert verified.startswith("verified: AKIDEXAMPLE 20150830T123600Z ")


def as_bytes(request: Request) -> bytes:
    """Return a body that is bytes."""
    assert isinstance(request.payload, bytes)
    return request.payload


def test_the_result_as_json(command: Command) -> None:
    """Each step as text, the headers and the URL."""
    assert json.loads(command.succeeds(*SIGN, *FIELDS, "--output", "json")) == {
        "canonical_request": str(EXPECTED.canonical_request),
        "string_to_sign": str(EXPECTED.string_to_sign),
        "signature": EXPECTED.signature,
        "headers": dict(EXPECTED.headers),
        "url": URL,
    }


def test_a_url_is_presigned(command: Command) -> None:
    """For an hour, unless another lifetime is given."""
    for arguments, expires_in in (([], 3600), (["--expires-in", "60"], 60)):
        expected = presign(INVOKE, CREDENTIALS, SCOPE, expires_in).url
        assert f"{expected}\n" == command.succeeds(*PRESIGN, *FIELDS, *arguments)


def test_a_presigned_url_in_its_other_forms(command: Command) -> None:
    """As a request that can be sent, and with each step."""
    signed = presign(INVOKE, CREDENTIALS, SCOPE, 3600)
    request = evolve(INVOKE, query=signed.url.partition("?")[2])

    assert write_request(request).decode() == command.succeeds(*PRESIGN, *FIELDS, "--output", "http")
    found = json.loads(command.succeeds(*PRESIGN, *FIELDS, "--output", "json"))
    assert (found["url"], found["headers"], found["signature"]) == (signed.url, {}, signed.signature)
    assert read_curl(shlex.split(command.succeeds(*PRESIGN, *FIELDS, "--output", "curl")), lambda _: b"") == request


# Rules, scopes and payloads


def test_the_rules_are_those_of_the_service(command: Command) -> None:
    """Those of Amazon S3 sign the path as it stands, and the body's hash in a header."""
    arguments = [*SIGN, "--url", "https://b.s3.amazonaws.com/a%20b", "--output", "json"]

    generic = json.loads(command.succeeds(*arguments))
    for_s3 = json.loads(command.succeeds(*arguments, "--rules", "s3"))

    assert generic["canonical_request"].split("\n")[1] == "/a%2520b"
    assert for_s3["canonical_request"].split("\n")[1] == "/a%20b"
    assert set(for_s3["headers"]) - set(generic["headers"]) == {"X-Amz-Content-SHA256"}


def test_a_region_set_signs_by_version_4a(command: Command) -> None:
    """In place of a region."""
    arguments = ["--service", "sagemaker", "--time", STAMP, "--region-set", "eu-*,us-east-1", *FIELDS]

    out = command.succeeds("sign", *arguments, "--output", "http")

    assert "\r\nX-Amz-Region-Set: eu-*,us-east-1\r\n" in out
    verified = command.succeeds(*VERIFY, "--request", "-", stdin=out.encode())
    assert verified == "verified: AKIDEXAMPLE 20150830T123600Z 20150830/sagemaker/aws4_request\n"
    assert command(*VERIFY[:2], "us-west-2", *VERIFY[3:], "--request", "-", stdin=out.encode()).code == 1


def test_a_body_can_be_left_unsigned(command: Command) -> None:
    """For Amazon S3; whoever verifies must leave it out too."""
    arguments = ["--url", "https://b.s3.amazonaws.com/a", "--rules", "s3", "--unsigned-payload"]
    expected = json.loads(command.succeeds(*PRESIGN, *arguments, "--output", "json"))

    assert expected["canonical_request"].endswith("\nUNSIGNED-PAYLOAD")
    raw = command.succeeds(*PRESIGN, *arguments, "--output", "http").encode()
    assert command.succeeds(*VERIFY, "--request", "-", "--rules", "s3", "--unsigned-payload", stdin=raw)
    assert command(*VERIFY, "--request", "-", "--rules", "s3", stdin=raw).code == 1


@pytest.mark.parametrize("output", ["http", "curl"])
def test_a_body_that_is_not_signed_is_sent_all_the_same(command: Command, output: str) -> None:
    """Leaving it out of the signature does not leave it out of the request."""
    arguments = ["--rules", "s3", "--unsigned-payload", "--output", output]

    for words in (SIGN, PRESIGN):
        assert "5.1,3.5,1.4,0.2" in command.succeeds(*words, *FIELDS, *arguments)


def test_the_machines_time_counts_unless_another_is_given(command: Command) -> None:
    """In UTC; what is signed now is verified now."""
    out = command.succeeds(*SIGN[:-2], *FIELDS, "--output", "http")
    signed = parse_timestamp(dict(read_request(out.encode()).headers)["X-Amz-Date"])

    assert abs(datetime.now(UTC) - signed) < timedelta(minutes=1)
    assert command.succeeds(*VERIFY[:-2], "--request", "-", stdin=out.encode())
    assert command(*VERIFY, "--request", "-", stdin=out.encode()).code == 1


# Verifying


@pytest.mark.parametrize("token", [None, TOKEN], ids=["long-term", "temporary"])
@pytest.mark.parametrize("words", [SIGN, PRESIGN], ids=["sign", "presign"])
def test_what_was_signed_is_verified(command: Command, words: Sequence[str], token: str | None) -> None:
    """The raw text of the one is the input of the other."""
    command.keys({"AWS_SESSION_TOKEN": token})
    out = command.succeeds(*words, *FIELDS, "--output", "http")

    assert command.succeeds(*VERIFY, "--request", "-", stdin=out.encode()) == (
        "verified: AKIDEXAMPLE 20150830T123600Z 20150830/eu-west-1/sagemaker/aws4_request\n"
    )


def test_a_refusal_says_why_and_what_a_caller_would_be_told(command: Command) -> None:
    """On standard error: the check for the operator, then AWS's status, code and text; the exit code is 1."""
    other = write_request(with_value(signed_request(), "content-type", "text/plain"))

    ended = command(*VERIFY, "--request", "-", stdin=other)

    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith(
        "refused: the signature differs: a wrong secret, or an altered request\n"
        "403 InvalidSignatureException: The request signature we calculated does not match the signature you provided."
    )
    assert str(sign_headers(evolve(INVOKE, headers=[
        (name, "text/plain" if name == "Content-Type" else value) for name, value in INVOKE.headers
    ]), CREDENTIALS, SCOPE).canonical_request) in ended.err  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "check"),
    [
        (["--region", "us-east-1", "--service", "sagemaker", "--time", STAMP], "scope: region"),
        (["--region", "eu-west-1", "--service", "s3", "--time", STAMP], "scope: service"),
        (["--time", "20150830T124101Z"], "the request's time is too far in the past"),
        (["--time", "20150830T123059Z"], "the request's time is in the future"),
    ],
)
def test_the_scope_and_the_time_are_checked(command: Command, arguments: Sequence[str], check: str) -> None:
    """The region and the service where they are given; the time always."""
    ended = command("verify", *arguments, "--request", "-", stdin=write_request(signed_request()))

    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith(f"refused: {check}\n403 InvalidSignatureException: ")


def test_any_scope_is_verified_where_none_is_named(command: Command) -> None:
    """The signature binds both all the same."""
    raw = write_request(signed_request())

    assert command.succeeds("verify", "--time", STAMP, "--request", "-", stdin=raw).startswith("verified: ")


def test_other_keys_refuse(command: Command) -> None:
    """An unknown key id and a wrong secret."""
    raw = write_request(signed_request())

    command.keys({"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"})
    assert "403 UnrecognizedClientException: " in command(*VERIFY, "--request", "-", stdin=raw).err
    command.keys({**KEYS, "AWS_SECRET_ACCESS_KEY": "wrong"})
    assert "403 InvalidSignatureException: " in command(*VERIFY, "--request", "-", stdin=raw).err


def test_the_specification_alone_allows_more(command: Command) -> None:
    """A path that is not in normal form."""
    raw = write_request(signed_request(evolve(INVOKE, path="/endpoints//iris/invocations")))

    assert "the path is not in normal form" in command(*VERIFY, "--request", "-", stdin=raw).err
    assert command.succeeds(*VERIFY, "--policy", "specification", "--request", "-", stdin=raw)


# Secrets


@pytest.mark.parametrize("output", ["headers", "curl", "http", "json"])
def test_the_secret_is_never_shown(command: Command, output: str) -> None:
    """The session token only where it is sent."""
    command.keys({"AWS_SESSION_TOKEN": TOKEN})

    for words in (SIGN, PRESIGN):
        form = "url" if (words, output) == (PRESIGN, "headers") else output
        ended = command(*words, *FIELDS, "--output", form)
        assert ended.code == 0
        assert SECRET not in ended.out + ended.err
        assert TOKEN not in ended.err
        assert TOKEN in ended.out or "X-Amz-Security-Token=AQoDYXdzEPT%2F%2FwEXAMPLE%3D%3D" in ended.out


def test_a_refusal_shows_neither_secret_nor_token(command: Command) -> None:
    """It has the canonical request in it, in which the token has stars."""
    command.keys({"AWS_SESSION_TOKEN": TOKEN})
    raw = write_request(with_value(signed_request(credentials=TEMPORARY), "content-type", "text/plain"))

    ended = command(*VERIFY, "--request", "-", stdin=raw)

    assert ended.code == 1
    assert "x-amz-security-token:***" in ended.err
    assert TOKEN not in ended.err
    assert SECRET not in ended.err


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"AWS_ACCESS_KEY_ID": None}, "environment: lacks AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY; set both"),
        ({"AWS_SECRET_ACCESS_KEY": None}, "environment: lacks AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY; set both"),
        ({"AWS_SECRET_ACCESS_KEY": ""}, "environment: lacks AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY; set both"),
        ({"AWS_SECRET_ACCESS_KEY": f"{SECRET}\n"}, "secret_access_key: character 41 of 41 is a line break"),
        ({"AWS_SESSION_TOKEN": f"{TOKEN} "}, "session_token: character 24 of 24 is a character that may not"),
        ({"AWS_ACCESS_KEY_ID": "a b"}, "access_key_id: character 2 of 3 is a character that may not stand in it"),
    ],
)
def test_keys_that_cannot_be_are_told_without_being_shown(
    command: Command, values: dict[str, str | None], message: str
) -> None:
    """Which variable, and what is wrong with it."""
    command.keys(values)

    for words in ([*SIGN, *FIELDS], [*PRESIGN, *FIELDS], [*VERIFY, *FIELDS]):
        ended = command(*words)
        assert (ended.code, ended.out) == (2, "")
        assert ended.err.startswith(f"sigv4: {message}")
        assert SECRET not in ended.err
        assert TOKEN not in ended.err


@pytest.mark.parametrize("name", ["sign", "presign", "verify"])
def test_no_argument_takes_a_secret(command: Command, name: str) -> None:
    """Other users of the machine can read a command line."""
    text = command.succeeds(name, "--help")
    options = [word.strip("[],") for word in text.split() if word.strip("[").startswith("--")]

    assert "--request" in options
    assert [word for word in options if any(part in word for part in ("key", "secret", "token", "credential"))] == []
    for word in ("--secret", "--access-key-id", "--secret-access-key", "--session-token"):
        assert command(name, *SIGN[1:5], word, "a").code == 2


def test_a_key_in_a_curl_command_is_refused_and_not_shown(command: Command) -> None:
    """That is how curl is given keys; in another process's list they stand all the same."""
    for words in (["--user", f"AKIDEXAMPLE:{SECRET}"], [f"-uAKIDEXAMPLE:{SECRET}"], ["-u", f"AKIDEXAMPLE:{SECRET}"]):
        ended = command(*SIGN, "--", "curl", "--aws-sigv4", "aws:amz", *words, URL)
        assert (ended.code, ended.out) == (2, "")
        assert SECRET not in ended.err


# What makes no sense


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--url", "example.com"], "url: is not of the form https://host/path?query"),
        (["--url", "https://user:password@example.com/"], "url: holds user information before '@'"),
        (["--url", URL, "--header", "Host"], "--header: 'Host' is not of the form 'Name: value'"),
        (["--url", URL, "--header", "a b: c"], "headers['a b']: is not a header name"),
        (["--url", URL, "--header", "Authorization: a"], "headers['authorization']: is added by signing"),
        (["--url", f"{URL}&X-Amz-Date=a"], "query: holds a parameter that signing adds"),
        (["--url", URL, "--method", "get it"], "method: 'GET IT' is not an upper-case HTTP method"),
        (["--url", f"{URL}%"], "query: holds a '%' without two hexadecimal digits after it"),
        (["--url", URL, "--data", "@/does/not/exist"], "[Errno 2] No such file or directory: '/does/not/exist'"),
        (["--request", "/does/not/exist"], "[Errno 2] No such file or directory: '/does/not/exist'"),
        (["--request", "-"], "request line: is not of the form METHOD /path HTTP/1.1"),
        (["--curl", "curl -F a=b https://example.com/"], "curl: has the option -F, which is not understood"),
        (["--curl", "curl"], "curl: names no URL"),
        (["--curl", f"curl '{URL}"], "curl: "),
        (["--curl", f"wget '{URL}'"], "curl: "),
        (["--", "wget", URL], "curl: "),
        (["--url", URL, "--region-set", "*"], "region: excludes a region set"),
        (["--url", URL, "--time", "2015-08-30"], "time: is not a time of the form YYYYMMDDTHHMMSSZ"),
        (["--url", URL, "--region", "eu west"], "region: 'eu west' may hold only letters"),
        (["--url", URL, "--region", ""], "region: '' may hold only letters"),
        (["--url", URL, "--service", "a/b"], "service: 'a/b' may hold only letters"),
    ],
)
def test_a_request_that_cannot_be_is_told_in_one_line(command: Command, arguments: Sequence[str], message: str) -> None:
    """On standard error, with the exit code 2 and no traceback; nothing is printed."""
    ended = command(*SIGN, *arguments)

    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"sigv4: {message}")
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["explode"],
        ["sign"],
        ["sign", "--url", URL],
        [*SIGN, *FIELDS, "--output", "yaml"],
        [*SIGN, *FIELDS, "--output", "url"],
        [*SIGN, *FIELDS, "--expires-in", "60"],
        [*PRESIGN, *FIELDS, "--expires-in", "an hour"],
        [*PRESIGN, *FIELDS, "--output", "headers"],
        [*SIGN, *FIELDS, "--rules", "other"],
        [*VERIFY, *FIELDS, "--policy", "lax"],
        [*VERIFY, *FIELDS, "--output", "json"],
    ],
)
def test_a_command_line_that_makes_no_sense_is_told_with_its_usage(command: Command, arguments: Sequence[str]) -> None:
    """On standard error, with the exit code 2."""
    ended = command(*arguments)

    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("usage: sigv4")


@pytest.mark.parametrize("expires_in", ["0", "604801", "-1"])
def test_a_lifetime_out_of_range_is_refused(command: Command, expires_in: str) -> None:
    """With the range."""
    ended = command(*PRESIGN, *FIELDS, f"--expires-in={expires_in}")

    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (f"sigv4: expires_in: is {expires_in}; give a whole number of seconds from 1 to 604800\n")


@pytest.mark.parametrize("output", ["headers", "curl", "http", "json"])
def test_bytes_that_are_not_utf_8_end_in_no_traceback(command: Command, output: str) -> None:
    """A header may hold them; they are written as they are, or the form that cannot hold them is refused."""
    raw = b"GET /a HTTP/1.1\r\nHost: example.amazonaws.com\r\nX-Amz-Meta-A: \xff\r\n\r\n"
    signing = [sys.executable, "-m", "sigv4", *SIGN, "--request", "-", "--output", output]

    done = run(signing, raw)

    assert done.returncode in (0, 2)
    assert b"Traceback" not in done.stderr
    assert command(*SIGN, "--request", "-", stdin=raw).code == 0


# In other processes


def run(words: Sequence[str], stdin: bytes = b"", **keys: str) -> subprocess.CompletedProcess[bytes]:
    """Run a program with the keys in its environment."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.run(  # noqa: S603 - our own program
        words, input=stdin, capture_output=True, timeout=30, check=False, cwd=ROOT, env=environment | KEYS | keys
    )


def test_one_process_signs_what_another_verifies() -> None:
    """As in a pipe of a shell."""
    signed = run([sys.executable, "-m", "sigv4", *SIGN, *FIELDS, "--output", "http"])
    verified = run([sys.executable, "-m", "sigv4", *VERIFY, "--request", "-"], signed.stdout)
    refused = run([sys.executable, "-m", "sigv4", *VERIFY, "--request", "-"], signed.stdout, AWS_SESSION_TOKEN=TOKEN)

    assert (signed.returncode, signed.stderr) == (0, b"")
    assert signed.stdout == write_request(INVOKE, EXPECTED.headers)
    assert (verified.returncode, verified.stderr) == (0, b"")
    assert verified.stdout == b"verified: AKIDEXAMPLE 20150830T123600Z 20150830/eu-west-1/sagemaker/aws4_request\n"
    assert (refused.returncode, refused.stdout) == (1, b"")
    assert refused.stderr.startswith(b"refused: the session token is not the one that belongs to the access key id\n")


def test_the_installed_command_is_the_module() -> None:
    """The same result and the same version."""
    installed = str(Path(sys.executable).with_name("sigv4"))

    for words in ([*SIGN, *FIELDS], ["--version"], ["sign"]):
        by_name, by_module = run([installed, *words]), run([sys.executable, "-m", "sigv4", *words])
        assert (by_name.returncode, by_name.stdout) == (by_module.returncode, by_module.stdout)
    assert run([installed, "--version"]).stdout == f"sigv4-runtime/{sigv4.__version__}\n".encode()


def test_a_body_of_any_bytes_goes_through() -> None:
    """From a pipe into a signature and out again."""
    body = bytes(range(256)) * 5
    raw = write_request(evolve(INVOKE, payload=body))

    signed = run([sys.executable, "-m", "sigv4", *SIGN, "--request", "-", "--output", "http"], raw)

    assert read_request(signed.stdout).payload == body
    assert run([sys.executable, "-m", "sigv4", *VERIFY, "--request", "-"], signed.stdout).returncode == 0


def test_the_command_reads_the_clock_in_utc_whatever_the_machine_says() -> None:
    """A time zone in the environment makes no difference."""
    words = [sys.executable, "-m", "sigv4", *SIGN[:-2], "--url", URL]
    line = next(line for line in run(words, TZ="Asia/Kathmandu").stdout.decode().split("\n") if "X-Amz-Date" in line)

    assert abs(parse_timestamp(line.partition(": ")[2]) - datetime.now(UTC)) < timedelta(minutes=1)
    assert abs(TIME - parse_timestamp(STAMP)) == timedelta(0)
