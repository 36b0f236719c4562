"""Where the answer goes: its body to the outfile, whole or not at all, and its other members to standard output."""

from __future__ import annotations

import json
import os
import stat
import threading
from pathlib import Path
from typing import IO

import pytest

from runtime.emulator.server import LocalEndpoint
from tests.cli.conftest import FLOWER, RAW, Run
from tests.cli.running import run_process
from tests.runtime.one_shot import one_shot

MEMBERS = b'{\n    "ContentType": "text/csv",\n    "InvokedProductionVariant": "AllTraffic"\n}\n'
ANY_BYTES = bytes(range(256))


def answering(answer: bytes) -> tuple[bytes, ...]:
    """Return one answer for a server to give: a success with this body."""
    return (b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(answer), answer),)


def command(url: str, *more: str) -> tuple[str, ...]:
    """Return the arguments of an invoke-endpoint of one flower."""
    given = ("--endpoint-url", url, "--endpoint-name", "iris", "--content-type", "text/csv", "--body", FLOWER, *RAW)
    return ("invoke-endpoint", *given, *more)


def test_the_body_goes_to_the_outfile_and_the_members_to_standard_output(invoke: Run, tmp_path: Path) -> None:
    """As AWS's CLI has it."""
    outfile = tmp_path / "answer.csv"

    outcome = invoke("--body", FLOWER, *RAW, str(outfile))

    assert (outcome.code, outcome.stdout, outcome.stderr) == (0, MEMBERS, b"")
    assert outfile.read_bytes() == b"setosa\n"
    assert [outfile] == list(tmp_path.iterdir())


@pytest.mark.parametrize("outfile", [(), ("-",)])
def test_without_an_outfile_the_body_goes_to_standard_output(invoke: Run, outfile: tuple[str, ...]) -> None:
    """Left out, or a hyphen; the members go to standard error, so that the body can be piped."""
    outcome = invoke("--body", FLOWER, *RAW, *outfile)

    assert (outcome.code, outcome.stdout, outcome.stderr) == (0, b"setosa\n", MEMBERS)


