"""What may arrive: a strict look at the bytes of a connection, before any HTTP library repairs them.

A library that is generous (h11 joins folded lines, takes a bare line feed, drops a repeated Content-Length) would
show the verifier another request than the one that was sent. So each message's head is read here first, across any
split of the bytes, and whatever needs a repair is refused. Without I/O: feed bytes, take bytes that may pass.

Source: RFC 9112, sections 2.2 (line ends), 3 (request line), 5 (fields) and 6 (message body length); RFC 9110,
section 7.2 (Host).
"""

from __future__ import annotations

import re

from attrs import frozen

from runtime.emulator.answers import Refusal, malformed
from runtime.operations import MAX_BODY
from sigv4 import Headers

MAX_HEAD = 64 * 1024
"""Bytes of a request line and its headers."""
MAX_HEADERS = 200

_BARE_LINE_END = re.compile(rb"(?<!\r)\n|\r(?!\n)(?!\Z)")
_REQUEST_LINE = re.compile(rb"([A-Z]{1,20}) (/[!-~]*) HTTP/1\.[01]")
_FIELD = re.compile(rb"([A-Za-z0-9!#$%&'*+.^_`|~-]+):([\t\x20-\x7e\x80-\xff]*)")
_LENGTH = re.compile(rb"[0-9]{1,18}")


@frozen
class Head:
    """A request line and headers, as they arrived."""

    method: str
    path: str
    query: str
    headers: Headers
    content_length: int


class MessageGate:
    """Lets one message of a connection pass at a time.

    ``feed`` returns the bytes that may pass on; those after the end of the message are kept until ``next_message``.

    Attributes:
        head: of the message that is passing; None until it is complete.
    """

    def __init__(self, max_body: int = MAX_BODY) -> None:
        self._max_body = max_body
        self._waiting = bytearray()
        self._scanned = 0
        self._body_left = 0
        self.head: Head | None = None

    @property
    def is_full(self) -> bool:
        """Whether so much of the next message is kept that no more should be read for now."""
        return self.head is not None and len(self._waiting) > MAX_HEAD

    @property
    def message_is_complete(self) -> bool:
        """Whether the whole message has passed."""
        return self.head is not None and self._body_left == 0

    def feed(self, data: bytes) -> bytes:
        """Take what arrived and return what may pass on.

        Raises:
            Refusal: for a head that is not exactly in the form of HTTP/1.1, that is too long, or that announces too
                long a body.
        """
        if self.head is None:
            self._waiting += data
            return self._pass_head()
        passing, rest = data[: self._body_left], data[self._body_left :]
        self._body_left -= len(passing)
        self._waiting += rest
        return passing

    def next_message(self) -> bytes:
        """Turn to the next message; return what had been kept of it, to be fed again."""
        kept = bytes(self._waiting)
        self._waiting.clear()
        self._scanned = 0
        self.head = None
        return kept

    def _pass_head(self) -> bytes:
        end = self._find_end()
        if (end if end >= 0 else len(self._waiting.rstrip(b"\r\n"))) > MAX_HEAD:
            raise malformed(f"The head is longer than {MAX_HEAD} bytes.")
        if end < 0:
            return b""
        head = bytes(self._waiting[:end])
        self.head = _read_head(head, self._max_body)
        self._body_left = self.head.content_length
        data = bytes(self._waiting)
        self._waiting.clear()
        begin = end + len(b"\r\n\r\n")
        return data[:begin] + self.feed(data[begin:])

    def _find_end(self) -> int:
        """Return where the head ends, or -1; only what is new is looked at, with what the last look left open."""
        end = self._waiting.find(b"\r\n\r\n", max(self._scanned - len(b"\r\n\r"), 0))
        # The last byte that was looked at may have been a carriage return whose line feed was still to come.
        new = max(self._scanned - 1, 0)
        if _BARE_LINE_END.search(self._waiting, new, end if end >= 0 else len(self._waiting)):
            raise malformed("A line of the head does not end in CR LF.")
        self._scanned = len(self._waiting)
        return end


def _read_head(head: bytes, max_body: int) -> Head:
    request_line, *lines = head.split(b"\r\n")
    match = _REQUEST_LINE.fullmatch(request_line)
    if match is None:
        raise malformed("The request line is not of the form METHOD /path HTTP/1.1.")
    if len(lines) > MAX_HEADERS:
        raise malformed(f"There are more than {MAX_HEADERS} headers.")
    fields = [_read_field(line) for line in lines]
    headers = Headers((name.decode("ascii"), value.decode("utf-8", "surrogateescape")) for name, value in fields)
    _require_one_host(fields)
    path, _, query = match[2].decode("ascii").partition("?")
    return Head(match[1].decode("ascii"), path, query, headers, _content_length(fields, max_body))


def _read_field(line: bytes) -> tuple[bytes, bytes]:
    if line[:1] in (b" ", b"\t"):
        raise malformed("A header is folded over two lines.")
    match = _FIELD.fullmatch(line)
    if match is None:
        raise malformed("A header is not of the form Name: value.")
    return match[1], match[2].strip(b" \t")


def _values(fields: list[tuple[bytes, bytes]], wanted: bytes) -> list[bytes]:
    return [value for name, value in fields if name.lower() == wanted]


def _require_one_host(fields: list[tuple[bytes, bytes]]) -> None:
    if len(_values(fields, b"host")) != 1:
        raise malformed("There must be exactly one Host header.")


def _content_length(fields: list[tuple[bytes, bytes]], max_body: int) -> int:
    if _values(fields, b"transfer-encoding"):
        raise malformed("Transfer-Encoding is not taken; send Content-Length.")
    lengths = _values(fields, b"content-length")
    if len(lengths) > 1:
        raise malformed("There must be one Content-Length header at the most.")
    if not lengths:
        return 0
    if not _LENGTH.fullmatch(lengths[0]):
        raise malformed("Content-Length is not a whole number.")
    length = int(lengths[0])
    if length > max_body:
        message = f"The body has {length} bytes; {max_body} are allowed."
        raise Refusal(413, "RequestEntityTooLargeException", {"message": message})
    return length
