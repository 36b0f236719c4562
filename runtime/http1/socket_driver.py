"""A connection over a blocking socket: it opens it, sends a request, reads the answer, and keeps every limit.

Whatever goes wrong becomes a :class:`Failure` here. A request whose body is still being sent is given up as soon as
the answer to it begins: a server may refuse it early.
"""

from __future__ import annotations

import math
import os
import re
import select
import socket
import ssl
import time
from collections.abc import Iterable, Iterator

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

_RECEIVE = 64 * 1024
JOINED_BODY = 64 * 1024
"""Bytes of a body that is sent in one piece with the head."""
_TUNNEL_ANSWER = re.compile(rb"HTTP/1\.[01] ([0-9]{3})(?: [^\r\n]*)?\r\n")

Part = bytes | bytearray | memoryview


class SocketConnection:
    """One connection. It serves one exchange at a time; the pool sees to that.

    Attributes:
        idle_since: for the pool.
    """

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._protocol = Connection()
        self._limits = Limits()
        self._timeout: float | None = None
        self._bytes_sent = 0
        self._all_sent = False
        self.idle_since = 0.0

    def exchange(self, method: bytes, head: bytes, body: Iterable[Part], limits: Limits) -> Head:
        """Send a request and return the head of its answer; the body follows from :meth:`parts`.

        Raises:
            Failure: when there is no such answer; the connection is of no further use.
        """
        self._limits = limits
        self._bytes_sent = 0
        self._all_sent = False
        self._protocol.begin(method, limits.max_body)
        event = self._send_request(head, body)
        while event is NEED_DATA:
            self._receive(FirstByteTimedOut if self._protocol.bytes_received == 0 else StallTimedOut)
            event = self._next_event()
        if not isinstance(event, Head):
            raise self._failure(BrokenAnswer, "the answer ended before its head")
        return event

    def parts(self) -> Iterator[bytes]:
        """Give the parts of the answer's body as they come.

        Raises:
            Failure: when the body does not come whole.
        """
        while True:
            event = self._next_event()
            if event is END:
                return
            if isinstance(event, bytes):
                yield event
            else:
                self._receive(StallTimedOut)

    def finish(self) -> bool:
        """Return whether another exchange may follow on this connection."""
        return self._all_sent and self._protocol.finish()

    def is_stale(self) -> bool:
        """Return whether the other side has closed the idle connection, or sent something that nobody asked for."""
        if not is_readable(self._socket):
            return False
        if not isinstance(self._socket, ssl.SSLSocket):
            return True
        # TLS has messages of its own, such as session tickets; reading takes them away.
        self._set_timeout(0.0)
        try:
            self._socket.recv(1)
        except ssl.SSLWantReadError:
            return False
        except OSError:
            return True
        return True

    def close(self) -> None:
        """Close the connection; nothing more can be done with it."""
        self._socket.close()

    def _send_request(self, head: bytes, body: Iterable[Part]) -> Event:
        """Send a request; return the first event of an answer that came before its end, else NEED_DATA."""
        waiting: Part = head
        for part in body:
            if len(waiting) + len(part) <= JOINED_BODY:
                waiting = b"".join((waiting, part))
                continue
            event = self._send(waiting)
            if event is not NEED_DATA:
                return event
            waiting = part
        event = self._send(waiting)
        self._all_sent = event is NEED_DATA
        return event

    def _send(self, data: Part) -> Event:
        view = memoryview(data).cast("B")
        sent = 0
        while sent < len(view):
            try:
                self._set_timeout(0.0)
                sent_now = self._socket.send(view[sent:])
            except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                sent_now = 0
            except OSError as error:
                return self._answer_after(error)
            sent += sent_now
            self._bytes_sent += sent_now
            if sent < len(view):
                event = self._wait_to_send()
                if event is not NEED_DATA:
                    return event
        return NEED_DATA

    def _wait_to_send(self) -> Event:
        """Wait until the connection takes more of the request; return what came from the other side meanwhile."""
        try:
            readable = self._wait_until_ready(self._wait(self._limits.write))
        except TimeoutError:
            raise self._timed_out(WriteTimedOut, "the other side takes no more of the request") from None
        if not readable:
            return NEED_DATA
        return self._what_came()

    def _what_came(self) -> Event:
        """Read what has come, without waiting for it."""
        self._set_timeout(0.0)
        try:
            self._protocol.receive(self._socket.recv(_RECEIVE))
        except (BlockingIOError, ssl.SSLWantReadError):
            return NEED_DATA
        except OSError as error:
            raise self._failure(ConnectionLost, f"the connection was lost: {words(error)}") from None
        return self._next_event()

    def _wait_until_ready(self, seconds: float | None) -> bool:
        """Wait until the connection can be written to or read from; return whether it can be read from."""
        readable, writable = _wait_for(self._socket, seconds)
        if not readable and not writable:
            raise TimeoutError
        return readable

    def _answer_after(self, error: OSError) -> Event:
        """Return the answer that came before the other side stopped reading, else raise what the error means."""
        lost = self._failure(
            ConnectionLost, f"the connection was lost while the request was being sent: {words(error)}"
        )
        before = -1
        try:
            while self._protocol.bytes_received > before:
                before = self._protocol.bytes_received
                event = self._what_came()
                if isinstance(event, Head):
                    return event
        except Failure:
            pass
        raise lost from None

    def _receive(self, too_late: type[Failure]) -> None:
        limit = self._limits.first_byte if too_late is FirstByteTimedOut else self._limits.stall
        try:
            self._set_timeout(self._wait(limit))
            data = self._socket.recv(_RECEIVE)
        except TimeoutError:
            raise self._timed_out(too_late, "no part of the answer came in time") from None
        except OSError as error:
            raise self._failure(ConnectionLost, f"the connection was lost: {words(error)}") from None
        self._protocol.receive(data)
        if not data and not self._protocol.bytes_received:
            raise self._failure(ConnectionLost, "the connection was closed without an answer")

    def _next_event(self) -> Event:
        try:
            return self._protocol.next_event()
        except BrokenAnswer as error:
            if self._protocol.was_cut:
                raise self._failure(ConnectionLost, "the connection was closed before the answer was whole") from None
            raise self._failure(BrokenAnswer, str(error)) from None

    def _wait(self, limit: float | None) -> float | None:
        seconds = wait_seconds(limit, self._limits.deadline, time.monotonic())
        if seconds == 0.0:
            raise TimeoutError
        return seconds

    def _set_timeout(self, seconds: float | None) -> None:
        if seconds != self._timeout:
            self._socket.settimeout(seconds)
            self._timeout = seconds

    def _timed_out(self, kind: type[Failure], message: str) -> Failure:
        if has_passed(self._limits.deadline, time.monotonic()):
            return self._failure(DeadlinePassed, "the whole call took too long")
        return self._failure(kind, message)

    def _failure(self, kind: type[Failure], message: str) -> Failure:
        delivery: Delivery = "unknown" if self._all_sent else "not_sent"
        if self._protocol.has_answered:
            delivery = "answered"
        received = self._protocol.bytes_received
        return kind(message, delivery=delivery, bytes_sent=self._bytes_sent, bytes_received=received)


