"""The file that a body goes to: whole or not at all, and known to be writable before anything is sent.

A regular file is written beside its place and moved there when it is whole; a link is followed, and a file that was
there keeps its mode. What is no regular file (a device, a FIFO) is written directly, and what leads to standard
output is standard output.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import tempfile
from pathlib import Path
from typing import BinaryIO, Self

from runtime.cli.failure import CommandError
from runtime.cli.output import write_body


class Outfile:
    """An outfile, to be used in a ``with`` statement.

    Args:
        name: as given; not expanded.

    Raises:
        CommandError: when it cannot be written, now or later.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._unfinished: Path | None = None
        self._stream: BinaryIO | None = None
        try:
            self._is_standard_output = _leads_to_standard_output(name)
            if not self._is_standard_output:
                self._open()
        except (OSError, ValueError) as error:
            raise self._failure(error, "; nothing was sent") from None

    def write(self, body: bytes) -> None:
        """Write the whole body."""
        if self._stream is None:
            write_body(body)
            return
        try:
            self._stream.write(body)
            self._stream.close()
            if self._unfinished is not None:
                self._unfinished.replace(self._target)
                self._unfinished = None
        except OSError as error:
            raise self._failure(error, "") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._stream is not None and not self._stream.closed:
            with contextlib.suppress(OSError):
                self._stream.close()
        if self._unfinished is not None:
            self._unfinished.unlink(missing_ok=True)

    def _open(self) -> None:
        self._target = Path(os.path.realpath(self._name))
        with contextlib.suppress(FileNotFoundError):
            self._target.lstat()  # too long a name is told now, and not after the model has run
        if self._target.exists() and not self._target.is_file():
            self._stream = self._target.open("wb")
            return
        handle, unfinished = tempfile.mkstemp(prefix=".sagemaker-runtime-", dir=self._target.parent)
        self._unfinished = Path(unfinished)
        self._stream = os.fdopen(handle, "wb")
        os.fchmod(handle, _mode(self._target))

    def _failure(self, error: Exception, more: str) -> CommandError:
        reason = getattr(error, "strerror", None) or str(error)
        return CommandError(f"The outfile {self._name} cannot be written: {reason}{more}")


def _leads_to_standard_output(name: str) -> bool:
    try:
        return sys.stdout is not None and os.path.samestat(os.stat(name), os.fstat(sys.stdout.fileno()))  # noqa: PTH116
    except (OSError, ValueError):
        return False


def _mode(path: Path) -> int:
    """Return the mode that a file has, or that a new one gets."""
    if path.exists():
        return stat.S_IMODE(path.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
