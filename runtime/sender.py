"""Sign a request, send it over an httpx transport, and read the whole answer.

What is signed is what is sent: the signature is made from the path and host of the finished ``httpx.Request``. The
transport is driven directly, so nothing adds cookies, follows a redirect, or decodes the answer.

An exception that a transport raises becomes a TransportError here and nowhere else. It is raised without its cause: the
frames of a transport hold the signed headers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import datetime

import httpx
from attrs import frozen

from runtime.endpoint import Endpoint
from runtime.errors import CredentialsError, Delivery, InputError, Problem, TransportError
from runtime.http import HttpRequest, HttpResponse
from runtime.timeouts import Timeouts
from sigv4 import Credentials, Headers, Request, Signer, SigningError, __version__
from sigv4 import CredentialsError as UnfitCredentialsError

NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""What a transport raises before the request has begun to leave."""

_FAILURES = (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError)
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


class Sender:
    """Sends signed requests to one endpoint.

    Args:
        transport: what carries the requests.
        endpoint: where to, and the scope to sign for.
        find_credentials: asked before each request; ``None`` sends it unsigned.
        clock: where the time comes from.
    """

    def __init__(
        self,
        transport: httpx.BaseTransport,
        endpoint: Endpoint,
        find_credentials: Callable[[], Credentials | None],
        clock: Clock,
    ) -> None:
        self._transport = transport
        self._endpoint = endpoint
        self._find_credentials = find_credentials
        self._clock = clock
        self._signer: tuple[Credentials, Signer] | None = None

    def send(self, operation: str, request: HttpRequest, timeouts: Timeouts) -> tuple[HttpResponse, float]:
        """Send a request once.

        Returns:
            the answer, and the seconds that it took.

        Raises:
            TransportError: when no whole answer came.
            CredentialsError: when there is nothing to sign with.
            InputError: when the request cannot be signed.
        """
        begin = self._clock.monotonic()
        credentials = self._find_credentials()
        wire = self._wire_request(operation, request, credentials)
        wire.extensions = {"timeout": _httpx_timeouts(timeouts)}
        exchange = _Exchange(self._transport, wire, timeouts.total, begin, self._clock.monotonic)
        response = exchange.run()
        elapsed = self._clock.monotonic() - begin
        if response is None:
            raise TransportError(
                exchange.failure, delivery=exchange.delivery, elapsed=elapsed, partial=b"".join(exchange.parts)
            )
        return response, elapsed

    def close(self) -> None:
        """Close the transport."""
        self._transport.close()

    def _wire_request(self, operation: str, request: HttpRequest, credentials: Credentials | None) -> httpx.Request:
        url = httpx.URL(self._endpoint.url + request.path)
        headers = Headers((("Host", url.netloc.decode("ascii")), *request.headers))
        if credentials is not None:
            headers = Headers(headers + self._sign(operation, url, headers, request, credentials))
        unsigned = (
            ("Content-Length", str(len(request.body))),
            ("Accept-Encoding", "identity"),
            ("User-Agent", _USER_AGENT),
        )
        return httpx.Request("POST", url, headers=headers + unsigned, stream=_Body(request.body))

    def _sign(
        self, operation: str, url: httpx.URL, headers: Headers, request: HttpRequest, credentials: Credentials
    ) -> Headers:
        path, _, query = url.raw_path.decode("ascii").partition("?")
        try:
            to_sign = Request("POST", path, query, headers, request.body, url.scheme)
            return self._signer_for(credentials).sign(to_sign, self._clock.now()).headers
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


class _Body(httpx.SyncByteStream):
    """A body in memory, handed over without a copy."""

    def __init__(self, content: bytes | bytearray | memoryview) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self._content  # type: ignore[misc] # httpx says bytes; every transport takes a buffer


class _Exchange:
    """One request and its answer; says what became of it instead of raising."""

    def __init__(
        self,
        transport: httpx.BaseTransport,
        request: httpx.Request,
        total: float | None,
        begin: float,
        monotonic: Callable[[], float],
    ) -> None:
        self._transport = transport
        self._request = request
        self._total = total
        self._deadline = None if total is None else begin + total
        self._monotonic = monotonic
        self.failure = ""
        self.delivery: Delivery = "unknown"
        self.parts: list[bytes] = []

    def run(self) -> HttpResponse | None:
        """Return the whole answer, or None after setting ``failure``, ``delivery`` and ``parts``."""
        try:
            return self._run()
        except _FAILURES as error:
            self.failure = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            if isinstance(error, NOT_SENT) and self.delivery == "unknown":
                self.delivery = "not_sent"
        return None

    def _run(self) -> HttpResponse | None:
        if self._is_late():
            self.delivery = "not_sent"
            return None
        response = self._transport.handle_request(self._request)
        try:
            self.delivery = "answered"
            for part in _sync_stream(response):
                self.parts.append(part)
                if self._is_late():
                    return None
            if self._is_late():
                return None
        finally:
            response.close()
        headers = Headers((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw)
        return HttpResponse(response.status_code, response.reason_phrase, headers, b"".join(self.parts))

    def _is_late(self) -> bool:
        if self._deadline is None or self._monotonic() <= self._deadline:
            return False
        self.failure = f"the whole call took longer than the {self._total:g} s allowed"
        return True


def _sync_stream(response: httpx.Response) -> httpx.SyncByteStream:
    """Return the answer's bytes as they come, without httpx's decoding."""
    if not isinstance(response.stream, httpx.SyncByteStream):
        raise TypeError("the transport answers with an asynchronous stream; give an httpx.BaseTransport")
    return response.stream


def _httpx_timeouts(timeouts: Timeouts) -> dict[str, float | None]:
    """Return the limits as httpx takes them: it has one for each read, so the first byte's serves for all."""

    def within_total(limit: float | None) -> float | None:
        known = [seconds for seconds in (limit, timeouts.total) if seconds is not None]
        return min(known, default=None)

    return {
        "connect": within_total(timeouts.connect),
        "pool": within_total(timeouts.connect),
        "write": within_total(timeouts.write),
        "read": within_total(timeouts.first_byte),
    }
