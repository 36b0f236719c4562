"""The transports as any httpx client uses them; and the clients over transports that are not this package's."""

import asyncio
import hashlib
import json
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import httpx
import pytest
from attrs import frozen

from runtime import AsyncClient, Client, InvokeEndpointOutput, Timeouts, TransportError
from runtime.errors import (
    ConnectError,
    ConnectionLostError,
    ConnectTimeoutError,
    DeadlineError,
    Delivery,
    FirstByteTimeoutError,
    PoolTimeoutError,
    ProtocolError,
    ProxyError,
    StallTimeoutError,
    WriteTimeoutError,
)
from runtime.http1.async_transport import AsyncHttp1Transport
from runtime.http1.connection import LocalProtocolError
from runtime.http1.transport import Http1Transport, TransportOptions
from tests.http1.drivers import BOUND, CREDENTIALS, PATIENT, REGION, real_time
from tests.http1.scripted import PART, Scripted

NO_PROXIES = TransportOptions(proxies={})
SIZE = 20_000_000
"""Bytes of a large body."""
BLOCK = 64 * 1024
MEMORY = 8 * 1024 * 1024
"""Bytes of memory that a large body may take while it passes."""


def parts_of(size: int) -> Iterator[bytes]:
    """Give a body of zeros in parts."""
    while size:
        part = bytes(min(size, BLOCK))
        size -= len(part)
        yield part


async def parts_of_async(size: int) -> AsyncIterator[bytes]:
    """Give the same on an event loop."""
    for part in parts_of(size):
        yield part


def upload(kind: str, size: int) -> Iterator[bytes] | AsyncIterator[bytes]:
    """Return a body that is made while it is sent, for a kind of client."""
    return parts_of_async(size) if kind == "asyncio" else parts_of(size)


@frozen
class Seen:
    """An answer as a caller of httpx sees it."""

    status_code: int
    headers: httpx.Headers
    raw: bytes
    response: httpx.Response


Ask = Callable[..., Seen]


@pytest.fixture
def ask(kind: str) -> Iterator[Ask]:
    """Sends a request with an httpx client of each kind in turn, and reads the answer undecoded."""
    with asyncio.Runner() as runner, httpx.Client(transport=Http1Transport(NO_PROXIES, {}), timeout=BOUND) as client:
        async_client = httpx.AsyncClient(transport=AsyncHttp1Transport(NO_PROXIES, {}), timeout=BOUND)

        async def ask_async(method: str, url: str, **settings: Any) -> Seen:
            async with async_client.stream(method, url, **settings) as answer:
                raw = b"".join([part async for part in answer.aiter_raw()])
                return Seen(answer.status_code, answer.headers, raw, answer)

        def ask_one(method: str, url: str, **settings: Any) -> Seen:
            if kind == "asyncio":
                return runner.run(ask_async(method, url, **settings))
            with client.stream(method, url, **settings) as answer:
                return Seen(answer.status_code, answer.headers, b"".join(answer.iter_raw()), answer)

        yield ask_one
        runner.run(async_client.aclose())


# Ordinary use.


def test_get_brings_status_headers_and_body(ask: Ask, server: Scripted) -> None:
    """And the protocol's version and the reason's words, which httpx takes from the transport."""
    seen = ask("GET", f"{server.url}/ok")

    assert (seen.status_code, seen.raw) == (200, PART)
    assert seen.headers["content-length"] == "17"
    assert seen.response.http_version == "HTTP/1.1"
    assert seen.response.reason_phrase == "OK"
    assert [(request.method, request.target) for request in server.received] == [("GET", "/ok")]


def test_a_query_is_sent_as_it_stands_in_the_url(ask: Ask, server: Scripted) -> None:
    """Nothing is encoded twice."""
    ask("GET", f"{server.url}/ok?a=%20b&c=d+e&f")

    assert server.received[0].target == "/ok?a=%20b&c=d+e&f"


def test_head_brings_no_body_and_leaves_its_connection_in_order(ask: Ask, server: Scripted) -> None:
    """The length that it tells is that of the answer to GET."""
    for _ in range(3):
        seen = ask("HEAD", f"{server.url}/not-modified")

        assert (seen.status_code, seen.raw) == (304, b"")
    assert (server.connections, server.requests) == (1, 3)


