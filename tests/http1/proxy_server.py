"""A proxy on 127.0.0.1: it opens tunnels and forwards plain requests, for those who give the right password.

What it does instead is told by its ``manner``. Every wait has a bound.
"""

import base64
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from attrs import frozen

BOUND = 5.0
"""Seconds that anything may wait."""
USER = "aladdin"
PASSWORD = "canary:open sesame@home/é"  # noqa: S105 - it opens nothing but this proxy
PASSWORD_IN_URL = "canary%3Aopen%20sesame%40home%2F%C3%A9"  # noqa: S105 - the same, percent-encoded

OPENED = b"HTTP/1.1 200 Connection established\r\n\r\n"
MANNERS = {
    "407": b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n",
    "502": b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 4\r\n\r\noops",
    "302": b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n",
    "100": b"HTTP/1.1 100 Continue\r\n\r\n",
    "garbage": b"\x15\x03\x01\x00\x02\x02\x50\r\n\r\n",
    "http/2": b"HTTP/2 200\r\n\r\n",
    "bare line ends": b"HTTP/1.1 200 OK\n\n\r\n\r\n",
    "surplus": OPENED + b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nFORGED",
    "surplus head": OPENED + OPENED,
    "endless": b"HTTP/1.1 200 OK\r\nX-Filler: " + b"x" * 1024 * 1024,
    "end": b"HTTP/1.1 200 Connection est",
    "nothing": b"",
}
"""What the proxy says, whatever it is asked, before it closes the connection."""


@frozen
class Asked:
    """What the proxy was asked.

    Attributes:
        method: of the request line.
        target: of the request line.
        headers: in lower case to values; each came once.
    """

    method: str
    target: str
    headers: dict[str, str]


class ProxyServer:
    """The proxy; made by :func:`proxy_server`.

    Attributes:
        address: host and port.
        asked: the requests so far, right password or not.
        manner: a key of ``MANNERS``, ``silent``, or empty for a proxy that does its work.
    """

    def __init__(self, listening: socket.socket, manner: str) -> None:
        self.address = f"127.0.0.1:{listening.getsockname()[1]}"
        self.asked: list[Asked] = []
        self.manner = manner
        self.failure: Exception | None = None
        self.stopping = threading.Event()
        self._listening = listening
        self._connections: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def url(self, user_information: str = f"{USER}:{PASSWORD_IN_URL}") -> str:
        """Return the URL of the proxy, with the right password or another."""
        return f"http://{user_information}@{self.address}" if user_information else f"http://{self.address}"

    def serve(self, stop: socket.socket) -> None:
        """Accept connections until told to stop."""
        while True:
            ready, _, _ = select.select([self._listening, stop], [], [])
            if stop in ready:
                break
            connection, _ = self._listening.accept()
            self._connections.append(connection)
            thread = threading.Thread(target=self._run, args=(connection,), name="proxy connection", daemon=True)
            self._threads.append(thread)
            thread.start()
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(BOUND)

    def _run(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(BOUND)
            try:
                self._serve_one(connection)
            except (ValueError, IndexError) as error:
                self.failure = error

    def _serve_one(self, connection: socket.socket) -> None:
        stream = connection.makefile("rb")
        with stream:
            while (request_line := stream.readline()).strip():
                lines = _lines(stream)
                method, target, version = request_line.decode("latin-1").split()
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
                self.asked.append(Asked(method, target, headers))
                if self.manner == "silent":
                    self.stopping.wait(BOUND)
                elif self.manner:
                    connection.sendall(MANNERS[self.manner])
                elif headers.get("proxy-authorization") != _authorization():
                    connection.sendall(MANNERS["407"])
                elif method == "CONNECT":
                    self._tunnel(connection, target)
                else:
                    body = stream.read(int(headers.get("content-length", "0")))
                    authority, slash, path = target.removeprefix("http://").partition("/")
                    kept = [line for line in lines if not line.lower().startswith("proxy-")]
                    head = "\r\n".join([f"{method} {slash}{path} {version}", *kept]).encode("latin-1")
                    self._forward(connection, authority, head + b"\r\n\r\n" + body)
                    continue
                return

    def _tunnel(self, connection: socket.socket, target: str) -> None:
        host, _, port = target.rpartition(":")
        with socket.create_connection((host.strip("[]"), int(port)), BOUND) as upstream:
            connection.sendall(OPENED)
            self._pump(connection, upstream)

    def _forward(self, connection: socket.socket, authority: str, request: bytes) -> None:
        """Send a request on, over a connection of its own, and its answer back."""
        host, _, port = authority.rpartition(":")
        with (
            socket.create_connection((host.strip("[]"), int(port)), BOUND) as upstream,
            upstream.makefile("rb") as read,
        ):
            upstream.sendall(request)
            status_line = read.readline()
            if not status_line:
                raise ConnectionResetError
            lines = _lines(read)
            length = next((int(line[15:]) for line in lines if line.lower().startswith("content-length:")), 0)
            head = b"\r\n".join([status_line.rstrip(), *(line.encode("latin-1") for line in lines)])
            connection.sendall(head + b"\r\n\r\n" + read.read(length))

    def _pump(self, one: socket.socket, other: socket.socket) -> None:
        while not self.stopping.is_set():
            ready, _, _ = select.select([one, other], [], [], 0.1)
            for source in ready:
                data = source.recv(65536)
                if not data:
                    return
                (other if source is one else one).sendall(data)


def _lines(stream: BinaryIO) -> list[str]:
    """Read the headers of a request or an answer."""
    lines = []
    while line := stream.readline().rstrip(b"\r\n"):
        lines.append(line.decode("latin-1"))
    return lines


def _authorization() -> str:
    return "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


@contextmanager
def proxy_server(manner: str = "") -> Iterator[ProxyServer]:
    """Run a proxy.

    Raises:
        Exception: at the end, whatever went wrong in it.
    """
    reader, writer = socket.socketpair()
    with reader, writer, socket.create_server(("127.0.0.1", 0)) as listening:
        proxy = ProxyServer(listening, manner)
        thread = threading.Thread(target=proxy.serve, args=(reader,), name="proxy", daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.stopping.set()
            writer.close()
            thread.join(2 * BOUND)
        if thread.is_alive():
            raise TimeoutError("the proxy did not end")
        if proxy.failure is not None:
            raise proxy.failure
