"""Send a signed request over a blocking httpx transport, and read the whole answer.

The transport is driven directly, so nothing adds cookies, follows a redirect, or decodes the answer.
"""

from __future__ import annotations

from collections.abc import Callable

import httpx

from runtime.errors import TransportError
from runtime.http import HttpRequest, HttpResponse
from runtime.outcome import FAILURES, Outcome
from runtime.request_builder import Clock, RequestBuilder
from runtime.timeouts import Timeouts
from sigv4 import Credentials


class Sender:
    """Sends signed requests to one endpoint.

    Args:
        transport: what carries the requests.
        builder: makes them.
        find_credentials: asked before each request; ``None`` sends it unsigned.
        clock: where the time comes from.
        max_body: bytes of an answer's body that are taken; None is no limit.
    """

    def __init__(
        self,
        transport: httpx.BaseTransport,
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

    def send(self, operation: str, request: HttpRequest, timeouts: Timeouts) -> tuple[HttpResponse, float]:
        """Send a request once.

        Returns:
            the answer, and the seconds that it took.

        Raises:
            TransportError: when no whole answer came.
            CredentialsError: when there is nothing to sign with.
            InputError: when the request cannot be signed.
        """
        begin = self._clock.monotonic()
        outcome = Outcome(timeouts, self._max_body, begin, self._clock.monotonic)
        wire = self._builder.build(operation, request, self._find_credentials())
        wire.extensions = outcome.extensions()
        response = self._exchange(wire, outcome)
        if response is None:
            raise outcome.error()
        return response, self._clock.monotonic() - begin

    def close(self) -> None:
        """Close the transport."""
        self._transport.close()

    def _exchange(self, request: httpx.Request, outcome: Outcome) -> HttpResponse | None:
        if not outcome.may_send():
            return None
        try:
            answer = self._transport.handle_request(request)
            outcome.answered()
            if not isinstance(answer.stream, httpx.SyncByteStream):
                raise TransportError("the transport answers with an asynchronous stream; give an httpx.BaseTransport")
            try:
                for part in answer.stream:
                    if not outcome.take(part):
                        return None
            finally:
                answer.stream.close()
        except FAILURES as error:
            outcome.failed(error)
            return None
        return outcome.response(answer)
