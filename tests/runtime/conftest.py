"""What the tests of the client share."""

import os
from collections.abc import Iterator

import pytest

from tests.runtime.one_shot import OneShot, one_shot


@pytest.fixture
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without AWS's variables, to which a test adds its own."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    return monkeypatch


@pytest.fixture
def server() -> Iterator[OneShot]:
    """A server that answers each connection's one request with an empty success."""
    with one_shot() as running:
        yield running
