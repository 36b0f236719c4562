"""A caller, a clock and an example of each request, and clients whose transport is a respx router."""

import ssl
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import respx

from runtime import Client, Clock, Credentials, InvokeEndpointAsyncInput, InvokeEndpointInput

REGION = "eu-west-1"
URL = "https://sagemaker.example"
TIME = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
CREDENTIALS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
TEMPORARY = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "AQoDYXdzEPT//wEXAMPLE==")
CLOCK = Clock(now=lambda: TIME, monotonic=lambda: 0.0)
"""Time stands still."""
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Given to clients of plain http, for which it would be a waste to load certificates."""

REAL_TIME = InvokeEndpointInput(endpoint_name="iris", body=b"5.1,3.5,1.4,0.2\n")
QUEUED = InvokeEndpointAsyncInput(endpoint_name="iris", input_location="s3://bucket/iris.csv")


class Parts(httpx.SyncByteStream):
    """An answer's body in parts, which are made when they are asked for.

    Args:
        make: gives the parts; it may raise in between.
    """

    def __init__(self, make: Callable[[], Iterator[bytes]]) -> None:
        self._make = make

    def __iter__(self) -> Iterator[bytes]:
        return self._make()


def success(body: bytes = b"", headers: Iterable[tuple[str, str]] = ()) -> httpx.Response:
    """Return an answer that both operations take for a success."""
    return httpx.Response(200, headers=[("X-Amzn-SageMaker-OutputLocation", "s3://bucket/key"), *headers], content=body)


def answering(response: httpx.Response | None = None) -> respx.Router:
    """Return a router that gives every request this answer, a success when left out."""
    router = respx.Router()
    router.route().mock(return_value=success() if response is None else response)
    return router


def client_of(router: respx.Router, **options: Any) -> Client:
    """Return a client that sends to a router."""
    given = {"credentials": CREDENTIALS, "endpoint_url": URL, "clock": CLOCK, **options}
    return Client(given.pop("region", REGION), transport=httpx.MockTransport(router.handler), **given)


def socket_client(url: str, **options: Any) -> Client:
    """Return a client that sends over its own transport, to a server on this machine."""
    given = {"credentials": CREDENTIALS, "verify": NO_CERTIFICATES, **options}
    return Client(REGION, endpoint_url=url, **given)


def sent(router: respx.Router) -> httpx.Request:
    """Return the one request that a router got."""
    (call,) = router.calls
    request: httpx.Request = call.request
    return request


def headers_of(request: httpx.Request) -> dict[str, str]:
    """Return a request's headers, their names as sent; each name comes once."""
    pairs = [(name.decode("ascii"), value.decode("ascii")) for name, value in request.headers.raw]
    assert len({name.lower() for name, _ in pairs}) == len(pairs)
    return dict(pairs)
