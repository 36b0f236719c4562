"""The server that ``transport`` measures against: it answers every request with the same InvokeEndpoint answer.

As lean as a server in Python can be, so that it is never the slower side: one loop over sockets that finds the end of a
request by its Content-Length and checks nothing else. Run as ``python -I transport_server.py``: prints the port that it
listens on, on 127.0.0.1, and serves until its stdin ends.

A line on stdin says how it waits for requests: ``sleep``, as it does at first, or ``spin``: it asks for them again and
again, which takes a whole processor, and keeps out of the figures what it costs to wake one.
"""

from __future__ import annotations

import os
import re
import selectors
import socket
import sys

BODY = b'{"predictions": [{"label": "setosa", "score": 0.98}]}'
ANSWER = (
    b"HTTP/1.1 200 OK\r\n"
    b"x-amzn-RequestId: f546bdbc-d581-5ea7-822c-0b59f4d1ac0b\r\n"
    b"x-Amzn-Invoked-Production-Variant: AllTraffic\r\n"
    b"Date: Fri, 20 Nov 2026 08:00:00 GMT\r\n"
    b"Content-Type: application/json\r\n"
    b"Content-Length: %d\r\n"
    b"Connection: keep-alive\r\n"
    b"\r\n%b" % (len(BODY), BODY)
)
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)\r\n", re.IGNORECASE)
_HEAD_END = b"\r\n\r\n"
_RECEIVE = 64 * 1024
_BACKLOG = 1024
"""Connections that may wait to be accepted: as many as are opened at once, and more."""


class Connection:
    """One connection; clients here send one request at a time."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._received = b""

    def serve(self) -> bool:
        """Take what came and answer when a request is whole; return whether the connection goes on."""
        try:
            data = self._socket.recv(_RECEIVE)
            if data and self._completes(data):
                self._socket.sendall(ANSWER)
        except ConnectionError:
            return False
        return bool(data)

    def close(self) -> None:
        """Close it."""
        self._socket.close()

    def _completes(self, data: bytes) -> bool:
        received = self._received + data if self._received else data
        head_end = received.find(_HEAD_END)
        length = _LENGTH.search(received, 0, head_end + 2) if head_end >= 0 else None
        is_whole = length is not None and len(received) >= head_end + len(_HEAD_END) + int(length[1])
        self._received = b"" if is_whole else received
        return is_whole


def serve() -> None:
    """Serve until stdin ends."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)
    print(listener.getsockname()[1], flush=True)
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    selector.register(sys.stdin, selectors.EVENT_READ)
    timeout: float | None = None
    while True:
        for key, _ in selector.select(timeout):
            if isinstance(key.data, Connection):
                if not key.data.serve():
                    selector.unregister(key.fileobj)
                    key.data.close()
            elif key.fileobj is listener:
                connected, _ = listener.accept()
                connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(connected, selectors.EVENT_READ, Connection(connected))
            elif lines := os.read(sys.stdin.fileno(), _RECEIVE):
                timeout = 0 if lines.endswith(b"spin\n") else None
            else:
                return


if __name__ == "__main__":
    serve()
