"""The protocol without I/O: the same bytes say the same, whole, byte by byte, or with more behind them."""

from collections.abc import Callable, Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.http1.connection import (
    END,
    NEED_DATA,
    Connection,
    Event,
    Head,
    LocalProtocolError,
    Signal,
    encode_head,
)
from runtime.http1.failures import BrokenAnswer
from runtime.http1.limits import MAX_HEAD, MAX_HEADERS
from tests.http1.scripted import BROKEN, CUT_SHORT, FINE, PART, SUCCESS, answer, chunked

HEADERS = ((b"Host", b"sagemaker.example"), (b"Content-Length", b"0"))
LEFT_OPEN = sorted(set(BROKEN) - {"switching"})


def begun(method: bytes = b"POST", max_body: int | None = None) -> Connection:
    """Return a connection whose request has been written."""
    connection = Connection()
    connection.begin(method, max_body)
    return connection


def pull(connection: Connection) -> Iterator[Event]:
    """Give the events until more bytes are needed or the answer is whole."""
    while True:
        event = connection.next_event()
        if event is not NEED_DATA:
            yield event
        if isinstance(event, Signal):
            return


def whole(data: bytes) -> Iterable[bytes]:
    """Give bytes in one piece."""
    return [data]


def byte_by_byte(data: bytes) -> Iterable[bytes]:
    """Give bytes one at a time."""
    return [data[place : place + 1] for place in range(len(data))]


def in_packets(data: bytes) -> Iterable[bytes]:
    """Give bytes as a network would."""
    return [data[place : place + 1460] for place in range(0, len(data), 1460)]


each_way = pytest.mark.parametrize("split", [whole, byte_by_byte, in_packets], ids=lambda split: split.__name__)
Split = Callable[[bytes], Iterable[bytes]]


def feed(connection: Connection, parts: Iterable[bytes]) -> list[Event]:
    """Give a connection bytes part by part; return the events until the answer is whole."""
    events: list[Event] = []
    for part in parts:
        connection.receive(part)
        if not events or events[-1] is not END:
            events.extend(pull(connection))
    return events


def status_and_body(events: list[Event]) -> tuple[int, bytes]:
    """Return what an answer says; it is whole."""
    head, *body, end = events
    assert isinstance(head, Head)
    assert end is END
    return head.status_code, b"".join(part for part in body if isinstance(part, bytes))


# Answers.


@each_way
@pytest.mark.parametrize("name", FINE)
def test_an_answer_is_read_however_it_is_split(name: str, split: Split) -> None:
    """Status and body come out, then the end; and the connection may carry the next exchange."""
    connection = begun()
    status, body = status_and_body(feed(connection, split(FINE[name])))

    expected = FINE[name].rpartition(b"\r\n\r\n")[2] if name != "ok-chunked" else PART
    assert body == (b"" if name in {"no-content", "not-modified"} else expected)
    assert status == int(FINE[name].rpartition(b"HTTP/1.1 ")[2][:3])
    assert connection.finish()


@each_way
def test_the_bytes_of_an_answer_are_counted(split: Split) -> None:
    """All of them, marks of chunks and interim answers too; the count begins anew with each exchange."""
    connection = begun()
    for name in ("ok-chunked", "ok-103", "ok"):
        feed(connection, split(FINE[name]))

        assert connection.bytes_received == len(FINE[name])
        assert connection.has_answered
        assert connection.finish()
        connection.begin(b"POST", None)

        assert connection.bytes_received == 0
        assert not connection.has_answered


def test_headers_come_as_they_were_sent() -> None:
    """Their order, their case and their repetitions are kept; their values are stripped."""
    connection = begun()
    connection.receive(b"HTTP/1.1 200 Fine\r\nX-B:  1 \r\nx-a: \xe9\r\nX-B: 2\r\nContent-Length: 0\r\n\r\n")

    head = connection.next_event()

    assert isinstance(head, Head)
    assert head.headers == [(b"X-B", b"1"), (b"x-a", b"\xe9"), (b"X-B", b"2"), (b"Content-Length", b"0")]
    assert head.reason == b"Fine"


def test_a_head_says_that_the_request_was_answered() -> None:
    """Not before its last byte."""
    connection = begun()
    head = SUCCESS[: -len(PART)]
    connection.receive(head[:-1])

    assert connection.next_event() is NEED_DATA
    assert not connection.has_answered

    connection.receive(head[-1:])

    assert isinstance(connection.next_event(), Head)
    assert connection.has_answered


def test_an_interim_answer_is_no_answer() -> None:
    """A request after which only an interim answer came is unanswered (RFC 9110, section 15.2)."""
    connection = begun()
    connection.receive(b"HTTP/1.1 103 Early Hints\r\n\r\n")

    assert connection.next_event() is NEED_DATA
    assert not connection.has_answered
    assert not connection.finish()


