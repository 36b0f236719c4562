"""What can go wrong on a connection.

Each failure is one of httpx's own, so that any httpx client understands it, and carries what only the connection knows.

::

    Failure
    ├── ConnectFailed      httpx.ConnectError            no address took the connection, or TLS refused the other side
    ├── ConnectTimedOut    httpx.ConnectTimeout
    ├── ProxyRefused       httpx.ProxyError              the proxy did not open the tunnel
    ├── PoolTimedOut       httpx.PoolTimeout             every connection was in use for too long
    ├── WriteTimedOut      httpx.WriteTimeout            the other side did not take the request
    ├── FirstByteTimedOut  httpx.ReadTimeout             the request left and no answer began
    ├── StallTimedOut      httpx.ReadTimeout             the answer stopped coming
    ├── DeadlinePassed     httpx.TimeoutException        the whole call took too long
    ├── ConnectionLost     httpx.ReadError               the connection ended before the answer
    └── BrokenAnswer       httpx.RemoteProtocolError     what came is no HTTP/1.1, or more than is allowed
"""

from __future__ import annotations

import httpx

from runtime.errors import Delivery


class Failure(httpx.TransportError):
    """An exchange failed.

    Attributes:
        delivery: ``not_sent``: the request's last byte never left; ``answered``: a complete status line and headers
            came; ``unknown``: anything else.
        bytes_sent: of the request, head and body, that left.
        bytes_received: of the answer, head and body, that came.
    """

    def __init__(
        self, message: str, *, delivery: Delivery = "not_sent", bytes_sent: int = 0, bytes_received: int = 0
    ) -> None:
        super().__init__(message)
        self.delivery = delivery
        self.bytes_sent = bytes_sent
        self.bytes_received = bytes_received


class ConnectFailed(Failure, httpx.ConnectError):
    """No address took the connection, or TLS refused the other side."""


class ConnectTimedOut(Failure, httpx.ConnectTimeout):
    """The connection did not stand in time."""


class ProxyRefused(Failure, httpx.ProxyError):
    """The proxy did not open the tunnel."""


class PoolTimedOut(Failure, httpx.PoolTimeout):
    """Every connection was in use for too long."""


class WriteTimedOut(Failure, httpx.WriteTimeout):
    """The other side did not take the request."""


class FirstByteTimedOut(Failure, httpx.ReadTimeout):
    """The request left, and no answer began."""


class StallTimedOut(Failure, httpx.ReadTimeout):
    """The answer stopped coming."""


class DeadlinePassed(Failure, httpx.TimeoutException):
    """The whole call took too long."""


class ConnectionLost(Failure, httpx.ReadError):
    """The connection ended before the answer did."""


class BrokenAnswer(Failure, httpx.RemoteProtocolError):
    """What came is no HTTP/1.1, or more than is allowed."""


class WrongLoopError(RuntimeError):
    """The transport is used where it cannot work: on another event loop than before, or without asyncio."""