def test_post_brings_json_to_the_server(ask: Ask, server: Scripted) -> None:
    """With its length and its type."""
    seen = ask("POST", f"{server.url}/echo", json={"instances": [[5.1, 3.5, 1.4, 0.2]]})

    assert json.loads(seen.raw) == {"instances": [[5.1, 3.5, 1.4, 0.2]]}
    (request,) = server.received
    assert request.header("content-type") == "application/json"
    assert request.header("content-length") == str(len(seen.raw))


@pytest.mark.parametrize("size", [0, 1, BLOCK, BLOCK + 1, 1_000_000])
def test_a_body_without_a_length_is_sent_in_chunks(ask: Ask, server: Scripted, kind: str, size: int) -> None:
    """Also an empty one; the connection carries the next request."""
    for _ in range(2):
        seen = ask("POST", f"{server.url}/sink", content=upload(kind, size))

        assert json.loads(seen.raw) == {"length": size, "sha256": hashlib.sha256(bytes(size)).hexdigest()}
        assert server.received[-1].header("transfer-encoding") == "chunked"
        assert server.received[-1].header("content-length") is None
    assert server.connections == 1


def test_an_empty_part_does_not_end_a_body_in_chunks(ask: Ask, server: Scripted, kind: str) -> None:
    """A chunk without bytes would be its end (RFC 9112, section 7.1)."""

    async def parts_async() -> AsyncIterator[bytes]:
        for part in (b"", b"set", b"", b"osa", b""):
            yield part

    parts = iter([b"", b"set", b"", b"osa", b""])
    seen = ask("POST", f"{server.url}/echo", content=parts_async() if kind == "asyncio" else parts)

    assert seen.raw == b"setosa"
    assert server.bodies == 1


def test_a_body_with_a_length_is_sent_as_it_is(ask: Ask, server: Scripted, kind: str) -> None:
    """The caller said how long it is."""
    seen = ask("POST", f"{server.url}/sink", content=upload(kind, 100_000), headers={"Content-Length": "100000"})

    assert json.loads(seen.raw)["length"] == 100_000
    assert server.received[0].header("transfer-encoding") is None


@pytest.mark.parametrize("length", [0, 10, 99_999, 100_001])
def test_a_body_of_another_length_than_told_is_refused(ask: Ask, server: Scripted, kind: str, length: int) -> None:
    """The server would take the difference for another request, or wait for ever; the connection is closed."""
    headers = {"Content-Length": str(length)}
    with pytest.raises(LocalProtocolError):
        ask("POST", f"{server.url}/stall-headers", content=upload(kind, 100_000), headers=headers)

    assert server.all_closed()
    assert server.requests <= 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Length": "5", "Transfer-Encoding": "chunked"},
        {"Transfer-Encoding": "gzip"},
        {"Content-Length": "-5"},
        {"Content-Length": "five"},
        {"Content-Length": "5, 5"},
        {"X-A": "a\r\nX-B: b"},
        {"X-A": "a\x00"},
    ],
    ids=", ".join,
)
def test_a_request_that_could_be_read_in_two_ways_is_not_sent(
    ask: Ask, server: Scripted, headers: dict[str, str]
) -> None:
    """No connection is opened for it."""
    with pytest.raises(LocalProtocolError):
        ask("POST", f"{server.url}/echo", content=b"setos", headers=headers)

    assert server.connections == 0


def test_another_scheme_is_refused(ask: Ask) -> None:
    """Before anything is looked up."""
    with pytest.raises((LocalProtocolError, httpx.UnsupportedProtocol)):
        ask("GET", "ftp://a.invalid/")


def test_a_coded_answer_is_raw_where_it_is_read_raw(ask: Ask, server: Scripted) -> None:
    """It is decoded only where it is asked to."""
    seen = ask("GET", f"{server.url}/gzip")

    assert seen.raw == b"\x1f\x8b\x08\x00not really"
    assert seen.headers["content-encoding"] == "gzip"


def test_requests_share_a_connection(ask: Ask, server: Scripted) -> None:
    """Of any method."""
    for method in ("GET", "POST", "HEAD", "DELETE", "GET"):
        ask(method, f"{server.url}/no-content")

    assert (server.connections, server.requests) == (1, 5)


@pytest.mark.parametrize(
    ("fault", "limits", "expected"),
    [
        ("stall-headers", {"read": 0.1}, httpx.ReadTimeout),
        ("stall-body", {"read": 0.1}, httpx.ReadTimeout),
        ("unread-request", {"write": 0.1}, httpx.WriteTimeout),
    ],
)
def test_the_limits_of_httpx_are_kept(
    ask: Ask, server: Scripted, fault: str, limits: dict[str, float], expected: type[Exception]
) -> None:
    """Each as httpx's own error."""
    timeout = httpx.Timeout(BOUND, **limits)

    with pytest.raises(expected):
        ask("POST", f"{server.url}/{fault}", content=bytes(8_000_000 if "write" in limits else 10), timeout=timeout)


