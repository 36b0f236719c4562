"""A raw HTTP client for the tests: bytes go out as they are given, and every wait has a bound."""

from __future__ import annotations

import json
import socket
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from attrs import frozen

BOUND = 10.0
"""Seconds that the server may keep a test waiting."""


@frozen
class Answer:
    """One answer as it arrived; names of headers in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body read as JSON."""
        return json.loads(self.body)


class Connection:
    """One connection to a server on this machine.

    Args:
        url: the server's.
    """

    def __init__(self, url: str) -> None:
        split = urlsplit(url)
        assert split.hostname is not None
        self._socket = socket.create_connection((split.hostname, split.port or 80), BOUND)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self._socket.sendall(data)

    def read_answer(self, *, has_body: bool = True) -> Answer:
        """Read one answer; those to HEAD have no body.

        Raises:
            EOFError: when the server closes first.
        """
        while b"\r\n\r\n" not in self._received:
            self._receive()
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")
        version, status, *_ = status_line.split(" ")
        assert version == "HTTP/1.1"
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0")) if has_body else 0
        while len(self._received) < length:
            self._receive()
        body, self._received = self._received[:length], self._received[length:]
        return Answer(int(status), headers, body)

    def is_closed_by_the_server(self) -> bool:
        """Wait for the server to close; False when it says something more, or nothing for the time allowed."""
        try:
            return not self._received and self._socket.recv(1) == b""
        except ConnectionResetError:
            return True  # closed with bytes of ours unread
        except TimeoutError:
            return False

    def has_something_to_read(self, seconds: float) -> bool:
        """Wait for the server to say something, this long at the most."""
        self._socket.settimeout(seconds)
        try:
            self._receive()
        except TimeoutError:
            return False
        finally:
            self._socket.settimeout(BOUND)
        return True

    def close(self) -> None:
        """Close."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _receive(self) -> None:
        data = self._socket.recv(65536)
        if not data:
            raise EOFError("the server closed")
        self._received += data


class Caller:
    """Sends one request after another, over one connection for as long as the server keeps it.

    Args:
        url: the server's.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: Connection | None = None

    def ask(self, request: bytes) -> Answer:
        """Send a request and return its answer."""
        if self._connection is None:
            self._connection = Connection(self._url)
        self._connection.send(request)
        answer = self._connection.read_answer(has_body=not request.startswith(b"HEAD "))
        if answer.headers.get("connection", "").lower() == "close":
            assert self._connection.is_closed_by_the_server()
            self.close()
        return answer

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
