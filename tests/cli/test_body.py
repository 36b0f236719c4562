"""Where --body comes from: base64 on the command line and in file://, bytes in fileb:// and standard input."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from tests.cli.conftest import FLOWER, RAW, Run
from tests.cli.running import Outcome
from tests.runtime.one_shot import OneShot

ANY_BYTES = bytes(range(256))


def sent(run: Run, recorder: OneShot, *arguments: str, stdin: bytes = b"") -> bytes:
    """Run invoke-endpoint with these arguments; return the body that the server received."""
    outcome = run("invoke-endpoint", "--endpoint-url", recorder.url, "--endpoint-name", "iris", *arguments, stdin=stdin)
    assert (outcome.code, outcome.words) == (0, "")
    [request] = recorder.received
    return request.body


def refused(run: Run, recorder: OneShot, *arguments: str, stdin: bytes = b"") -> Outcome:
    """Run invoke-endpoint with these arguments; return how it ended without sending anything."""
    outcome = run("invoke-endpoint", "--endpoint-url", recorder.url, "--endpoint-name", "iris", *arguments, stdin=stdin)
    assert recorder.received == []
    assert outcome.stdout == b""
    return outcome


def test_text_is_base64(run: Run, recorder: OneShot) -> None:
    """As in AWS CLI v2, the text on the command line is base64."""
    assert sent(run, recorder, "--body", base64.b64encode(ANY_BYTES).decode()) == ANY_BYTES


def test_base64_may_hold_white_space(run: Run, recorder: OneShot) -> None:
    """Line ends, as the base64 program writes them, do not count."""
    assert sent(run, recorder, "--body", base64.encodebytes(ANY_BYTES).decode()) == ANY_BYTES


def test_text_is_itself_in_the_raw_format(run: Run, recorder: OneShot) -> None:
    """With raw-in-base64-out the text is the body, in UTF-8."""
    assert "ça, 1 + 1 = 2".encode() == sent(run, recorder, "--body", "ça, 1 + 1 = 2", *RAW)


def test_bytes_of_the_command_line_that_are_no_text_are_kept(run: Run, recorder: OneShot) -> None:
    """What the shell passes on is what is sent, whatever its encoding."""
    assert sent(run, recorder, "--body", b"caf\xe9".decode("utf-8", "surrogateescape"), *RAW) == b"caf\xe9"


def test_an_empty_body_is_sent(run: Run, recorder: OneShot) -> None:
    """No text is no bytes."""
    assert sent(run, recorder, "--body", "") == b""


def test_fileb_is_the_bytes_of_a_file(run: Run, recorder: OneShot, tmp_path: Path) -> None:
    """Nothing is decoded, whatever the format says."""
    (tmp_path / "body").write_bytes(ANY_BYTES)

    assert sent(run, recorder, "--body", f"fileb://{tmp_path}/body") == ANY_BYTES


def test_fileb_is_the_bytes_of_a_file_in_the_raw_format_too(run: Run, recorder: OneShot, tmp_path: Path) -> None:
    """The format is about text."""
    (tmp_path / "body").write_bytes(ANY_BYTES)

    assert sent(run, recorder, "--body", f"fileb://{tmp_path}/body", *RAW) == ANY_BYTES


def test_file_is_base64_in_a_file(run: Run, recorder: OneShot, tmp_path: Path) -> None:
    """file:// stands for its text on the command line."""
    (tmp_path / "body").write_bytes(base64.encodebytes(ANY_BYTES))

    assert sent(run, recorder, "--body", f"file://{tmp_path}/body") == ANY_BYTES


def test_file_is_text_in_the_raw_format(run: Run, recorder: OneShot, tmp_path: Path) -> None:
    """The text is read as text: line ends become line feeds; the last one stays."""
    (tmp_path / "body").write_bytes("é\r\n1\n2\r\n".encode())

    assert "é\n1\n2\n".encode() == sent(run, recorder, "--body", f"file://{tmp_path}/body", *RAW)


