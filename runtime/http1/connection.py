"""One HTTP/1.1 connection, the client's side, without I/O: bytes in, events out.

The request's head is written here, from headers that were checked; the answer is read by h11, the state machine that
httpx uses too. What h11 lets pass and a client must not is refused here: a length together with chunks, too many
headers, too long a body. And what only a connection can know is kept here: whether the exchange left it clean. It may
carry the next one only if the answer ended where it should and not one byte has followed it.

Source: RFC 9112 (HTTP/1.1), sections 3, 5, 6, 9.3.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from functools import cache
from typing import Final

import h11
from attrs import frozen

from runtime.errors import Delivery
from runtime.http1.failures import BrokenAnswer
from runtime.http1.limits import MAX_HEAD, MAX_HEADERS

RawHeaders = list[tuple[bytes, bytes]]

_BAD_IN_HEAD = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_METHOD = re.compile(rb"[A-Z]{1,20}")
_TARGET = re.compile(rb"[!-~]+")
_NAME = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_SWITCHING_PROTOCOLS = 101
_PER_LINE = len(":\r\n")
_STATUS_LINE = len("HTTP/1.1 200 \r\n")
_ANSWER_START = b"HTTP/"


@frozen
class Head:
    """An answer's status line and headers."""

    status_code: int
    reason: bytes
    headers: RawHeaders


class Signal(Enum):
    """What may come instead of a head or a part of the body."""

    NEED_DATA = "need data"
    END = "end"


NEED_DATA: Final = Signal.NEED_DATA
"""Nothing more can be said before more bytes come."""
END: Final = Signal.END
"""The answer is whole."""

Event = Head | bytes | Signal


class LocalProtocolError(ValueError):
    """A request that may not be written: its method, target or headers would be another request."""


def encode_head(method: bytes, target: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return a request line with headers.

    Raises:
        LocalProtocolError: for a part that may not stand there; its value is not shown.
    """
    if not _METHOD.fullmatch(method) or not _TARGET.fullmatch(target):
        raise LocalProtocolError("the method or the target may not stand in a request line")
    lines = [method + b" " + target + b" HTTP/1.1"]
    for name, value in headers:
        if not _NAME.fullmatch(name) or _BAD_IN_HEAD.search(value):
            raise LocalProtocolError("a header may not stand in a request")
        lines.append(name + b": " + value)
    lines.append(b"\r\n")
    return b"\r\n".join(lines)


class Connection:
    """The protocol's state.

    Attributes:
        bytes_received: of the answer that is being read.
        has_answered: whether a complete status line with headers has come.
    """

    def __init__(self) -> None:
        self._h11 = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD)
        self._max_body: int | None = None
        self._body_length = 0
        self._ended = True
        self._clean = True
        self._head_bytes = 0
        self._start = b""
        self._has_ended = False
        self.bytes_received = 0
        self.has_answered = False

    def begin(self, method: bytes, max_body: int | None) -> None:
        """Turn to the next exchange; its request is about to be written."""
        # h11 is told of a request without a body: it decides by the method alone how an answer is framed, and when the
        # real body has left is what the driver counts.
        self._h11.send(_stand_in(method))
        self._h11.send(h11.EndOfMessage())
        self._max_body = max_body
        self._body_length = 0
        self._ended = False
        self._head_bytes = 0
        self._start = b""
        self.bytes_received = 0
        self.has_answered = False

    @property
    def was_cut(self) -> bool:
        """Whether the other side ended what had begun as an answer."""
        return self._has_ended and _ANSWER_START.startswith(self._start)

    def receive(self, data: bytes) -> None:
        """Take bytes that came; empty ones say that none will follow."""
        self._has_ended = self._has_ended or not data
        if self._ended and data:
            self._clean = False
            return
        self.bytes_received += len(data)
        if len(self._start) < len(_ANSWER_START):
            self._start = (self._start + data)[: len(_ANSWER_START)]
        try:
            self._h11.receive_data(data)
        except RuntimeError:  # bytes after the end
            self._clean = False

    def next_event(self) -> Event:
        """Return what the bytes so far say next.

        Raises:
            BrokenAnswer: when they are no answer that this client takes; the connection is of no further use.
        """
        while True:
            try:
                event = self._h11.next_event()
            except h11.RemoteProtocolError as error:
                raise self._broken(str(error)) from None
            if isinstance(event, h11.Data):
                return self._body_part(bytes(event.data))
            if isinstance(event, h11.Response):
                return self._head(event)
            if isinstance(event, h11.EndOfMessage):
                self._count_head(event.headers, 0)
                self._ended = True
                return END
            if event is h11.NEED_DATA:
                return NEED_DATA
            if not isinstance(event, h11.InformationalResponse) or event.status_code == _SWITCHING_PROTOCOLS:
                raise self._broken("the connection was closed or switched to another protocol")
            self._count_head(event.headers, _STATUS_LINE + len(event.reason))

    def finish(self) -> bool:
        """Make ready for another exchange; return whether it may follow on this connection."""
        surplus, closed = self._h11.trailing_data
        if not (self._clean and self._ended) or surplus or closed:
            return False
        if self._h11.our_state is not h11.DONE or self._h11.their_state is not h11.DONE:
            return False
        self._h11.start_next_cycle()
        return True

    def _head(self, response: h11.Response) -> Head:
        self._count_head(response.headers, _STATUS_LINE + len(response.reason))
        headers = list(response.headers.raw_items())
        if len(headers) > MAX_HEADERS:
            raise self._broken(f"the answer has more than {MAX_HEADERS} headers")
        names = {name.lower() for name, _ in headers}
        if b"content-length" in names and b"transfer-encoding" in names:
            raise self._broken("the answer gives both a length and chunks")
        self.has_answered = True
        return Head(response.status_code, bytes(response.reason), headers)

    def _count_head(self, headers: h11._headers.Headers, status_line: int) -> None:
        """Bound what is no body: interim answers, head and trailers, however they were split on their way."""
        self._head_bytes += status_line + sum([len(name) + len(value) + _PER_LINE for name, value in headers])
        if self._head_bytes > MAX_HEAD:
            raise self._broken(f"the answer's head is longer than {MAX_HEAD} bytes")

    def _body_part(self, part: bytes) -> bytes:
        self._body_length += len(part)
        if self._max_body is not None and self._body_length > self._max_body:
            raise self._broken(f"the answer's body is longer than the {self._max_body} bytes allowed")
        return part

    def _broken(self, message: str) -> BrokenAnswer:
        self._clean = False
        delivery: Delivery = "answered" if self.has_answered else "unknown"
        return BrokenAnswer(message, delivery=delivery, bytes_received=self.bytes_received)


@cache
def _stand_in(method: bytes) -> h11.Request:
    return h11.Request(method=method, target=b"/", headers=[(b"host", b"stand-in"), (b"content-length", b"0")])
