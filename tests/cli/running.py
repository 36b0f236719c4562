"""Running the program: in this process, where it is quick, and as a process of its own, where it must be."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

from runtime.cli import main

KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # noqa: S105 - the example of AWS's documentation
KEYS = {"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET}
PROGRAM = Path(sys.executable).parent / "sagemaker-runtime"
BOUND = 20.0
"""Seconds that a process may take."""


@frozen
class Outcome:
    """How a command ended."""

    code: int
    stdout: bytes
    stderr: bytes

    @property
    def words(self) -> str:
        """Standard error as text."""
        return self.stderr.decode()


def run_main(arguments: tuple[str, ...], capture: Any, stdin: bytes = b"") -> Outcome:
    """Run a command in this process; ``capture`` is pytest's capsysbinary."""
    before = sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin))
    capture.readouterr()
    try:
        code = main(list(arguments))
    except SystemExit as error:
        code = int(error.code or 0)
    finally:
        sys.stdin = before
    stdout, stderr = capture.readouterr()
    return Outcome(code, stdout, stderr)


def clean_environment(**variables: str) -> dict[str, str]:
    """Return this process's environment without what would change the program, and with keys and these variables."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHONUNBUFFERED"))}
    return {**kept, **KEYS, "COLUMNS": "80", **variables}


def run_process(
    *arguments: str, environment: Mapping[str, str] | None = None, stdin: bytes = b"", **options: Any
) -> Outcome:
    """Run a command as a process of its own; its output is captured unless the options say otherwise."""
    given: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    if "stdin" not in given:
        given["input"] = stdin
    done = subprocess.run(  # noqa: S603 - the program under test
        [PROGRAM, *arguments], env=environment or clean_environment(), timeout=BOUND, check=False, **given
    )
    return Outcome(done.returncode, done.stdout or b"", done.stderr or b"")


@contextmanager
def started(
    *arguments: str, environment: Mapping[str, str] | None = None, **options: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a command as a process of its own; it is killed at the end if it still runs."""
    process = subprocess.Popen(  # noqa: S603 - the program under test
        [PROGRAM, *arguments],
        env=environment or clean_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **options,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=BOUND)
