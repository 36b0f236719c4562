"""Which connection carries a call, how many there are, and that no call ever gets what belongs to another."""

import asyncio
import os
import select
import socket
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from typing import Any

import httpx
import pytest
from attrs import evolve, frozen

from runtime import AsyncClient, Client, InvokeEndpointOutput, PoolTimeoutError, TransportError
from runtime.http1.async_transport import AsyncHttp1Transport
from runtime.http1.pool import FreeConnections, Origin
from runtime.http1.transport import Http1Transport, TransportOptions
from tests.http1.conftest import MakeDriver
from tests.http1.drivers import BOUND, CREDENTIALS, PATIENT, REGION, Driver, make_driver, real_time
from tests.http1.scripted import PART, Scripted

HERE = Origin("http", "127.0.0.1", 80)
THERE = Origin("http", "127.0.0.1", 81)
NO_PROXIES = TransportOptions(proxies={})


def body_of(output: object) -> bytes:
    """Return an answer's body."""
    assert isinstance(output, InvokeEndpointOutput)
    return output.body


# The free list, without I/O. Time is an argument.


class Kept:
    """A connection, as far as the pool knows it."""

    def __init__(self) -> None:
        self.idle_since = 0.0


def test_the_connection_used_last_is_taken_first() -> None:
    """It is the least likely to have been closed by the other side."""
    free: FreeConnections[Kept] = FreeConnections(10, 15)
    first, second, third = Kept(), Kept(), Kept()
    for now, each in enumerate((first, second, third)):
        free.give(HERE, each, now)

    assert [third, second, first, None] == [free.take(HERE, 3)[0] for _ in range(4)]


def test_a_connection_goes_to_its_own_origin_alone() -> None:
    """Scheme, host and port make it up."""
    free: FreeConnections[Kept] = FreeConnections(10, 15)
    free.give(HERE, Kept(), 0)

    for other in (THERE, Origin("https", "127.0.0.1", 80), Origin("http", "localhost", 80)):
        assert free.take(other, 0) == (None, [])


def test_connections_that_were_not_used_for_too_long_are_handed_out_to_be_closed() -> None:
    """When one is taken, and when one is given."""
    free: FreeConnections[Kept] = FreeConnections(10, 15)
    old, older, young = Kept(), Kept(), Kept()
    free.give(HERE, older, 0)
    free.give(HERE, old, 1)

    assert free.give(HERE, young, 15) == []
    assert (young, [older, old]) == free.take(HERE, 16.5)
    assert free.take(HERE, 16.5) == (None, [])
    assert free.give(HERE, young, 20) == []
    assert [young] == free.give(HERE, old, 36)


def test_no_more_connections_are_kept_than_allowed() -> None:
    """The one that is given back last is kept, the oldest goes."""
    free: FreeConnections[Kept] = FreeConnections(2, 15)
    connections = [Kept() for _ in range(4)]

    assert [[], [], [connections[0]], [connections[1]]] == [free.give(HERE, each, 0) for each in connections]
    assert len(free) == 2
    assert set(connections[2:]) == set(free)


def test_nothing_is_kept_where_nothing_may_be() -> None:
    """Each connection serves one exchange."""
    free: FreeConnections[Kept] = FreeConnections(0, 15)
    only = Kept()

    assert [only] == free.give(HERE, only, 0)
    assert len(free) == 0


def test_draining_hands_out_all_connections() -> None:
    """Of every origin."""
    free: FreeConnections[Kept] = FreeConnections(10, 15)
    here, there = Kept(), Kept()
    free.give(HERE, here, 0)
    free.give(THERE, there, 0)

    assert {here, there} == set(free.drain())
    assert len(free) == 0


# Reuse.


def test_calls_one_after_the_other_share_a_connection(driver: Driver, server: Scripted) -> None:
    """A hundred calls, one connection."""
    assert [b"%d" % number for number in range(100)] == [
        body_of(driver.call(real_time("echo", b"%d" % number))) for number in range(100)
    ]
    assert (server.connections, server.requests) == (1, 100)
    assert (driver.free(), driver.in_use()) == (1, 0)