def test_the_outfile_may_stand_anywhere(invoke: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the options, too."""
    monkeypatch.chdir(tmp_path)

    assert invoke("answer.csv", "--body", FLOWER, *RAW).code == 0
    assert (tmp_path / "answer.csv").read_bytes() == b"setosa\n"


@pytest.mark.parametrize("to", ["outfile", "standard output"])
def test_every_byte_of_a_body_is_kept(run: Run, tmp_path: Path, to: str) -> None:
    """Bodies are bytes: nothing is decoded, and no line end is added."""
    with one_shot(answering(ANY_BYTES)) as server:
        outcome = run(*command(server.url, str(tmp_path / "answer") if to == "outfile" else "-"))

    assert outcome.code == 0
    assert ((tmp_path / "answer").read_bytes() if to == "outfile" else outcome.stdout) == ANY_BYTES


@pytest.mark.parametrize("name", ["a b", ".hidden", "-dash", "~", "$HOME", "é", "a" * 255], ids=lambda name: name[:9])
def test_the_outfile_s_name_is_taken_as_it_stands(
    invoke: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """It is not expanded, and may be as long as the system allows."""
    monkeypatch.chdir(tmp_path)
    outcome = invoke("--body", FLOWER, *RAW, f"./{name}")

    assert (outcome.code, outcome.words) == (0, "")
    assert [name] == [found.name for found in tmp_path.iterdir()]


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o000])
def test_a_new_outfile_has_the_mode_that_the_umask_allows(invoke: Run, tmp_path: Path, mask: int) -> None:
    """As every program's new file."""
    before = os.umask(mask)
    try:
        invoke("--body", FLOWER, *RAW, str(tmp_path / "answer"))
    finally:
        os.umask(before)

    assert 0o666 & ~mask == stat.S_IMODE((tmp_path / "answer").stat().st_mode)


def test_an_outfile_that_is_there_keeps_its_mode(invoke: Run, tmp_path: Path) -> None:
    """What its owner alone could read, others cannot read afterwards."""
    outfile = tmp_path / "answer"
    outfile.touch(0o600)

    assert invoke("--body", FLOWER, *RAW, str(outfile)).code == 0

    assert outfile.read_bytes() == b"setosa\n"
    assert stat.S_IMODE(outfile.stat().st_mode) == 0o600


def test_an_outfile_that_is_a_link_is_written_where_it_leads(invoke: Run, tmp_path: Path) -> None:
    """The link stays a link."""
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old and long")
    link.symlink_to("target")

    assert invoke("--body", FLOWER, *RAW, str(link)).code == 0

    assert link.is_symlink()
    assert target.read_bytes() == b"setosa\n"


def test_a_link_to_nothing_yet_is_written_where_it_leads(invoke: Run, tmp_path: Path) -> None:
    """A dangling link names a file to make."""
    link = tmp_path / "link"
    link.symlink_to("target")

    assert invoke("--body", FLOWER, *RAW, str(link)).code == 0

    assert (tmp_path / "target").read_bytes() == b"setosa\n"


FAILURES = {
    "the service says no": (b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n", 254),
    "the answer is cut": (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", 255),
    "there is no answer": (b"", 255),
    "the answer is none": (b"garbage\r\n\r\n", 255),
}


@pytest.mark.parametrize("kind", FAILURES)
@pytest.mark.parametrize("there", [True, False])
def test_a_failed_call_leaves_no_outfile_and_an_old_one_as_it_was(
    run: Run, tmp_path: Path, kind: str, *, there: bool
) -> None:
    """Nothing is written before the whole answer came, and nothing unfinished is left."""
    outfile = tmp_path / "answer"
    if there:
        outfile.write_text("old")
    answer, code = FAILURES[kind]

    with one_shot((answer,)) as server:
        outcome = run(*command(server.url, str(outfile)))

    assert (code, b"") == (outcome.code, outcome.stdout)
    assert {"answer": "old"} if there else {path.name: path.read_text() for path in tmp_path.iterdir()} == {}


def test_a_failed_call_writes_nothing_to_standard_output(run: Run) -> None:
    """Half an answer is none."""
    with one_shot((FAILURES["the answer is cut"][0],)) as server:
        outcome = run(*command(server.url))

    assert (outcome.code, outcome.stdout) == (255, b"")


@pytest.mark.parametrize("name", ["missing/answer", ".", "", "file/answer", "a" * 300], ids=lambda name: name[:14])
def test_an_outfile_that_cannot_be_written_is_refused_before_anything_is_sent(
    run: Run, tmp_path: Path, name: str
) -> None:
    """The model does not run for an answer that has no place; the words name the outfile and say so."""
    (tmp_path / "file").touch()
    with one_shot() as server:
        outcome = run(*command(server.url, f"{tmp_path}/{name}"))

        assert server.received == []
    assert (outcome.code, outcome.stdout) == (255, b"")
    assert "cannot be written" in outcome.words
    assert "nothing was sent" in outcome.words
    assert [found.name for found in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_an_outfile_in_a_folder_that_may_not_be_written_is_refused_before_anything_is_sent(
    run: Run, tmp_path: Path
) -> None:
    """The folder's permissions count."""
    tmp_path.chmod(0o500)
    with one_shot() as server:
        outcome = run(*command(server.url, str(tmp_path / "answer")))

        assert server.received == []
    assert outcome.code == 255


def test_a_fifo_is_written_directly(invoke: Run, tmp_path: Path) -> None:
    """A reader at the other end gets the body, and the FIFO stays one."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(fifo.read_bytes()), daemon=True)
    reader.start()

    outcome = invoke("--body", FLOWER, *RAW, str(fifo))

    reader.join(5)
    assert (outcome.code, outcome.stdout) == (0, MEMBERS)
    assert read == [b"setosa\n"]
    assert fifo.is_fifo()


def test_dev_null_stays_a_device(invoke: Run) -> None:
    """The answer goes nowhere, and the device stays what it is."""
    outcome = invoke("--body", FLOWER, *RAW, os.devnull)

    assert (outcome.code, outcome.stdout) == (0, MEMBERS)
    assert Path(os.devnull).is_char_device()


def test_dev_stdout_is_standard_output(endpoint: LocalEndpoint) -> None:
    """Body first, members after it."""
    outcome = run_process(*command(endpoint.url, "/dev/stdout"))

    assert (outcome.code, outcome.stdout, outcome.stderr) == (0, b"setosa\n" + MEMBERS, b"")


@pytest.mark.skipif(not Path("/proc/self/fd/1").exists(), reason="Linux's name of standard output")
def test_a_name_of_standard_output_is_not_replaced_by_a_file(endpoint: LocalEndpoint, tmp_path: Path) -> None:
    """With ``>> file``, what leads to standard output (as /dev/stdout does) still leads to it, and gets the answer."""
    name, redirected = tmp_path / "stdout", tmp_path / "redirected"
    name.symlink_to("/proc/self/fd/1")
    with redirected.open("ab") as file:
        outcome = run_process(*command(endpoint.url, str(name)), stdout=file)

    assert (outcome.code, outcome.words) == (0, "")
    assert name.is_symlink()
    assert redirected.read_bytes() == b"setosa\n" + MEMBERS


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux's device that is always full")
def test_a_full_disk_is_told_in_one_line(endpoint: LocalEndpoint) -> None:
    """For the outfile: what cannot be written is named, the code is 255, and there is no traceback."""
    outcome = run_process(*command(endpoint.url, "/dev/full"))

    assert outcome.code == 255
    assert "No space left on device" in outcome.words
    assert "Traceback" not in outcome.words


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux's device that is always full")
@pytest.mark.parametrize("outfile", [(), ("answer",)], ids=["the body", "the members"])
def test_a_full_standard_output_is_told_in_one_line(
    endpoint: LocalEndpoint, tmp_path: Path, outfile: tuple[str, ...]
) -> None:
    """For the body and for the members: the code is 255, and there is no traceback."""
    with Path("/dev/full").open("wb") as full:
        outcome = run_process(*command(endpoint.url, *outfile), stdout=full, cwd=tmp_path)

    assert outcome.code == 255
    assert "No space left on device" in outcome.words
    assert "Traceback" not in outcome.words


@pytest.mark.parametrize("outfile", [(), ("answer",)], ids=["the body", "the members"])
def test_a_reader_that_has_gone_is_no_reason_to_complain(
    endpoint: LocalEndpoint, tmp_path: Path, outfile: tuple[str, ...]
) -> None:
    """As in ``… | head -0``: standard error has no traceback and no complaint of the interpreter."""
    with closed_pipe() as pipe:
        outcome = run_process(*command(endpoint.url, *outfile), stdout=pipe, cwd=tmp_path)

    assert outcome.code == 255
    assert outcome.words == ""


def closed_pipe() -> IO[bytes]:
    """Return the writing end of a pipe that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    return os.fdopen(writing, "wb")


def test_members_are_printed_in_the_order_of_the_service_model(run: Run) -> None:
    """Indented by four, each on a line; what did not come is left out."""
    answer = (
        b"HTTP/1.1 200 OK\r\nX-Amzn-SageMaker-Closed-Session-Id: s0\r\n"
        b"X-Amzn-SageMaker-New-Session-Id: s1; Expires=x\r\n"
        b'X-Amzn-SageMaker-Custom-Attributes: "a" \xe9\r\nx-Amzn-Invoked-Production-Variant: Blue\r\n'
        b"Content-Type: image/png\r\nContent-Length: 0\r\n\r\n"
    )
    with one_shot((answer,)) as server:
        outcome = run(*command(server.url, os.devnull))

    assert outcome.stdout == (
        b'{\n    "ContentType": "image/png",\n    "InvokedProductionVariant": "Blue",\n'
        b'    "CustomAttributes": "\\"a\\" \\u00e9",\n    "NewSessionId": "s1; Expires=x",\n'
        b'    "ClosedSessionId": "s0"\n}\n'
    )


def test_no_members_are_nothing(run: Run) -> None:
    """An answer without any of them prints nothing, not an empty object."""
    with one_shot(answering(b"body")) as server:
        outcome = run(*command(server.url, os.devnull))

    assert (outcome.code, outcome.stdout, outcome.stderr) == (0, b"", b"")


def test_a_queued_request_prints_where_its_answer_will_be(invoke_async: Run) -> None:
    """Both locations and the id, in the order of AWS's CLI; there is no outfile."""
    outcome = invoke_async("--body", FLOWER, *RAW, "--inference-id", "my id", "--filename", "out.csv")

    assert (outcome.code, outcome.stderr) == (0, b"")
    members = json.loads(outcome.stdout)
    assert list(members) == ["OutputLocation", "FailureLocation", "InferenceId"]
    assert (members["OutputLocation"], members["InferenceId"]) == ("s3://iris-async/output/out.csv", "my id")
    assert json.dumps(members, indent=4).encode() + b"\n" == outcome.stdout


def test_a_queued_request_takes_no_outfile(invoke_async: Run) -> None:
    """Its answer is written to Amazon S3."""
    outcome = invoke_async("--body", FLOWER, *RAW, "answer.csv")

    assert (outcome.code, outcome.stdout) == (252, b"")
    assert "answer.csv" in outcome.words


def test_a_queued_request_takes_an_input_location(invoke_async: Run, endpoint: LocalEndpoint) -> None:
    """Instead of a body."""
    endpoint.storage.write("s3://bucket/flowers.csv", FLOWER.encode())

    outcome = invoke_async("--input-location", "s3://bucket/flowers.csv", "--request-ttl-seconds", "60")

    assert outcome.code == 0
