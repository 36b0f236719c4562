"""One local endpoint for all tests of this folder; its clock and the calls that reach its operations are at hand."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from attrs import define, field, frozen
from starlette.requests import Request
from starlette.responses import Response

from runtime.emulator import server
from runtime.emulator.operations import Service
from runtime.emulator.server import LocalEndpoint
from tests.emulator.connection import Caller
from tests.emulator.signing import CREDENTIALS, NOW


@frozen
class Call:
    """What one operation was given."""

    operation: str
    request: Request
    body: bytes


@define
class Station:
    """A running local endpoint.

    Attributes:
        endpoint: it.
        now: its time; a test may set it.
        calls: what its operations were given since the test began.
    """

    endpoint: LocalEndpoint = field(init=False)
    now: datetime = NOW
    calls: list[Call] = field(factory=list)

    @property
    def url(self) -> str:
        """The endpoint's URL."""
        return self.endpoint.url


class RecordingService(Service):
    """The operations, each of which notes what it was given before it runs."""

    calls: list[Call]

    async def invoke_endpoint(self, request: Request) -> Response:
        """Note the call and run it."""
        self.calls.append(Call("InvokeEndpoint", request, await request.body()))
        return await super().invoke_endpoint(request)

    async def invoke_endpoint_async(self, request: Request) -> Response:
        """Note the call and run it."""
        self.calls.append(Call("InvokeEndpointAsync", request, await request.body()))
        return await super().invoke_endpoint_async(request)


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take AWS's variables out of the environment."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def running_station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    """The endpoint that all tests share."""
    station = Station()

    def recording_service(*arguments: Any) -> RecordingService:
        service = RecordingService(*arguments)
        service.calls = station.calls
        return service

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "Service", recording_service)
        station.endpoint = LocalEndpoint(
            tmp_path_factory.mktemp("s3"), credentials=CREDENTIALS, now=lambda: station.now
        )
    with station.endpoint:
        yield station


@pytest.fixture
def station(running_station: Station) -> Station:
    """The shared endpoint, its clock right and its calls forgotten."""
    running_station.now = NOW
    running_station.calls.clear()
    return running_station


@pytest.fixture
def caller(station: Station) -> Iterator[Caller]:
    """What sends the shared endpoint one request after another."""
    caller = Caller(station.url)
    yield caller
    caller.close()
