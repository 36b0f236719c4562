"""What is signed: an HTTP request as it stands on the wire, and nothing that could not stand there.

The record holds wire text: path and query exactly as in the request line, headers as pairs in the order sent. It
never rewrites any of them; what cannot be sent is refused when the record is made. Text outside ASCII stands for its
UTF-8 bytes, and bytes that are not UTF-8 are carried as Python's ``surrogateescape`` does.

Source: RFC 9112, section 3 (request line), RFC 9110, sections 5.5 (field values) and 7.2 (Host).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import unquote

from attrs import field, frozen

from sigv4.errors import RequestError
from sigv4.payload import Digest, Payload, Unhashed

_METHOD = re.compile(r"[A-Z0-9!#$%&'*+.^_`|~-]+")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_PLAIN_PATH = re.compile(r"/[!-\"$->@-~]*")
"""A path of visible ASCII without ``#`` and ``?``; any other is looked at more closely."""
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_CONTROL_BUT_TAB = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_URL = re.compile(r"(https?)://([^/?#]*)(/[^?#]*)?(?:\?([^#]*))?(?:#.*)?", re.DOTALL)
_AUTHORITY = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?")
_LAST_PORT = 65_535
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_SECRETS = frozenset({"x-amz-security-token", "x-amz-signature"})
"""Lower-case names of query parameters whose values are not shown."""


Pairs = Iterable[tuple[str, str]]
"""Names with their values, as a caller gives them."""


class Headers(tuple[tuple[str, str], ...]):
    """Name and value pairs in the order sent; ``repr`` shows the names only, for a value may be secret."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<headers: {', '.join(name for name, _ in self)}>"


def _headers(pairs: Pairs) -> Headers:
    return pairs if isinstance(pairs, Headers) else Headers(pairs)


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
    headers: Headers = field(default=Headers(), converter=_headers)
    payload: Payload = b""
    scheme: str = "https"

    def __attrs_post_init__(self) -> None:
        if not _is_method(self.method):
            raise RequestError("method", f"{self.method!r} is not an upper-case HTTP method")
        if self.scheme not in _DEFAULT_PORTS:
            raise RequestError("scheme", f"{self.scheme!r} is neither 'https' nor 'http'")
        if not _PLAIN_PATH.fullmatch(self.path):
            _check_path(self.path)
        if self.query:
            _check_target("query", self.query, "#")
            if _BAD_ESCAPE.search(self.query):
                raise RequestError(
                    "query", "holds a '%' without two hexadecimal digits after it; a percent sign is '%25'"
                )
        check_headers("headers", self.headers)
        if type(self.payload) is not bytes:
            _check_payload(self.payload)

    @classmethod
    def from_url(cls, method: str, url: str, headers: Pairs = (), payload: Payload = b"") -> Request:
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
        if not any([_is_host(name) for name, _ in pairs]):  # noqa: C419 - a generator takes longer
            pairs = (("Host", _host(scheme, authority)), *pairs)
        return cls(method.upper() if method.isascii() else method, path or "/", query or "", pairs, payload, scheme)

    def __repr__(self) -> str:
        """Show everything but what is secret or long: tokens, signatures and the body."""
        query = "&".join(map(_shown_parameter, self.query.split("&")))
        payload = f"<{len(self.payload)} bytes>" if isinstance(self.payload, bytes | bytearray) else "<payload>"
        return f"Request({self.method!r}, {self.path!r}, {query!r}, {self.headers!r}, {payload}, {self.scheme!r})"


def _shown_parameter(parameter: str) -> str:
    name, equals, _ = parameter.partition("=")
    return f"{name}{equals}***" if unquote(name).lower() in _SECRETS else parameter


def check_headers(where: str, headers: Headers) -> None:
    """Refuse header names and values that may not stand on the wire; the value is not shown.

    Raises:
        RequestError: naming the header.
    """
    if _are_plain(headers):
        return
    # Only the faulty names are kept: a traceback that shows local variables must not find a value here.
    names = [name for name, _ in headers if not _is_token(name)]
    if names:
        raise RequestError(f"{where}[{names[0]!r}]", "is not a header name (RFC 9110, section 5.6.2)")
    names = [name for name, value in headers if _CONTROL_BUT_TAB.search(value)]
    if names:
        raise RequestError(f"{where}[{names[0]!r}]", "its value holds a control character, such as a line break")
    names = [name for name, value in headers if not _has_bytes(value)]
    if names:
        raise RequestError(f"{where}[{names[0]!r}]", "its value holds half of a surrogate pair")


def _are_plain(headers: Headers) -> bool:
    """Return whether all names are tokens and all values visible ASCII: nearly always, so the rest can be slow."""
    for name, value in headers:  # noqa: SIM110 - all() over a generator takes twice the time
        if not (value.isascii() and value.isprintable() and _is_token(name)):
            return False
    return True


def _check_payload(payload: Payload) -> None:
    if not isinstance(payload, bytes | bytearray | memoryview | Digest | Unhashed):
        raise RequestError("payload", f"is of type {type(payload).__name__}; give bytes, a Digest or UNSIGNED")
    if isinstance(payload, memoryview) and not payload.c_contiguous:
        raise RequestError("payload", "is a memoryview with gaps; give its bytes")


@lru_cache(maxsize=64)
def _is_method(method: str) -> bool:
    return _METHOD.fullmatch(method) is not None


@lru_cache(maxsize=1024)
def _is_host(name: str) -> bool:
    return name.lower() == "host"


@lru_cache(maxsize=1024)
def _is_token(name: str) -> bool:
    return _TOKEN.fullmatch(name) is not None


def _check_path(path: str) -> None:
    if not path.startswith("/"):
        raise RequestError("path", "does not begin with '/'; give the path of the request line, '/' at least")
    _check_target("path", path, "?#")


def _check_target(where: str, text: str, forbidden: str) -> None:
    """Refuse what ends a request line, or a part of it, early. A space is signed as ``%20``, as the test suite does."""
    if not (text.isascii() and text.isprintable()):
        if _CONTROL.search(text):
            raise RequestError(where, "holds a control character; percent-encode it")
        if not _has_bytes(text):
            raise RequestError(where, "holds half of a surrogate pair, which has no bytes on the wire")
    for character in forbidden:
        if character in text:
            raise RequestError(where, f"holds {character!r}, which would end it; percent-encode it")


def _has_bytes(text: str) -> bool:
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return True


@lru_cache(maxsize=256)
def _host(scheme: str, authority: str) -> str:
    """Return the Host header's value for the authority of a URL."""
    match = _AUTHORITY.fullmatch(authority)
    if match is None:
        if "@" in authority:
            raise RequestError("url", "holds user information before '@'; remove it: the signature names the caller")
        raise RequestError("url", "its host is missing or holds a character that may not stand in it")
    host, port = match.groups()
    if port is not None and not 1 <= int(port) <= _LAST_PORT:
        raise RequestError("url", "its port is not from 1 to 65535")
    return host.lower() if port in (None, _DEFAULT_PORTS[scheme]) else f"{host.lower()}:{port}"
