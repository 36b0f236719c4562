"""What ``sender`` is, over an asynchronous httpx transport; the two differ by ``await`` alone."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from runtime.errors import TransportError
from runtime.http import HttpRequest, HttpResponse
from runtime.outcome import FAILURES, Outcome
from runtime.request_builder import Clock, RequestBuilder
from runtime.timeouts import Timeouts
from sigv4 import Credentials


class AsyncSender:
    """Sends signed requests to one endpoint; see :class:`runtime.sender.Sender`."""

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        builder: RequestBuilder,
        find_credentials: Callable[[], Credentials | None],
        clock: Clock,
        max_body: int | None = None,
    ) -> None:
        self._transport = transport
        self._builder = builder
        self._find_credentials = find_credentials
        self._clock = clock
        self._max_body = max_body

    async def send(self, operation: str, request: HttpRequest, timeouts: Timeouts) -> tuple[HttpResponse, float]:
        """Send a request once; see :meth:`runtime.sender.Sender.send`."""
        begin = self._clock.monotonic()
        outcome = Outcome(timeouts, self._max_body, begin, self._clock.monotonic)
        wire = self._builder.build(operation, request, self._find_credentials())
        wire.extensions = outcome.extensions()
        response = await self._exchange(wire, outcome)
        if response is None:
            raise outcome.error()
        return response, self._clock.monotonic() - begin

    async def aclose(self) -> None:
        """Close the transport."""
        await self._transport.aclose()

    async def _exchange(self, request: httpx.Request, outcome: Outcome) -> HttpResponse | None:
        if not outcome.may_send():
            return None
        try:
            answer = await self._transport.handle_async_request(request)
            outcome.answered()
            if not isinstance(answer.stream, httpx.AsyncByteStream):
                raise TransportError("the transport answers with a blocking stream; give an httpx.AsyncBaseTransport")
            try:
                async for part in answer.stream:
                    if not outcome.take(part):
                        return None
            finally:
                await answer.stream.aclose()
        except FAILURES as error:
            outcome.failed(error)
            return None
        return outcome.response(answer)