def test_an_idle_connection_is_used_within_its_time_and_not_after(make: MakeDriver, server: Scripted) -> None:
    """The one is closed, and another is opened."""
    driver = make(server.url, evolve(NO_PROXIES, keep_seconds=0.1))
    driver.call(real_time("echo"))
    threading.Event().wait(0.15)
    driver.call(real_time("echo"))

    assert server.wait_until(lambda: server.open == 1)
    assert (server.connections, server.requests) == (2, 2)


def test_connections_that_idled_too_long_are_closed_by_the_next_call(make: MakeDriver, server: Scripted) -> None:
    """All of them, not only the one that it would have used."""
    driver = make(server.url, evolve(NO_PROXIES, keep_seconds=0.1))
    with ThreadPoolExecutor(5) as threads:
        waiting = [threads.submit(driver.call, real_time("hold")) for _ in range(5)]
        assert server.wait_until(lambda: server.bodies == 5)
        server.go_on.set()
        for future in waiting:
            future.result(BOUND)
    assert (driver.free(), server.open) == (5, 5)
    threading.Event().wait(0.15)
    driver.call(real_time("echo"))

    assert server.wait_until(lambda: server.open == 1)
    assert (server.connections, driver.free()) == (6, 1)


def test_a_connection_that_is_not_kept_serves_one_call(make: MakeDriver, server: Scripted) -> None:
    """Each call opens its own."""
    driver = make(server.url, evolve(NO_PROXIES, keep=0))
    for _ in range(3):
        driver.call(real_time("echo"))

    assert (server.connections, server.requests) == (3, 3)
    assert server.all_closed()


def test_closing_the_client_closes_its_connections(server: Scripted, kind: str) -> None:
    """The server sees them go."""
    driver = make_driver(kind, server.url)
    driver.call(real_time("echo"))
    driver.close()

    assert server.connections == 1
    assert server.all_closed()


def test_a_server_that_closes_idle_connections_is_no_hindrance(driver: Driver, server: Scripted) -> None:
    """Twenty calls, each after the connection of the one before was closed: none fails."""
    for _ in range(20):
        driver.call(real_time("stale-fin"))
        assert server.late.wait(BOUND)

    assert (server.connections, server.requests) == (20, 20)


# Bytes that nobody asked for.


@pytest.mark.parametrize("fault", ["desync", "desync-chunked", "desync-part"])
def test_what_follows_an_answer_is_nobodys_answer(driver: Driver, server: Scripted, fault: str) -> None:
    """The connection is closed; the next call has another and gets its own answer."""
    for number in range(0, 10, 2):
        assert body_of(driver.call(real_time(fault, b"%d" % number))) == b"%d" % number
        assert body_of(driver.call(real_time("echo", b"%d" % (number + 1)))) == b"%d" % (number + 1)
    assert server.requests == 10
    assert server.connections > 5


def test_what_comes_on_an_idle_connection_is_nobodys_answer(driver: Driver, server: Scripted) -> None:
    """It comes after the answer was taken and before the next call is made."""
    for number in range(5):
        server.go_on.clear()
        server.late.clear()

        assert body_of(driver.call(real_time("desync-late", b"true"))) == b"true"
        server.go_on.set()
        assert server.late.wait(BOUND)
        assert body_of(driver.call(real_time("echo", b"%d" % number))) == b"%d" % number
    assert (server.requests, server.bodies) == (10, 10)


def async_client(server: Scripted, options: TransportOptions = NO_PROXIES) -> AsyncClient:
    """Return a client for the event loop of the test."""
    transport = AsyncHttp1Transport(options, {})
    return AsyncClient(REGION, credentials=CREDENTIALS, endpoint_url=server.url, transport=transport, timeout=PATIENT)