@pytest.mark.parametrize("kind", ["file://", "fileb://"])
@pytest.mark.parametrize("name", ["~/flowers.csv", "$FLOWERS/flowers.csv", "${FLOWERS}/flowers.csv", "flowers.csv"])
def test_names_of_files_are_expanded(
    run: Run, recorder: OneShot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, name: str
) -> None:
    """A tilde, variables, and names relative to the working folder."""
    (tmp_path / "flowers.csv").write_text(FLOWER)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("FLOWERS", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    assert FLOWER.encode() == sent(run, recorder, "--body", f"{kind}{name}", *RAW)


@pytest.mark.parametrize("format_", [(), RAW])
def test_a_hyphen_is_the_bytes_of_standard_input(run: Run, recorder: OneShot, format_: tuple[str, ...]) -> None:
    """Standard input is never decoded."""
    assert sent(run, recorder, "--body", "-", *format_, stdin=ANY_BYTES) == ANY_BYTES


def test_a_web_address_is_text(run: Run, recorder: OneShot) -> None:
    """Nothing is fetched from anywhere."""
    assert sent(run, recorder, "--body", "https://example.com/", *RAW) == b"https://example.com/"


@pytest.mark.parametrize("text", [FLOWER, "{}", "abc", "====", "ab=c", "é", "abcd-_==", '{"instances": []}'])
def test_text_that_is_not_base64_is_refused_with_a_way_out(run: Run, recorder: OneShot, text: str) -> None:
    """The words say that text is taken for base64, and name the option that changes it; nothing is sent."""
    outcome = refused(run, recorder, "--body", text)

    assert outcome.code == 255
    assert "Invalid base64" in outcome.words
    assert "--cli-binary-format raw-in-base64-out" in outcome.words


def test_a_file_that_is_not_base64_is_refused_alike(run: Run, recorder: OneShot, tmp_path: Path) -> None:
    """file:// is text, so it is base64."""
    (tmp_path / "flowers.csv").write_text(FLOWER)

    outcome = refused(run, recorder, "--body", f"file://{tmp_path}/flowers.csv")

    assert outcome.code == 255
    assert "--cli-binary-format raw-in-base64-out" in outcome.words


def test_a_file_that_is_not_text_is_refused_with_a_way_out(run: Run, recorder: OneShot, tmp_path: Path) -> None:
    """file:// wants UTF-8; the words name fileb://."""
    (tmp_path / "body").write_bytes(b"\xff\xfe")

    outcome = refused(run, recorder, "--body", f"file://{tmp_path}/body", *RAW)

    assert outcome.code == 255
    assert "fileb://" in outcome.words


@pytest.mark.parametrize("kind", ["file://", "fileb://"])
@pytest.mark.parametrize("name", ["missing.csv", ".", "", "missing/body"])
def test_a_file_that_cannot_be_read_is_named(run: Run, recorder: OneShot, tmp_path: Path, kind: str, name: str) -> None:
    """The words name the file and say why; nothing is sent."""
    outcome = refused(run, recorder, "--body", f"{kind}{tmp_path}/{name}")

    assert outcome.code == 255
    assert f"Unable to load --body from {tmp_path}/{name}: " in outcome.words


@pytest.mark.parametrize("kind", ["file://", "fileb://"])
def test_a_file_of_an_unknown_user_cannot_be_read(run: Run, recorder: OneShot, kind: str) -> None:
    """A tilde with a name that nobody has is said to be so, in one line."""
    outcome = refused(run, recorder, "--body", f"{kind}~nobody-has-this-name/body")

    assert outcome.code == 255
    assert "~nobody-has-this-name/body" in outcome.words


def test_more_than_25_mib_of_standard_input_are_refused(run: Run, recorder: OneShot) -> None:
    """An endless input is not read to its end; what is too much is refused before it is sent."""
    outcome = refused(run, recorder, "--body", "-", stdin=b"x" * (25 * 1024 * 1024 + 2))

    assert outcome.code == 252
    assert "Body has 26,214,401 bytes; 26,214,400 are allowed" in outcome.words


def test_more_than_128000_bytes_are_refused_for_a_queued_request(run: Run, recorder: OneShot) -> None:
    """The limit is the operation's own."""
    arguments = ("--endpoint-url", recorder.url, "--endpoint-name", "iris", "--body", "-")
    outcome = run("invoke-endpoint-async", *arguments, stdin=b"x" * 128_001)

    assert outcome.code == 252
    assert "Body has 128,001 bytes; 128,000 are allowed" in outcome.words
    assert recorder.received == []
