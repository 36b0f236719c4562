"""What becomes of one sent request: its answer, part by part, or what went wrong. The same for both kinds of transport.

An exception that a transport raises becomes a TransportError here and nowhere else. It is raised without its cause:
the frames of a transport hold the signed headers.
"""

from __future__ import annotations

from collections.abc import Callable

import httpx

from runtime.errors import (
    ConnectError,
    ConnectionLostError,
    ConnectTimeoutError,
    DeadlineError,
    Delivery,
    FirstByteTimeoutError,
    PoolTimeoutError,
    ProtocolError,
    ProxyError,
    StallTimeoutError,
    TransportError,
    WriteTimeoutError,
)
from runtime.http import HttpResponse
from runtime.http1.failures import DeadlinePassed, Failure, StallTimedOut, WrongLoopError
from runtime.http1.limits import LIMITS_EXTENSION, Limits
from runtime.timeouts import Timeouts
from sigv4 import Headers

FAILURES = (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError, WrongLoopError)
"""What a transport may raise."""

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_KINDS: tuple[tuple[type[Exception], type[TransportError]], ...] = (
    (DeadlinePassed, DeadlineError),
    (StallTimedOut, StallTimeoutError),
    (httpx.ConnectTimeout, ConnectTimeoutError),
    (httpx.PoolTimeout, PoolTimeoutError),
    (httpx.WriteTimeout, WriteTimeoutError),
    (httpx.ConnectError, ConnectError),
    (httpx.ProxyError, ProxyError),
    (httpx.ProtocolError, ProtocolError),
    (httpx.NetworkError, ConnectionLostError),
)


class Outcome:
    """The outcome of one send.

    Args:
        timeouts: the limits.
        max_body: bytes of an answer's body that are taken.
        begin: the instant at which the call began.
        monotonic: the clock of that instant.
    """

    def __init__(self, timeouts: Timeouts, max_body: int | None, begin: float, monotonic: Callable[[], float]) -> None:
        self._timeouts = timeouts
        self._deadline = None if timeouts.total is None else begin + timeouts.total
        self._max_body = max_body
        self._begin = begin
        self._monotonic = monotonic
        self._parts: list[bytes] = []
        self._length = 0
        self._delivery: Delivery = "unknown"
        self._error: TransportError | None = None

    def extensions(self) -> dict[str, object]:
        """Return what tells a transport the limits: httpx's words, and this package's own."""
        timeouts, deadline = self._timeouts, self._deadline
        limits = Limits(
            timeouts.connect, timeouts.connect, timeouts.write, timeouts.first_byte, timeouts.stall, deadline
        )
        total = timeouts.total
        return {
            LIMITS_EXTENSION: limits,
            # httpx has one limit for each read, so the first byte's serves for all.
            "timeout": {
                "connect": _lesser(timeouts.connect, total),
                "pool": _lesser(timeouts.connect, total),
                "write": _lesser(timeouts.write, total),
                "read": _lesser(timeouts.first_byte, total),
            },
        }

    def may_send(self) -> bool:
        """Return whether there is time left to send."""
        return not self._is_late("not_sent")

    def answered(self) -> None:
        """Note that a complete status line and headers came."""
        self._delivery = "answered"

    def take(self, part: bytes) -> bool:
        """Take a part of the answer's body; return whether more of it may come."""
        self._parts.append(part)
        self._length += len(part)
        if self._max_body is not None and self._length > self._max_body:
            message = f"the answer's body is longer than the {self._max_body} bytes allowed"
            self._fail(ProtocolError, message, "answered")
            return False
        return not self._is_late("answered")

    def response(self, answer: httpx.Response) -> HttpResponse | None:
        """Return the whole answer; None when it came too late."""
        if self._is_late("answered"):
            return None
        headers = Headers((name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers.raw)
        return HttpResponse(answer.status_code, answer.reason_phrase, headers, b"".join(self._parts))

    def failed(self, error: Exception) -> None:
        """Take what a transport raised."""
        sent = received = None
        delivery = self._delivery
        if isinstance(error, Failure):
            delivery, sent, received = error.delivery, error.bytes_sent, error.bytes_received
        elif isinstance(error, (*_NOT_SENT, WrongLoopError)) and delivery == "unknown":
            delivery = "not_sent"
        kind = next((ours for theirs, ours in _KINDS if isinstance(error, theirs)), TransportError)
        if isinstance(error, httpx.ReadTimeout) and kind is not StallTimeoutError:
            kind = StallTimeoutError if delivery == "answered" else FirstByteTimeoutError
        message = str(error) or type(error).__name__
        if not isinstance(error, Failure | WrongLoopError):
            message = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        self._fail(kind, message, delivery, sent, received)

    def error(self) -> TransportError:
        """Return the error to raise."""
        return self._error or TransportError("the transport gave no answer")

    def _is_late(self, delivery: Delivery) -> bool:
        if self._deadline is None or self._monotonic() <= self._deadline:
            return False
        self._fail(DeadlineError, f"the whole call took longer than the {self._timeouts.total:g} s allowed", delivery)
        return True

    def _fail(
        self,
        kind: type[TransportError],
        message: str,
        delivery: Delivery,
        bytes_sent: int | None = None,
        bytes_received: int | None = None,
    ) -> None:
        self._error = kind(
            message,
            delivery=delivery,
            elapsed=self._monotonic() - self._begin,
            partial=b"".join(self._parts),
            bytes_sent=bytes_sent,
            bytes_received=bytes_received,
        )


def _lesser(limit: float | None, total: float | None) -> float | None:
    return limit if total is None or (limit is not None and limit < total) else total
