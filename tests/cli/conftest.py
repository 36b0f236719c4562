"""A local endpoint, an environment with its keys, and ways to run commands against it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from runtime.emulator.server import LocalEndpoint
from tests.cli.running import KEYS, Outcome, run_main
from tests.runtime.one_shot import OneShot, one_shot

Run = Callable[..., Outcome]
FLOWER = "5.1,3.5,1.4,0.2"
RAW = ("--cli-binary-format", "raw-in-base64-out")


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment with the endpoint's keys and a region, and no other variable of AWS's."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEndpoint]:
    """The local endpoint that all tests of this folder share."""
    with LocalEndpoint(tmp_path_factory.mktemp("s3")) as running:
        yield running


@pytest.fixture
def run(capsysbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Run a command in this process: ``run(*arguments, stdin=b"")``."""
    return lambda *arguments, stdin=b"": run_main(arguments, capsysbinary, stdin)


@pytest.fixture
def invoke(run: Run, endpoint: LocalEndpoint) -> Run:
    """Run invoke-endpoint for iris with csv: ``invoke(*more, stdin=b"")``."""
    return lambda *more, stdin=b"": run(
        *("invoke-endpoint", "--endpoint-url", endpoint.url, "--endpoint-name", "iris", "--content-type", "text/csv"),
        *more,
        stdin=stdin,
    )


@pytest.fixture
def invoke_async(run: Run, endpoint: LocalEndpoint) -> Run:
    """Run invoke-endpoint-async for iris with csv: ``invoke_async(*more, stdin=b"")``."""
    return lambda *more, stdin=b"": run(
        *("invoke-endpoint-async", "--endpoint-url", endpoint.url, "--endpoint-name", "iris"),
        *("--content-type", "text/csv", *more),
        stdin=stdin,
    )


@pytest.fixture
def recorder() -> Iterator[OneShot]:
    """A server that notes each request and answers it with an empty success."""
    with one_shot() as running:
        yield running
