"""A server on the loopback interface that misbehaves as it is asked to: the endpoint's name picks the fault.

A request to ``/endpoints/reset-before/invocations`` meets the fault ``reset-before``; ``/reset-before`` does as well.
Each connection has a thread. The server counts the connections that it took, the requests whose head came, and the
bodies that came whole, and it knows how many connections are open. Every wait has a bound and ends with the server.
"""

import fcntl
import hashlib
import json
import select
import socket
import ssl
import struct
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from attrs import field, frozen

from sigv4 import Headers

BOUND = 5.0
"""Seconds that anything may wait."""
DRIP = 0.02
"""Seconds between the parts of a slow answer."""
BRIEF = 0.05
"""Seconds that the server lets pass before it does something late."""
_RECEIVE = 64 * 1024

FORGED = b"FORGED"
PART = b"setosa,versicolor"
"""The part of a body that arrives before the fault."""


def answer(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """Return a whole answer that both operations take for a success; these headers take the place of the length."""
    framing = headers or (b"Content-Length: %d" % len(body),)
    lines = [b"HTTP/1.1 " + status, b"X-Amzn-SageMaker-OutputLocation: s3://bucket/key", *framing]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def chunked(body: bytes) -> bytes:
    """Return an answer whose body is these bytes, chunk marks included."""
    return answer(body, b"Transfer-Encoding: chunked")


SUCCESS = answer(PART)
_FORGED_ANSWER = answer(FORGED)
_CHUNK = b"%x\r\n%s\r\n" % (len(PART), PART)

CUT_SHORT = {
    "truncated-length": answer(PART, b"Content-Length: 100"),
    "truncated-202": answer(b'{"InferenceId": "1', b"Content-Length: 40", status=b"202 Accepted"),
    "chunked-truncated": chunked(_CHUNK + b"ff\r\nset"),
    "chunked-no-end": chunked(_CHUNK),
    "http09": b"hello world",
    "half-a-head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "interim-then-end": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
}
"""Answers after which the server closes the connection in good order."""

BROKEN = {
    "chunked-garbage": chunked(_CHUNK + b"zz\r\nsetosa\r\n"),
    "chunked-bad-crlf": chunked(b"6\r\nsetosaXX0\r\n\r\n"),
    "chunked-bad-crlf-shifted": chunked(b"5\r\nsetosa\r\n0\r\n\r\n"),
    "chunked-huge": chunked(_CHUNK + b"f" * 64 + b"\r\nsetosa\r\n"),
    "chunked-negative": chunked(_CHUNK + b"-5\r\nsetosa\r\n"),
    "length-and-chunked": answer(b"0\r\n\r\n", b"Content-Length: 5", b"Transfer-Encoding: chunked"),
    "chunked-and-length": answer(b"0\r\n\r\n", b"Transfer-Encoding: chunked", b"Content-Length: 5"),
    "chunked-twice": answer(b"0\r\n\r\n", b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
    "coding-unknown": answer(b"0\r\n\r\n", b"Transfer-Encoding: gzip, chunked"),
    "length-twice": answer(PART, b"Content-Length: 17", b"Content-Length: 5"),
    "length-list": answer(PART, b"Content-Length: 17, 5"),
    "length-text": answer(PART, b"Content-Length: seventeen"),
    "length-negative": answer(PART, b"Content-Length: -17"),
    "length-plus": answer(PART, b"Content-Length: +17"),
    "garbage": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n" * 4,
    "not-http": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "bad-header": b"HTTP/1.1 200 OK\r\nBad Header: 1\r\nContent-Length: 0\r\n\r\n",
    "header-nul": b"HTTP/1.1 200 OK\r\nX-A: a\x00b\r\nContent-Length: 0\r\n\r\n",
    "huge-header": answer(PART, b"X-Filler: " + b"x" * 1024 * 1024, b"Content-Length: 17"),
    "endless-header": b"HTTP/1.1 200 OK\r\nX-Filler: " + b"x" * 1024 * 1024,
    "headers-5000": answer(PART, *(b"X-%d: a" % number for number in range(5000)), b"Content-Length: 17"),
    "switching": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
}
"""Answers after which the server leaves the connection open, so that it is the client that must give it up."""

FINE = {
    "ok": SUCCESS,
    "ok-103": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + SUCCESS,
    "ok-100-103": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" + SUCCESS,
    "ok-chunked": chunked(_CHUNK + b"0\r\n\r\n"),
    "length-twice-equal": answer(PART, b"Content-Length: 17", b"Content-Length: 17"),
    "empty-200": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "redirect-301": answer(b"", b"Location: /ok", b"Content-Length: 0", status=b"301 Moved Permanently"),
    "redirect-302": answer(b"", b"Location: /ok", b"Content-Length: 0", status=b"302 Found"),
    "redirect-303": answer(b"", b"Location: /ok", b"Content-Length: 0", status=b"303 See Other"),
    "redirect-307": answer(b"", b"Location: /ok", b"Content-Length: 0", status=b"307 Temporary Redirect"),
    "redirect-308": answer(b"", b"Location: /ok", b"Content-Length: 0", status=b"308 Permanent Redirect"),
    "gzip": answer(b"\x1f\x8b\x08\x00not really", b"Content-Encoding: gzip", b"Content-Length: 14"),
    "no-content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "not-modified": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 17\r\n\r\n",
}
"""Answers after which the connection carries the next request."""

TOO_LARGE = answer(b'{"message": "too large"}', b"Content-Length: 24", status=b"413 Content Too Large")


@frozen
class Received:
    """The head of a request, and its body where the fault reads it.

    Attributes:
        method: of the request line.
        target: of the request line.
        headers: name and value pairs, as they arrived.
        body: as it arrived, without chunk marks; empty where the fault does not read it.
        connection: the number of the connection that brought it, the first is 1.
    """

    method: str
    target: str
    headers: Headers
    body: bytes = field(repr=False)
    connection: int

    def header(self, name: str) -> str | None:
        """Return the first value of a header."""
        return next((value for found, value in self.headers if found.lower() == name.lower()), None)


class Scripted:
    """The server; made by :func:`scripted`.

    Attributes:
        url: what a client takes as ``endpoint_url``.
        refused_url: the same for a port at which nobody listens.
        reset_url: the same for a port at which each connection is reset as soon as it is accepted.
        connections: how many were accepted.
        requests: how many heads of requests came.
        bodies: how many bodies came whole.
        bytes_received: of all requests.
        received: the requests, oldest first.
        server_names: the names that TLS clients asked for.
        handshake_failures: how many TLS handshakes came to nothing.
        client_subjects: the common names of the certificates that TLS clients gave.
        late: set when the server has done what it does late.
        go_on: set by a test to let the server do what it waits for.
    """

    def __init__(
        self, listening: socket.socket, resetting: socket.socket, refused: socket.socket, context: ssl.SSLContext | None
    ) -> None:
        scheme = "http" if context is None else "https"
        self.url, self.reset_url, self.refused_url = (
            f"{scheme}://{_authority(each)}" for each in (listening, resetting, refused)
        )
        self.port: int = listening.getsockname()[1]
        self.connections = self.requests = self.bodies = self.bytes_received = self.handshake_failures = 0
        self.received: list[Received] = []
        self.server_names: list[str | None] = []
        self.client_subjects: list[str | None] = []
        self.failure: BaseException | None = None
        self.late = threading.Event()
        self.go_on = threading.Event()
        self.stopping = threading.Event()
        self._listening = listening
        self._resetting = resetting
        self._context = context
        self._changed = threading.Condition()
        self._open: dict[int, socket.socket] = {}
        self._threads: list[threading.Thread] = []

    @property
    def open(self) -> int:
        """How many connections are open, as far as the server knows."""
        return len(self._open)

    def wait_until(self, holds: Callable[[], bool]) -> bool:
        """Wait until something holds of the counts; return whether it does within the bound."""
        with self._changed:
            return self._changed.wait_for(holds, BOUND)

    def all_closed(self) -> bool:
        """Wait until every connection is closed; return whether they are within the bound."""
        return self.wait_until(lambda: not self._open)

    def note(self, **more: int) -> None:
        """Add to the counts."""
        with self._changed:
            for name, number in more.items():
                setattr(self, name, getattr(self, name) + number)
            self._changed.notify_all()

    def serve(self, stop: socket.socket) -> None:
        """Accept connections until told to stop."""
        try:
            while True:
                ready, _, _ = select.select([self._listening, self._resetting, stop], [], [])
                if stop in ready:
                    return
                if self._resetting in ready:
                    reset(self._resetting.accept()[0])
                if self._listening in ready:
                    self._start(self._listening.accept()[0])
        except BaseException as error:  # noqa: BLE001 - raised again where the test waits for the server
            self.failure = error

    def stop(self) -> None:
        """Close every connection and wait for its thread."""
        self.stopping.set()
        self.go_on.set()
        with self._changed:
            connections = list(self._open.values())
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(BOUND)
            if thread.is_alive():
                self.failure = self.failure or TimeoutError(f"{thread.name} did not end")

    def _start(self, connection: socket.socket) -> None:
        connection.settimeout(BOUND)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        number = self.connections + 1
        with self._changed:
            self._open[number] = connection
        self.note(connections=1)
        thread = threading.Thread(target=self._run, args=(connection, number), name=f"scripted {number}", daemon=True)
        self._threads = [each for each in self._threads if each.is_alive()]
        self._threads.append(thread)
        thread.start()

    def _run(self, connection: socket.socket, number: int) -> None:
        try:
            if self._context is not None:
                connection = self._wrap(connection)
                with self._changed:
                    self._open[number] = connection
            Peer(self, connection, number).serve()
        except OSError:
            pass  # the client went first, or said nothing for too long
        except BaseException as error:  # noqa: BLE001 - raised again where the test waits for the server
            self.failure = error
        finally:
            connection.close()
            with self._changed:
                self._open.pop(number, None)
                self._changed.notify_all()

    def _wrap(self, connection: socket.socket) -> socket.socket:
        assert self._context is not None
        try:
            wrapped = self._context.wrap_socket(connection, server_side=True)
        except OSError:
            connection.close()
            self.note(handshake_failures=1)
            raise
        subject = (wrapped.getpeercert() or {}).get("subject", ())
        pairs = [pair for entry in subject if isinstance(entry, tuple) for pair in entry if isinstance(pair, tuple)]
        self.client_subjects.append(next((str(pair[1]) for pair in pairs if pair[0] == "commonName"), None))
        return wrapped


class Peer:
    """One connection as the server has it.

    Args:
        server: whose counts are kept.
        connection: connected.
        number: of the connection.
    """

    def __init__(self, server: Scripted, connection: socket.socket, number: int) -> None:
        self.server = server
        self.number = number
        self.exchanges = 0
        self.request = Received("", "", Headers(), b"", number)
        self._socket = connection
        self._buffer = b""

    def serve(self) -> None:
        """Answer request after request, until a fault or the client ends the connection."""
        while self._read_head():
            name = self.request.target.partition("?")[0].removeprefix("/endpoints/").strip("/").partition("/")[0]
            self.exchanges += 1
            if not _find(name)(self):
                return

    def read_body(self) -> bytes:
        """Read the request's body to its end, and keep it."""
        body = b"".join(self.body_parts())
        request = self.request
        self.request = Received(request.method, request.target, request.headers, body, self.number)
        self.server.received[-1] = self.request
        return body

    def body_parts(self) -> Iterator[bytes]:
        """Give the parts of the request's body as they come, without chunk marks."""
        if (self.request.header("transfer-encoding") or "").lower() == "chunked":
            while length := int(self._line(), 16):
                yield from self._exactly(length)
                self._line()
            self._line()
        else:
            yield from self._exactly(int(self.request.header("content-length") or 0))
        self.server.note(bodies=1)

    def send(self, data: bytes) -> None:
        """Send bytes; the client may have gone."""
        self._socket.sendall(data)

    def send_and_see_it_arrive(self, data: bytes) -> None:
        """Send bytes, and wait until the other side's kernel has them: a reset could overtake them."""
        self.send(data)
        for _ in range(1000):
            waiting = bytearray(4)
            fcntl.ioctl(self._socket.fileno(), termios.TIOCOUTQ, waiting)
            if not int.from_bytes(waiting, sys.byteorder):
                return
            self.wait(0.001)

    def reset(self) -> bool:
        """Reset the connection."""
        reset(self._socket)
        return False

    def read_some(self) -> None:
        """Read a little of what is left of the request."""
        self._fill()

    def wait_for_client(self) -> bool:
        """Wait until the client closes the connection, without reading more than it has sent anyway."""
        with suppress(OSError):
            while self._socket.recv(_RECEIVE):
                pass
        return False

    def wait(self, seconds: float) -> None:
        """Let time pass, unless the server is stopped."""
        self.server.stopping.wait(seconds)

    def _read_head(self) -> bool:
        while b"\r\n\r\n" not in self._buffer:
            if not self._fill():
                return False
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        request_line, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = request_line.split(" ")
        headers = Headers((name, value.strip(" \t")) for name, _, value in (line.partition(":") for line in lines))
        self.request = Received(method, target, headers, b"", self.number)
        self.server.received.append(self.request)
        self.server.note(requests=1, bytes_received=len(head) + 4)
        return True

    def _line(self) -> bytes:
        while b"\r\n" not in self._buffer:
            if not self._fill():
                raise ConnectionResetError
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        self.server.note(bytes_received=len(line) + 2)
        return line

    def _exactly(self, length: int) -> Iterator[bytes]:
        while length:
            if not self._buffer and not self._fill():
                raise ConnectionResetError
            part, self._buffer = self._buffer[:length], self._buffer[length:]
            length -= len(part)
            self.server.note(bytes_received=len(part))
            yield part

    def _fill(self) -> bool:
        data = self._socket.recv(_RECEIVE)
        self._buffer += data
        return bool(data)


def reset(connection: socket.socket) -> None:
    """Close a connection so that the other side gets a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


Fault = Callable[[Peer], bool]
"""Deals with one request; returns whether the connection goes on."""
FAULTS: dict[str, Fault] = {}


def fault(name: str) -> Callable[[Fault], Fault]:
    """Give a fault its name."""

    def register(deal: Fault) -> Fault:
        FAULTS[name] = deal
        return deal

    return register


def _find(name: str) -> Fault:
    if name in CUT_SHORT:
        return lambda peer: _say(peer, CUT_SHORT[name])
    if name in BROKEN:
        return lambda peer: _say(peer, BROKEN[name]) or peer.wait_for_client()
    if name in FINE:
        return lambda peer: not _say(peer, FINE[name])
    return FAULTS[name]


def _say(peer: Peer, data: bytes) -> bool:
    peer.read_body()
    peer.send(data)
    return False


@fault("echo")
def _echo(peer: Peer) -> bool:
    """Answer with the request's own body."""
    peer.send(answer(peer.read_body()))
    return True


@fault("desync")
def _desync(peer: Peer) -> bool:
    """Send an answer that nobody asked for right behind the true one."""
    peer.send(answer(peer.read_body()) + _FORGED_ANSWER)
    return True


@fault("desync-late")
def _desync_late(peer: Peer) -> bool:
    """Send an answer that nobody asked for a little later, when the connection is idle."""
    peer.send(answer(peer.read_body()))
    peer.server.go_on.wait(BOUND)
    peer.send(_FORGED_ANSWER)
    peer.server.late.set()
    return True


@fault("desync-chunked")
def _desync_chunked(peer: Peer) -> bool:
    """Send an answer that nobody asked for right behind the last chunk of the true one."""
    body = peer.read_body()
    peer.send(chunked(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)) + _FORGED_ANSWER)
    return True


@fault("desync-part")
def _desync_part(peer: Peer) -> bool:
    """Send one byte too many."""
    peer.send(answer(peer.read_body()) + b"H")
    return True


@fault("reset-before")
def _reset_before(peer: Peer) -> bool:
    """Take the whole request, then reset."""
    peer.read_body()
    return peer.reset()


@fault("reset-before-once")
def _reset_before_once(peer: Peer) -> bool:
    """Take the whole request, then reset; the next connection is answered."""
    peer.read_body()
    if peer.number == 1:
        return peer.reset()
    peer.send(SUCCESS)
    return True


@fault("close-before")
def _close_before(peer: Peer) -> bool:
    """Take the whole request, then close in good order."""
    peer.read_body()
    return False


@fault("reset-mid-request")
def _reset_mid_request(peer: Peer) -> bool:
    """Reset while the request is still coming."""
    peer.read_some()
    return peer.reset()


@fault("close-mid-request")
def _close_mid_request(peer: Peer) -> bool:
    """Close the sending side while the request is still coming, and read no more of it."""
    peer.read_some()
    peer._socket.shutdown(socket.SHUT_WR)  # noqa: SLF001 - the one fault that needs it
    peer.server.go_on.wait(BOUND)
    return False


@fault("reset-mid-headers")
def _reset_mid_headers(peer: Peer) -> bool:
    """Reset in the middle of the answer's head."""
    peer.read_body()
    peer.send_and_see_it_arrive(SUCCESS[:30])
    return peer.reset()


@fault("reset-mid-body")
def _reset_mid_body(peer: Peer) -> bool:
    """Reset in the middle of the answer's body."""
    peer.read_body()
    peer.send_and_see_it_arrive(CUT_SHORT["truncated-length"])
    return peer.reset()


@fault("stale-fin")
def _stale_fin(peer: Peer) -> bool:
    """Answer, promise to go on, and close."""
    peer.server.late.clear()
    peer.read_body()
    peer.send(SUCCESS)
    peer._socket.close()  # noqa: SLF001 - the event is set after the FIN has left
    peer.server.late.set()
    return False


@fault("stale-race")
def _stale_race(peer: Peer) -> bool:
    """Answer the first request of each connection, and reset the connection at the second."""
    peer.read_body()
    if peer.exchanges > 1:
        return peer.reset()
    peer.send(SUCCESS)
    return True


@fault("early-413")
def _early_413(peer: Peer) -> bool:
    """Refuse the request by its head, and close as announced, without reading the rest."""
    peer.send_and_see_it_arrive(TOO_LARGE.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
    return False


@fault("early-413-open")
def _early_413_open(peer: Peer) -> bool:
    """Refuse the request by its head, read no more, and leave the connection to the client."""
    peer.send(TOO_LARGE)
    peer.server.go_on.wait(BOUND)
    return False


@fault("stall-headers")
def _stall_headers(peer: Peer) -> bool:
    """Take the request and never answer."""
    peer.read_body()
    return peer.wait_for_client()


@fault("stall-mid-headers")
def _stall_mid_headers(peer: Peer) -> bool:
    """Stop in the middle of the answer's head."""
    peer.read_body()
    peer.send(SUCCESS[:30])
    return peer.wait_for_client()


@fault("stall-body")
def _stall_body(peer: Peer) -> bool:
    """Stop in the middle of the answer's body."""
    peer.read_body()
    peer.send(CUT_SHORT["truncated-length"])
    return peer.wait_for_client()


@fault("unread-request")
def _unread_request(peer: Peer) -> bool:
    """Read no more than the head of the request."""
    peer.server.go_on.wait(BOUND)
    return False


@fault("slow-request")
def _slow_request(peer: Peer) -> bool:
    """Take the request very slowly."""
    while not peer.server.stopping.is_set():
        peer.read_some()
        peer.wait(DRIP)
    return False


@fault("slow-headers")
def _slow_headers(peer: Peer) -> bool:
    """Send the answer's head byte by byte."""
    peer.read_body()
    return _drip(peer, SUCCESS[: -len(PART)])


@fault("slow-body")
def _slow_body(peer: Peer) -> bool:
    """Send the answer's body byte by byte."""
    peer.read_body()
    peer.send(answer(b"", b"Content-Length: 100"))
    return _drip(peer, b"s" * 100)


@fault("slow-ok")
def _slow_ok(peer: Peer) -> bool:
    """Send the answer in some thirty parts, slowly but whole."""
    peer.read_body()
    peer.send(answer(b"", b"Content-Length: 10"))
    return not _drip(peer, b"s" * 10)


def _drip(peer: Peer, data: bytes) -> bool:
    for place in range(len(data)):
        peer.wait(DRIP)
        peer.send(data[place : place + 1])
    return False


@fault("hold")
def _hold(peer: Peer) -> bool:
    """Answer when the test says so."""
    body = peer.read_body()
    peer.server.go_on.wait(BOUND)
    peer.send(answer(body))
    return True


@fault("half")
def _half(peer: Peer) -> bool:
    """Send half of a body, and the rest when the test says so."""
    peer.read_body()
    peer.send(answer(b"s" * 1000, b"Content-Length: 2000"))
    peer.server.go_on.wait(BOUND)
    peer.send(b"s" * 1000)
    return True


@fault("endless-length")
def _endless_length(peer: Peer) -> bool:
    """Send a body that does not end, as it is announced."""
    peer.read_body()
    peer.send(answer(b"", b"Content-Length: %d" % 10**15))
    return _pour(peer, b"s" * _RECEIVE)


@fault("endless-chunks")
def _endless_chunks(peer: Peer) -> bool:
    """Send chunk after chunk."""
    peer.read_body()
    peer.send(chunked(b""))
    return _pour(peer, b"10000\r\n%s\r\n" % (b"s" * 0x10000))


@fault("endless-interim")
def _endless_interim(peer: Peer) -> bool:
    """Send interim answer after interim answer."""
    peer.read_body()
    return _pour(peer, b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 1000)


def _pour(peer: Peer, data: bytes) -> bool:
    """Send the same bytes until the client closes the connection."""
    while not peer.server.stopping.is_set():
        peer.send(data)
    return False


@fault("sink")
def _sink(peer: Peer) -> bool:
    """Answer with the length and the hash of a body of any size."""
    length, sha256 = 0, hashlib.sha256()
    for part in peer.body_parts():
        length += len(part)
        sha256.update(part)
    peer.send(answer(json.dumps({"length": length, "sha256": sha256.hexdigest()}).encode()))
    return True


@fault("source")
def _source(peer: Peer) -> bool:
    """Answer with as many bytes as the path's last part says."""
    peer.read_body()
    left = int(peer.request.target.rpartition("/")[2])
    peer.send(answer(b"", b"Content-Length: %d" % left))
    block = bytes(range(256)) * 256
    while left:
        part = block[:left]
        peer.send(part)
        left -= len(part)
    return True


def _authority(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"{f'[{host}]' if ':' in host else host}:{port}"


@contextmanager
def scripted(host: str = "127.0.0.1", context: ssl.SSLContext | None = None) -> Iterator[Scripted]:
    """Run a server.

    Args:
        host: the address it listens at.
        context: for TLS; the names that clients ask for are noted.

    Raises:
        BaseException: at the end, whatever went wrong in the server.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    reader, writer = socket.socketpair()
    with (
        reader,
        writer,
        socket.create_server((host, 0), family=family, backlog=256) as listening,
        socket.create_server((host, 0), family=family) as resetting,
        socket.socket(family) as refused,
    ):
        refused.bind((host, 0))
        server = Scripted(listening, resetting, refused, context)
        if context is not None:
            context.sni_callback = lambda _socket, name, _context: server.server_names.append(name)
        thread = threading.Thread(target=server.serve, args=(reader,), name="scripted", daemon=True)
        thread.start()
        try:
            yield server
        finally:
            writer.close()
            thread.join(BOUND)
            server.stop()
        if thread.is_alive():
            raise TimeoutError("the server did not end")
        if server.failure is not None:
            raise server.failure