def open_connection(
    origin: Origin, proxy: Proxy | None, context: ssl.SSLContext | None, limits: Limits, *, keep_alive: bool
) -> SocketConnection:
    """Open a connection to an origin, through a proxy where there is one.

    Args:
        origin: where to.
        proxy: for ``https`` it is asked for a tunnel; for ``http`` the request itself goes to it.
        context: for ``https``.
        limits: ``connect`` and ``deadline`` count.
        keep_alive: whether the kernel asks now and then if the other side is still there.

    Raises:
        Failure: when there is no connection.
    """
    begin = time.monotonic()
    until = None if limits.connect is None else begin + limits.connect
    if limits.deadline is not None and (until is None or limits.deadline < until):
        until = limits.deadline
    connected = None
    try:
        connected = _connect(proxy.host if proxy else origin.host, proxy.port if proxy else origin.port, until)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if keep_alive:
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if context is not None:
            if proxy is not None:
                _open_tunnel(connected, proxy, origin, until)
            connected = _wrap(connected, context, origin.host, until)
        return SocketConnection(connected)
    except BaseException as error:
        if connected is not None:
            connected.close()
        if isinstance(error, TimeoutError):
            kind = DeadlinePassed if limits.deadline is not None and until == limits.deadline else ConnectTimedOut
            raise kind("the connection did not stand in time") from None
        if isinstance(error, OSError | UnicodeError):
            raise ConnectFailed(f"no connection to {place(origin, proxy)}: {words(error)}") from None
        raise


