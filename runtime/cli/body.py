"""Where ``--body`` comes from, by the rule of AWS CLI v2.

Text on the command line and in ``file://`` is base64, unless ``--cli-binary-format raw-in-base64-out`` says that it
is the body itself; ``fileb://`` and standard input are always the body's own bytes.

Source: AWS CLI User Guide for Version 2, "cli_binary_format" and "Load a parameter from a file".
"""

from __future__ import annotations

import base64
import binascii
import os
import sys
from pathlib import Path

from runtime.cli.failure import CommandError
from runtime.cli.output import complain
from runtime.operations import MAX_BODY

_RAW = "raw-in-base64-out"


def read_body(value: str, binary_format: str) -> bytes:
    """Return the bytes of the body.

    Raises:
        CommandError: for a file that cannot be read, and for text that is not base64 where it should be.
    """
    if value == "-":
        if sys.stdin is None:
            raise CommandError("--body - asks for standard input, which is closed")
        if sys.stdin.isatty():
            complain("reading the body from the terminal; end it with Ctrl-D on a line of its own")
        # One byte more than any operation takes, so that the check of its limit sees the excess.
        return sys.stdin.buffer.read(MAX_BODY + 1)
    if value.startswith("fileb://"):
        return _read_file(value.removeprefix("fileb://"))
    text = value
    if value.startswith("file://"):
        text = _text(_read_file(value.removeprefix("file://")))
    return text.encode("utf-8", "surrogateescape") if binary_format == _RAW else _decode(text)


def _read_file(name: str) -> bytes:
    try:
        return Path(os.path.expandvars(name)).expanduser().read_bytes()
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: the home of an unknown user
        reason = getattr(error, "strerror", None) or str(error)
        raise CommandError(f"Unable to load --body from {name}: {reason}") from None


def _text(data: bytes) -> str:
    try:
        return data.decode().replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise CommandError("--body file:// names a file that is not UTF-8 text; read its bytes with fileb://") from None


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        hint = f"; to send the file of that name, give --body fileb://{text}" if _names_a_file(text) else ""
        raise CommandError(
            "Invalid base64 in --body. Text is taken for base64, as AWS CLI v2 does; "
            f"to send it as it is, add --cli-binary-format {_RAW}{hint}"
        ) from None


def _names_a_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):
        return False
