"""Reads the raw text of an HTTP request as AWS's test suite writes it.

General HTTP parsers refuse some of these texts: a target may hold spaces and letters outside ASCII, and the empty line
after the headers is missing where there is no body. Nothing is trimmed, decoded or put in order; only a folded header
line is joined to the line before it, by one space.
"""

from sigv4 import Request

FOLD = " \t"
"""The characters that a folded line begins with."""


def read_raw_request(text: str) -> Request:
    """Return the request that a raw text describes.

    Args:
        text: request line and header lines, each ended by LF; then, where there is a body, an empty line and the body.

    Raises:
        ValueError: for a request line without method, target and version, a header line without a colon, and a folded
            line without a header before it.
    """
    head, _, body = text.partition("\n\n")
    request_line, *lines = head.removesuffix("\n").split("\n")
    method, _, rest = request_line.partition(" ")
    target, _, version = rest.rpartition(" ")  # the last space: the target may hold others
    if not target or not version.startswith("HTTP/"):
        raise ValueError(f"not a request line: {request_line!r}")
    path, _, query = target.partition("?")
    return Request(method, path, query, _headers(lines), body.encode("utf-8", "surrogateescape"))


def _headers(lines: list[str]) -> list[tuple[str, str]]:
    headers: list[tuple[str, str]] = []
    for line in lines:
        name, colon, value = line.partition(":")
        if line.startswith(tuple(FOLD)) and headers:
            name, before = headers.pop()
            value = f"{before} {line.strip(FOLD)}"
        elif not colon or line.startswith(tuple(FOLD)):
            raise ValueError(f"not a header line: {line!r}")
        headers.append((name, value))
    return headers
