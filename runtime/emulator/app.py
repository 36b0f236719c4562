"""The application: one gate before all routes, and nothing that goes around it.

The gate verifies the signature of every request with its own recomputation. What passes is made anew from what was
verified: the path that was signed, the headers that were signed, the body whose hash was signed.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from attrs import frozen
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runtime.emulator.answers import Refusal, error_answer, malformed
from runtime.emulator.operations import Service
from runtime.emulator.protocol import HEAD_IN_SCOPE
from runtime.emulator.wire import Head
from runtime.endpoint import SIGNING_NAME
from sigv4 import STRICT, Credentials, Request, SigningError, VerificationError, Verified, verify

LOG = logging.getLogger("runtime.emulator")
_LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost"})


def make_app(
    service: Service, credentials: Credentials, region: str, now: Callable[[], datetime] | None = None
) -> ASGIApp:
    """Return the ASGI application.

    Args:
        service: the operations.
        credentials: the one caller whose signatures are accepted.
        region: the one region for which they are accepted.
        now: the server's time, aware, UTC; the machine's own when left out.
    """

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await service.finish()

    path = "/endpoints/{endpoint_name}"
    routes = [
        Route(f"{path}/invocations", service.invoke_endpoint, methods=["POST"]),
        Route(f"{path}/async-invocations", service.invoke_endpoint_async, methods=["POST"]),
    ]
    handlers: dict[Any, Any] = {Refusal: _answer_refusal, HTTPException: _answer_unknown, Exception: _answer_failure}
    inner = Starlette(routes=routes, exception_handlers=handlers, lifespan=lifespan)
    inner.router.redirect_slashes = False  # a signed path is served as it is, or not at all
    return SignatureGate(inner, credentials, region, now or _machine_time)


@frozen
class SignatureGate:
    """Lets pass what is signed, and answers everything else with AWS's status, code and text."""

    inner: ASGIApp
    credentials: Credentials
    region: str
    now: Callable[[], datetime]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request, or the application's start and end."""
        if scope["type"] == "lifespan":
            await self.inner(scope, receive, send)
            return
        head: Head = scope[HEAD_IN_SCOPE]
        body = await _whole_body(receive, head.content_length)
        if body is None:
            return  # the caller has gone; what it sent so far is no request
        try:
            verified = self._verify(head, body)
        except Refusal as refusal:
            await _refuse(refusal, head, scope, receive, send)
            return
        except Exception:
            LOG.exception("a signature could not be verified")
            await _refuse(_failure(), head, scope, receive, send)
            return
        await self.inner(_verified_scope(scope, verified), _replay(body, receive), _logged(send, head))

    def _verify(self, head: Head, body: bytes) -> Verified:
        _require_local_host(head)
        try:
            request = Request(head.method, head.path, head.query, head.headers, body, "http")
            policy = STRICT.for_scope(self.region, SIGNING_NAME)
            return verify(request, self._find_secret, self.now(), policy)
        except SigningError as error:
            raise malformed(f"The request cannot be verified: {error.where} {error.problem}.") from None
        except VerificationError as error:
            raise Refusal(error.status, error.code, {"message": error.message}, error.check) from None

    def _find_secret(self, access_key_id: str) -> Credentials | None:
        return self.credentials if access_key_id == self.credentials.access_key_id else None


def _require_local_host(head: Head) -> None:
    """Refuse another host's name: a web page could have its own name resolved to this machine (DNS rebinding)."""
    host = next(value for name, value in head.headers if name.lower() == "host")
    if host.rpartition(":")[0] not in _LOCAL_HOSTS and host not in _LOCAL_HOSTS:
        raise malformed("Host must be 127.0.0.1 or localhost.")


def _verified_scope(scope: Scope, verified: Verified) -> Scope:
    headers = [
        (name.lower().encode("ascii"), value.encode("utf-8", "surrogateescape")) for name, value in verified.headers
    ]
    return {**scope, "headers": headers}


async def _refuse(refusal: Refusal, head: Head, scope: Scope, receive: Receive, send: Send) -> None:
    LOG.info("%s %s: %d %s: %s", head.method, head.path, refusal.status, refusal.code, refusal.check)
    await error_answer(refusal)(scope, receive, send)


def _failure() -> Refusal:
    return Refusal(500, "InternalFailure", {"Message": "The local endpoint failed; see its log."})


async def _whole_body(receive: Receive, length: int) -> bytes | None:
    """Return the body; None unless all of it came."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            body = b"".join(parts)
            return body if len(body) == length else None


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a ``receive`` that gives the verified body once, then what the server says (that the caller has gone)."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay


def _logged(send: Send, head: Head) -> Send:
    async def logged(message: Message) -> None:
        if message["type"] == "http.response.start":
            LOG.info("%s %s: %d", head.method, head.path, message["status"])
        await send(message)

    return logged


async def _answer_refusal(_request: HttpRequest, refusal: Exception) -> Response:
    if not isinstance(refusal, Refusal):
        raise refusal
    LOG.info("%s: %s", refusal.code, refusal.check)
    return error_answer(refusal)


async def _answer_unknown(_request: HttpRequest, _error: Exception) -> Response:
    return error_answer(Refusal(404, "UnknownOperationException", {"message": "There is no such operation."}))


async def _answer_failure(_request: HttpRequest, _error: Exception) -> Response:
    return error_answer(_failure())


def _machine_time() -> datetime:
    return datetime.now(UTC)
