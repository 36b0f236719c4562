"""What the tests of the connection layer share."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, Protocol

import pytest

from tests.http1.drivers import KINDS, Driver, make_driver
from tests.http1.scripted import Scripted, scripted


class MakeDriver(Protocol):
    """Makes a driver of the kind that the test runs over; it is closed when the test ends."""

    def __call__(self, url: str, *arguments: Any, **settings: Any) -> Driver:
        """Return a driver; see :func:`tests.http1.drivers.make_driver`."""


@pytest.fixture
def server() -> Iterator[Scripted]:
    """A server that misbehaves as the endpoint's name says."""
    with scripted() as running:
        yield running


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of client in turn: ``blocking``, ``asyncio``."""
    return str(request.param)


@pytest.fixture
def make(kind: str) -> Iterator[MakeDriver]:
    """Makes clients of the kind that the test runs over, and closes them."""
    with ExitStack() as stack:

        def make_one(url: str, *arguments: Any, **settings: Any) -> Driver:
            driver = make_driver(kind, url, *arguments, **settings)
            stack.callback(driver.close)
            return driver

        yield make_one


@pytest.fixture
def driver(server: Scripted, make: Callable[[str], Driver]) -> Driver:
    """A client of each kind in turn, for the server."""
    return make(server.url)
