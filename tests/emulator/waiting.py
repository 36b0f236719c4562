"""Waiting for what another thread or process does, with a bound."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

BOUND = 5.0
"""Seconds."""


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Return as soon as a condition holds.

    Raises:
        TimeoutError: when it does not within the bound.
    """
    deadline = time.monotonic() + BOUND
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {BOUND:g} s")
        time.sleep(0.002)


def bytes_of(path: Path) -> bytes:
    """Wait for a file to appear; return what is in it."""
    wait_until(path.exists, f"{path.name} appears")
    return path.read_bytes()
