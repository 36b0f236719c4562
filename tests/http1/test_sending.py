"""What is known of a request that has left in part, below the pool: over a pair of sockets whose kernel takes little.

Every byte that left waits to be read at the other end, so the test can count what a failure only claims.
"""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from attrs import frozen

from runtime.http1.connection import Head
from runtime.http1.failures import (
    ConnectionLost,
    DeadlinePassed,
    Failure,
    FirstByteTimedOut,
    StallTimedOut,
    WriteTimedOut,
)
from runtime.http1.limits import Limits
from runtime.http1.loop_driver import LoopConnection
from runtime.http1.socket_driver import SocketConnection
from tests.http1.scripted import SUCCESS, TOO_LARGE

BOUND = 5.0
HEAD = b"POST / HTTP/1.1\r\nHost: a\r\n\r\n"
SIZES = [20_000, 100_000, 1_000_000]
"""Bytes of a body; the least are more than the kernel takes, and little enough to wait in the loop's own buffer."""
LIMIT = 0.15


@frozen
class Pair:
    """One exchange between a connection of this package and a socket of the test.

    Attributes:
        kind: ``blocking`` or ``asyncio``.
        ours: the end that the connection gets.
        other: the test's own end.
    """

    kind: str
    ours: socket.socket
    other: socket.socket

    def start(self, parts: list[bytes], limits: Limits) -> Future[Head]:
        """Start an exchange in a thread."""
        executor = ThreadPoolExecutor(1)
        try:
            return executor.submit(self._exchange, parts, limits)
        finally:
            executor.shutdown(wait=False)

    def fails(self, parts: list[bytes], limits: Limits) -> Failure:
        """Return the failure of an exchange."""
        error = self.start(parts, limits).exception(BOUND)
        assert isinstance(error, Failure)
        return error

    def drain(self) -> int:
        """Read what has left, until the other end is closed; return how many bytes that is."""
        self.other.settimeout(BOUND)
        read = 0
        try:
            while data := self.other.recv(65536):
                read += len(data)
        except ConnectionResetError:
            pass
        return read

    def read_the_rest(self, size: int, pauses: int = 0) -> None:
        """Read what :func:`after_some_was_read` left of a request with a body of so many bytes.

        Args:
            size: of the body.
            pauses: how many times a little is read, and then nothing for a third of the limit.
        """
        left = size + len(HEAD) - 100
        while left > 0:
            data = self.other.recv(8192 if pauses > 0 else 65536)
            assert data, f"{left} bytes of the request never left"
            left -= len(data)
            if pauses > 0:
                threading.Event().wait(LIMIT / 3)
            pauses -= 1

    def _exchange(self, parts: list[bytes], limits: Limits) -> Head:
        if self.kind == "blocking":
            connection = SocketConnection(self.ours)
            try:
                return connection.exchange(b"POST", HEAD, parts, limits)
            finally:
                connection.close()
        return asyncio.run(self._exchange_on_a_loop(parts, limits))

    async def _exchange_on_a_loop(self, parts: list[bytes], limits: Limits) -> Head:
        _, connection = await asyncio.get_running_loop().create_connection(LoopConnection, sock=self.ours)
        try:
            return await connection.exchange(b"POST", HEAD, _asynchronous(parts), limits)
        finally:
            connection.close()
            await asyncio.sleep(0)


async def _asynchronous(parts: list[bytes]) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


@pytest.fixture
def pair(kind: str) -> Iterator[Pair]:
    """A pair of sockets whose kernel takes some 10 KB before it waits for the reader."""
    ours, other = socket.socketpair()
    with ours, other:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        yield Pair(kind, ours, other)