def test_what_came_while_the_event_loop_was_busy_is_nobodys_answer(server: Scripted) -> None:
    """The loop has not seen the bytes yet, but they lay there before the call was made."""

    async def call_after_work() -> bytes:
        async with async_client(server) as client:
            await client.send(real_time("desync-late", b"true"))
            server.go_on.set()
            assert server.late.wait(BOUND)  # the test's own code keeps the loop from running
            return body_of(await client.send(real_time("echo", b"own")))

    assert [run_and_reset(server, call_after_work()) for _ in range(5)] == [b"own"] * 5


def test_an_end_that_came_while_the_event_loop_was_busy_is_seen(server: Scripted) -> None:
    """The server closed the connection before the call was made."""

    async def call_after_work() -> bytes:
        async with async_client(server) as client:
            await client.send(real_time("stale-fin"))
            assert server.late.wait(BOUND)
            return body_of(await client.send(real_time("echo", b"own")))

    assert [run_and_reset(server, call_after_work()) for _ in range(5)] == [b"own"] * 5


def run_and_reset(server: Scripted, coroutine: Coroutine[Any, Any, bytes]) -> bytes:
    """Run on an event loop of its own; the server's events are as at the beginning."""
    server.go_on.clear()
    server.late.clear()
    return asyncio.run(coroutine)


CALLS = 10_000
LANES = 8
BUDGET = 20.0
"""Seconds for all the calls of one kind of client."""


def fault_of(number: int) -> str:
    """Return how a call is answered: one in twenty with a forged answer behind the true one."""
    return "desync" if number % 20 == 7 else "echo"


def test_ten_thousand_threaded_calls_get_their_own_answers(server: Scripted) -> None:
    """One call in twenty brings a forged answer; not one is delivered, and none is lost."""
    begin = time.monotonic()
    with closing(make_driver("blocking", server.url)) as driver, ThreadPoolExecutor(LANES) as threads:

        def call(lane: int) -> int:
            return sum(
                body_of(driver.call(real_time(fault_of(number), b"%d" % number))) == b"%d" % number
                for number in range(lane, CALLS, LANES)
            )

        right = sum(threads.map(call, range(LANES)))

    assert right == CALLS
    assert (server.requests, server.bodies) == (CALLS, CALLS)
    assert CALLS // 20 <= server.connections <= CALLS // 20 + LANES
    assert time.monotonic() - begin < BUDGET


def test_ten_thousand_calls_of_tasks_get_their_own_answers(server: Scripted) -> None:
    """The same on an event loop."""
    begin = time.monotonic()

    async def call(client: AsyncClient, lane: int) -> int:
        right = 0
        for number in range(lane, CALLS, LANES):
            output = await client.send(real_time(fault_of(number), b"%d" % number))
            right += output.body == b"%d" % number
        return right

    async def call_all() -> int:
        async with async_client(server) as client:
            return sum(await asyncio.gather(*(call(client, lane) for lane in range(LANES))))

    assert asyncio.run(call_all()) == CALLS
    assert (server.requests, server.bodies) == (CALLS, CALLS)
    assert CALLS // 20 <= server.connections <= CALLS // 20 + LANES
    assert time.monotonic() - begin < BUDGET


# How many may be in use.


def test_no_more_connections_are_in_use_than_allowed(make: MakeDriver, server: Scripted) -> None:
    """Further calls wait for their turn, and all are answered."""
    driver = make(server.url, evolve(NO_PROXIES, max_connections=3))
    with ThreadPoolExecutor(12) as threads:
        waiting = [threads.submit(driver.call, real_time("hold", b"%d" % number)) for number in range(12)]

        assert server.wait_until(lambda: server.requests == 3)
        assert not server.stopping.wait(0.1)
        assert (server.requests, server.open) == (3, 3)
        server.go_on.set()

        assert [b"%d" % number for number in range(12)] == [body_of(future.result(BOUND)) for future in waiting]
    assert (server.connections, server.requests) == (3, 12)
    assert driver.in_use() == 0


