"""From an ``httpx.Request`` to what is written: where to, through which proxy, and the bytes of the head.

Source: RFC 9112, sections 3.2 (request target), 6 (message body) and 7.1 (chunked coding).
"""

from __future__ import annotations

import re

import httpx
from attrs import field, frozen

from runtime.http1.connection import LocalProtocolError, encode_head
from runtime.http1.pool import Origin
from runtime.http1.proxy import Proxies, Proxy

_LENGTH = re.compile(rb"[0-9]{1,18}")
_PORTS = {"http": 80, "https": 443}
LAST_CHUNK = b"0\r\n\r\n"


@frozen
class Plan:
    """A request that is ready to be written.

    Attributes:
        origin: where to.
        proxy: what it goes through, or None.
        method: of the request.
        head: the request line and the headers.
        body_length: bytes of the body; None for one that is sent in chunks.
    """

    origin: Origin
    proxy: Proxy | None
    method: bytes
    head: bytes = field(repr=False)
    body_length: int | None


def plan(request: httpx.Request, proxies: Proxies) -> Plan:
    """Make ready a request.

    Raises:
        LocalProtocolError: for a scheme other than http and https, or a header that may not stand in a request.
    """
    url = request.url
    if url.scheme not in _PORTS:
        raise LocalProtocolError("the URL's scheme is neither http nor https")
    origin = Origin(url.scheme, url.raw_host.decode("ascii").strip("[]"), url.port or _PORTS[url.scheme])
    proxy = proxies.find(origin.scheme, origin.host, origin.port) if proxies.by_scheme else None
    method = request.method.encode("ascii")
    headers = request.headers.raw
    target = url.raw_path
    if proxy is not None and origin.scheme == "http":
        target = b"http://" + url.netloc + target
        if proxy.authorization is not None:
            headers = [*headers, (b"Proxy-Authorization", proxy.authorization.reveal().encode("ascii"))]
    return Plan(origin, proxy, method, encode_head(method, target, headers), _body_length(headers))


def chunk(part: bytes | bytearray | memoryview) -> bytes:
    """Return one part of a chunked body; an empty one would end it, so it gives nothing."""
    return b"".join((f"{len(part):x}\r\n".encode(), part, b"\r\n")) if len(part) else b""


def require_length(sent: int, expected: int) -> None:
    """Refuse a body that is not as long as its Content-Length.

    Raises:
        LocalProtocolError: when it is not.
    """
    if sent != expected:
        raise LocalProtocolError(f"the body has {sent} bytes and its Content-Length says {expected}")


def _body_length(headers: list[tuple[bytes, bytes]]) -> int | None:
    lengths = [value for name, value in headers if name.lower() == b"content-length"]
    codings = [value for name, value in headers if name.lower() == b"transfer-encoding"]
    if codings:
        if lengths or [coding.lower() for coding in codings] != [b"chunked"]:
            raise LocalProtocolError("a body has either a Content-Length or 'Transfer-Encoding: chunked'")
        return None
    if len(lengths) > 1 or not all(map(_LENGTH.fullmatch, lengths)):
        raise LocalProtocolError("Content-Length is not one whole number")
    return int(lengths[0]) if lengths else 0
