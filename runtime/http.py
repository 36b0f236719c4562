"""A request and an answer as plain data, without any I/O."""

from __future__ import annotations

import json
from typing import Any

from attrs import field, frozen

from sigv4 import Headers


def header(headers: Headers, name: str) -> str | None:
    """Return the first value of a header, its name in any case; ``None`` where it did not come."""
    wanted = name.lower()
    for found, value in headers:
        if found.lower() == wanted:
            return value
    return None


def _length(body: bytes) -> str:
    return f"<{len(body)} bytes>"


@frozen
class HttpRequest:
    """What the codec makes of a record: path, headers and body; host, signature and framing come later.

    ``path`` is percent-encoded and follows the endpoint URL's own path.
    """

    path: str
    headers: Headers = field(repr=False)
    body: bytes | bytearray | memoryview = field(repr=False)


@frozen
class HttpResponse:
    """An answer, whole and undecoded."""

    status_code: int
    reason: str
    headers: Headers = field(repr=False)
    body: bytes = field(repr=_length)

    def header(self, name: str) -> str | None:
        """Return the first value of a header; see :func:`header`."""
        return header(self.headers, name)

    def fields(self) -> dict[str, str]:
        """Return the headers by their lower-case names; of several with one name the first."""
        return {name.lower(): value for name, value in reversed(self.headers)}

    def json_object(self) -> dict[str, Any] | None:
        """Return the body's JSON object, read as UTF-8; None for anything else, however broken or deep."""
        try:
            value = json.loads(self.body.decode())
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None
