"""The blocking transport: any httpx client can use it, threads may share it, a fork may inherit it."""

from __future__ import annotations

import os
import ssl
import threading
import time
from collections.abc import Iterator, Mapping

import httpx
from attrs import field, frozen

from runtime.config import Environment
from runtime.http1.failures import DeadlinePassed, PoolTimedOut
from runtime.http1.limits import Limits, limits_of, wait_seconds
from runtime.http1.plan import LAST_CHUNK, Plan, chunk, plan, require_length
from runtime.http1.pool import FreeConnections, Origin
from runtime.http1.proxy import Proxies, Proxy
from runtime.http1.socket_driver import Part, SocketConnection, open_connection
from runtime.http1.tls import Certificate, Verify, find_verify, tls_context


@frozen
class TransportOptions:
    """How a transport connects.

    Attributes:
        verify: a bundle's path, an ``ssl.SSLContext``, True for certifi's bundle, False for no checks; None for the
            environment's ``AWS_CA_BUNDLE`` or ``REQUESTS_CA_BUNDLE``, else certifi's.
        certificate: a client certificate: one PEM file, or the certificate's and the key's.
        proxies: ``http`` and ``https`` to proxy URLs; empty for none; None for the environment's.
        max_connections: how many may be in use at a time; further calls wait for ``Limits.pool`` seconds.
        keep: how many unused ones are kept for each origin.
        keep_seconds: how long they are kept; services close them after some 20 to 60 s.
        keep_alive: whether the kernel asks now and then if the other side is still there.
    """

    verify: Verify = None
    certificate: Certificate = None
    proxies: Mapping[str, str] | None = field(default=None, repr=False)
    max_connections: int = 100
    keep: int = 100
    keep_seconds: float = 15.0
    keep_alive: bool = False

    def find_proxies(self, environment: Mapping[str, str]) -> Proxies:
        """Return the proxies to use."""
        return Proxies.of_environment(environment) if self.proxies is None else Proxies.given(self.proxies)

    def read_named_files(self, environment: Mapping[str, str]) -> None:
        """Build the context now where a file was named, so that a wrong name is told at once.

        Raises:
            ConfigError: for a file that cannot be used.
        """
        if isinstance(self.verify, str) or self.certificate is not None:
            self.context("https", environment)

    def context(self, scheme: str, environment: Mapping[str, str]) -> ssl.SSLContext | None:
        """Return the context for a scheme; None for ``http``."""
        if scheme != "https":
            return None
        return tls_context(find_verify(self.verify, None, environment), self.certificate)


class Http1Transport(httpx.BaseTransport):
    """HTTP/1.1 over blocking sockets.

    Args:
        options: how it connects.
        environment: the variables that are read, once, when it is made; the process's own when left out.

    Raises:
        ConfigError: for a proxy that cannot be used.
    """

    def __init__(self, options: TransportOptions | None = None, environment: Mapping[str, str] | None = None) -> None:
        self._options = options or TransportOptions()
        environment = Environment(os.environ) if environment is None else environment
        self._environment = environment
        self._proxies = self._options.find_proxies(environment)
        self._options.read_named_files(environment)
        self._begin()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return its answer, whose body is read as it is iterated.

        Raises:
            runtime.http1.failures.Failure: when no answer came.
        """
        limits = limits_of(request.extensions)
        planned = plan(request, self._proxies)
        if os.getpid() != self._process:
            self._begin_in_child()
        self._take_place(limits)
        connection = None
        try:
            connection = self._connection(planned.origin, planned.proxy, limits)
            head = connection.exchange(planned.method, planned.head, _body(request, planned), limits)
        except BaseException:
            if connection is not None:
                connection.close()
            self._places.release()
            raise
        answer = _Answer(self, planned.origin, connection, self._places)
        extensions = {"http_version": b"HTTP/1.1", "reason_phrase": head.reason}
        return httpx.Response(head.status_code, headers=head.headers, stream=answer, extensions=extensions)

    def release(self, origin: Origin, connection: SocketConnection, places: threading.Semaphore) -> None:
        """Take back a connection and its place: keep it if another exchange may follow on it, else close it."""
        if places is not self._places:
            connection.close()  # it was opened before a fork, and is the parent's
            return
        may_be_kept = connection.finish()
        with self._lock:
            may_be_kept = may_be_kept and not self._closed
            old = self._free.give(origin, connection, time.monotonic()) if may_be_kept else [connection]
        for each in old:
            each.close()
        self._places.release()

    def close(self) -> None:
        """Close all connections that are not in use; those that are, close when their answer ends."""
        with self._lock:
            self._closed = True
            connections = self._free.drain()
        for connection in connections:
            connection.close()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._closed = False
        self._lock: threading.Lock = threading.Lock()
        self._places = threading.Semaphore(self._options.max_connections)
        self._free: FreeConnections[SocketConnection] = FreeConnections(self._options.keep, self._options.keep_seconds)

    def _begin_in_child(self) -> None:
        """Begin anew after a fork: the connections are the parent's, and two processes must not talk on one."""
        inherited = self._free.drain()
        self._begin()
        for connection in inherited:
            connection.close()

    def _take_place(self, limits: Limits) -> None:
        if self._places.acquire(blocking=False):
            return
        if not self._places.acquire(timeout=wait_seconds(limits.pool, limits.deadline, time.monotonic())):
            if limits.deadline is not None and time.monotonic() >= limits.deadline:
                raise DeadlinePassed("the whole call took too long")
            raise PoolTimedOut(f"all {self._options.max_connections} connections were in use for too long")

    def _connection(self, origin: Origin, proxy: Proxy | None, limits: Limits) -> SocketConnection:
        while True:
            with self._lock:
                connection, old = self._free.take(origin, time.monotonic())
            for each in old:
                each.close()
            if connection is None:
                context = self._options.context(origin.scheme, self._environment)
                return open_connection(origin, proxy, context, limits, keep_alive=self._options.keep_alive)
            if not connection.is_stale():
                return connection
            connection.close()


class _Answer(httpx.SyncByteStream):
    """An answer's body; gives its connection back once, at its end or when it is closed."""

    def __init__(
        self, transport: Http1Transport, origin: Origin, connection: SocketConnection, places: threading.Semaphore
    ) -> None:
        self._transport = transport
        self._places = places
        self._origin = origin
        self._connection: SocketConnection | None = connection

    def __iter__(self) -> Iterator[bytes]:
        if self._connection is not None:
            try:
                yield from self._connection.parts()
            finally:
                self.close()

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._transport.release(self._origin, connection, self._places)


def _body(request: httpx.Request, planned: Plan) -> Iterator[Part]:
    """Give the parts of a request's body as they are written."""
    if not isinstance(request.stream, httpx.SyncByteStream):
        raise TypeError("the request has an asynchronous body; use the asynchronous transport")
    if planned.body_length is None:
        for part in request.stream:
            yield chunk(part)
        yield LAST_CHUNK
        return
    sent = 0
    for part in request.stream:
        sent += len(part)
        yield part
    require_length(sent, planned.body_length)
