"""What a client makes of a server, or of a way to it, that fails: the same over both kinds of client.

Each row is one fault: the class of the error, what became of the request, which part of the answer is kept, and how
often the server saw the request. Nothing is ever sent again.
"""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from attrs import evolve, frozen

from runtime import (
    ConnectError,
    ConnectionLostError,
    ConnectTimeoutError,
    DeadlineError,
    Delivery,
    FirstByteTimeoutError,
    InvokeEndpointOutput,
    ProtocolError,
    ServiceError,
    StallTimeoutError,
    Timeouts,
    TransportError,
    UnexpectedAnswerError,
    WriteTimeoutError,
)
from runtime.codec import Input
from tests.http1.conftest import MakeDriver
from tests.http1.drivers import PATIENT, Driver, queued, real_time
from tests.http1.scripted import BROKEN, CUT_SHORT, PART, Scripted

LARGE = bytes(8 * 1024 * 1024)
"""A body that no kernel takes unless the server reads it."""
LIMIT = 0.2
"""Seconds of a limit that the test reaches."""
OVERRUN = 0.25
"""Seconds that a call may take beyond its limit."""


@frozen
class Fate:
    """What becomes of a call.

    Attributes:
        error: the class of the error.
        delivery: what became of the request.
        partial: the part of the answer's body that is kept.
        bodies: how many whole bodies the server saw.
    """

    error: type[TransportError]
    delivery: Delivery
    partial: bytes = b""
    bodies: int = 1


LOST_UNKNOWN = Fate(ConnectionLostError, "unknown")
BROKEN_UNKNOWN = Fate(ProtocolError, "unknown")
BROKEN_ANSWERED = Fate(ProtocolError, "answered", PART)

CONNECTION = {
    "reset-before": LOST_UNKNOWN,
    "reset-before-once": LOST_UNKNOWN,
    "close-before": LOST_UNKNOWN,
    "reset-mid-headers": LOST_UNKNOWN,
    "half-a-head": LOST_UNKNOWN,
    "interim-then-end": LOST_UNKNOWN,
    "reset-mid-body": Fate(ConnectionLostError, "answered", PART),
    "truncated-length": Fate(ConnectionLostError, "answered", PART),
    "truncated-202": Fate(ConnectionLostError, "answered", b'{"InferenceId": "1'),
    "chunked-no-end": Fate(ConnectionLostError, "answered", PART),
    "chunked-truncated": Fate(ConnectionLostError, "answered", PART + b"set"),
}
"""The connection ends before the answer does."""

FRAMING = {
    **dict.fromkeys(BROKEN, BROKEN_UNKNOWN),
    "http09": BROKEN_UNKNOWN,
    "chunked-garbage": BROKEN_ANSWERED,
    "chunked-huge": BROKEN_ANSWERED,
    "chunked-negative": BROKEN_ANSWERED,
    "chunked-bad-crlf": Fate(ProtocolError, "answered", b"setosa"),
    "chunked-bad-crlf-shifted": Fate(ProtocolError, "answered", b"setos"),
}
"""What comes is no HTTP/1.1 that a client may take, and the connection stays open: the client gives it up."""


def fails(driver: Driver, record: Input, timeouts: Timeouts = PATIENT) -> TransportError:
    """Return the error of a call."""
    with pytest.raises(TransportError) as caught:
        driver.call(record, timeouts)
    return caught.value


def fate_of(error: TransportError, server: Scripted) -> Fate:
    """Return what became of a call."""
    return Fate(type(error), error.delivery, error.partial, server.bodies)


def record_for(fault: str) -> Input:
    """Return the request that meets a fault; the two faults of a queued request are met by one."""
    return queued(fault) if fault == "truncated-202" else real_time(fault)


def test_every_fault_of_the_server_has_a_row() -> None:
    """An answer that is added to the server is met by a test."""
    assert set(CUT_SHORT) | set(BROKEN) <= set(CONNECTION) | set(FRAMING)


