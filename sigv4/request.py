"""What is signed: an HTTP request as it stands on the wire, and nothing that could not stand there.

The record holds wire text: path and query exactly as in the request line, headers as pairs in the order sent. It never
rewrites any of them; what cannot be sent is refused when the record is made. Text outside ASCII stands for its UTF-8
bytes, and bytes that are not UTF-8 are carried as Python's ``surrogateescape`` does.

Source: RFC 9112, section 3 (request line), RFC 9110, sections 5.5 (field values) and 7.2 (Host).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from attrs import field, frozen

from sigv4.errors import RequestError
from sigv4.payload import Payload

Headers = tuple[tuple[str, str], ...]

_METHOD = re.compile(r"[A-Z0-9!#$%&'*+.^_`|~-]+")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_CONTROL_BUT_TAB = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_URL = re.compile(r"(https?)://([^/?#]*)(/[^?#]*)?(?:\?([^#]*))?(?:#.*)?", re.DOTALL)
_AUTHORITY = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?")
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_SECRET_HEADERS = frozenset({"authorization", "x-amz-security-token"})


def _pairs(headers: Iterable[tuple[str, str]]) -> Headers:
    return tuple(headers)


@frozen(repr=False)
class Request:
    """One HTTP request in wire text.

    Args:
        method: upper case, such as ``POST``.
        path: the path of the request line, percent-encoded by whoever sends it; begins with ``/``.
        query: the query of the request line without ``?``; ``""`` where there is none.
        headers: name and value pairs in the order sent; a name may come more than once.
        payload: the body, a ready :class:`Digest` of it, or :data:`UNSIGNED`.
        scheme: ``https`` or ``http``.

    Raises:
        RequestError: for a part that may not stand in an HTTP request. A value is never shown.
    """

    method: str
    path: str
    query: str = ""
    headers: Headers = field(default=(), converter=_pairs)
    payload: Payload = b""
    scheme: str = "https"

    def __attrs_post_init__(self) -> None:
        if not _METHOD.fullmatch(self.method):
            raise RequestError("method", f"{self.method!r} is not an upper-case HTTP method")
        if self.scheme not in _DEFAULT_PORTS:
            raise RequestError("scheme", f"{self.scheme!r} is neither 'https' nor 'http'")
        if not self.path.startswith("/"):
            raise RequestError("path", "does not begin with '/'; give the path of the request line, '/' at least")
        _check_target("path", self.path, "?#")
        if self.query:
            _check_target("query", self.query, "#")
        for name, value in self.headers:
            if not _is_token(name):
                raise RequestError(f"headers[{name!r}]", "is not a header name (RFC 9110, section 5.6.2)")
            if not (value.isascii() and value.isprintable()):
                _check_field_value(name, value)

    @classmethod
    def from_url(
        cls, method: str, url: str, headers: Iterable[tuple[str, str]] = (), payload: Payload = b""
    ) -> Request:
        """Take a URL apart; path and query stay as they are written in it.

        ``Host`` is added unless ``headers`` hold one: the URL's host in lower case, its port left out where it is the
        scheme's own. A fragment is dropped, as every client does before sending.

        Raises:
            RequestError: for a URL without ``https://`` or ``http://``, with user information in it, or with a host
                that is not ASCII (give its ``xn--`` form).
        """
        match = _URL.fullmatch(url)
        if match is None:
            raise RequestError("url", "is not of the form https://host/path?query, or http://…")
        scheme, authority, path, query = match.groups()
        pairs = tuple(headers)
        for name, _ in pairs:
            if name.lower() == "host":
                break
        else:
            pairs = (("Host", _host(scheme, authority)), *pairs)
        return cls(method.upper(), path or "/", query or "", pairs, payload, scheme)

    def __repr__(self) -> str:
        """Show everything but what is secret or long: tokens, signatures and the body."""
        shown = ", ".join(
            f"({name!r}, {'***' if name.lower() in _SECRET_HEADERS else value!r})" for name, value in self.headers
        )
        payload = f"<{len(self.payload)} bytes>" if isinstance(self.payload, bytes | bytearray) else "<payload>"
        return f"Request({self.method!r}, {self.path!r}, {self.query!r}, ({shown}), {payload}, {self.scheme!r})"


@lru_cache(maxsize=1024)
def _is_token(name: str) -> bool:
    return _TOKEN.fullmatch(name) is not None


def _check_target(where: str, text: str, forbidden: str) -> None:
    """Refuse what ends a request line, or a part of it, early. A space is signed as ``%20``, as the test suite does."""
    if not (text.isascii() and text.isprintable()):
        if _CONTROL.search(text):
            raise RequestError(where, "holds a control character; percent-encode it")
        _check_utf8(where, text)
    for character in forbidden:
        if character in text:
            raise RequestError(where, f"holds {character!r}, which would end it; percent-encode it")


def _check_field_value(name: str, value: str) -> None:
    if _CONTROL_BUT_TAB.search(value):
        raise RequestError(f"headers[{name!r}]", "its value holds a control character, such as a line break")
    _check_utf8(f"headers[{name!r}]", value)


def _check_utf8(where: str, text: str) -> None:
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise RequestError(where, "holds half of a surrogate pair, which has no bytes on the wire") from None


@lru_cache(maxsize=256)
def _host(scheme: str, authority: str) -> str:
    """Return the Host header's value for the authority of a URL."""
    match = _AUTHORITY.fullmatch(authority)
    if match is None:
        if "@" in authority:
            raise RequestError("url", "holds user information before '@'; remove it: the signature names the caller")
        raise RequestError("url", "its host is missing or holds a character that may not stand in it")
    host, port = match.groups()
    return host.lower() if port in (None, _DEFAULT_PORTS[scheme]) else f"{host.lower()}:{port}"