def test_a_call_that_waits_too_long_for_a_connection_was_not_sent(make: MakeDriver, server: Scripted) -> None:
    """The limit is that of connecting; the call that has the connection is not disturbed."""
    driver = make(server.url, evolve(NO_PROXIES, max_connections=1))
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(driver.call, real_time("hold", b"first"))
        assert server.wait_until(lambda: server.bodies == 1)
        begin = time.monotonic()
        with pytest.raises(PoolTimeoutError) as caught:
            driver.call(real_time("echo"), evolve(PATIENT, connect=0.2))
        elapsed = time.monotonic() - begin
        server.go_on.set()

        assert body_of(first.result(BOUND)) == b"first"
    assert 0.2 <= elapsed < 0.45
    assert (caught.value.delivery, caught.value.bytes_sent) == ("not_sent", 0)
    assert "1 connections" in str(caught.value)
    assert server.requests == 1
    assert body_of(driver.call(real_time("echo", b"next"))) == b"next"
    assert driver.in_use() == 0


def test_the_deadline_holds_while_a_call_waits_for_a_connection(make: MakeDriver, server: Scripted) -> None:
    """Whatever the limit of the wait is."""
    driver = make(server.url, evolve(NO_PROXIES, max_connections=1))
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(driver.call, real_time("hold"))
        assert server.wait_until(lambda: server.bodies == 1)
        with pytest.raises(TransportError) as caught:
            driver.call(real_time("echo"), evolve(PATIENT, total=0.2))
        server.go_on.set()
        first.result(BOUND)

    assert (type(caught.value).__name__, caught.value.delivery) == ("DeadlineError", "not_sent")
    assert 0.2 <= caught.value.elapsed < 0.45


@pytest.mark.parametrize("fault", ["reset-before", "truncated-length", "garbage", "early-413", "desync"])
def test_a_place_is_free_again_whatever_became_of_the_call(make: MakeDriver, server: Scripted, fault: str) -> None:
    """With one place, ten calls in a row."""
    driver = make(server.url, evolve(NO_PROXIES, max_connections=1))
    for _ in range(10):
        with suppress(Exception):
            driver.call(real_time(fault), evolve(PATIENT, connect=1))

        assert driver.in_use() == 0


# Answers that are streamed.


@pytest.fixture
def web(kind: str) -> Iterator["Web"]:
    """An httpx client of each kind in turn, over this package's transport, with two places."""
    with open_web(kind, evolve(NO_PROXIES, max_connections=2)) as opened:
        yield opened


@frozen
class Web:
    """An httpx client of either kind, driven from the test."""

    client: httpx.Client | httpx.AsyncClient
    runner: asyncio.Runner

    def read(self, url: str, limit: int | None = None, pause: float = 0.0) -> int:
        """Stream an answer, read so many parts of it and close it; return how many bytes were read."""
        if isinstance(self.client, httpx.Client):
            with self.client.stream("GET", url) as answer:
                threading.Event().wait(pause)
                return sum(len(part) for _, part in zip(range(limit or sys.maxsize), answer.iter_raw(), strict=False))
        return self.runner.run(self._read(self.client, url, limit, pause))

    def drop(self, url: str) -> None:
        """Stream an answer, read one part, and forget about it."""
        if isinstance(self.client, httpx.Client):
            next(self.client.send(self.client.build_request("GET", url), stream=True).iter_raw())
        else:
            self.runner.run(self._drop(self.client, url))

    def in_use(self) -> int:
        """Return how many connections are in use."""
        transport = self.client._transport  # noqa: SLF001 - there is no public way to ask
        if isinstance(transport, Http1Transport):
            return 2 - transport._places._value  # noqa: SLF001 - the same
        assert isinstance(transport, AsyncHttp1Transport)
        return transport._in_use  # noqa: SLF001 - the same

    async def _read(self, client: httpx.AsyncClient, url: str, limit: int | None, pause: float) -> int:
        async with client.stream("GET", url) as answer:
            await asyncio.sleep(pause)
            read = 0
            count = 0
            async for part in answer.aiter_raw():
                read += len(part)
                count += 1
                if count == limit:
                    break
            return read

    async def _drop(self, client: httpx.AsyncClient, url: str) -> None:
        answer = await client.send(client.build_request("GET", url), stream=True)
        await anext(answer.aiter_raw())
        del answer
        for _ in range(5):
            await asyncio.sleep(0)