@pytest.mark.parametrize("fault", CONNECTION)
def test_a_connection_that_ends_early_is_told_with_what_had_come(driver: Driver, server: Scripted, fault: str) -> None:
    """Without a whole head nobody knows whether the model ran; with one, the call was answered."""
    error = fails(driver, record_for(fault))

    assert CONNECTION[fault] == fate_of(error, server)


@pytest.mark.parametrize("fault", FRAMING)
def test_a_broken_answer_is_refused_with_what_had_come(driver: Driver, server: Scripted, fault: str) -> None:
    """It is refused at once, by what has come, without waiting for more."""
    begin = time.monotonic()
    error = fails(driver, record_for(fault))

    assert FRAMING[fault] == fate_of(error, server)
    assert time.monotonic() - begin < PATIENT.stall - 1  # type: ignore[operator] # it is a number


@pytest.mark.parametrize("fault", sorted({*CONNECTION, *FRAMING}))
def test_a_failed_call_is_never_sent_again(driver: Driver, server: Scripted, fault: str) -> None:
    """One connection, one request, one whole body: a model that ran is not run again."""
    error = fails(driver, record_for(fault))

    assert (server.connections, server.requests, server.bodies, error.attempts) == (1, 1, 1, 1)


@pytest.mark.parametrize("fault", sorted({*CONNECTION, *FRAMING}))
def test_the_connection_of_a_failed_call_is_closed(driver: Driver, server: Scripted, fault: str) -> None:
    """What comes later on it would be read by somebody else; and its place is free again."""
    fails(driver, record_for(fault))

    assert server.all_closed()
    assert (driver.free(), driver.in_use()) == (0, 0)


@pytest.mark.parametrize("fault", sorted({*CONNECTION, *FRAMING}))
def test_a_failed_call_counts_its_bytes(driver: Driver, server: Scripted, fault: str) -> None:
    """Every byte of the request left; of the answer, no more came than was sent, and at least the part that is kept."""
    error = fails(driver, record_for(fault))
    sent_by_server = len({**CUT_SHORT, **BROKEN}.get(fault, b"x" * 1000))

    assert server.bytes_received == error.bytes_sent
    assert error.bytes_received is not None
    assert len(error.partial) <= error.bytes_received <= sent_by_server


@pytest.mark.parametrize("fault", ["truncated-length", "chunked-no-end", "half-a-head", "interim-then-end"])
def test_every_byte_of_an_answer_that_is_cut_short_is_counted(driver: Driver, fault: str) -> None:
    """Head and body, marks of chunks included."""
    assert len(CUT_SHORT[fault]) == fails(driver, record_for(fault)).bytes_received


@pytest.mark.parametrize("fault", sorted({*CONNECTION, *FRAMING}))
def test_the_client_works_on_after_a_failed_call(driver: Driver, fault: str) -> None:
    """The next call has a connection of its own."""
    fails(driver, record_for(fault))

    output = driver.call(real_time("echo", b"next"))

    assert isinstance(output, InvokeEndpointOutput)
    assert output.body == b"next"


# Before the connection stands.


def test_a_refused_connection_was_not_sent(make: MakeDriver, server: Scripted) -> None:
    """Nobody listens there; the text says so."""
    error = fails(make(server.refused_url), real_time("ok"))

    assert Fate(ConnectError, "not_sent", bodies=0) == fate_of(error, server)
    assert (error.bytes_sent, error.bytes_received) == (0, 0)
    assert "Connection refused" in str(error)


def test_a_name_without_an_address_was_not_sent(make: MakeDriver, server: Scripted) -> None:
    """The name is one that no resolver may have (RFC 6761)."""
    error = fails(make(server.url.replace("127.0.0.1", "a.invalid").replace("http:", "https:")), real_time("ok"))

    assert Fate(ConnectError, "not_sent", bodies=0) == fate_of(error, server)
    assert "a.invalid" in str(error)


