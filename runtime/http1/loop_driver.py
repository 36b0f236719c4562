"""A connection on an asyncio event loop: what ``socket_driver`` is for blocking sockets, limits and failures too.

The loop calls the protocol when bytes come; whoever reads the answer pulls events. Bytes that nobody has pulled yet
are bounded: past a limit the loop stops reading until they are.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import ssl
import time
from collections.abc import AsyncIterator

from runtime.errors import Delivery
from runtime.http1.connection import END, NEED_DATA, Connection, Event, Head
from runtime.http1.failures import (
    BrokenAnswer,
    ConnectFailed,
    ConnectionLost,
    ConnectTimedOut,
    DeadlinePassed,
    Failure,
    FirstByteTimedOut,
    ProxyRefused,
    StallTimedOut,
    WriteTimedOut,
)
from runtime.http1.limits import MAX_HEAD, Limits, has_passed, wait_seconds
from runtime.http1.pool import Origin
from runtime.http1.proxy import Proxy, tunnel_head
from runtime.http1.socket_driver import JOINED_BODY, Part, check_tunnel, is_readable, place, words

_RECEIVE = 64 * 1024
_PIECE = 256 * 1024
"""Bytes of a body that are handed to the loop at a time; it copies what the connection does not take at once."""
_UNREAD_LIMIT = 256 * 1024
"""Bytes that have come and that nobody has pulled; beyond it the loop stops reading."""


class LoopConnection(asyncio.Protocol):
    """One connection. It serves one exchange at a time; the pool sees to that.

    Attributes:
        idle_since: for the pool.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._protocol = Connection()
        self._transport: asyncio.Transport | None = None
        self._carrier: asyncio.Transport | None = None
        self._waiter: asyncio.Future[bool] | None = None
        self._limits = Limits()
        self._unread = 0
        self._is_reading_paused = False
        self._bytes_written = 0
        self._written = True
        self._left = 0
        self._may_write = True
        self._is_idle = True
        self._is_closed = False
        self._lost: Exception | None = None
        self.idle_since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("the event loop gave a transport that cannot be written to")
        self._transport = transport
        # Writing is paused unless everything has left, so that it is always known what has.
        transport.set_write_buffer_limits(high=1, low=0)

    def use_tls(self, inside: asyncio.Transport) -> None:
        """Go on inside TLS; what carried the connection so far now carries TLS."""
        self._carrier = self._transport
        self.connection_made(inside)

    def data_received(self, data: bytes) -> None:
        """Take bytes; on an idle connection nobody has asked for any, so it is of no further use."""
        if self._is_idle:
            self.close()
            return
        self._protocol.receive(data)
        self._note_what_left()
        self._unread += len(data)
        if self._unread > _UNREAD_LIMIT and self._transport is not None:
            self._transport.pause_reading()
            self._is_reading_paused = True
        self._wake()

    def eof_received(self) -> None:
        """Take the end of what the other side sends."""
        self._is_closed = True
        if not self._is_idle:
            self._protocol.receive(b"")
            self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Take the end of the connection; what had not left by now never will."""
        self._is_closed = True
        self._lost = exc
        if not self._is_idle and exc is None:
            self._protocol.receive(b"")
        elif not self._is_idle:
            self._read_what_came_before_the_end()
        self._wake()

    def _read_what_came_before_the_end(self) -> None:
        """Take an early answer whose sender then reset the connection: the loop met the reset while it was writing."""
        connected = None if self._transport is None else self._transport.get_extra_info("socket")
        if connected is None or self._carrier is not None:
            return  # inside TLS the bytes that are left cannot be read any more
        with contextlib.suppress(OSError):
            while data := os.read(connected.fileno(), _RECEIVE):
                self._protocol.receive(data)

    def pause_writing(self) -> None:
        """Stop handing over more of the request."""
        self._may_write = False

    def resume_writing(self) -> None:
        """Go on handing over the request."""
        self._may_write = True
        self._note_what_left()
        self._wake()

    async def exchange(self, method: bytes, head: bytes, body: AsyncIterator[Part], limits: Limits) -> Head:
        """Send a request and return the head of its answer; the body follows from :meth:`next_part`.

        Raises:
            Failure: when there is no such answer; the connection is of no further use.
        """
        self._limits = limits
        self._bytes_written = 0
        self._written = False
        self._left = 0
        self._is_idle = False
        self._unread = 0
        self._protocol.begin(method, limits.max_body)
        event = await self._send_request(head, body)
        while event is NEED_DATA:
            await self._receive(FirstByteTimedOut if self._protocol.bytes_received == 0 else StallTimedOut)
            event = self._next_event()
        if not isinstance(event, Head):
            raise self._failure(BrokenAnswer, "the answer ended before its head")
        return event

    async def next_part(self) -> bytes | None:
        """Return the next part of the answer's body; None at its end.

        Raises:
            Failure: when the body does not come whole.
        """
        while True:
            event = self._next_event()
            if event is END:
                return None
            if isinstance(event, bytes):
                return event
            await self._receive(StallTimedOut)

    def finish(self) -> bool:
        """Return whether another exchange may follow on this connection."""
        self._is_idle = True
        self._resume_reading()
        self._note_what_left()
        return self._all_sent() and not self._is_closed and self._protocol.finish()

    async def is_stale(self) -> bool:
        """Return whether the other side has closed the idle connection, or sent something that nobody asked for."""
        if not self._is_closed and self._transport is not None:
            connected = self._transport.get_extra_info("socket")
            if connected is not None and is_readable(connected):
                # The loop was too busy to look; now it does, and what came while nobody had asked ends the connection.
                await asyncio.sleep(0)
                await asyncio.sleep(0)
        return self._is_closed

    def close(self) -> None:
        """Close the connection; nothing more can be done with it."""
        self._is_closed = True
        if self._transport is not None:
            self._transport.abort()

    async def _send_request(self, head: bytes, body: AsyncIterator[Part]) -> Event:
        """Send a request; return the first event of an answer that came before its end, else NEED_DATA."""
        waiting: Part = head
        async for part in body:
            if len(waiting) + len(part) <= JOINED_BODY:
                waiting = b"".join((waiting, part))
                continue
            event = await self._send(waiting)
            if event is not NEED_DATA:
                return event
            waiting = part
        event = await self._send(waiting)
        self._written = event is NEED_DATA
        return event

    async def _send(self, data: Part) -> Event:
        view = memoryview(data).cast("B")
        for begin in range(0, len(view), _PIECE):
            if self._transport is None or self._is_dying():
                await asyncio.sleep(0)  # so that the loop tells why
                break
            piece = view[begin : begin + _PIECE]
            self._bytes_written += len(piece)
            self._transport.write(piece)
            self._note_what_left()
            event = await self._until_it_left()
            if event is not NEED_DATA:
                return event
        return self._answer_before_end() if self._is_dying() else NEED_DATA

    async def _until_it_left(self) -> Event:
        """Wait until the connection takes more of the request; return what came from the other side meanwhile."""
        while True:
            if self._unread:
                self._unread = 0
                event = self._next_event()
                if event is not NEED_DATA:
                    return event
            if self._may_write or self._is_dying():
                return NEED_DATA
            await self._drain()

    def _is_dying(self) -> bool:
        """Return whether the connection is lost, or about to be: what is written now goes nowhere."""
        carriers = (self._transport, self._carrier)
        return self._is_closed or any(carrier is not None and carrier.is_closing() for carrier in carriers)

    async def _drain(self) -> None:
        before = self._left
        in_time = await self._wait(self._limits.write)
        self._note_what_left()
        if not in_time and self._left <= before:
            raise self._timed_out(WriteTimedOut, "the other side takes no more of the request")

    def _note_what_left(self) -> None:
        """Keep count of what has left; once the connection is lost, nobody can tell any more."""
        if self._transport is None or self._is_dying():
            return
        waiting = self._transport.get_write_buffer_size()
        if self._carrier is not None:
            waiting += self._carrier.get_write_buffer_size()
        self._left = max(self._bytes_written - waiting, self._left)

    def _answer_before_end(self) -> Event:
        """Return the answer that came before the other side stopped reading, else raise what that means."""
        try:
            event = self._protocol.next_event()
        except BrokenAnswer:
            event = NEED_DATA
        if isinstance(event, Head):
            return event
        reason = f": {words(self._lost)}" if self._lost else ""
        raise self._failure(ConnectionLost, f"the connection was lost while the request was being sent{reason}")

    async def _receive(self, too_late: type[Failure]) -> None:
        if self._lost is not None:
            raise self._failure(ConnectionLost, f"the connection was lost: {words(self._lost)}")
        if self._is_closed and not self._protocol.bytes_received:
            raise self._failure(ConnectionLost, "the connection was closed without an answer")
        self._resume_reading()
        self._unread = 0
        limit = self._limits.first_byte if too_late is FirstByteTimedOut else self._limits.stall
        if not await self._wait(limit):
            raise self._timed_out(too_late, "no part of the answer came in time")

    def _resume_reading(self) -> None:
        if self._is_reading_paused and self._transport is not None and not self._is_closed:
            self._transport.resume_reading()
        self._is_reading_paused = False

    async def _wait(self, limit: float | None) -> bool:
        """Wait until something happens; return False when nothing did in time."""
        seconds = wait_seconds(limit, self._limits.deadline, time.monotonic())
        waiter: asyncio.Future[bool] = self._loop.create_future()
        self._waiter = waiter
        timer = None if seconds is None else self._loop.call_later(seconds, _expire, waiter)
        try:
            return await waiter
        finally:
            self._waiter = None
            if timer is not None:
                timer.cancel()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(True)

    def _next_event(self) -> Event:
        try:
            return self._protocol.next_event()
        except BrokenAnswer as error:
            if self._protocol.was_cut:
                raise self._failure(ConnectionLost, "the connection was closed before the answer was whole") from None
            raise self._failure(BrokenAnswer, str(error)) from None

    def _timed_out(self, kind: type[Failure], message: str) -> Failure:
        if has_passed(self._limits.deadline, time.monotonic()):
            return self._failure(DeadlinePassed, "the whole call took too long")
        return self._failure(kind, message)

    def _failure(self, kind: type[Failure], message: str) -> Failure:
        self._note_what_left()
        delivery: Delivery = "unknown" if self._all_sent() else "not_sent"
        if self._protocol.has_answered:
            delivery = "answered"
        received = self._protocol.bytes_received
        return kind(message, delivery=delivery, bytes_sent=self._left, bytes_received=received)

    def _all_sent(self) -> bool:
        return self._written and self._left == self._bytes_written


def _expire(waiter: asyncio.Future[bool]) -> None:
    if not waiter.done():
        waiter.set_result(False)


async def open_connection(
    origin: Origin, proxy: Proxy | None, context: ssl.SSLContext | None, limits: Limits, *, keep_alive: bool
) -> LoopConnection:
    """Open a connection to an origin, through a proxy where there is one; see the blocking driver's.

    Raises:
        Failure: when there is no connection.
    """
    seconds = wait_seconds(limits.connect, limits.deadline, time.monotonic())
    try:
        async with asyncio.timeout(seconds):
            return await _open(origin, proxy, context, keep_alive=keep_alive)
    except TimeoutError:
        late = limits.deadline is not None and time.monotonic() >= limits.deadline
        raise (DeadlinePassed if late else ConnectTimedOut)("the connection did not stand in time") from None
    except (OSError, UnicodeError) as error:
        raise ConnectFailed(f"no connection to {place(origin, proxy)}: {words(error)}") from None


async def _open(
    origin: Origin, proxy: Proxy | None, context: ssl.SSLContext | None, *, keep_alive: bool
) -> LoopConnection:
    loop = asyncio.get_running_loop()
    connected = await _connect(proxy.host if proxy else origin.host, proxy.port if proxy else origin.port)
    try:
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if keep_alive:
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if proxy is not None and context is not None:
            await _open_tunnel(connected, proxy, origin)
        carrier, connection = await loop.create_connection(LoopConnection, sock=connected)
        if context is not None:
            inside = await loop.start_tls(carrier, connection, context, server_hostname=origin.host)
            connection.use_tls(_require(inside))
    except BaseException:
        connected.close()
        raise
    return connection


def _require(transport: asyncio.Transport | None) -> asyncio.Transport:
    if transport is None:
        raise ConnectionAbortedError(errno.ECONNABORTED, "the connection was closed during the TLS handshake")
    return transport


async def _connect(host: str, port: int) -> socket.socket:
    """Connect to the first address that takes the connection."""
    loop = asyncio.get_running_loop()
    last: OSError = OSError("the name has no address")
    for family, kind, protocol, _, address in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        candidate = None
        try:
            candidate = socket.socket(family, kind, protocol)
            candidate.setblocking(False)  # noqa: FBT003 - the standard library's own parameter
            await loop.sock_connect(candidate, address)
        except BaseException as error:
            if candidate is not None:
                candidate.close()
            if not isinstance(error, OSError):
                raise
            last = error
        else:
            return candidate
    raise last


async def _open_tunnel(connected: socket.socket, proxy: Proxy, origin: Origin) -> None:
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(connected, tunnel_head(proxy, origin.host, origin.port))
    answer = b""
    while b"\r\n\r\n" not in answer:
        data = await loop.sock_recv(connected, _RECEIVE)
        answer += data
        if not data or len(answer) > MAX_HEAD:
            raise ProxyRefused("the proxy closed the connection without opening the tunnel")
    check_tunnel(answer)
