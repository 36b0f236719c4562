"""The gate of a connection, without I/O: a good head passes as it is, whatever needs a repair is refused."""

from collections.abc import Iterable, Iterator

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.emulator.answers import Refusal
from runtime.emulator.wire import Head, MessageGate
from sigv4 import Headers
from tests.emulator.refused_heads import END, HOST, MAX_HEAD, REFUSED_HEADS, SIZES, RefusedHead, padded


def read(method: str, path: str, query: str, length: int, *headers: tuple[str, str]) -> Head:
    """Return the record of a head."""
    return Head(method, path, query, Headers(headers), length)


GOOD = {
    "a GET": (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", read("GET", "/", "", 0, ("Host", "a"))),
    "a POST with a body": (
        b"POST /endpoints/iris/invocations HTTP/1.1\r\nHost: a:1\r\nContent-Length: 5\r\n\r\n1\r\n\r\n",
        read("POST", "/endpoints/iris/invocations", "", 5, ("Host", "a:1"), ("Content-Length", "5")),
    ),
    "a body that looks like a head": (
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 27\r\n\r\nGET / HTTP/1.1\r\nHost: b\r\n\r\n",
        read("POST", "/", "", 27, ("Host", "a"), ("Content-Length", "27")),
    ),
    "a body of any bytes": (
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n\n\r\0\xff\n\n",
        read("POST", "/", "", 6, ("Host", "a"), ("Content-Length", "6")),
    ),
    "a body of no bytes": (
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
        read("POST", "/", "", 0, ("Host", "a"), ("Content-Length", "0")),
    ),
    "leading zeros": (
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 002\r\n\r\nab",
        read("POST", "/", "", 2, ("Host", "a"), ("Content-Length", "002")),
    ),
    "HTTP/1.0": (b"GET / HTTP/1.0\r\nHost: a\r\n\r\n", read("GET", "/", "", 0, ("Host", "a"))),
    "a query": (
        b"GET /a%20b?c=%2F&?d HTTP/1.1\r\nHost: a\r\n\r\n",
        read("GET", "/a%20b", "c=%2F&?d", 0, ("Host", "a")),
    ),
    "an empty query": (b"GET /? HTTP/1.1\r\nHost: a\r\n\r\n", read("GET", "/", "", 0, ("Host", "a"))),
    "a target of all visible characters": (
        b"GET /!\"#$%&'()*+,-./:;<=>@[\\]^_`{|}~ HTTP/1.1\r\nHost: a\r\n\r\n",
        read("GET", "/!\"#$%&'()*+,-./:;<=>@[\\]^_`{|}~", "", 0, ("Host", "a")),
    ),
    "spaces and tabs around values": (
        b"GET / HTTP/1.1\r\nHost:a\r\nB: \t b  c\t \r\nD:\r\nE: \t\r\n\r\n",
        read("GET", "/", "", 0, ("Host", "a"), ("B", "b  c"), ("D", ""), ("E", "")),
    ),
    "repeated and mixed-case names": (
        b"GET / HTTP/1.1\r\nB: 1\r\nhOST: a\r\nb: 2\r\nB: 1\r\n\r\n",
        read("GET", "/", "", 0, ("B", "1"), ("hOST", "a"), ("b", "2"), ("B", "1")),
    ),
    "a name of all token characters": (
        b"GET / HTTP/1.1\r\nHost: a\r\n!#$%&'*+-.^_`|~09azAZ: 1\r\n\r\n",
        read("GET", "/", "", 0, ("Host", "a"), ("!#$%&'*+-.^_`|~09azAZ", "1")),
    ),
    "values outside ASCII": (
        b"GET / HTTP/1.1\r\nHost: a\r\nB: \xc3\xa9\r\nC: \xe9\r\nD: e:f:\r\n\r\n",
        read("GET", "/", "", 0, ("Host", "a"), ("B", "é"), ("C", "\udce9"), ("D", "e:f:")),
    ),
}
"""Each with the record that the gate makes of it."""
NEXT = b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n"


def feed(gate: MessageGate, parts: Iterable[bytes]) -> bytes:
    """Feed parts one after another; return all that passed."""
    return b"".join(gate.feed(part) for part in parts)


def bytes_of(data: bytes) -> Iterator[bytes]:
    """Yield data byte by byte."""
    return (data[place : place + 1] for place in range(len(data)))


def splits(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield data in two parts, split at every place."""
    return ((data[:place], data[place:]) for place in range(len(data) + 1))


def fed_until_refused(data: bytes, begin: int = 0) -> int | None:
    """Feed the first ``begin`` bytes at once and the others one by one; return how many it took to be refused."""
    gate = MessageGate()
    try:
        gate.feed(data[:begin])
    except Refusal:
        return begin
    for place in range(begin, len(data)):
        try:
            gate.feed(data[place : place + 1])
        except Refusal:
            return place + 1
    return None


def outcome(gate: MessageGate, parts: Iterable[bytes]) -> tuple[bytes, tuple[int, str] | None]:
    """Feed parts; return what passed, and status and code of the refusal that they end with."""
    passed = b""
    try:
        for part in parts:
            passed += gate.feed(part)
    except Refusal as refusal:
        return passed, (refusal.status, refusal.code)
    return passed, None


def refusal_of(gate: MessageGate, parts: Iterable[bytes]) -> Refusal | None:
    """Feed parts; return the refusal that they end with."""
    try:
        feed(gate, parts)
    except Refusal as refusal:
        return refusal
    return None


@pytest.mark.parametrize(("message", "head"), GOOD.values(), ids=GOOD)
def test_a_good_message_passes_unchanged(message: bytes, head: Head) -> None:
    """Fed whole, all of it passes, and its head is read as it stands."""
    gate = MessageGate()

    assert message == gate.feed(message)
    assert head == gate.head
    assert gate.message_is_complete
    assert gate.next_message() == b""


@pytest.mark.parametrize(("message", "head"), GOOD.values(), ids=GOOD)
def test_a_good_message_passes_unchanged_for_every_split(message: bytes, head: Head) -> None:
    """Wherever the bytes are split, the same bytes pass and the same head is read."""
    for parts in (*splits(message), tuple(bytes_of(message))):
        gate = MessageGate()

        assert message == feed(gate, parts)
        assert head == gate.head
        assert gate.message_is_complete


@pytest.mark.parametrize(("message", "head"), GOOD.values(), ids=GOOD)
def test_the_next_message_is_kept_until_it_is_asked_for(message: bytes, head: Head) -> None:
    """With another message glued on, one passes and the other is kept, for every split."""
    glued = message + NEXT
    for parts in ((glued,), *splits(glued), tuple(bytes_of(glued))):
        gate = MessageGate()

        assert message == feed(gate, parts)
        assert head == gate.head
        kept = gate.next_message()
        assert kept == NEXT
        assert gate.head is None
        assert not gate.message_is_complete
        assert gate.feed(kept) == NEXT
        assert gate.head == read("GET", "/next", "", 0, ("Host", "a"))


def test_nothing_passes_before_the_head_is_whole() -> None:
    """No byte of a head reaches the HTTP library before all of it was looked at."""
    message = GOOD["a POST with a body"][0]
    gate = MessageGate()
    end_of_head = message.index(END) + len(END)

    assert feed(gate, bytes_of(message[: end_of_head - 1])) == b""
    assert gate.head is None
    assert message[:end_of_head] == gate.feed(message[end_of_head - 1 : end_of_head])
    assert not gate.message_is_complete
    assert message[end_of_head : end_of_head + 1] == gate.feed(message[end_of_head : end_of_head + 1])


def test_as_many_headers_and_bytes_as_are_allowed_pass() -> None:
    """200 headers pass, and so does a head of 64 KiB."""
    for head in (b"GET / HTTP/1.1\r\n" + HOST + b"A: 1\r\n" * 199 + b"\r\n", padded(MAX_HEAD) + END):
        assert head == MessageGate().feed(head)


@pytest.mark.parametrize("left", range(len(END) + 1))
def test_the_longest_head_passes_for_every_split_near_its_end(left: int) -> None:
    """A head of 64 KiB passes wherever it is split: the empty line at its end is not counted against it."""
    head = padded(MAX_HEAD) + END

    assert head == feed(MessageGate(), (head[: len(head) - left], head[len(head) - left :]))


def test_a_body_of_the_limit_passes() -> None:
    """The limit itself is allowed."""
    message = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789"

    assert message == MessageGate(max_body=10).feed(message)


@pytest.mark.parametrize("split", range(1, 60))
def test_a_body_over_the_limit_is_refused_without_its_bytes(split: int) -> None:
    """One byte more than the limit is answered with 413 as soon as it is announced."""
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n"

    refusal = refusal_of(MessageGate(max_body=10), (head[:split], head[split:]))

    assert refusal is not None
    assert (refusal.status, refusal.code) == (413, "RequestEntityTooLargeException")


@pytest.mark.parametrize("case", REFUSED_HEADS, ids=lambda case: case.name)
def test_a_bad_head_is_refused_in_the_words_of_aws(case: RefusedHead) -> None:
    """Fed whole, it is refused with AWS's status and code, and nothing of it passes."""
    refusal = refusal_of(MessageGate(), (case.head,))

    assert refusal is not None
    assert (case.status, case.code) == (refusal.status, refusal.code)
    assert list(refusal.members) == ["message"]


@pytest.mark.parametrize("case", REFUSED_HEADS, ids=lambda case: case.name)
def test_a_bad_head_is_refused_at_the_earliest_byte(case: RefusedHead) -> None:
    """A wrong line end is refused when it is seen, anything else with the head's last byte: no body is waited for."""
    begin = max(0, case.enough - 100)  # byte by byte near the fault: a head of 64 KiB would take minutes
    slack = len(END) - 1 if case in SIZES else 0  # the last bytes of a long head may be those of its empty line

    assert fed_until_refused(case.head, begin) in range(case.enough - slack, case.enough + 1)


@pytest.mark.parametrize("case", REFUSED_HEADS, ids=lambda case: case.name)
def test_a_bad_head_is_refused_for_every_split(case: RefusedHead) -> None:
    """Wherever the bytes are split, and with a body or another message glued on, nothing passes."""
    places = range(len(case.head)) if len(case.head) < 1024 else (1, 1024, MAX_HEAD, len(case.head) - 1)
    for place in places:
        for rest in (b"", b"0\r\n\r\n", NEXT):
            parts = (case.head[:place], case.head[place:] + rest)

            assert (b"", (case.status, case.code)) == outcome(MessageGate(), parts)


def test_a_flood_behind_a_message_is_not_read_on() -> None:
    """What follows a message is kept; beyond 64 KiB the gate asks that no more be read until the answer is sent."""
    gate = MessageGate()
    gate.feed(b"GET / HTTP/1.1\r\n" + HOST + b"\r\n")

    gate.feed(b"x" * MAX_HEAD)
    assert not gate.is_full
    gate.feed(b"x")

    assert gate.is_full


FRAGMENTS = st.sampled_from(
    (
        b"GET ",
        b"POST ",
        b"/",
        b"/a?b=c",
        b" HTTP/1.1",
        b"\r\n",
        b"\r",
        b"\n",
        b"\r\n\r\n",
        b"Host: a",
        b"Host:a\r\n",
        b"Content-Length: ",
        b"Content-Length: 3\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"X: ",
        b" ",
        b"\t",
        b":",
        b"3",
        b"abc",
        b"\0",
        b"\x80",
    )
)
BYTES = st.one_of(
    st.binary(max_size=200),
    st.lists(FRAGMENTS, max_size=20).map(b"".join),
    st.tuples(st.sampled_from([message for message, _ in GOOD.values()]), st.lists(FRAGMENTS, max_size=4)).map(
        lambda drawn: drawn[0] + b"".join(drawn[1])
    ),
)


@given(BYTES, st.data())
@settings(max_examples=600, deadline=None)
def test_any_bytes_pass_as_they_are_or_are_refused(data: bytes, draw: st.DataObject) -> None:
    """Whatever arrives, in whatever parts: only a Refusal is raised, and what passes and is kept is what came."""
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(data)), max_size=8)))
    parts = [data[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    gate, whole = MessageGate(), MessageGate()

    passed, refused = outcome(gate, parts)

    assert data.startswith(passed)
    assert refused is None or gate.head is None
    if refused is None and gate.head is not None:
        assert data == passed + gate.next_message()
    elif refused is None:
        assert passed == b""
    assert (passed, refused) == outcome(whole, (data,))


@given(BYTES)
@settings(max_examples=600, deadline=None)
def test_the_http_library_reads_what_the_gate_read(data: bytes) -> None:
    """What passes says the same to h11: method, target, headers and body; nothing is repaired."""
    gate = MessageGate()
    passed, refused = outcome(gate, (data,))
    if refused or gate.head is None:
        return
    library = h11.Connection(h11.SERVER)
    library.receive_data(passed)

    request = library.next_event()

    assert isinstance(request, h11.Request)
    head = gate.head
    target = f"{head.path}?{head.query}" if head.query else head.path
    assert (head.method, target) == (request.method.decode(), request.target.decode().removesuffix("?"))
    as_read = [(name.lower(), value.encode("utf-8", "surrogateescape")) for name, value in head.headers]
    assert as_read == [(name.decode(), value) for name, value in request.headers]
    if gate.message_is_complete:
        body = b""
        while isinstance(event := library.next_event(), h11.Data):
            body += event.data
        assert passed.partition(END)[2] == body
        assert isinstance(event, h11.EndOfMessage)


TOKEN = st.text(st.sampled_from("ABCXYZabcxyz019!#$%&'*+-.^_`|~"), min_size=1, max_size=12).filter(
    lambda name: name.lower() not in ("host", "content-length", "transfer-encoding")
)
VALUE = st.binary(max_size=12).map(lambda value: bytes(b for b in value if b in b"\t" or 0x20 <= b != 0x7F))
TARGET = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=20).map(lambda rest: "/" + rest)


@given(
    method=st.text(st.sampled_from("ABCXYZ"), min_size=1, max_size=20),
    target=TARGET,
    fields=st.lists(st.tuples(TOKEN, VALUE), max_size=5),
    body=st.binary(max_size=20),
    draw=st.data(),
)
@settings(max_examples=300, deadline=None)
def test_what_is_well_formed_is_read_as_it_stands(
    method: str, target: str, fields: list[tuple[str, bytes]], body: bytes, draw: st.DataObject
) -> None:
    """Any well-formed message passes unchanged, and the head has its method, target and every header in order."""
    lines = [
        (b"Host", b"a"),
        *((name.encode(), value) for name, value in fields),
        (b"Content-Length", b"%d" % len(body)),
    ]
    head = f"{method} {target} HTTP/1.1\r\n".encode() + b"".join(
        name + b": " + value + b"\r\n" for name, value in lines
    )
    message = head + b"\r\n" + body
    place = draw.draw(st.integers(0, len(message)))
    gate = MessageGate()

    assert message == feed(gate, (message[:place], message[place:]))
    path, _, query = target.partition("?")
    pairs = ((name.decode(), value.strip(b" \t").decode("utf-8", "surrogateescape")) for name, value in lines)
    assert read(method, path, query, len(body), *pairs) == gate.head