@contextmanager
def open_web(kind: str, options: TransportOptions) -> Iterator[Web]:
    """Open an httpx client over this package's transport."""
    with asyncio.Runner() as runner:
        if kind == "blocking":
            with httpx.Client(transport=Http1Transport(options, {}), timeout=2) as client:
                yield Web(client, runner)
        else:
            async_client = httpx.AsyncClient(transport=AsyncHttp1Transport(options, {}), timeout=2)
            yield Web(async_client, runner)
            runner.run(async_client.aclose())


def test_a_streamed_answer_that_is_read_to_its_end_frees_its_connection(web: Web, server: Scripted) -> None:
    """It carries the next request."""
    for _ in range(5):
        assert web.read(f"{server.url}/source/100000") == 100_000
        assert web.in_use() == 0
    assert server.connections == 1


def test_a_streamed_answer_that_is_closed_early_frees_its_place(web: Web, server: Scripted) -> None:
    """Its connection is closed: the rest of the answer is still to come."""
    for _ in range(5):
        assert 0 < web.read(f"{server.url}/source/10000000", limit=1) < 10_000_000
        assert web.in_use() == 0
    assert server.connections == 5
    assert server.all_closed()


def test_a_streamed_answer_that_is_forgotten_half_read_frees_its_place(web: Web, server: Scripted) -> None:
    """Two places, five forgotten answers."""
    for _ in range(5):
        web.drop(f"{server.url}/source/10000000")

        assert web.in_use() == 0
    web.read(f"{server.url}/ok")
    assert server.wait_until(lambda: server.open == 1)


@pytest.mark.parametrize("length", [262_000, 270_000, 400_000, 1_000_000])
def test_an_answer_that_is_read_late_leaves_its_connection_in_order(web: Web, server: Scripted, length: int) -> None:
    """All of it may have come before anybody reads it; the next request is answered all the same."""
    for _ in range(3):
        assert web.read(f"{server.url}/source/{length}", pause=0.1) == length
        assert web.read(f"{server.url}/ok") == len(PART)
    assert server.connections == 1


# Cancellation.


async def cancel_after(steps: int, coroutine: Coroutine[Any, Any, object]) -> bool:
    """Start a task and cancel it after so many turns of the loop; return whether it was cancelled."""
    task = asyncio.ensure_future(coroutine)
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
        return False
    return True


async def settled(transport: AsyncHttp1Transport) -> tuple[int, int]:
    """Return how many connections are in use and how many tasks there are, this one left out."""
    for _ in range(3):
        await asyncio.sleep(0)
    return transport._in_use, len(asyncio.all_tasks()) - 1  # noqa: SLF001 - there is no public way to ask


@pytest.mark.parametrize("fault", ["echo", "slow-ok", "stall-headers", "desync", "unread-request"])
def test_a_call_that_is_cancelled_anywhere_leaves_nothing_behind(server: Scripted, fault: str) -> None:
    """Whatever it was waiting for: its connection is closed unless it is clean, and its place is free."""

    async def cancel_everywhere() -> int:
        transport = AsyncHttp1Transport(evolve(NO_PROXIES, max_connections=1), {})
        cancelled = 0
        async with AsyncClient(
            REGION, credentials=CREDENTIALS, endpoint_url=server.url, transport=transport, timeout=PATIENT
        ) as client:
            body = bytes(8_000_000) if fault == "unread-request" else b"cancelled"
            for steps in range(25):
                cancelled += await cancel_after(steps, client.send(real_time(fault, body)))
                assert await settled(transport) == (0, 0)
                output = await client.send(real_time("echo", b"%d" % steps))
                assert output.body == b"%d" % steps
        return cancelled

    assert asyncio.run(cancel_everywhere()) > 3
    server.go_on.set()
    assert server.all_closed()


