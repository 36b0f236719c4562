"""A small server on 127.0.0.1: each connection brings one request, gets one answer and is closed.

The answer is written as it was given, so it may be broken in any way. Every wait has a bound.
"""

import select
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import repeat

from attrs import field, frozen

from sigv4 import Headers

BOUND = 5.0
"""Seconds that a connection may keep the server waiting."""
IDLE_BOUND = 60.0
"""Seconds that the server waits for a connection."""
SUCCESS = b"HTTP/1.1 200 OK\r\nX-Amzn-SageMaker-OutputLocation: s3://bucket/key\r\nContent-Length: 0\r\n\r\n"
"""An answer that both operations take for a success."""


@frozen
class Received:
    """One request as it arrived.

    Attributes:
        method: of the request line.
        target: of the request line: the path, with a query where there is one.
        headers: name and value pairs, as they arrived.
        body: as many bytes as Content-Length said.
    """

    method: str
    target: str
    headers: Headers
    body: bytes = field(repr=False)


class OneShot:
    """The server; made by :func:`one_shot`.

    Attributes:
        url: what a client takes as ``endpoint_url``.
        received: the requests so far, whole ones only.
    """

    def __init__(self, listening: socket.socket, stop: socket.socket, answers: Iterable[bytes]) -> None:
        host, port = listening.getsockname()[:2]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        self.received: list[Received] = []
        self.failure: Exception | None = None
        self._listening = listening
        self._stop = stop
        self._answers = answers

    def serve(self) -> None:
        """Answer one connection after the other until told to stop, or until there is no answer left."""
        try:
            for answer in self._answers:
                ready, _, _ = select.select([self._listening, self._stop], [], [], IDLE_BOUND)
                if self._listening not in ready:
                    return
                self._serve_one(answer)
        except Exception as error:  # noqa: BLE001 - raised again where the test waits for the server
            self.failure = error

    def _serve_one(self, answer: bytes) -> None:
        connection, _ = self._listening.accept()
        with connection:
            connection.settimeout(BOUND)
            request = read_request(connection)
            if request is not None:
                self.received.append(request)
                connection.sendall(answer)


@contextmanager
def one_shot(answers: Iterable[bytes] = repeat(SUCCESS), host: str = "127.0.0.1") -> Iterator[OneShot]:
    """Run a server that gives these answers, one to each connection.

    Raises:
        Exception: at the end, whatever went wrong in the server.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    reader, writer = socket.socketpair()
    with reader, writer, socket.create_server((host, 0), family=family) as listening:
        server = OneShot(listening, reader, answers)
        thread = threading.Thread(target=server.serve, name="one shot", daemon=True)
        thread.start()
        try:
            yield server
        finally:
            writer.close()
            thread.join(2 * BOUND)
        if thread.is_alive():
            raise TimeoutError("the server did not end")
        if server.failure is not None:
            raise server.failure


def read_request(connection: socket.socket) -> Received | None:
    """Read one request to its end; None where the connection ends first."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            return None
        data += part
    head, _, begun = data.partition(b"\r\n\r\n")
    request_line, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = request_line.split(" ")
    headers = Headers((name, value.strip(" \t")) for name, _, value in (line.partition(":") for line in lines))
    left = int(next((value for name, value in headers if name.lower() == "content-length"), "0")) - len(begun)
    parts = [begun]
    while left > 0:
        part = connection.recv(65536)
        if not part:
            return None
        parts.append(part)
        left -= len(part)
    return Received(method, target, headers, b"".join(parts))


@contextmanager
def refused_url() -> Iterator[str]:
    """Give the URL of a port that refuses connections: it is taken, and nobody listens there."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


@contextmanager
def silent_url() -> Iterator[str]:
    """Give the URL of a port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