def test_a_request_without_limits_is_sent(ask: Ask, server: Scripted) -> None:
    """None of httpx's limits is none here."""
    assert ask("GET", f"{server.url}/ok", timeout=None).raw == PART


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("reset-before", httpx.ReadError),
        ("close-before", (httpx.ReadError, httpx.RemoteProtocolError)),
        ("length-and-chunked", httpx.RemoteProtocolError),
        ("truncated-length", (httpx.ReadError, httpx.RemoteProtocolError)),
        ("garbage", httpx.RemoteProtocolError),
    ],
)
def test_failures_are_errors_of_httpx(
    ask: Ask, server: Scripted, fault: str, expected: type[Exception] | tuple[type[Exception], ...]
) -> None:
    """So that code that was written for httpx understands them; the request is with them."""
    with pytest.raises(expected) as caught:
        ask("POST", f"{server.url}/{fault}")

    assert isinstance(caught.value, httpx.RequestError)
    assert caught.value.request.url.path == f"/{fault}"


# Large bodies.


def peak_of(work: Callable[[], object]) -> int:
    """Return the most memory that Python's objects took while some work was done, beyond what they had before."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        work()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def test_a_large_answer_passes_through_little_memory(server: Scripted, kind: str) -> None:
    """Twenty million bytes, read part by part; the server's own memory counts too."""

    async def read_async() -> int:
        async with (
            httpx.AsyncClient(transport=AsyncHttp1Transport(NO_PROXIES, {}), timeout=BOUND) as client,
            client.stream("GET", f"{server.url}/source/{SIZE}") as answer,
        ):
            return sum([len(part) async for part in answer.aiter_raw()])

    def read() -> None:
        if kind == "asyncio":
            assert asyncio.run(read_async()) == SIZE
        else:
            with (
                httpx.Client(transport=Http1Transport(NO_PROXIES, {}), timeout=BOUND) as client,
                client.stream("GET", f"{server.url}/source/{SIZE}") as answer,
            ):
                assert sum(len(part) for part in answer.iter_raw()) == SIZE

    assert peak_of(read) < MEMORY


def test_an_answer_that_nobody_reads_stays_with_the_server(server: Scripted, kind: str) -> None:
    """The loop stops reading: what is unread is bounded, whatever the server sends."""

    async def wait_async() -> int:
        async with (
            httpx.AsyncClient(transport=AsyncHttp1Transport(NO_PROXIES, {}), timeout=BOUND) as client,
            client.stream("GET", f"{server.url}/source/{SIZE}") as answer,
        ):
            await asyncio.sleep(0.3)
            return sum([len(part) async for part in answer.aiter_raw()])

    if kind == "asyncio":
        assert peak_of(lambda: asyncio.run(wait_async())) < MEMORY


@pytest.mark.parametrize("headers", [{}, {"Content-Length": str(SIZE)}], ids=["chunks", "length"])
def test_a_large_upload_passes_through_little_memory(
    ask: Ask, server: Scripted, kind: str, headers: dict[str, str]
) -> None:
    """Twenty million bytes that are made while they are sent."""
    seen: list[Seen] = []

    def send() -> None:
        seen.append(ask("POST", f"{server.url}/sink", content=upload(kind, SIZE), headers=headers))

    assert peak_of(send) < MEMORY
    assert json.loads(seen[0].raw) == {"length": SIZE, "sha256": hashlib.sha256(bytes(SIZE)).hexdigest()}


def test_a_large_body_in_memory_is_sent_without_many_copies(ask: Ask, server: Scripted) -> None:
    """What it takes beyond itself is a fifth of it at most."""
    body = bytes(SIZE)
    seen: list[Seen] = []

    assert peak_of(lambda: seen.append(ask("POST", f"{server.url}/sink", content=body))) < SIZE // 5
    assert json.loads(seen[0].raw)["length"] == SIZE


