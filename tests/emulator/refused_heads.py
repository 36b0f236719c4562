"""Heads that must be refused: each with what is wrong with it, and how few of its bytes suffice to see it.

The same table serves the gate without I/O and the server behind a socket.
"""

from __future__ import annotations

from attrs import frozen

HOST = b"Host: 127.0.0.1\r\n"
END = b"\r\n\r\n"
MAX_HEAD = 64 * 1024
MAX_BODY = 25 * 1024 * 1024


@frozen
class RefusedHead:
    """One head.

    Attributes:
        name: what is wrong with it.
        head: its bytes, the empty line at its end included.
        enough: how many of its bytes must be refused; all of them where the fault is one of the head's form.
        status: the HTTP status of the refusal.
        code: AWS's name of the refusal.
    """

    name: str
    head: bytes
    enough: int
    status: int = 400
    code: str = "MalformedHttpRequestException"


def _line_end(name: str, head: bytes, fault: bytes) -> RefusedHead:
    """Return a head with a wrong line end: refused with the byte that shows it."""
    return RefusedHead(name, head, head.index(fault) + len(fault))


def _form(name: str, head: bytes) -> RefusedHead:
    return RefusedHead(name, head, len(head))


def _request_line(name: str, line: bytes) -> RefusedHead:
    return _form(name, line + b"\r\n" + HOST + b"\r\n")


def _headers(name: str, *lines: bytes) -> RefusedHead:
    return _form(name, b"POST / HTTP/1.1\r\n" + HOST + b"".join(line + b"\r\n" for line in lines) + b"\r\n")


def _length(value: bytes) -> RefusedHead:
    return _headers(f"Content-Length {value!r}", b"Content-Length: " + value)


def padded(total: int) -> bytes:
    """Return a good head of this many bytes, without the empty line at its end."""
    head = b"GET / HTTP/1.1\r\n" + HOST + b"X: "
    return head + b"x" * (total - len(head))


def _too_long_a_body(length: int) -> RefusedHead:
    head = b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: %d" % length + END
    return RefusedHead(f"a body of {length} bytes", head, len(head), 413, "RequestEntityTooLargeException")