def in_parts(size: int) -> list[bytes]:
    """Return a body in parts."""
    return [bytes(7_000)] * (size // 7_000) + [bytes(size % 7_000)]


def in_one(size: int) -> list[bytes]:
    """Return a body in one part."""
    return [bytes(size)]


each_size = pytest.mark.parametrize("size", SIZES)
each_shape = pytest.mark.parametrize("shape", [in_one, in_parts], ids=lambda shape: shape.__name__)
Shape = Callable[[int], list[bytes]]


@each_size
@each_shape
def test_a_reader_that_never_reads_is_told_by_the_limit_of_writing(pair: Pair, shape: Shape, size: int) -> None:
    """Also where all that is left of the request waits in a buffer of this process."""
    error = pair.fails(shape(size), Limits(write=LIMIT, first_byte=2, stall=2))

    assert (WriteTimedOut, "not_sent") == (type(error), error.delivery)
    assert pair.drain() == error.bytes_sent
    assert error.bytes_received == 0


@each_size
@each_shape
def test_a_deadline_that_passes_while_the_request_leaves_was_not_sent(pair: Pair, shape: Shape, size: int) -> None:
    """Whatever the other limits are."""
    error = pair.fails(shape(size), Limits(write=2, first_byte=2, stall=2, deadline=time.monotonic() + LIMIT))

    assert (DeadlinePassed, "not_sent") == (type(error), error.delivery)
    assert pair.drain() == error.bytes_sent


@contextmanager
def after_some_was_read(pair: Pair, parts: list[bytes], limits: Limits) -> Iterator[Future[Head]]:
    """Start an exchange, read a little of its request, and go on when nothing more of it leaves."""
    result = pair.start(parts, limits)
    pair.other.settimeout(BOUND)
    pair.other.recv(100)
    threading.Event().wait(0.05)
    yield result


@each_size
@each_shape
def test_a_reset_while_the_request_leaves_was_not_sent(pair: Pair, shape: Shape, size: int) -> None:
    """The rest of it was given up with the connection, so the other side cannot hold a whole request."""
    with after_some_was_read(pair, shape(size), Limits(write=2, first_byte=2, stall=2)) as result:
        pair.other.close()
        error = result.exception(BOUND)

    assert isinstance(error, ConnectionLost)
    assert error.delivery == "not_sent"
    assert 0 < error.bytes_sent < size


@each_size
@each_shape
def test_the_end_of_the_other_side_while_the_request_leaves_was_not_sent(pair: Pair, shape: Shape, size: int) -> None:
    """It will not answer, and the rest of the request is not sent."""
    with after_some_was_read(pair, shape(size), Limits(write=2, first_byte=2, stall=2)) as result:
        begin = time.monotonic()
        pair.other.shutdown(socket.SHUT_WR)
        error = result.exception(BOUND)

    assert time.monotonic() - begin < 1
    assert isinstance(error, ConnectionLost)
    assert error.delivery == "not_sent"


@each_size
@each_shape
def test_an_answer_while_the_request_leaves_is_the_answer(pair: Pair, shape: Shape, size: int) -> None:
    """It is given at once, though nobody reads the rest of the request."""
    with after_some_was_read(pair, shape(size), Limits(write=2, first_byte=2, stall=2)) as result:
        begin = time.monotonic()
        pair.other.sendall(TOO_LARGE)
        head = result.result(BOUND)

    assert head.status_code == 413
    assert time.monotonic() - begin < 1


@each_size
@each_shape
def test_an_answer_and_a_reset_while_the_request_leaves_are_the_answer(pair: Pair, shape: Shape, size: int) -> None:
    """As a server has it that refuses a request and closes without reading it."""
    with after_some_was_read(pair, shape(size), Limits(write=2, first_byte=2, stall=2)) as result:
        pair.other.sendall(TOO_LARGE)
        pair.other.close()

        assert result.result(BOUND).status_code == 413


@each_shape
def test_half_an_answer_while_the_request_leaves_is_waited_for(pair: Pair, shape: Shape) -> None:
    """The request goes on leaving meanwhile; both come to their end."""
    size = 400_000
    with after_some_was_read(pair, shape(size), Limits(write=2, first_byte=2, stall=2)) as result:
        pair.other.sendall(SUCCESS[:20])
        pair.read_the_rest(size)
        pair.other.sendall(SUCCESS[20:])

        assert result.result(BOUND).status_code == 200


@each_size
def test_a_slow_reader_is_no_silent_one(pair: Pair, size: int) -> None:
    """The limit of writing begins anew whenever the connection takes more."""
    with after_some_was_read(pair, in_one(size), Limits(write=LIMIT, first_byte=2, stall=2)) as result:
        pair.read_the_rest(size, pauses=8)
        pair.other.sendall(SUCCESS)

        assert result.result(BOUND).status_code == 200


@each_size
def test_the_limit_of_the_first_byte_begins_with_the_last_byte_of_the_request(pair: Pair, size: int) -> None:
    """However long the request took to leave."""
    with after_some_was_read(pair, in_one(size), Limits(write=2, first_byte=LIMIT, stall=2)) as result:
        threading.Event().wait(2 * LIMIT)
        pair.read_the_rest(size)
        begin = time.monotonic()
        error = result.exception(BOUND)

    assert (FirstByteTimedOut, "unknown") == (type(error), getattr(error, "delivery", None))
    assert time.monotonic() - begin > LIMIT / 2


def test_a_stall_is_told_from_a_silence(pair: Pair) -> None:
    """The first byte came, the second did not."""
    with after_some_was_read(pair, [b"small"], Limits(write=2, first_byte=2, stall=LIMIT)) as result:
        pair.other.sendall(SUCCESS[:1])
        error = result.exception(BOUND)

    assert isinstance(error, StallTimedOut)
    assert (error.delivery, error.bytes_received) == ("unknown", 1)


def test_bytes_that_keep_coming_do_not_outlive_the_deadline(pair: Pair) -> None:
    """A header that grows without pause is ended by the deadline as well as by its size."""
    stop = threading.Event()

    def pour() -> None:
        pair.other.settimeout(BOUND)
        pair.other.recv(100)
        while not stop.is_set():
            try:
                pair.other.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100)
            except OSError:
                return

    thread = threading.Thread(target=pour)
    thread.start()
    result = pair.start([b"small"], Limits(write=2, first_byte=2, stall=2, deadline=time.monotonic() + LIMIT))
    try:
        error = result.exception(2)
    finally:
        stop.set()
        pair.other.close()
        thread.join(BOUND)

    assert isinstance(error, Failure)
    assert error.delivery == "unknown"
