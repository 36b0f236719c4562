"""Calls leave nothing behind: no memory, no descriptors, no threads, no tasks, no places, no open connections.

The scenarios and their limits are those of ``benchmarks/leaks.py``, which runs here with fewer calls, for both kinds of
client at a time, each in a process of its own.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.http1.drivers import KINDS

PROGRAM = Path(__file__).parents[2] / "benchmarks" / "leaks.py"
BOUND = 120.0
"""Seconds that the program may take."""
pytestmark = pytest.mark.skipif(
    not Path("/proc/self/smaps_rollup").exists(), reason="memory is read from Linux's /proc"
)


@pytest.fixture(scope="module")
def programs() -> Iterator[dict[str, subprocess.Popen[str]]]:
    """The program, running for each kind of client."""
    with ExitStack() as stack:
        started = {}
        for kind in KINDS:
            argv = [sys.executable, "-W", "error::ResourceWarning", str(PROGRAM), "--kind", kind, "--share", "0.15"]
            pipe = subprocess.PIPE
            started[kind] = stack.enter_context(
                subprocess.Popen(argv, stdin=pipe, stdout=pipe, stderr=pipe, text=True)  # noqa: S603 - our own program
            )
            stack.callback(started[kind].kill)
        yield started


def test_calls_leave_nothing_behind(programs: dict[str, subprocess.Popen[str]], kind: str) -> None:
    """Good, faulted, cancelled and half-read ones, and clients that are made, used once and closed."""
    said, complained = programs[kind].communicate(timeout=BOUND)

    assert (programs[kind].returncode, said.splitlines()[-1:], complained) == (0, ["limits: all kept"], ""), said
