"""One way to call either client, so that the same test runs over both.

The asyncio client lives on an event loop in a thread of its own, as it does in a service: the loop runs between calls.
"""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, Protocol, TypeVar

from attrs import frozen

from runtime import AsyncClient, Client, Credentials, InvokeEndpointAsyncInput, InvokeEndpointInput, Timeouts
from runtime.codec import Input, Output
from runtime.http1.async_transport import AsyncHttp1Transport
from runtime.http1.transport import Http1Transport, TransportOptions

REGION = "eu-west-1"
CREDENTIALS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "AQoDYXdzEPT//wEXAMPLE==")
BOUND = 10.0
"""Seconds that a call may take before the test gives up."""
PATIENT = Timeouts(connect=5, write=5, first_byte=5, stall=5, total=10)
"""Limits that no test reaches."""

T = TypeVar("T")


def real_time(endpoint_name: str, body: bytes = b"5.1,3.5,1.4,0.2") -> InvokeEndpointInput:
    """Return a request for InvokeEndpoint."""
    return InvokeEndpointInput(endpoint_name=endpoint_name, body=body)


def queued(endpoint_name: str) -> InvokeEndpointAsyncInput:
    """Return a request for InvokeEndpointAsync."""
    return InvokeEndpointAsyncInput(endpoint_name=endpoint_name, input_location="s3://bucket/iris.csv")


class Loop:
    """An event loop that runs in a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="loop", daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(BOUND)

    def tasks(self) -> int:
        """Return how many tasks there are, the one that counts left out."""

        async def count() -> int:
            return len(asyncio.all_tasks()) - 1

        return self.run(count())

    def close(self) -> None:
        """End what still runs, stop the loop and close it, in the order of ``asyncio.run``."""
        self.run(_cancel_the_others())
        self.run(self.loop.shutdown_asyncgens())
        self.run(self.loop.shutdown_default_executor())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(BOUND)
        self.loop.close()


async def _cancel_the_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


class Driver(Protocol):
    """A client of either kind, called the same way."""

    def call(self, record: Input, timeouts: Timeouts | None = None) -> Output:
        """Send a request record and return the answer."""

    def close(self) -> None:
        """Close the client."""

    def free(self) -> int:
        """Return how many connections are kept, unused."""

    def in_use(self) -> int:
        """Return how many connections are in use."""


@frozen
class Blocking:
    """A :class:`runtime.Client` over its own transport."""

    client: Client
    transport: Http1Transport

    def call(self, record: Input, timeouts: Timeouts | None = None) -> Output:
        """Send a request record and return the answer."""
        return self.client.send(record, timeout=timeouts)

    def close(self) -> None:
        """Close the client."""
        self.client.close()

    def free(self) -> int:
        """Return how many connections are kept, unused."""
        return len(self.transport._free)  # noqa: SLF001 - there is no public way to ask

    def in_use(self) -> int:
        """Return how many connections are in use."""
        options = self.transport._options  # noqa: SLF001 - the same
        return options.max_connections - self.transport._places._value  # noqa: SLF001 - the same


@frozen
class Asyncio:
    """A :class:`runtime.AsyncClient` over its own transport, on a loop of its own."""

    client: AsyncClient
    transport: AsyncHttp1Transport
    loop: Loop

    def call(self, record: Input, timeouts: Timeouts | None = None) -> Output:
        """Send a request record and return the answer."""
        return self.loop.run(self._call(record, timeouts))

    def close(self) -> None:
        """Close the client, and its loop."""
        self.loop.run(self.client.aclose())
        self.loop.close()

    def free(self) -> int:
        """Return how many connections are kept, unused."""
        return len(self.transport._free)  # noqa: SLF001 - there is no public way to ask

    def in_use(self) -> int:
        """Return how many connections are in use."""
        return self.transport._in_use  # noqa: SLF001 - the same

    async def _call(self, record: Input, timeouts: Timeouts | None) -> Output:
        return await self.client.send(record, timeout=timeouts)


KINDS = ("blocking", "asyncio")


def make_driver(
    kind: str,
    url: str,
    options: TransportOptions | None = None,
    environment: dict[str, str] | None = None,
    **settings: Any,
) -> Driver:
    """Return a driver of one of the kinds, for an endpoint.

    Args:
        kind: ``blocking`` or ``asyncio``.
        url: of the endpoint.
        options: how the transport connects; no proxies when left out.
        environment: the variables that the transport reads, none when left out.
        settings: what else the client takes.
    """
    options = options or TransportOptions(proxies={})
    given: dict[str, Any] = {"credentials": CREDENTIALS, "endpoint_url": url, "timeout": PATIENT, **settings}
    if kind == "blocking":
        transport = Http1Transport(options, environment or {})
        return Blocking(Client(REGION, transport=transport, **given), transport)
    async_transport = AsyncHttp1Transport(options, environment or {})
    return Asyncio(AsyncClient(REGION, transport=async_transport, **given), async_transport, Loop())
