"""A folder that plays Amazon S3: the object ``s3://bucket/key`` is the file ``folder/bucket/key``.

No name leads out of the folder, and an object appears whole or not at all.
"""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path
from uuid import uuid4

_URI = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/([^\0\ud800-\udfff]+)")


class StorageError(Exception):
    """An object is missing, or its name is none; the text is fit for the caller."""


class FolderStorage:
    """Reads and writes objects below one folder.

    Args:
        folder: made when it is missing.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder.resolve()

    def read(self, uri: str) -> bytes:
        """Return an object's bytes.

        Raises:
            StorageError: when there is no such object, or the URI is not of the form s3://bucket/key.
        """
        try:
            return self._path(uri).read_bytes()
        except OSError:
            raise StorageError(f"the object {uri} does not exist or cannot be read") from None

    def write(self, uri: str, data: bytes) -> None:
        """Write an object, whole or not at all.

        Raises:
            StorageError: when the URI is not of the form s3://bucket/key, or the folder cannot be written.
        """
        path = self._path(uri)
        unfinished = path.with_name(f".{uuid4().hex}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished.write_bytes(data)
            os.replace(unfinished, path)  # noqa: PTH105 - os.replace is named for what matters: it is atomic
        except OSError:
            with contextlib.suppress(OSError):
                unfinished.unlink()
            raise StorageError(f"the object {uri} cannot be written") from None

    def _path(self, uri: str) -> Path:
        match = _URI.fullmatch(uri)
        if match is None or any(part in ("", ".", "..") for part in match[2].split("/")):
            raise StorageError("an object is named s3://bucket/key")
        try:
            path = (self.folder / match[1] / match[2]).resolve()
        except (OSError, RuntimeError, ValueError):  # a loop of links, too long a name, a name without bytes
            raise StorageError("an object's name is none that this folder can hold") from None
        if not path.is_relative_to(self.folder):
            raise StorageError("an object is named s3://bucket/key")
        return path
