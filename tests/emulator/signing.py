"""Requests as bytes: the good one that the tests alter, and signatures made by hand where sigv4 would refuse."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import quote, unquote, urlsplit

from attrs import evolve, frozen

from sigv4 import Credentials, Request, Scope, sign_headers

NOW = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
"""The server's time in the tests."""
STAMP = "20150830T123600Z"
DAY = STAMP[:8]
REGION = "us-east-1"
SERVICE = "sagemaker"
KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"  # noqa: S105 - the example of AWS's documentation
CREDENTIALS = Credentials(KEY_ID, SECRET)
FLOWER = b"5.1,3.5,1.4,0.2\n"
REAL_TIME = "/endpoints/iris/invocations"
QUEUED = "/endpoints/iris/async-invocations"

Pairs = tuple[tuple[str, str], ...]


@frozen
class Raw:
    """A request as it goes over the wire; nothing is checked."""

    method: str
    path: str
    query: str
    headers: Pairs
    body: bytes
    length: int | None = None
    """What Content-Length says; the body's length when left out."""

    def wire(self) -> bytes:
        """Return its bytes."""
        target = f"{self.path}?{self.query}" if self.query else self.path
        lines = [f"{self.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in self.headers)]
        lines.append(f"Content-Length: {len(self.body) if self.length is None else self.length}")
        return "".join(f"{line}\r\n" for line in lines).encode("utf-8", "surrogateescape") + b"\r\n" + self.body

    def header(self, wanted: str) -> str:
        """Return a header's value; its name as it stands."""
        return next(value for name, value in self.headers if name == wanted)

    def with_header(self, wanted: str, value: str) -> Raw:
        """Return the request with another value of a header that it has."""
        assert any(name == wanted for name, _ in self.headers)
        return evolve(self, headers=tuple((name, value if name == wanted else before) for name, before in self.headers))

    def without_header(self, unwanted: str) -> Raw:
        """Return the request without a header."""
        return evolve(self, headers=tuple((name, value) for name, value in self.headers if name != unwanted))

    def adding(self, *headers: tuple[str, str]) -> Raw:
        """Return the request with headers added at its end, which its signature does not cover."""
        return evolve(self, headers=(*self.headers, *headers))


def unsigned(
    url: str,
    method: str = "POST",
    path: str = REAL_TIME,
    *,
    query: str = "",
    headers: Pairs = (("Content-Type", "text/csv"),),
    body: bytes = FLOWER,
    host: str | None = None,
) -> Raw:
    """Return a request to the server, without credentials."""
    return Raw(method, path, query, (("Host", urlsplit(url).netloc if host is None else host), *headers), body)


def signed(
    raw: Raw,
    credentials: Credentials = CREDENTIALS,
    *,
    time: datetime = NOW,
    region: str = REGION,
    service: str = SERVICE,
) -> Raw:
    """Return a request with the headers that sigv4 adds."""
    request = Request(raw.method, raw.path, raw.query, raw.headers, raw.body, "http")
    return raw.adding(*sign_headers(request, credentials, Scope(time, region, service)).headers)


def _digest(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def signature(
    canonical_request: str,
    *,
    stamp: str = STAMP,
    day: str = DAY,
    region: str = REGION,
    service: str = SERVICE,
    terminator: str = "aws4_request",
) -> str:
    """Return the signature of a canonical request, made here step by step and not by sigv4."""
    scope = f"{day}/{region}/{service}/{terminator}"
    hashed = hashlib.sha256(canonical_request.encode("utf-8", "surrogateescape")).hexdigest()
    key = f"AWS4{SECRET}".encode()
    for part in (day, region, service, terminator):
        key = _digest(key, part)
    return _digest(key, f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashed}").hex()


def _canonical_query(query: str) -> str:
    parameters = (parameter.partition("=") for parameter in query.split("&") if parameter)
    pairs = sorted((quote(unquote(name), safe=""), quote(unquote(value), safe="")) for name, _, value in parameters)
    return "&".join(f"{name}={value}" for name, value in pairs)


def signed_by_hand(
    raw: Raw,
    names: tuple[str, ...],
    *,
    stamp: str = STAMP,
    day: str = DAY,
    region: str = REGION,
    service: str = SERVICE,
    terminator: str = "aws4_request",
    payload_hash: str | None = None,
    listed: str | None = None,
) -> Raw:
    """Return a request with date and Authorization, rightly signed over these headers whatever they hold.

    Args:
        raw: the request, with every header in place but the date and Authorization.
        names: the headers to sign, in lower case and in the order in which they are signed.
        stamp: the X-Amz-Date.
        day: the scope's day.
        region: the scope's region.
        service: the scope's service.
        terminator: the scope's last field.
        payload_hash: what stands in the canonical request for the body; its SHA-256 when left out.
        listed: what SignedHeaders says; the names when left out.
    """
    dated = raw.adding(("X-Amz-Date", stamp))
    values = {name: ",".join(value for key, value in dated.headers if key.lower() == name) for name in names}
    list_of_names = ";".join(names) if listed is None else listed
    canonical_request = "\n".join(
        (
            raw.method,
            quote(raw.path),
            _canonical_query(raw.query),
            *(f"{name}:{value}" for name, value in values.items()),
            "",
            list_of_names,
            hashlib.sha256(raw.body).hexdigest() if payload_hash is None else payload_hash,
        )
    )
    made = signature(canonical_request, stamp=stamp, day=day, region=region, service=service, terminator=terminator)
    credential = f"{KEY_ID}/{day}/{region}/{service}/{terminator}"
    return dated.adding(
        (
            "Authorization",
            f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={list_of_names}, Signature={made}",
        )
    )


def presigned(raw: Raw) -> Raw:
    """Return a request with a right signature in its query, as a presigned URL has it."""
    credential = quote(f"{KEY_ID}/{DAY}/{REGION}/{SERVICE}/aws4_request", safe="")
    query = (
        f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={credential}&X-Amz-Date={STAMP}"
        "&X-Amz-Expires=60&X-Amz-SignedHeaders=host"
    )
    body_hash = hashlib.sha256(raw.body).hexdigest()
    canonical_request = f"{raw.method}\n{quote(raw.path)}\n{query}\nhost:{raw.header('Host')}\n\nhost\n{body_hash}"
    return evolve(raw, query=f"{query}&X-Amz-Signature={signature(canonical_request)}")
