"""Whole sessions: each file of ``transcripts`` holds commands, and what a user sees of them.

Lines begin with ``$`` (a command, run by the shell), ``<`` (a line of its standard input), ``>`` (a line of standard
output), ``!`` (a line of standard error) or ``?`` (the exit code, which ends the command); ``#`` begins a comment.
``<uuid>``, ``<time>`` and ``<words>`` stand for any text of their form, and a line of ``...`` for any lines. A command
finds the endpoint's URL in ``$URL``, the folder that plays Amazon S3 in ``$S3``, and its keys where they belong.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from attrs import define, field

from runtime.emulator.server import LocalEndpoint
from tests.cli.running import BOUND, PROGRAM, clean_environment

TRANSCRIPTS = Path(__file__).parent / "transcripts"
PLACEHOLDERS = {
    "<uuid>": r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "<time>": r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z",
    "<words>": r"[^\n]+",
}


@define
class Step:
    """One command of a session; line ends are part of the lines."""

    command: str
    stdin: list[str] = field(factory=list)
    stdout: list[str] = field(factory=list)
    stderr: list[str] = field(factory=list)
    code: int | None = None


def read_transcript(text: str) -> list[Step]:
    """Return the steps of a session.

    Raises:
        ValueError: for a line of none of the forms, and for a command without an exit code.
    """
    steps: list[Step] = []
    for number, line in enumerate(text.splitlines(), 1):
        mark, rest = line[:1], line[2:]
        if mark in ("", "#"):
            continue
        if mark == "$":
            steps.append(Step(rest))
        elif not steps or steps[-1].code is not None or line[1:2] not in ("", " ") or mark not in "<>!?":
            raise ValueError(f"line {number}: {line!r}")
        elif mark == "?":
            steps[-1].code = int(rest)
        else:
            step = steps[-1]
            {"<": step.stdin, ">": step.stdout, "!": step.stderr}[mark].append(f"{rest}\n")
    if any(step.code is None for step in steps):
        raise ValueError("a command has no exit code")
    return steps


def fits(expected: list[str], shown: str) -> bool:
    """Say whether what was shown fits the lines of a transcript; the last line may lack its end."""
    pattern = "".join(r"(?:[^\n]*\n)*" if line == "...\n" else _line_pattern(line) for line in expected)
    return re.fullmatch(pattern, shown) is not None or re.fullmatch(pattern, f"{shown}\n") is not None


def _line_pattern(line: str) -> str:
    parts = re.split("({})".format("|".join(PLACEHOLDERS)), line)
    return "".join(PLACEHOLDERS.get(part) or re.escape(part) for part in parts)


@pytest.mark.parametrize("path", sorted(TRANSCRIPTS.glob("*.txt")), ids=lambda path: path.stem)
def test_a_session_goes_as_its_transcript_says(path: Path, endpoint: LocalEndpoint, tmp_path: Path) -> None:
    """Every command shows what the transcript shows, and ends with its exit code."""
    environment = clean_environment(
        URL=endpoint.url,
        S3=str(endpoint.storage.folder),
        PATH=f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}",
        LC_ALL="C.UTF-8",
    )
    for step in read_transcript(path.read_text("utf-8")):
        done = subprocess.run(  # noqa: S603 - the commands of our own files
            ["/bin/sh", "-c", step.command],
            cwd=tmp_path,
            env=environment,
            input="".join(step.stdin),
            capture_output=True,
            text=True,
            timeout=BOUND,
            check=False,
        )

        assert step.code == done.returncode, f"{step.command}\n{done.stdout}{done.stderr}"
        for expected, shown in ((step.stdout, done.stdout), (step.stderr, done.stderr)):
            assert fits(expected, shown), f"{step.command}\nexpected:\n{''.join(expected)}\nshown:\n{shown}"


@pytest.mark.parametrize("text", ["> out of place\n", "$ a\n", "$ a\n? 0\n> late\n", "$ a\n?0\n? 0\n", "$ a\nb\n? 0\n"])
def test_a_transcript_in_another_form_is_refused(text: str) -> None:
    """A line that the runner would pass over is an error."""
    with pytest.raises(ValueError, match=r"line \d|no exit code"):
        read_transcript(text)


@pytest.mark.parametrize(
    ("expected", "shown", "does"),
    [
        (["a\n"], "a\n", True),
        (["a\n"], "a", True),
        (["a\n"], "a\nb\n", False),
        (["a\n"], "", False),
        ([], "", True),
        ([], "a", False),
        (["a.\n"], "ab\n", False),
        (["a\n", "...\n", "b\n"], "a\nb\n", True),
        (["a\n", "...\n", "b\n"], "a\n1\n\n2\nb\n", True),
        (["<uuid>\n"], "0c1d2e3f-0000-1111-2222-0c1d2e3f4a5b\n", True),
        (["<uuid>\n"], "0c1d2e3f\n", False),
        (["<time>\n"], "2026-11-20T08:00:00Z\n", True),
        (["a <words>\n"], "a b c\n", True),
        (["a <words>\n"], "a \n", False),
    ],
)
def test_what_is_shown_is_compared_line_by_line(expected: list[str], shown: str, *, does: bool) -> None:
    """Placeholders stand for their form alone, everything else for itself."""
    assert does == fits(expected, shown)