def test_answers_that_are_streamed_side_by_side_do_not_mix(server: Scripted, kind: str) -> None:
    """Each has a connection of its own until it is read."""
    sizes = [1000, 200_000, 5, 1_000_000, 0]

    async def read_async() -> list[int]:
        async with httpx.AsyncClient(transport=AsyncHttp1Transport(NO_PROXIES, {}), timeout=BOUND) as client:
            answers = [
                await client.send(client.build_request("GET", f"{server.url}/source/{size}"), stream=True)
                for size in sizes
            ]
            return [len(await answer.aread()) for answer in answers]

    def read() -> list[int]:
        with httpx.Client(transport=Http1Transport(NO_PROXIES, {}), timeout=BOUND) as client:
            answers = [
                client.send(client.build_request("GET", f"{server.url}/source/{size}"), stream=True) for size in sizes
            ]
            return [len(answer.read()) for answer in answers]

    assert (asyncio.run(read_async()) if kind == "asyncio" else read()) == sizes
    assert server.connections == len(sizes)


def test_the_wrong_kind_of_body_is_a_clear_error(server: Scripted) -> None:
    """A blocking transport cannot await, and the other way round."""

    async def parts() -> AsyncIterator[bytes]:
        yield b""

    async def send() -> None:
        transport = AsyncHttp1Transport(NO_PROXIES, {})
        try:
            await transport.handle_async_request(httpx.Request("POST", server.url, content=iter([b""])))
        finally:
            await transport.aclose()

    with closing(Http1Transport(NO_PROXIES, {})) as transport, pytest.raises(TypeError, match="asynchronous transport"):
        transport.handle_request(httpx.Request("POST", server.url, content=parts()))
    with pytest.raises(TypeError, match="blocking transport"):
        asyncio.run(send())


# The clients over transports of others.


@frozen
class Told:
    """What a client says of a failure."""

    error: type[TransportError]
    delivery: Delivery
    partial: bytes = b""


def client_fails(client: Client, fault: str, timeouts: Timeouts = PATIENT, body: bytes = b"5.1") -> Told:
    """Return what a client says of a call that fails."""
    with client, pytest.raises(TransportError) as caught:
        client.send(real_time(fault, body), timeout=timeouts)
    assert (caught.value.bytes_sent, caught.value.bytes_received) == (None, None)
    return Told(type(caught.value), caught.value.delivery, caught.value.partial)


def async_client_fails(client: AsyncClient, fault: str, timeouts: Timeouts = PATIENT, body: bytes = b"5.1") -> Told:
    """Return what an asynchronous client says of a call that fails."""

    async def fail() -> TransportError:
        async with client:
            with pytest.raises(TransportError) as caught:
                await client.send(real_time(fault, body), timeout=timeouts)
            return caught.value

    error = asyncio.run(fail())
    assert (error.bytes_sent, error.bytes_received) == (None, None)
    return Told(type(error), error.delivery, error.partial)


def foreign(kind: str, url: str, transport: Any = None) -> Callable[..., Told]:
    """Return a way to fail with a client over httpx's own transport, or over another."""
    if kind == "blocking":
        client = Client(
            REGION,
            credentials=CREDENTIALS,
            endpoint_url=url,
            transport=transport or httpx.HTTPTransport(verify=False, trust_env=False),
        )
        return lambda *arguments: client_fails(client, *arguments)
    async_client = AsyncClient(
        REGION,
        credentials=CREDENTIALS,
        endpoint_url=url,
        transport=transport or httpx.AsyncHTTPTransport(verify=False, trust_env=False),
    )
    return lambda *arguments: async_client_fails(async_client, *arguments)


def test_a_foreign_transport_carries_a_call(server: Scripted, kind: str) -> None:
    """The answer is the same as over this package's own."""

    async def call() -> InvokeEndpointOutput:
        async with AsyncClient(
            REGION, credentials=CREDENTIALS, endpoint_url=server.url, transport=httpx.AsyncHTTPTransport(verify=False)
        ) as client:
            return await client.send(real_time("echo"))

    if kind == "asyncio":
        output = asyncio.run(call())
    else:
        with Client(
            REGION, credentials=CREDENTIALS, endpoint_url=server.url, transport=httpx.HTTPTransport(verify=False)
        ) as client:
            output = client.send(real_time("echo"))

    assert output.body == b"5.1,3.5,1.4,0.2"
    assert server.received[0].header("accept-encoding") == "identity"


FOREIGN = {
    "reset-before": Told(ConnectionLostError, "unknown"),
    "close-before": Told(ProtocolError, "unknown"),
    "reset-mid-headers": Told(ConnectionLostError, "unknown"),
    "garbage": Told(ProtocolError, "unknown"),
    "truncated-length": Told(ProtocolError, "answered", PART),
    "reset-mid-body": Told(ConnectionLostError, "answered", PART),
}