def test_a_connection_that_is_reset_at_once_says_whether_the_request_had_left(
    make: MakeDriver, server: Scripted
) -> None:
    """The reset races with the request; what is told agrees with what is counted."""
    driver = make(server.reset_url)
    for _ in range(20):
        error = fails(driver, real_time("ok"))

        assert isinstance(error, ConnectionLostError | ConnectError)
        assert (error.delivery, bool(error.bytes_sent)) in {("not_sent", False), ("unknown", True)}


@contextmanager
def full_backlog() -> Iterator[str]:
    """Give the URL of a port that takes no more connections: the queue before it is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listening, ExitStack() as stack:
        address = listening.getsockname()
        for _ in range(8):
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(address)
        yield f"http://127.0.0.1:{address[1]}"


@pytest.mark.parametrize(
    ("timeouts", "kind_of_error"),
    [(evolve(PATIENT, connect=LIMIT), ConnectTimeoutError), (evolve(PATIENT, total=LIMIT), DeadlineError)],
    ids=["connect", "total"],
)
def test_a_connection_that_does_not_come_about_in_time_was_not_sent(
    make: MakeDriver, timeouts: Timeouts, kind_of_error: type[TransportError]
) -> None:
    """The limit that ends the wait gives the error its class."""
    with full_backlog() as url:
        begin = time.monotonic()
        error = fails(make(url), real_time("ok"), timeouts)

    assert (kind_of_error, "not_sent") == (type(error), error.delivery)
    assert LIMIT <= time.monotonic() - begin < LIMIT + OVERRUN


# While the request is being sent.


def test_a_reset_in_the_middle_of_the_request_was_not_sent(driver: Driver, server: Scripted) -> None:
    """The server cannot hold a whole request, so the call may be repeated. The reset may come at any moment."""
    for number in range(1, 16):
        error = fails(driver, real_time("reset-mid-request", LARGE))

        assert Fate(ConnectionLostError, "not_sent", bodies=0) == fate_of(error, server)
        assert error.bytes_sent is not None
        assert 0 < error.bytes_sent < len(LARGE)
        assert number == server.requests


def test_a_server_that_ends_its_side_in_the_middle_of_the_request_was_not_sent_it(
    driver: Driver, server: Scripted
) -> None:
    """It will not answer, so there is no use in sending the rest."""
    begin = time.monotonic()
    error = fails(driver, real_time("close-mid-request", LARGE))

    assert time.monotonic() - begin < 1
    assert Fate(ConnectionLostError, "not_sent", bodies=0) == fate_of(error, server)


@pytest.mark.parametrize("fault", ["early-413", "early-413-open"])
def test_a_refusal_before_the_body_is_read_is_the_answer(driver: Driver, server: Scripted, fault: str) -> None:
    """Whether the server then closes the connection or only stops reading, the client has its answer at once."""
    begin = time.monotonic()
    with pytest.raises(ServiceError) as caught:
        driver.call(real_time(fault, LARGE))

    assert (caught.value.status_code, caught.value.message) == (413, "too large")
    assert time.monotonic() - begin < 1
    assert (server.requests, server.bodies) == (1, 0)


def test_a_refusal_before_the_body_is_read_is_the_answer_every_time(driver: Driver) -> None:
    """The answer and the reset that follows it race with the rest of the request; the answer wins."""
    for _ in range(30):
        with pytest.raises(ServiceError) as caught:
            driver.call(real_time("early-413", LARGE))

        assert caught.value.status_code == 413


@pytest.mark.parametrize("size", [100, 100_000, 1_000_000, 3_000_000])
def test_a_refusal_is_the_answer_however_large_the_body_is(driver: Driver, size: int) -> None:
    """Also where the kernel takes the whole of it, or all but a little."""
    begin = time.monotonic()
    with pytest.raises(ServiceError) as caught:
        driver.call(real_time("early-413-open", bytes(size)))

    assert caught.value.status_code == 413
    assert time.monotonic() - begin < 1


def test_a_connection_whose_request_was_refused_early_is_not_used_again(driver: Driver, server: Scripted) -> None:
    """The rest of the request never came, so the server would take the next one for it."""
    with pytest.raises(ServiceError):
        driver.call(real_time("early-413-open", LARGE))
    server.go_on.set()  # the server now sees whether the client has closed

    assert server.all_closed()
    assert driver.free() == 0


def test_a_server_that_does_not_read_the_request_was_not_sent_it(driver: Driver, server: Scripted) -> None:
    """The limit is that of writing; some of the request left."""
    begin = time.monotonic()
    error = fails(driver, real_time("unread-request", LARGE), evolve(PATIENT, write=LIMIT))
    elapsed = time.monotonic() - begin

    assert Fate(WriteTimeoutError, "not_sent", bodies=0) == fate_of(error, server)
    assert LIMIT <= elapsed < 4 * LIMIT
    assert error.bytes_sent is not None
    assert 0 < error.bytes_sent < len(LARGE)


# While the answer is awaited.


@pytest.mark.parametrize(
    ("fault", "fate"),
    [
        ("stall-headers", Fate(FirstByteTimeoutError, "unknown")),
        ("stall-mid-headers", Fate(StallTimeoutError, "unknown")),
        ("stall-body", Fate(StallTimeoutError, "answered", PART)),
    ],
)
def test_a_server_that_falls_silent_is_given_up(driver: Driver, server: Scripted, fault: str, fate: Fate) -> None:
    """One limit holds until the first byte, the other between two parts; what had come is kept."""
    begin = time.monotonic()
    error = fails(driver, real_time(fault), evolve(PATIENT, first_byte=LIMIT, stall=LIMIT))

    assert fate == fate_of(error, server)
    assert LIMIT <= time.monotonic() - begin < LIMIT + OVERRUN
    assert (server.connections, server.requests) == (1, 1)
    assert error.bytes_sent == server.bytes_received


def test_the_limit_of_the_first_byte_is_not_that_of_the_parts(driver: Driver) -> None:
    """A model that takes its time to begin may be held to a strict limit afterwards, and the other way round."""
    first = fails(driver, real_time("stall-headers"), evolve(PATIENT, first_byte=LIMIT))
    later = fails(driver, real_time("stall-body"), evolve(PATIENT, stall=LIMIT))

    assert (FirstByteTimeoutError, StallTimeoutError) == (type(first), type(later))


SLOW = {
    "slow-body": Fate(DeadlineError, "answered"),
    "slow-headers": Fate(DeadlineError, "unknown"),
    "stall-headers": Fate(DeadlineError, "unknown"),
    "stall-body": Fate(DeadlineError, "answered"),
    "slow-request": Fate(DeadlineError, "not_sent", bodies=0),
    "unread-request": Fate(DeadlineError, "not_sent", bodies=0),
}


@pytest.mark.parametrize("fault", SLOW)
def test_the_deadline_holds_whatever_the_server_does(driver: Driver, server: Scripted, fault: str) -> None:
    """Each part comes in time and the whole does not: the deadline ends the call, 250 ms late at the most."""
    body = LARGE if "request" in fault else b"5.1"
    begin = time.monotonic()
    error = fails(driver, real_time(fault, body), evolve(PATIENT, total=0.3))
    overrun = time.monotonic() - begin - 0.3

    assert evolve(SLOW[fault], partial=error.partial) == fate_of(error, server)
    assert 0 <= overrun <= OVERRUN
    assert bool(error.partial) == (error.delivery == "answered")
    assert 0.3 <= error.elapsed <= 0.3 + OVERRUN


def test_a_slow_answer_that_keeps_coming_is_whole(driver: Driver) -> None:
    """The limit between two parts begins anew with each part."""
    output = driver.call(real_time("slow-ok"), evolve(PATIENT, stall=0.15, first_byte=0.15))

    assert isinstance(output, InvokeEndpointOutput)
    assert output.body == b"s" * 10


# Answers that are no errors of the connection.


@pytest.mark.parametrize("fault", ["ok-103", "ok-100-103", "ok-chunked", "length-twice-equal"])
def test_an_unusual_answer_that_is_right_is_taken(driver: Driver, server: Scripted, fault: str) -> None:
    """Interim answers are passed over, and the same length twice is one length (RFC 9110, 15.2; RFC 9112, 6.3)."""
    outputs = [driver.call(real_time(fault)) for _ in range(3)]

    for output in outputs:
        assert isinstance(output, InvokeEndpointOutput)
        assert (output.body, output.metadata.status_code) == (PART, 200)
    assert (server.connections, server.requests) == (1, 3)


def test_an_empty_success_of_a_queued_request_is_an_error(driver: Driver, server: Scripted) -> None:
    """Nobody could find the answer: neither OutputLocation nor InferenceId came."""
    with pytest.raises(UnexpectedAnswerError) as caught:
        driver.call(queued("empty-200"))

    assert caught.value.status_code == 200
    assert (server.connections, server.requests) == (1, 1)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_error_and_never_followed(driver: Driver, server: Scripted, status: int) -> None:
    """Following it would give the session token, and perhaps the body, to somebody else."""
    with pytest.raises(ServiceError) as caught:
        driver.call(real_time(f"redirect-{status}"))

    assert caught.value.status_code == status
    assert (server.connections, server.requests) == (1, 1)


def test_a_coded_answer_is_handed_over_as_it_came(driver: Driver, server: Scripted) -> None:
    """The caller asked for identity; nothing is decoded, so nothing can expand."""
    output = driver.call(real_time("gzip"))

    assert isinstance(output, InvokeEndpointOutput)
    assert output.body == b"\x1f\x8b\x08\x00not really"
    assert server.received[0].header("accept-encoding") == "identity"


# Connections that were used before.


def test_a_connection_that_the_server_has_closed_is_not_used_again(driver: Driver, server: Scripted) -> None:
    """Four calls, each after the server closed the connection of the one before: all of them are answered."""
    for _ in range(4):
        driver.call(real_time("stale-fin"))
        assert server.late.wait(5)

    assert (server.connections, server.requests, server.bodies) == (4, 4, 4)


def test_a_used_connection_that_is_reset_by_the_request_leaves_its_fate_unknown(
    driver: Driver, server: Scripted
) -> None:
    """The request had left before the reset came; it is not sent again."""
    fates = []
    for number in range(4):
        if number % 2:
            error = fails(driver, real_time("stale-race"))
            fates.append((type(error), error.delivery, error.bytes_sent == server.bytes_received // 2))
            server.bytes_received = 0
        else:
            driver.call(real_time("stale-race"))

    assert [(ConnectionLostError, "unknown", True)] * 2 == fates
    assert (server.connections, server.requests, server.bodies) == (2, 4, 4)


def test_two_failures_do_not_share_their_counts(driver: Driver, server: Scripted) -> None:
    """Bytes of an earlier exchange on the same connection are not counted again."""
    driver.call(real_time("ok", b"x" * 10_000))
    before = server.bytes_received
    error = fails(driver, real_time("truncated-length"))

    assert error.bytes_sent == server.bytes_received - before
    assert error.bytes_received == len(CUT_SHORT["truncated-length"])
    assert server.connections == 1


@pytest.mark.parametrize("fault", ["endless-length", "endless-chunks"])
def test_an_answer_that_is_longer_than_allowed_is_refused(make: MakeDriver, server: Scripted, fault: str) -> None:
    """It is read hardly further than the limit, and its connection is closed."""
    limit = 1_000_000
    error = fails(make(server.url, max_answer=limit), real_time(fault))

    assert (ProtocolError, "answered") == (type(error), error.delivery)
    assert len(error.partial) < 2 * limit
    assert server.all_closed()


def test_interim_answers_without_an_end_are_refused(driver: Driver, server: Scripted) -> None:
    """They come without pause, so no limit of a wait ends them; like a head they may not go on for ever."""
    error = fails(driver, real_time("endless-interim"), evolve(PATIENT, total=1.5))

    assert fate_of(error, server) == BROKEN_UNKNOWN
    assert error.bytes_received is not None
    assert error.bytes_received < 10_000_000
