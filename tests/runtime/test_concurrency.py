"""One client, many threads: every caller gets its own answer."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from runtime import Client
from runtime.emulator.iris import load_iris
from runtime.emulator.server import EXAMPLE_CREDENTIALS, LocalEndpoint
from tests.runtime.examples import NO_CERTIFICATES

THREADS = 16
CALLS = 12
BOUND = 20.0
"""Seconds that all threads together may take."""


@pytest.fixture
def local_endpoint(tmp_path: Path) -> Iterator[LocalEndpoint]:
    """The local endpoint, on a free port."""
    with LocalEndpoint(tmp_path / "s3") as running:
        yield running


def client_at(url: str) -> Client:
    """Return a client of the local endpoint."""
    return Client("us-east-1", credentials=EXAMPLE_CREDENTIALS, endpoint_url=url, verify=NO_CERTIFICATES)


def test_threads_that_share_a_client_get_their_own_answers(local_endpoint: LocalEndpoint) -> None:
    """Each call sends another flower and another trace; prediction and trace come back to the thread that sent them."""
    flowers = load_iris()
    start = Barrier(THREADS)

    def call(client: Client, thread: int) -> list[tuple[str | None, str]]:
        start.wait(BOUND)
        answers = []
        for number in range(CALLS):
            values, _ = flowers[(thread * CALLS + number) % len(flowers)]
            body = ",".join(map(str, values))
            output = client.invoke_endpoint(
                "iris", body, content_type="text/csv", custom_attributes=f"{thread}/{number}"
            )
            answers.append((output.custom_attributes, output.text()))
        return answers

    with client_at(local_endpoint.url) as client, ThreadPoolExecutor(THREADS) as pool:
        waiting = [pool.submit(call, client, thread) for thread in range(THREADS)]
        answers = [future.result(BOUND) for future in waiting]
        alone = [call_alone(client, flowers[index % len(flowers)][0]) for index in range(THREADS * CALLS)]

    assert [[f"{thread}/{number}" for number in range(CALLS)] for thread in range(THREADS)] == [
        [trace for trace, _ in answered] for answered in answers
    ]
    assert alone == [species for answered in answers for _, species in answered]


def call_alone(client: Client, values: tuple[float, ...]) -> str:
    """Return what the model says of a flower when nobody else asks."""
    return client.invoke_endpoint("iris", ",".join(map(str, values)), content_type="text/csv").text()


def test_threads_that_share_a_client_get_their_own_queued_answers(local_endpoint: LocalEndpoint) -> None:
    """The inference id that was sent is the one that comes back."""

    def call(client: Client, thread: int) -> list[str | None]:
        return [
            client.invoke_endpoint_async("iris", body="5.1,3.5,1.4,0.2", inference_id=f"{thread}/{number}").inference_id
            for number in range(CALLS)
        ]

    with client_at(local_endpoint.url) as client, ThreadPoolExecutor(THREADS) as pool:
        waiting = [pool.submit(call, client, thread) for thread in range(THREADS)]
        answers = [future.result(BOUND) for future in waiting]

    assert [[f"{thread}/{number}" for number in range(CALLS)] for thread in range(THREADS)] == answers