@pytest.mark.parametrize("fault", FOREIGN)
def test_over_a_foreign_transport_a_lost_call_is_unknown_until_it_is_answered(
    server: Scripted, kind: str, fault: str
) -> None:
    """Such a transport does not say what had left, so nothing more is claimed; it is not sent again."""
    assert FOREIGN[fault] == foreign(kind, server.url)(fault)
    assert (server.requests, server.bodies) == (1, 1)


def test_over_a_foreign_transport_a_refused_connection_was_not_sent(server: Scripted, kind: str) -> None:
    """Errors of connecting come before the request."""
    assert Told(ConnectError, "not_sent") == foreign(kind, server.refused_url)("ok")


LIMITS = {
    "stall-headers": ({"first_byte": 0.15}, Told(FirstByteTimeoutError, "unknown")),
    "stall-body": ({"first_byte": 0.15}, Told(StallTimeoutError, "answered", PART)),
}


@pytest.mark.parametrize("fault", LIMITS)
def test_over_a_foreign_transport_the_limits_hold(server: Scripted, kind: str, fault: str) -> None:
    """It has one limit for every read, so that of the first byte serves for all."""
    limits, expected = LIMITS[fault]

    assert expected == foreign(kind, server.url)(fault, Timeouts(**limits))


def test_over_a_foreign_transport_the_deadline_is_looked_at_between_the_parts(server: Scripted, kind: str) -> None:
    """What had come is kept."""
    told = foreign(kind, server.url)("slow-body", Timeouts(total=0.3))

    assert (DeadlineError, "answered") == (told.error, told.delivery)
    assert 1 <= len(told.partial) < 100


RAISED: dict[type[httpx.TransportError], Told] = {
    httpx.ConnectError: Told(ConnectError, "not_sent"),
    httpx.ConnectTimeout: Told(ConnectTimeoutError, "not_sent"),
    httpx.PoolTimeout: Told(PoolTimeoutError, "not_sent"),
    httpx.WriteTimeout: Told(WriteTimeoutError, "unknown"),
    httpx.WriteError: Told(ConnectionLostError, "unknown"),
    httpx.ReadTimeout: Told(FirstByteTimeoutError, "unknown"),
    httpx.ReadError: Told(ConnectionLostError, "unknown"),
    httpx.CloseError: Told(ConnectionLostError, "unknown"),
    httpx.ProxyError: Told(ProxyError, "unknown"),
    httpx.RemoteProtocolError: Told(ProtocolError, "unknown"),
    httpx.LocalProtocolError: Told(ProtocolError, "unknown"),
    httpx.UnsupportedProtocol: Told(TransportError, "unknown"),
}


@pytest.mark.parametrize("raised", RAISED, ids=lambda raised: raised.__name__)
def test_only_an_error_of_connecting_says_that_nothing_was_sent(kind: str, raised: type[httpx.TransportError]) -> None:
    """Of all that a foreign transport may raise."""

    def fail(request: httpx.Request) -> httpx.Response:
        raise raised("words", request=request)

    assert RAISED[raised] == foreign(kind, "http://127.0.0.1:1", httpx.MockTransport(fail))("ok")


def test_a_transport_of_the_other_kind_is_a_clear_error(server: Scripted) -> None:
    """Its answers cannot be read."""

    class Strange(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, stream=AsyncOnly(), request=request)

    class AsyncOnly(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b""

    with (
        Client(REGION, credentials=CREDENTIALS, endpoint_url=server.url, transport=Strange()) as client,
        pytest.raises(TransportError, match=r"httpx\.BaseTransport"),
    ):
        client.send(real_time("ok"))


def test_one_transport_serves_clients_of_both_kinds_of_use(server: Scripted) -> None:
    """This package's client and httpx's may share it, also from several threads."""
    transport = Http1Transport(NO_PROXIES, {})
    ours = Client(REGION, credentials=CREDENTIALS, endpoint_url=server.url, transport=transport)
    theirs = httpx.Client(transport=transport, timeout=BOUND)

    def call(number: int) -> bool:
        body = b"%d" % number
        if number % 2:
            return ours.invoke_endpoint("echo", body).body == body
        return theirs.post(f"{server.url}/echo", content=body).content == body

    with ours, theirs, ThreadPoolExecutor(8) as threads:
        assert all(threads.map(call, range(200)))
    assert server.connections <= 8
