"""From what the codec makes to what a transport sends: host, signature and framing.

What is signed is what is sent: the signature is made from the path and the host of the URL that the transport gets.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime
from functools import lru_cache

import httpx
from attrs import frozen

from runtime.endpoint import Endpoint
from runtime.errors import CredentialsError, InputError, Problem
from runtime.http import HttpRequest
from sigv4 import Credentials, Headers, Request, Signer, SigningError, __version__
from sigv4 import CredentialsError as UnfitCredentialsError

_USER_AGENT = f"sigv4-runtime/{__version__} lang/python#{sys.version_info.major}.{sys.version_info.minor}"


@frozen
class Clock:
    """Where the time comes from.

    Attributes:
        now: the time of day, aware, UTC.
        monotonic: seconds from an arbitrary beginning; never goes back.
    """

    now: Callable[[], datetime]
    monotonic: Callable[[], float]


@frozen
class _Target:
    """One path of the endpoint, taken apart."""

    url: httpx.URL
    host: str
    path: str
    query: str


class RequestBuilder:
    """Makes signed requests to one endpoint.

    Args:
        endpoint: where to, and the scope to sign for.
        now: the time of day, aware, UTC.
    """

    def __init__(self, endpoint: Endpoint, now: Callable[[], datetime]) -> None:
        self._endpoint = endpoint
        self._now = now
        self._signer: tuple[Credentials, Signer] | None = None
        # Taking a URL apart takes longer than signing, and a client calls the same few endpoints again and again.
        self._target = lru_cache(maxsize=128)(self._take_apart)

    def build(self, operation: str, request: HttpRequest, credentials: Credentials | None) -> httpx.Request:
        """Return the request to send; without credentials it is not signed.

        Raises:
            CredentialsError: when the credentials cannot be signed with.
            InputError: when the request cannot be signed.
        """
        target = self._target(request.path)
        headers = Headers((("Host", target.host), *request.headers))
        if credentials is not None:
            headers = Headers(headers + self._sign(operation, target, headers, request, credentials))
        unsigned = (
            ("Content-Length", str(len(request.body))),
            ("Accept-Encoding", "identity"),
            ("User-Agent", _USER_AGENT),
        )
        return httpx.Request("POST", target.url, headers=headers + unsigned, stream=_Body(request.body))

    def _take_apart(self, path: str) -> _Target:
        url = httpx.URL(self._endpoint.url + path)
        wire_path, _, query = url.raw_path.decode("ascii").partition("?")
        return _Target(url, url.netloc.decode("ascii"), wire_path, query)

    def _sign(
        self, operation: str, target: _Target, headers: Headers, request: HttpRequest, credentials: Credentials
    ) -> Headers:
        try:
            to_sign = Request("POST", target.path, target.query, headers, request.body, target.url.scheme)
            return self._signer_for(credentials).sign(to_sign, self._now()).headers
        except UnfitCredentialsError as error:
            problem = str(error)
            raise CredentialsError(problem) from None
        except SigningError as error:
            found = Problem(error.where, error.problem)
        raise InputError(operation, (found,))

    def _signer_for(self, credentials: Credentials) -> Signer:
        """Return the signer that is kept for these credentials, so that its derived key serves all day."""
        kept = self._signer
        if kept is None or kept[0] is not credentials:
            endpoint = self._endpoint
            kept = (credentials, Signer(credentials, region=endpoint.signing_region, service=endpoint.signing_name))
            self._signer = kept
        return kept[1]


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body in memory, handed over without a copy, to either kind of transport."""

    def __init__(self, content: bytes | bytearray | memoryview) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self._content  # type: ignore[misc] # httpx says bytes; every transport takes a buffer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content  # type: ignore[misc] # the same
