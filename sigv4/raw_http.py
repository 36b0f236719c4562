"""Requests as raw HTTP text, read and written without repairing anything but folded lines.

General HTTP parsers refuse some requests that can be signed (raw spaces and UTF-8 in the path) and normalise others,
so this reader takes the text as it stands: lines end in CR LF or LF, the last space of the first line ends the
target, and a line that begins with white space goes on with the one before it.
"""

from __future__ import annotations

from sigv4.errors import RequestError
from sigv4.request import Headers, Pairs, Request

_BLANK = " \t"


def read_request(data: bytes, scheme: str = "https") -> Request:
    """Read a request line, headers and, after an empty line, the body.

    Raises:
        RequestError: for a first line that is no request line, a header without a colon, and a part that may not
            stand in an HTTP request.
    """
    head, body = _split_head(data)
    request_line, *lines = head.decode("utf-8", "surrogateescape").replace("\r\n", "\n").split("\n")
    method, _, rest = request_line.partition(" ")
    target, _, version = rest.rpartition(" ")
    if not version.startswith("HTTP/"):
        raise RequestError("request line", "is not of the form METHOD /path HTTP/1.1")
    path, _, query = target.partition("?")
    return Request(method, path, query, _read_headers(lines), body, scheme)


def write_request(request: Request, added: Pairs = ()) -> bytes:
    """Return a request as raw HTTP text, with headers added to its own, and Content-Length where a body needs it.

    A body that is not bytes is left out.
    """
    target = f"{request.path}?{request.query}" if request.query else request.path
    lines = [f"{request.method} {target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in (*request.headers, *added)]
    body = bytes(request.payload) if isinstance(request.payload, bytes | bytearray | memoryview) else b""
    if body and not any(name.lower() == "content-length" for name, _ in request.headers):
        lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join(lines) + "\r\n\r\n"
    return head.encode("utf-8", "surrogateescape") + body


def _split_head(data: bytes) -> tuple[bytes, bytes]:
    """Split at the first empty line; without one, everything is the head."""
    ends = [(data.find(mark), len(mark)) for mark in (b"\r\n\r\n", b"\n\n")]
    found = [end for end in ends if end[0] >= 0]
    if not found:
        return data.rstrip(b"\r\n"), b""
    position, length = min(found)
    return data[:position], data[position + length :]


def _read_headers(lines: list[str]) -> Headers:
    headers: list[tuple[str, str]] = []
    for line in lines:
        if line[:1] in (" ", "\t") and headers:
            name, value = headers[-1]
            headers[-1] = (name, f"{value} {line.strip(_BLANK)}")
            continue
        name, colon, value = line.partition(":")
        if not colon:
            raise RequestError("headers", "hold a line without a colon")
        headers.append((name, value.strip(_BLANK)))
    return Headers(headers)