LINE_ENDS = (
    _line_end("bare LF after the request line", b"GET / HTTP/1.1\n" + HOST + b"\r\n", b"1.1\n"),
    _line_end("bare LF after a header", b"GET / HTTP/1.1\r\nHost: a\nB: 1\r\n\r\n", b"a\n"),
    _line_end("bare LF as the empty line", b"GET / HTTP/1.1\r\nHost: a\r\n\n\r\n\r\n", b"\r\n\n"),
    _line_end("bare LF everywhere", b"GET / HTTP/1.1\nHost: a\n\n\r\n\r\n", b"1.1\n"),
    _line_end("bare LF first", b"\nGET / HTTP/1.1\r\n" + HOST + b"\r\n", b"\n"),
    _line_end("bare CR after the request line", b"GET / HTTP/1.1\r" + HOST + b"\r\n", b"1.1\rH"),
    _line_end("bare CR in a value", b"GET / HTTP/1.1\r\nHost: a\r\nA: b\rc\r\n\r\n", b"b\rc"),
    _line_end("bare CR in a name", b"GET / HTTP/1.1\r\nHost: a\r\nA\rB: c\r\n\r\n", b"A\rB"),
    _line_end("two CR before LF", b"GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", b"a\r\r"),
)
REQUEST_LINES = (
    _request_line("an empty line first", b"\r\nGET / HTTP/1.1"),
    _form("nothing but an empty line", END),
    _request_line("a lower-case method", b"get / HTTP/1.1"),
    _request_line("a method with a first capital", b"Post / HTTP/1.1"),
    _request_line("a method of other characters", b"G@T / HTTP/1.1"),
    _request_line("no method", b" / HTTP/1.1"),
    _request_line("an endless method", b"A" * 100 + b" / HTTP/1.1"),
    _request_line("an absolute-form target", b"GET http://127.0.0.1/ HTTP/1.1"),
    _request_line("an authority-form target", b"CONNECT 127.0.0.1:443 HTTP/1.1"),
    _request_line("an asterisk target", b"OPTIONS * HTTP/1.1"),
    _request_line("no target", b"GET HTTP/1.1"),
    _request_line("an empty target", b"GET  HTTP/1.1"),
    _request_line("a target without a slash", b"GET endpoints HTTP/1.1"),
    _request_line("a raw non-ASCII target", "GET /é HTTP/1.1".encode()),
    _request_line("a raw Latin-1 target", b"GET /\xe9 HTTP/1.1"),
    _request_line("a raw non-ASCII query", "GET /?é HTTP/1.1".encode()),
    _request_line("a space in the target", b"GET /a b HTTP/1.1"),
    _request_line("two spaces", b"GET  / HTTP/1.1"),
    _request_line("two spaces before the version", b"GET /  HTTP/1.1"),
    _request_line("a space after the version", b"GET / HTTP/1.1 "),
    _request_line("a space before the method", b" GET / HTTP/1.1"),
    _request_line("tabs for spaces", b"GET\t/\tHTTP/1.1"),
    _request_line("a NUL in the target", b"GET /\0 HTTP/1.1"),
    _request_line("a control byte in the target", b"GET /\x1b HTTP/1.1"),
    _request_line("a DEL in the target", b"GET /\x7f HTTP/1.1"),
    _request_line("no version", b"GET /"),
    _request_line("HTTP/0.9", b"GET / HTTP/0.9"),
    _request_line("HTTP/1.2", b"GET / HTTP/1.2"),
    _request_line("HTTP/1.10", b"GET / HTTP/1.10"),
    _request_line("HTTP/2.0", b"GET / HTTP/2.0"),
    _request_line("HTTP/3", b"GET / HTTP/3"),
    _request_line("a lower-case version", b"GET / http/1.1"),
    _request_line("another protocol", b"GET / ICE/1.1"),
    _form("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\n"),
    _form("a TLS handshake", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + END),
)
FIELDS = (
    _headers("a folded line, by a space", b"A: 1", b" 2"),
    _headers("a folded line, by a tab", b"A: 1", b"\t2"),
    _headers("a folded line of nothing", b"A: 1", b" "),
    _form("a fold of the request line", b"GET / HTTP/1.1\r\n " + HOST + b"\r\n"),
    _headers("a space before the colon", b"A : 1"),
    _headers("a tab before the colon", b"A\t: 1"),
    _headers("a space in a name", b"A B: 1"),
    _headers("no colon", b"A"),
    _headers("no name", b": 1"),
    _headers("a NUL in a value", b"A: 1\0"),
    _headers("a NUL in a name", b"A\0: 1"),
    *(_headers(f"control byte {byte:#04x} in a value", b"A: 1" + bytes([byte]) + b"2") for byte in (1, 8, 11, 27, 127)),
    *(_headers(f"{byte!r} in a name", b"A" + byte + b": 1") for byte in (b'"', b"(", b"/", b"@", b"\x7f", b"\xe9")),
    _headers("more than 200 headers", *(b"A: 1" for _ in range(200))),
)
HOSTS = (
    _form("no Host", b"GET / HTTP/1.1\r\nA: 1\r\n\r\n"),
    _form("no headers", b"GET / HTTP/1.1\r\n\r\n"),
    _form("no Host in HTTP/1.0", b"GET / HTTP/1.0\r\nA: 1\r\n\r\n"),
    _headers("two Hosts", b"Host: 127.0.0.2"),
    _headers("the same Host twice", b"Host: 127.0.0.1"),
    _headers("Host in two letter cases", b"hOST: 127.0.0.1"),
)
FRAMING = (
    _headers("Content-Length twice, different", b"Content-Length: 1", b"Content-Length: 2"),
    _headers("Content-Length twice, equal", b"Content-Length: 1", b"Content-Length: 1"),
    _headers("Content-Length twice, other case", b"Content-Length: 1", b"content-length: 1"),
    _headers("Content-Length with Transfer-Encoding", b"Content-Length: 5", b"Transfer-Encoding: chunked"),
    _headers("Transfer-Encoding with Content-Length", b"Transfer-Encoding: chunked", b"Content-Length: 5"),
    _headers("Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
    _headers("Transfer-Encoding: identity", b"transfer-encoding: identity"),
    _headers("Transfer-Encoding: of nothing", b"Transfer-Encoding:"),
    *(
        _length(value)
        for value in (
            b"+1",
            b"-1",
            b"-0",
            b"0x10",
            b"1 1",
            b" 1 1",
            b"1\t1",
            b"",
            b"1,1",
            b"1, 1",
            b"1.0",
            b"1e1",
            b"1_0",
            b"one",
            b"1;",
            "\N{ARABIC-INDIC DIGIT ONE}".encode(),
            b"9" * 19,
            b"0" * 100 + b"1",
        )
    ),
)
SIZES = (
    RefusedHead("a head of more than 64 KiB", padded(MAX_HEAD + 1) + END, MAX_HEAD + len(END)),
    RefusedHead("a request line of more than 64 KiB", b"GET /" + b"x" * MAX_HEAD + END, MAX_HEAD + len(END)),
    _too_long_a_body(MAX_BODY + 1),
    _too_long_a_body(10**12),
    _too_long_a_body(10**18 - 1),
)
REFUSED_HEADS = (*LINE_ENDS, *REQUEST_LINES, *FIELDS, *HOSTS, *FRAMING, *SIZES)
