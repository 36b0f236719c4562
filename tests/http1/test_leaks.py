"""Calls leave nothing behind: no memory, no descriptors, no threads, no tasks, no places, no open connections.

The scenarios and their limits are those of ``benchmarks/leaks.py``, which runs here with fewer calls.
"""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[2] / "benchmarks" / "leaks.py"
BOUND = 120.0
"""Seconds that the program may take."""


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="memory is read from Linux's /proc")
def test_calls_leave_nothing_behind(kind: str) -> None:
    """Good, faulted, cancelled and half-read ones, and clients that are made, used once and closed."""
    done = subprocess.run(  # noqa: S603 - this project's own program
        [sys.executable, "-W", "error::ResourceWarning", str(PROGRAM), "--kind", kind, "--share", "0.15"],
        capture_output=True,
        text=True,
        timeout=BOUND,
        check=False,
    )

    assert (done.returncode, done.stdout.splitlines()[-1:], done.stderr) == (0, ["limits: all kept"], ""), done.stdout
