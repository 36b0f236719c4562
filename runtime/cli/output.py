r"""What a command writes: bytes as they are to a pipe or a file, and nothing that controls to a terminal.

A model may answer anything. On a terminal, control bytes could change its title, colours or screen and so deceive the
reader; there they are shown as ``\x1b``. A reader that has gone away is no reason to complain.
"""

from __future__ import annotations

import os
import re
import sys
from typing import TextIO

from runtime.cli.failure import CommandError

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def write_body(body: bytes) -> None:
    """Write a body to standard output.

    Raises:
        CommandError: when standard output is closed or full.
        BrokenPipeError: when nobody reads it any more.
    """
    stream = _open(sys.stdout)
    if stream.isatty():
        _write(stream, escaped(body.decode("utf-8", "backslashreplace")).encode())
    else:
        _write(stream, body)


def write_text(text: str, stream: TextIO | None) -> None:
    """Write a line of text to a standard stream; as :func:`write_body`."""
    opened = _open(stream)
    shown = escaped(text) if opened.isatty() else text
    _write(opened, f"{shown}\n".encode(opened.encoding or "utf-8", "backslashreplace"))


def escaped(text: str) -> str:
    """Return a text with its control characters, but for line feed and tab, shown as escapes."""
    return _CONTROLS.sub(lambda found: f"\\x{ord(found.group()):02x}", text)


def complain(text: str) -> None:
    """Write a line to standard error; nothing can be said where that is closed."""
    try:
        write_text(text, sys.stderr)
    except (CommandError, BrokenPipeError):
        _silence(sys.stderr)


def _open(stream: TextIO | None) -> TextIO:
    if stream is None or stream.closed:
        raise CommandError("standard output is closed; nothing can be shown")
    return stream


def _write(stream: TextIO, data: bytes) -> None:
    try:
        stream.flush()
        stream.buffer.write(data)
        stream.buffer.flush()
    except BrokenPipeError:
        _silence(stream)
        raise
    except OSError as error:
        _silence(stream)
        raise CommandError(f"{stream.name} cannot be written: {error.strerror}") from None


def _silence(stream: TextIO) -> None:
    """Lead a stream that failed nowhere; the interpreter flushes it once more at its end, and would complain."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except OSError:
        return
