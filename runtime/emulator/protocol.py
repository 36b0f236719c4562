"""uvicorn's h11 protocol behind the strict look of ``wire``, with a bound on the time that a message may take.

The application finds the head as it arrived in ``scope["sigv4.head"]``.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from runtime.emulator.answers import Refusal, error_parts
from runtime.emulator.wire import MessageGate

HEAD_SECONDS = 10.0
"""From the connection, or the head's first byte, to the head's last."""
BODY_SECONDS = 60.0
"""From the head's last byte to the body's last."""
HEAD_IN_SCOPE = "sigv4.head"


class StrictProtocol(H11Protocol):
    """One connection. Messages pass one at a time, so the gate's head is that of the request being answered."""

    head_seconds = HEAD_SECONDS
    body_seconds = BODY_SECONDS

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._gate = MessageGate()
        self._timer: asyncio.TimerHandle | None = None
        application = self.app

        async def with_head(scope: Any, receive: Any, send: Any) -> None:
            await application({**scope, HEAD_IN_SCOPE: self._gate.head}, receive, send)

        self.app = with_head

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Bound the time to the first head."""
        super().connection_made(transport)
        self._restart_timer(self.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the time limit."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Let pass what may pass; answer anything else with an error and close."""
        self._unset_keepalive_if_required()
        had_head = self._gate.head is not None
        try:
            passing = self._gate.feed(data)
        except Refusal as refusal:
            self._refuse(refusal)
            return
        if self._gate.message_is_complete:
            self._stop_timer()
        elif self._gate.head is not None and not had_head:
            self._restart_timer(self.body_seconds)
        elif self._timer is None:
            self._restart_timer(self.head_seconds)
        if self._gate.is_full:
            self.flow.pause_reading()  # until the answer to this message is on its way
        if passing:
            super().data_received(passing)

    def on_response_complete(self) -> None:
        """Turn to the next message, or close where this one was answered before it was complete."""
        super().on_response_complete()
        if not self._gate.message_is_complete:
            self.transport.close()
            return
        kept = self._gate.next_message()
        if kept and not self.transport.is_closing():
            self.data_received(kept)

    def send_400_response(self, msg: str) -> None:
        """Answer in AWS's form what h11 itself refuses."""
        self._refuse(Refusal(400, "MalformedHttpRequestException", {"message": msg}))

    def _refuse(self, refusal: Refusal) -> None:
        self._stop_timer()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            headers, body = error_parts(refusal)
            self.logger.info("%d %s: %s", refusal.status, refusal.code, refusal.check)
            for event in (
                h11.Response(
                    status_code=refusal.status,
                    headers=[*headers, ("Connection", "close")],
                    reason=HTTPStatus(refusal.status).phrase,
                ),
                h11.Data(data=body),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _too_slow(self) -> None:
        message = "The request did not arrive in time."
        self._refuse(Refusal(408, "RequestTimeoutException", {"message": message}))

    def _restart_timer(self, seconds: float) -> None:
        self._stop_timer()
        self._timer = self.loop.call_later(seconds, self._too_slow)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
