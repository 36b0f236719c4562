"""What reaches the user's eyes: no secret ever, and no control byte where a terminal would obey it."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
from pathlib import Path

import pytest

from runtime.emulator.server import LocalEndpoint
from tests.cli.conftest import FLOWER, RAW, Run
from tests.cli.running import BOUND, KEY_ID, KEYS, PROGRAM, SECRET, clean_environment, run_process
from tests.runtime.one_shot import one_shot

TOKEN = "a/session+token/that/nobody/may/see=="  # noqa: S105 - an example
RESPONSES = Path(__file__).parents[2] / "fixtures" / "responses"
NAMED = ("--endpoint-name", "iris")
BODY = ("--body", FLOWER, *RAW)
ESCAPES = "\x1b[31mred\x1b]0;title\x07\x9b\x00\x08"


def error_answer(message: str) -> bytes:
    """Return a ModelError with these words as the container's own."""
    members = {"Message": message, "OriginalStatusCode": 500, "OriginalMessage": message, "LogStreamArn": message}
    body = json.dumps(members).encode()
    return b"HTTP/1.1 424 F\r\nx-amzn-ErrorType: ModelError\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


def success_answer(body: bytes) -> bytes:
    """Return a success with this body."""
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


def shown_on_a_terminal(*arguments: str, stream: str) -> bytes:
    """Run a command with standard output or standard error on a terminal; return what is shown there."""
    user, program = pty.openpty()
    process = subprocess.Popen(  # noqa: S603 - the program under test
        [PROGRAM, *arguments],
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        stdout=program if stream == "stdout" else subprocess.DEVNULL,
        stderr=program if stream == "stderr" else subprocess.DEVNULL,
    )
    os.close(program)  # so that the terminal ends with the process
    shown = b""
    try:
        while part := read_terminal(user):
            shown += part
    finally:
        os.close(user)
        process.kill()
        process.wait(BOUND)
    return shown


def read_terminal(user: int) -> bytes:
    """Wait for what a terminal shows next; nothing once nobody writes to it any more."""
    ready, _, _ = select.select([user], [], [], BOUND)
    assert ready, "the program neither writes nor ends"
    try:
        return os.read(user, 65536)
    except OSError:  # Linux's way to say that the other end is closed
        return b""


def controls(shown: bytes) -> set[int]:
    """Return the control bytes that a terminal was given, but those of lines and tabs."""
    return {byte for byte in shown if (byte < 0x20 and byte not in b"\r\n\t") or byte in (0x7F, 0x9B)}


def test_words_of_a_model_cannot_control_a_terminal() -> None:
    """Escapes in an error's message are shown, not obeyed: a title, a colour or a cleared screen could deceive."""
    with one_shot([error_answer(ESCAPES)]) as server:
        shown = shown_on_a_terminal("invoke-endpoint", *NAMED, *BODY, "--endpoint-url", server.url, stream="stderr")

    assert b"ModelError" in shown
    assert set() == controls(shown)


def test_an_answer_cannot_control_a_terminal() -> None:
    """A body that goes to a terminal is shown with its control bytes escaped."""
    with one_shot([success_answer(b"line\n" + ESCAPES.encode("latin-1"))]) as server:
        shown = shown_on_a_terminal("invoke-endpoint", *NAMED, *BODY, "--endpoint-url", server.url, stream="stdout")

    assert b"line" in shown
    assert set() == controls(shown)


def test_an_answer_to_a_pipe_is_raw(run: Run) -> None:
    """Only a terminal needs protection: a pipe and a file get the bytes."""
    with one_shot([success_answer(ESCAPES.encode("latin-1"))]) as server:
        outcome = run("invoke-endpoint", *NAMED, *BODY, "--endpoint-url", server.url)

    assert ESCAPES.encode("latin-1") == outcome.stdout


def test_words_outside_any_encoding_are_shown_somehow() -> None:
    """Half a surrogate pair in a message is no reason to fall over."""
    with one_shot([error_answer("half \ud800 pair")]) as server:
        outcome = run_process("invoke-endpoint", *NAMED, *BODY, "--endpoint-url", server.url)

    assert outcome.code == 254
    assert "half" in outcome.words
    assert "Traceback" not in outcome.words


def assert_no_secret(shown: bytes) -> None:
    """Assert that neither the secret nor the token nor a signature stands in what was shown."""
    text = shown.decode(errors="replace")
    assert [secret for secret in (SECRET, TOKEN, TOKEN[:12], SECRET[:12], "Signature=") if secret in text] == []


@pytest.mark.parametrize("operation", ["invoke-endpoint", "invoke-endpoint-async"])
@pytest.mark.parametrize(
    "arguments",
    [
        (*NAMED, *BODY),
        (*NAMED, *BODY, "--region", "eu-west-1"),
        ("--endpoint-name", "other", *BODY),
        ("--endpoint-name", "..", *BODY),
        (*NAMED, "--body", "no base64"),
        (*NAMED, "--body", "bm90IGEgZmxvd2Vy"),
        (*NAMED, *BODY, "--endpoint-url", "http://127.0.0.1:1"),
        (*NAMED, *BODY, "--unknown"),
    ],
)
def test_no_secret_is_shown(
    run: Run, endpoint: LocalEndpoint, monkeypatch: pytest.MonkeyPatch, operation: str, arguments: tuple[str, ...]
) -> None:
    """Whatever happens: a success, a refusal of any kind, a mistake."""
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)

    outcome = run(operation, "--endpoint-url", endpoint.url, *arguments)

    assert_no_secret(outcome.stdout + outcome.stderr)


def test_a_refused_signature_shows_no_session_token(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service repeats the canonical request, token included; the program does not."""
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    body = json.dumps(
        {"message": f"The Canonical String should have been\n'POST\n/\n\nhost:a\nx-amz-security-token:{TOKEN}\n\nhost'"}
    ).encode()
    answer = b"HTTP/1.1 403 F\r\nx-amzn-ErrorType: InvalidSignatureException\r\nContent-Length: %d\r\n\r\n" % len(body)

    with one_shot([answer + body]) as server:
        outcome = run("invoke-endpoint", *NAMED, *BODY, "--endpoint-url", server.url)

    assert outcome.code == 254
    assert "The Canonical String" in outcome.words
    assert_no_secret(outcome.stderr)


@pytest.mark.parametrize("name", ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"])
def test_a_key_that_cannot_be_used_is_not_shown(run: Run, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A line break in a secret or a token is told without the value."""
    monkeypatch.setenv(name, f"{KEYS.get(name, TOKEN)}\nX-Header: 1")

    outcome = run("invoke-endpoint", *NAMED, *BODY, "--endpoint-url", "http://127.0.0.1:1")

    assert (outcome.code, outcome.stdout) == (255, b"")
    assert_no_secret(outcome.stderr)


def test_a_wrong_secret_is_not_shown(run: Run, endpoint: LocalEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusal shows what was signed, and not with what."""
    wrong = "wrong" + SECRET[5:]
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", wrong)

    outcome = run("invoke-endpoint", *NAMED, *BODY, "--endpoint-url", endpoint.url)

    assert outcome.code == 254
    assert "InvalidSignatureException" in outcome.words
    assert wrong not in outcome.words
    assert KEY_ID not in outcome.words