def test_interim_answers_are_limited() -> None:
    """Together they may be no longer than a head: whoever sends them without an end never answers."""
    connection = begun()
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"

    with pytest.raises(BrokenAnswer):
        feed(connection, [interim * 100] * (2 * MAX_HEAD // (100 * len(interim)) + 1))


@each_way
@pytest.mark.parametrize("method", [b"HEAD", b"POST"])
@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_answers_without_a_body_end_with_their_head(method: bytes, status: bytes, split: Split) -> None:
    """Whatever length they tell (RFC 9112, section 6.3)."""
    connection = begun(method)
    events = feed(connection, split(b"HTTP/1.1 " + status + b"\r\nContent-Length: 17\r\n\r\n"))

    assert status_and_body(events) == (int(status[:3]), b"")
    assert connection.finish()


@pytest.mark.parametrize("framing", [b"Content-Length: 17", b"Transfer-Encoding: chunked", b"X-None: 1"])
def test_the_answer_to_head_has_no_body(framing: bytes) -> None:
    """Its length is that which the answer to GET would have; another exchange follows."""
    connection = begun(b"HEAD")
    events = feed(connection, [b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n\r\n"])

    assert status_and_body(events) == (200, b"")
    assert connection.finish()


def test_an_answer_without_framing_ends_with_the_connection() -> None:
    """It is whole when the connection ends, which then carries no other exchange (RFC 9112, section 6.3)."""
    connection = begun()
    events = feed(connection, [b"HTTP/1.1 200 OK\r\n\r\nseto", b"sa", b""])

    assert status_and_body(events) == (200, b"setosa")
    assert not connection.finish()


# Whether another exchange may follow.


@pytest.mark.parametrize("surplus", [b"H", b"\r\n", b"\n", b"\x00", SUCCESS, SUCCESS[:20]])
@pytest.mark.parametrize("name", ["ok", "ok-chunked", "no-content", "empty-200", "ok-103"])
@each_way
def test_a_connection_with_bytes_behind_an_answer_is_of_no_further_use(name: str, surplus: bytes, split: Split) -> None:
    """Whether they come with the answer or after it; the answer itself is right."""
    connection = begun()
    events = feed(connection, split(FINE[name] + surplus))

    assert events[-1] is END
    assert not connection.finish()


def test_bytes_that_come_after_the_end_was_seen_spoil_the_connection() -> None:
    """Nobody asked for them."""
    connection = begun()
    feed(connection, [SUCCESS])
    connection.receive(b"H")

    assert not connection.finish()


def test_bytes_that_come_before_any_request_spoil_the_connection() -> None:
    """A server that speaks first says nothing that a request asked for."""
    connection = Connection()
    connection.receive(SUCCESS)

    assert not connection.finish()


@pytest.mark.parametrize(
    "data",
    [
        answer(PART, b"Connection: close", b"Content-Length: 17"),
        answer(PART, b"connection: Keep-Alive, CLOSE", b"Content-Length: 17"),
        SUCCESS.replace(b"HTTP/1.1", b"HTTP/1.0"),
    ],
    ids=["close", "a list", "HTTP/1.0"],
)
def test_a_connection_that_the_server_will_close_is_of_no_further_use(data: bytes) -> None:
    """It says so, or is of a version that closes by default."""
    connection = begun()
    events = feed(connection, [data])

    assert status_and_body(events) == (200, PART)
    assert not connection.finish()


@pytest.mark.parametrize("length", range(len(SUCCESS)))
def test_an_unfinished_answer_leaves_nothing_to_go_on_with(length: int) -> None:
    """Wherever it was left."""
    connection = begun()
    feed(connection, byte_by_byte(SUCCESS[:length]))

    assert not connection.finish()


def test_an_answer_whose_end_was_not_pulled_is_unfinished() -> None:
    """The bytes are all there, and nobody has looked."""
    connection = begun()
    connection.receive(SUCCESS)

    assert isinstance(connection.next_event(), Head)
    assert connection.next_event() == PART
    assert not connection.finish()


def test_exchanges_follow_each_other_on_a_clean_connection() -> None:
    """Their answers do not mix."""
    connection = Connection()
    for number in range(5):
        connection.begin(b"POST", None)
        events = feed(connection, [answer(b"%d" % number)])

        assert status_and_body(events) == (200, b"%d" % number)
        assert connection.finish()


# What is refused.


@each_way
@pytest.mark.parametrize("name", [*LEFT_OPEN, "switching", "http09"])
def test_a_broken_answer_is_refused_however_it_is_split(name: str, split: Split) -> None:
    """By what has come alone; and the connection is of no further use."""
    connection = begun()
    data = {**BROKEN, **CUT_SHORT}[name]

    with pytest.raises(BrokenAnswer):
        feed(connection, [*split(data[: 4 * MAX_HEAD]), b""])
    assert not connection.finish()


@each_way
@pytest.mark.parametrize("name", [name for name in BROKEN if not name.startswith("chunked-") or "length" in name])
def test_a_refused_head_is_no_answer(name: str, split: Split) -> None:
    """Nothing of it can be believed, so whether the request was answered is unknown."""
    connection = begun()

    with pytest.raises(BrokenAnswer) as caught:
        feed(connection, split(BROKEN[name][: 4 * MAX_HEAD]))

    assert caught.value.delivery == "unknown"
    assert not connection.has_answered


@each_way
@pytest.mark.parametrize("name", sorted(set(CUT_SHORT) - {"http09"}))
def test_an_answer_that_is_cut_short_is_refused_at_its_end_and_not_before(name: str, split: Split) -> None:
    """Until the connection ends, more may come."""
    connection = begun()
    events = feed(connection, split(CUT_SHORT[name]))

    assert END not in events
    with pytest.raises(BrokenAnswer):
        feed(connection, [b""])
    assert not connection.finish()


@each_way
def test_a_head_may_be_64_kib_long(split: Split) -> None:
    """The limit is the same whether the bytes come one by one or all at once."""
    framing = answer(b"", b"X-Filler: ", b"Content-Length: 0")
    largest = answer(b"", b"X-Filler: " + b"x" * (MAX_HEAD - len(framing)), b"Content-Length: 0")

    assert status_and_body(feed(begun(), split(largest))) == (200, b"")


@each_way
@pytest.mark.parametrize("surplus", [1000, MAX_HEAD, 3 * MAX_HEAD])
def test_a_head_longer_than_64_kib_is_refused(surplus: int, split: Split) -> None:
    """However fast it comes."""
    data = answer(b"", b"X-Filler: " + b"x" * (MAX_HEAD + surplus), b"Content-Length: 0")

    with pytest.raises(BrokenAnswer):
        feed(begun(), split(data))


@each_way
def test_an_answer_may_have_200_headers(split: Split) -> None:
    """And not one more."""
    most = [b"X-%d: a" % number for number in range(MAX_HEADERS - 2)]

    assert status_and_body(feed(begun(), split(answer(b"", *most, b"Content-Length: 0"))))
    with pytest.raises(BrokenAnswer):
        feed(begun(), split(answer(b"", *most, b"X-More: a", b"Content-Length: 0")))


@each_way
@pytest.mark.parametrize(
    "framed", [answer(PART), chunked(b"11\r\n" + PART + b"\r\n0\r\n\r\n")], ids=["length", "chunks"]
)
def test_a_body_may_be_as_long_as_allowed_and_no_longer(framed: bytes, split: Split) -> None:
    """A body of 17 bytes passes a limit of 17 and not one of 16."""
    assert status_and_body(feed(begun(max_body=17), split(framed))) == (200, PART)
    with pytest.raises(BrokenAnswer) as caught:
        feed(begun(max_body=16), split(framed))

    assert caught.value.delivery == "answered"


def test_a_body_limit_counts_for_each_exchange_alone() -> None:
    """It does not add up."""
    connection = Connection()
    for _ in range(3):
        connection.begin(b"POST", 17)

        assert status_and_body(feed(connection, [SUCCESS])) == (200, PART)
        assert connection.finish()


@each_way
def test_trailers_longer_than_a_head_are_refused(split: Split) -> None:
    """They come after the body, and are read no further than a head."""
    data = chunked(b"0\r\nX-Trailer: " + b"x" * (2 * MAX_HEAD) + b"\r\n\r\n")

    with pytest.raises(BrokenAnswer):
        feed(begun(), split(data))


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_arbitrary_bytes_give_events_or_one_kind_of_error(parts: list[bytes]) -> None:
    """Nothing else is ever raised."""
    _tolerate([*parts, b""])


_PIECES = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.0 204 \r\n",
        b"HTTP/1.1 103 x\r\n\r\n",
        b"Content-Length: 5\r\n",
        b"content-length: 6\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Connection: close\r\n",
        b" folded\r\n",
        b"\r\n",
        b"\n",
        b"\r",
        b"5\r\nhello\r\n",
        b"0\r\n\r\n",
        b"5;a=b\r\n",
        b"ffffffffffffffff\r\n",
        b"hello",
        b"",
    ]
)


@given(st.lists(_PIECES | st.binary(max_size=8), max_size=20), st.sampled_from([b"POST", b"HEAD", b"GET"]))
def test_pieces_of_answers_in_any_order_give_events_or_one_kind_of_error(parts: list[bytes], method: bytes) -> None:
    """Also with an end of the connection anywhere between them, and whatever was asked."""
    _tolerate(parts, method)


@given(st.lists(_PIECES, max_size=12), st.data())
def test_the_same_bytes_say_the_same_however_they_are_split(pieces: list[bytes], data: st.DataObject) -> None:
    """A server cannot hide anything between two packets."""
    joined = b"".join(pieces)
    place = data.draw(st.integers(0, len(joined)))
    halves = [half for half in (joined[:place], joined[place:]) if half]  # empty bytes would say that it ends

    assert _tolerate([joined] if joined else []) == _tolerate(halves)


def _tolerate(parts: Iterable[bytes], method: bytes = b"POST") -> tuple[list[int], bytes, str]:
    """Feed bytes; return what they say: the status, the body, and how it ended."""
    connection = begun(method)
    events: list[Event] = []
    ended = "open"
    try:
        for part in parts:
            connection.receive(part)
            for event in pull(connection):
                events.append(event)  # noqa: PERF402 - one by one: those before an error count
            if events and events[-1] is END:
                ended = "end"
                break
    except BrokenAnswer:
        ended = "broken"
    connection.finish()
    body = b"".join(event for event in events if isinstance(event, bytes))
    return [event.status_code for event in events if isinstance(event, Head)], body, ended


# The head of a request.


def test_the_head_of_a_request_is_written_as_it_is_given() -> None:
    """Names keep their case and their order."""
    head = encode_head(
        b"POST", b"/endpoints/iris/invocations?a=b", [(b"Host", b"a"), (b"x-B", b"\xc3\xa9 \t1"), (b"C", b"")]
    )

    assert head == b"POST /endpoints/iris/invocations?a=b HTTP/1.1\r\nHost: a\r\nx-B: \xc3\xa9 \t1\r\nC: \r\n\r\n"


@pytest.mark.parametrize(
    "method", [b"", b"post", b"PO ST", b"GET\r\n", b"GET / HTTP/1.1\r\nA: b\r\n\r\nGET", b"A" * 21]
)
def test_a_method_that_may_not_stand_in_a_request_is_refused(method: bytes) -> None:
    """It would be another request."""
    with pytest.raises(LocalProtocolError):
        encode_head(method, b"/", HEADERS)


@pytest.mark.parametrize(
    "target", [b"", b"/a b", b"/\r\n", b"/\xff", b"/\x00", b"/\t", b"/ HTTP/1.1\r\nA: b\r\n\r\nGET /"]
)
def test_a_target_that_may_not_stand_in_a_request_is_refused(target: bytes) -> None:
    """Visible ASCII only."""
    with pytest.raises(LocalProtocolError):
        encode_head(b"GET", target, HEADERS)


@pytest.mark.parametrize("name", [b"", b"A B", b"A:", b"A\r\nB", b"\xe9", b"A\x00", b"A\t", b" A", b"(A)"])
def test_a_header_name_that_is_no_token_is_refused(name: bytes) -> None:
    """RFC 9110, section 5.1."""
    with pytest.raises(LocalProtocolError):
        encode_head(b"GET", b"/", [(name, b"value")])


@pytest.mark.parametrize("code", [*range(9), *range(10, 32), 127])
def test_a_control_character_in_a_header_value_is_refused_and_not_shown(code: int) -> None:
    """With a line end in it a value would be another header; a tab is none of them (RFC 9110, section 5.5)."""
    with pytest.raises(LocalProtocolError) as caught:
        encode_head(b"GET", b"/", [(b"X-Secret", b"canary" + bytes([code]) + b"more")])

    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("code", [9, *range(32, 127), *range(128, 256)])
def test_any_other_byte_in_a_header_value_is_written(code: int) -> None:
    """Bytes above ASCII are the caller's own."""
    assert bytes([code]) in encode_head(b"GET", b"/", [(b"X-A", b"a" + bytes([code]) + b"b")])


@given(st.binary(max_size=30), st.binary(max_size=30), st.binary(max_size=30), st.binary(max_size=30))
def test_a_head_that_is_written_is_one_head(method: bytes, target: bytes, name: bytes, value: bytes) -> None:
    """Whatever is given: three lines and the empty one, or a refusal."""
    try:
        head = encode_head(method, target, [(name, value), (b"Host", b"a")])
    except LocalProtocolError:
        return
    assert head.count(b"\n") == head.count(b"\r") == 4
    assert head.endswith(b"\r\n\r\n")