def test_a_call_that_is_cancelled_while_it_waits_for_a_place_does_not_take_it(server: Scripted) -> None:
    """Also where the place is given in the same turn of the loop."""

    async def cancel_waiting() -> None:
        transport = AsyncHttp1Transport(evolve(NO_PROXIES, max_connections=1), {})
        async with AsyncClient(
            REGION, credentials=CREDENTIALS, endpoint_url=server.url, transport=transport, timeout=PATIENT
        ) as client:
            for steps in range(40):
                server.go_on.clear()
                first = asyncio.ensure_future(client.send(real_time("hold", b"first")))
                second = asyncio.ensure_future(client.send(real_time("echo", b"second")))
                third = asyncio.ensure_future(client.send(real_time("echo", b"third")))
                await asyncio.to_thread(server.wait_until, lambda: server.bodies > steps)  # noqa: B023 - it ends here
                server.go_on.set()
                for _ in range(steps % 10):
                    await asyncio.sleep(0)
                second.cancel()
                await asyncio.wait([second])
                assert [(await first).body, (await third).body] == [b"first", b"third"]
                assert await settled(transport) == (0, 0)
                server.bodies = steps + 1

    asyncio.run(cancel_waiting())


def test_a_stream_that_is_cancelled_leaves_nothing_behind(server: Scripted) -> None:
    """While a part of the body is awaited."""

    async def read_all(client: httpx.AsyncClient) -> None:
        async with client.stream("POST", f"{server.url}/half") as answer:
            async for _ in answer.aiter_raw():
                pass

    async def cancel_reading() -> None:
        transport = AsyncHttp1Transport(evolve(NO_PROXIES, max_connections=1), {})
        async with httpx.AsyncClient(transport=transport) as client:
            for number in range(5):
                task = asyncio.ensure_future(read_all(client))
                await asyncio.to_thread(server.wait_until, lambda: server.bodies > number)  # noqa: B023 - it ends here
                await asyncio.sleep(0.02)
                task.cancel()
                await asyncio.wait([task])
                assert await settled(transport) == (0, 0)

    asyncio.run(cancel_reading())
    server.go_on.set()
    assert server.all_closed()


# Threads, processes, loops.


def test_sixty_four_threads_share_a_transport(server: Scripted) -> None:
    """Each gets its own answers, over as many connections as there are calls at a time."""
    start = threading.Barrier(64)

    def call(client: Client, thread: int) -> bool:
        start.wait(BOUND)
        return all(
            client.invoke_endpoint("echo", b"%d/%d" % (thread, number)).body == b"%d/%d" % (thread, number)
            for number in range(20)
        )

    driver = make_driver("blocking", server.url, evolve(NO_PROXIES, max_connections=32))
    client = driver.client  # type: ignore[attr-defined] # the blocking driver has one
    with closing(driver), ThreadPoolExecutor(64) as threads:
        waiting = [threads.submit(call, client, each) for each in range(64)]
        assert all(future.result(BOUND) for future in waiting)
        assert driver.in_use() == 0
        assert driver.free() <= 32
    assert server.connections <= 32
    assert server.requests == 64 * 20