def place(origin: Origin, proxy: Proxy | None) -> str:
    """Return where a connection goes first, in words."""
    return f"the proxy {proxy.host}:{proxy.port}" if proxy else f"{origin.host}:{origin.port}"


def _connect(host: str, port: int, until: float | None) -> socket.socket:
    """Connect to the first address that takes the connection."""
    last: OSError = OSError("the name has no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        candidate = None
        try:
            candidate = socket.socket(family, kind, protocol)
            candidate.settimeout(_left(until))
            candidate.connect(address)
        except OSError as error:
            if candidate is not None:
                candidate.close()
            last = error
        else:
            return candidate
    raise last


def _wrap(connected: socket.socket, context: ssl.SSLContext, host: str, until: float | None) -> ssl.SSLSocket:
    wrapped = context.wrap_socket(connected, server_hostname=host, do_handshake_on_connect=False)
    try:
        wrapped.settimeout(_left(until))
        wrapped.do_handshake()
    except BaseException:
        wrapped.close()
        raise
    return wrapped


def _open_tunnel(connected: socket.socket, proxy: Proxy, origin: Origin, until: float | None) -> None:
    connected.settimeout(_left(until))
    connected.sendall(tunnel_head(proxy, origin.host, origin.port))
    answer = b""
    while b"\r\n\r\n" not in answer:
        connected.settimeout(_left(until))
        data = connected.recv(_RECEIVE)
        answer += data
        if not data or len(answer) > MAX_HEAD:
            raise ProxyRefused("the proxy closed the connection without opening the tunnel")
    check_tunnel(answer)


def check_tunnel(answer: bytes) -> None:
    """Refuse a proxy's answer unless it opens the tunnel and nothing follows it.

    Raises:
        ProxyRefused: with the status of the answer.
    """
    match = _TUNNEL_ANSWER.match(answer)
    status = int(match[1]) if match else 0
    if not 200 <= status < 300:  # noqa: PLR2004 - RFC 9110, section 9.3.6: any 2xx
        raise ProxyRefused(f"the proxy answered {status or 'something else than HTTP'}")
    if not answer.endswith(b"\r\n\r\n") or answer.count(b"\r\n\r\n") != 1:
        raise ProxyRefused("the proxy sent more than its answer")


def _left(until: float | None) -> float | None:
    if until is None:
        return None
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def is_readable(connected: socket.socket) -> bool:
    """Return whether a socket has something to be read: bytes, or their end."""
    if hasattr(select, "poll"):
        poller = select.poll()
        poller.register(connected, select.POLLIN)
        return bool(poller.poll(0))
    return bool(select.select([connected], [], [], 0)[0])


def _wait_for(connected: socket.socket, seconds: float | None) -> tuple[bool, bool]:
    """Wait until a socket can be read from or written to; return which of the two."""
    if hasattr(select, "poll"):
        poller = select.poll()
        poller.register(connected, select.POLLIN | select.POLLOUT)
        found = poller.poll(None if seconds is None else math.ceil(seconds * 1000))
        events = found[0][1] if found else 0
        return bool(events & ~select.POLLOUT), bool(events & select.POLLOUT)
    readable, writable, _ = select.select([connected], [connected], [], seconds)
    return bool(readable), bool(writable)


def words(error: Exception) -> str:
    """Return what went wrong, without the addresses that some errors carry."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"TLS: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {error.reason or 'the handshake failed'}"
    if isinstance(error, socket.gaierror):
        return error.strerror or "the name cannot be looked up"
    if isinstance(error, OSError) and error.errno is not None:
        return os.strerror(error.errno)
    return str(error) if isinstance(error, OSError) and error.args else type(error).__name__
