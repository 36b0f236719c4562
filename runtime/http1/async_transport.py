"""The asyncio transport: any ``httpx.AsyncClient`` can use it on one event loop; a fork may inherit it."""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping

import httpx

from runtime.config import Environment
from runtime.http1.failures import DeadlinePassed, PoolTimedOut, WrongLoopError
from runtime.http1.limits import Limits, limits_of, wait_seconds
from runtime.http1.loop_driver import LoopConnection, open_connection
from runtime.http1.plan import LAST_CHUNK, Plan, chunk, plan, require_length
from runtime.http1.pool import FreeConnections, Origin
from runtime.http1.proxy import Proxy
from runtime.http1.socket_driver import Part
from runtime.http1.transport import TransportOptions


class AsyncHttp1Transport(httpx.AsyncBaseTransport):
    """HTTP/1.1 on an asyncio event loop, the one on which it is first used.

    Args:
        options: how it connects.
        environment: the variables that are read, once, when it is made; the process's own when left out.

    Raises:
        ConfigError: for a proxy, a bundle or a certificate that cannot be used.
    """

    def __init__(self, options: TransportOptions | None = None, environment: Mapping[str, str] | None = None) -> None:
        self._options = options or TransportOptions()
        environment = Environment(os.environ) if environment is None else environment
        self._environment = environment
        self._proxies = self._options.find_proxies(environment)
        self._options.read_named_files(environment)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._begin()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return its answer, whose body is read as it is iterated.

        Raises:
            runtime.http1.failures.Failure: when no answer came.
            WrongLoopError: on another event loop than before, and without asyncio.
        """
        self._require_loop()
        limits = limits_of(request.extensions)
        planned = plan(request, self._proxies)
        await self._take_place(limits)
        connection = None
        try:
            connection = await self._connection(planned.origin, planned.proxy, limits)
            head = await connection.exchange(planned.method, planned.head, _body(request, planned), limits)
        except BaseException:
            if connection is not None:
                connection.close()
            self._give_place()
            raise
        answer = _Answer(self, planned.origin, connection)
        extensions = {"http_version": b"HTTP/1.1", "reason_phrase": head.reason}
        return httpx.Response(head.status_code, headers=head.headers, stream=answer, extensions=extensions)

    def release(self, origin: Origin, connection: LoopConnection) -> None:
        """Take back a connection: keep it if another exchange may follow on it, else close it."""
        if connection.finish() and not self._closed:
            old = self._free.give(origin, connection, time.monotonic())
        else:
            old = [connection]
        for each in old:
            each.close()
        self._give_place()

    async def aclose(self) -> None:
        """Close all connections that are not in use; those that are, close when their answer ends."""
        self._closed = True
        for connection in self._free.drain():
            connection.close()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._closed = False
        self._in_use = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._free: FreeConnections[LoopConnection] = FreeConnections(self._options.keep, self._options.keep_seconds)

    def _require_loop(self) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            raise WrongLoopError(
                "this transport needs asyncio; under trio give transport=httpx.AsyncHTTPTransport()"
            ) from None
        if self._process != os.getpid():
            self._begin()  # the sockets are the parent's; two processes must not talk on one connection
            self._loop = None
        if self._loop is None:
            self._loop = loop
        if self._loop is not loop:
            raise WrongLoopError("this transport belongs to another event loop; make a client for each loop")

    async def _take_place(self, limits: Limits) -> None:
        if self._in_use < self._options.max_connections:
            self._in_use += 1
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            async with asyncio.timeout(wait_seconds(limits.pool, limits.deadline, time.monotonic())):
                await waiter
        except BaseException as error:
            if waiter.done() and not waiter.cancelled():
                self._give_place()
            if not isinstance(error, TimeoutError):
                raise
            if limits.deadline is not None and time.monotonic() >= limits.deadline:
                raise DeadlinePassed("the whole call took too long") from None
            raise PoolTimedOut(f"all {self._options.max_connections} connections were in use for too long") from None

    def _give_place(self) -> None:
        """Hand the place to whoever has waited longest, or count it free."""
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
        self._in_use -= 1

    async def _connection(self, origin: Origin, proxy: Proxy | None, limits: Limits) -> LoopConnection:
        while True:
            connection, old = self._free.take(origin, time.monotonic())
            for each in old:
                each.close()
            if connection is None:
                context = self._options.context(origin.scheme, self._environment)
                return await open_connection(origin, proxy, context, limits, keep_alive=self._options.keep_alive)
            if not await connection.is_stale():
                return connection
            connection.close()


class _Answer(httpx.AsyncByteStream):
    """An answer's body; gives its connection back once, at its end or when it is closed."""

    def __init__(self, transport: AsyncHttp1Transport, origin: Origin, connection: LoopConnection) -> None:
        self._transport = transport
        self._origin = origin
        self._connection: LoopConnection | None = connection

    async def __aiter__(self) -> AsyncIterator[bytes]:
        connection = self._connection
        if connection is not None:
            try:
                while (part := await connection.next_part()) is not None:
                    yield part
            finally:
                self._release()

    async def aclose(self) -> None:
        self._release()

    def _release(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._transport.release(self._origin, connection)


async def _body(request: httpx.Request, planned: Plan) -> AsyncIterator[Part]:
    """Give the parts of a request's body as they are written."""
    if not isinstance(request.stream, httpx.AsyncByteStream):
        raise TypeError("the request has a blocking body; use the blocking transport")
    if planned.body_length is None:
        async for part in request.stream:
            yield chunk(part)
        yield LAST_CHUNK
        return
    sent = 0
    async for part in request.stream:
        sent += len(part)
        yield part
    require_length(sent, planned.body_length)