def in_child(work: Callable[[], bytes]) -> bytes:
    """Fork, do some work in the child, and return what it gives; the child leaves without cleaning up."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:  # nothing of the test may go on here
        unraised: list[str] = []
        sys.unraisablehook = lambda found: unraised.append(repr(found.exc_value))
        try:
            said = work()
        except BaseException as error:  # noqa: BLE001 - told to the parent
            said = repr(error).encode()
        os.write(writer, said if not unraised else f"{unraised}".encode())
        os._exit(0)
    os.close(writer)
    with open(reader, "rb") as said_by_child:  # noqa: PTH123 - a descriptor
        ready, _, _ = select.select([reader], [], [], BOUND)
        said = said_by_child.read() if ready else b"nothing"
    if not ready:
        os.kill(child, 9)
    os.waitpid(child, 0)
    return said


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_has_connections_of_its_own(server: Scripted) -> None:
    """Parent and child both go on and get their own answers; the child closes what it inherited without a word."""
    driver = make_driver("blocking", server.url)

    def call(body: bytes) -> bytes:
        return body_of(driver.call(real_time("echo", body)))

    with closing(driver):
        call(b"before")

        assert in_child(lambda: call(b"child 1") + b"," + call(b"child 2")) == b"child 1,child 2"
        assert [call(b"parent 1"), call(b"parent 2")] == [b"parent 1", b"parent 2"]
        assert in_child(lambda: call(b"child 3")) == b"child 3"
    used = [(request.connection, request.body) for request in server.received]
    assert used == [
        (1, b"before"),
        (2, b"child 1"),
        (2, b"child 2"),
        (1, b"parent 1"),
        (1, b"parent 2"),
        (3, b"child 3"),
    ]


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_may_use_the_client_on_a_loop_of_its_own(server: Scripted) -> None:
    """The parent's loop and connections stay with the parent, which goes on."""
    client = async_client(server)

    async def call(body: bytes) -> bytes:
        return body_of(await client.send(real_time("echo", body)))

    async def call_around_a_fork() -> list[bytes]:
        before = await call(b"before")
        child = in_child(lambda: asyncio.run(call(b"child")))
        after = await call(b"after")
        await client.aclose()
        return [before, child, after]

    assert asyncio.run(call_around_a_fork()) == [b"before", b"child", b"after"]
    assert [request.connection for request in server.received] == [1, 2, 1]


def test_use_from_another_event_loop_is_a_clear_error(server: Scripted) -> None:
    """Nothing is sent, and the text says what to do."""
    client = async_client(server)

    async def call() -> bytes:
        return body_of(await client.send(real_time("echo", b"one")))

    with asyncio.Runner() as first:
        assert first.run(call()) == b"one"
        with asyncio.Runner() as second, pytest.raises(TransportError) as caught:
            second.run(call())
        assert first.run(call()) == b"one"
        first.run(client.aclose())

    assert "another event loop; make a client for each loop" in str(caught.value)
    assert server.requests == 2
    assert caught.value.delivery == "not_sent"


def test_use_without_asyncio_is_a_clear_error(server: Scripted) -> None:
    """Such as under trio; the text names the transport that works there, and nothing is sent."""
    client = async_client(server)
    coroutine = client.send(real_time("echo"))

    with pytest.raises(TransportError) as caught:
        coroutine.send(None)

    assert "httpx.AsyncHTTPTransport" in str(caught.value)
    assert server.connections == 0
    assert caught.value.delivery == "not_sent"


def test_a_socket_of_the_transport_sends_at_once(server: Scripted) -> None:
    """Small requests do not wait for each other (TCP_NODELAY); the kernel asks for the other side where told to."""
    made: list[socket.socket] = []

    def note(options: TransportOptions) -> tuple[int, int]:
        driver = make_driver("blocking", server.url, options)
        with closing(driver):
            driver.call(real_time("echo"))
            (connection,) = driver.transport._free  # type: ignore[attr-defined] # noqa: SLF001 - the blocking one's
            made.append(connection._socket)  # noqa: SLF001 - there is no public way to ask
            return (
                made[-1].getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY),
                made[-1].getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
            )

    assert note(NO_PROXIES) == (1, 0)
    assert note(evolve(NO_PROXIES, keep_alive=True)) == (1, 1)
