"""One client of ``transport``, in a process of its own, so that no library's threads, hooks or garbage disturb another.

Run as ``python -I transport_worker.py CLIENT URL`` by an interpreter that has the client's library; ``CLIENTS`` and
``ASYNC_CLIENTS`` list the names. Each line on stdin is a JSON object ``{"in_flight": calls at a time, "seconds": how
long}``; each gets one line on stdout, ``{"calls", "failed", "seconds", "cpu", "p50", "p99"}``: how many calls were
answered and how many failed, in how many seconds, with how many of this process's processor time, and the median and
the 99th percentile of the seconds that one call took. At the end of stdin the program ends.

For each number of calls in flight a client is made, with room for as many connections; it is kept for the next line.
httpx's pool keeps its default of 100: with 256 connections it makes a dozen calls a second, and the run would not
end. Before the clock starts each thread or task makes one call, which opens the connection and checks the answer.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

KEY_ID = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"  # noqa: S105 - AWS's published example
REGION = "eu-west-1"
ENDPOINT = "iris"
PATH = f"/endpoints/{ENDPOINT}/invocations"
BODY = b'{"instances": [[5.1, 3.5, 1.4, 0.2]]}'
JSON = "application/json"
HEADERS = {"Content-Type": JSON, "Accept": JSON}
MEMBERS = {"EndpointName": ENDPOINT, "Body": BODY, "ContentType": JSON, "Accept": JSON}
"""The arguments of boto3's and aiobotocore's ``invoke_endpoint``."""
KEYS = {"region_name": REGION, "aws_access_key_id": KEY_ID, "aws_secret_access_key": SECRET}

Call = Callable[[], bytes]
"""Makes one call and returns the body of its answer."""
AsyncCall = Callable[[], Awaitable[bytes]]


def client(url: str, connections: int) -> Call:
    """Call with this project's client: checked, signed, typed."""
    runtime, transport = _ours(connections, "transport", "Http1Transport")
    made = runtime.Client(REGION, credentials=_credentials(), endpoint_url=url, transport=transport)
    return lambda: bytes(made.invoke_endpoint(ENDPOINT, BODY, content_type=JSON, accept=JSON).body)


def transport(url: str, connections: int) -> Call:
    """Call through this project's transport alone: a request made once, unsigned."""
    _, made = _ours(connections, "transport", "Http1Transport")
    request = importlib.import_module("httpx").Request("POST", url + PATH, headers=HEADERS, content=BODY)

    def call() -> bytes:
        answer = made.handle_request(request)
        try:
            return b"".join(answer.stream)
        finally:
            answer.close()

    return call


def boto3(url: str, connections: int) -> Call:
    """Call with boto3's client: signed."""
    config = importlib.import_module("botocore.config").Config(max_pool_connections=connections)
    made = importlib.import_module("boto3").client("sagemaker-runtime", endpoint_url=url, config=config, **KEYS)
    return lambda: bytes(made.invoke_endpoint(**MEMBERS)["Body"].read())


def httpx_client(url: str, _connections: int) -> Call:
    """Call with httpx's client: unsigned."""
    made = importlib.import_module("httpx").Client()
    return lambda: bytes(made.post(url + PATH, headers=HEADERS, content=BODY).content)


async def async_client(url: str, connections: int) -> AsyncCall:
    """Call with this project's client for asyncio: checked, signed, typed."""
    runtime, transport = _ours(connections, "async_transport", "AsyncHttp1Transport")
    made = runtime.AsyncClient(REGION, credentials=_credentials(), endpoint_url=url, transport=transport)

    async def call() -> bytes:
        return bytes((await made.invoke_endpoint(ENDPOINT, BODY, content_type=JSON, accept=JSON)).body)

    return call


async def async_transport(url: str, connections: int) -> AsyncCall:
    """Call through this project's transport for asyncio alone: a request made once, unsigned."""
    _, made = _ours(connections, "async_transport", "AsyncHttp1Transport")
    request = importlib.import_module("httpx").Request("POST", url + PATH, headers=HEADERS, content=BODY)

    async def call() -> bytes:
        answer = await made.handle_async_request(request)
        try:
            return b"".join([part async for part in answer.stream])
        finally:
            await answer.aclose()

    return call


async def aiobotocore(url: str, connections: int) -> AsyncCall:
    """Call with aiobotocore's client: signed."""
    config = importlib.import_module("aiobotocore.config").AioConfig(max_pool_connections=connections)
    session = importlib.import_module("aiobotocore.session").get_session()
    made = await session.create_client("sagemaker-runtime", endpoint_url=url, config=config, **KEYS).__aenter__()

    async def call() -> bytes:
        answer = await made.invoke_endpoint(**MEMBERS)
        async with answer["Body"] as body:
            return bytes(await body.read())

    return call


async def aiohttp(url: str, connections: int) -> AsyncCall:
    """Call with aiohttp's client: unsigned."""
    library = importlib.import_module("aiohttp")
    made = library.ClientSession(connector=library.TCPConnector(limit=connections))

    async def call() -> bytes:
        async with made.post(url + PATH, headers=HEADERS, data=BODY) as answer:
            return bytes(await answer.read())

    return call


async def httpx_async_client(url: str, _connections: int) -> AsyncCall:
    """Call with httpx's client for asyncio: unsigned."""
    made = importlib.import_module("httpx").AsyncClient()

    async def call() -> bytes:
        return bytes((await made.post(url + PATH, headers=HEADERS, content=BODY)).content)

    return call


CLIENTS: dict[str, Callable[[str, int], Call]] = {
    "Client": client,
    "Http1Transport": transport,
    "boto3": boto3,
    "httpx.Client": httpx_client,
}
ASYNC_CLIENTS: dict[str, Callable[[str, int], Awaitable[AsyncCall]]] = {
    "AsyncClient": async_client,
    "AsyncHttp1Transport": async_transport,
    "aiobotocore": aiobotocore,
    "aiohttp": aiohttp,
    "httpx.AsyncClient": httpx_async_client,
}


class Slice:
    """What is measured while a number of calls are in flight for some seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._cpu = 0.0
        self._begin = 0.0
        self._failures: list[Exception] = []
        self._times: list[float] = []
        self.end = 0.0

    def begin(self) -> None:
        """Start the clock."""
        self._cpu = time.process_time()
        self._begin = time.perf_counter()
        self.end = self._begin + self._seconds

    def answered(self, begin: float) -> float:
        """Note a call that began then and ends now; return the time."""
        now = time.perf_counter()
        self._times.append(now - begin)
        return now

    def failed(self, error: Exception) -> float:
        """Note that a call failed; return the time."""
        self._failures.append(error)
        return time.perf_counter()

    def result(self) -> dict[str, float]:
        """Stop the clock and return what was measured.

        Raises:
            Exception: that of the last call, when no call was answered.
        """
        seconds = time.perf_counter() - self._begin
        cpu = time.process_time() - self._cpu
        times = sorted(self._times)
        count = len(times)
        if not count:
            raise self._failures[-1]
        p50, p99 = times[count // 2], times[count * 99 // 100]
        return {"calls": count, "failed": len(self._failures), "seconds": seconds, "cpu": cpu, "p50": p50, "p99": p99}


def measure(call: Call, in_flight: int, seconds: float) -> dict[str, float]:
    """Call from so many threads for so long."""
    measured = Slice(seconds)
    barrier = threading.Barrier(in_flight, action=measured.begin)

    def run() -> None:
        try:
            _check(call())
        except Exception as error:  # noqa: BLE001 - libraries raise errors outside their own tree too
            measured.failed(error)
        barrier.wait()
        now = time.perf_counter()
        while now < measured.end:
            try:
                call()
            except Exception as error:  # noqa: BLE001 - the same
                now = measured.failed(error)
            else:
                now = measured.answered(now)

    threads = [threading.Thread(target=run) for _ in range(in_flight)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return measured.result()


async def measure_async(call: AsyncCall, in_flight: int, seconds: float) -> dict[str, float]:
    """Call from so many tasks for so long."""
    measured = Slice(seconds)
    barrier = asyncio.Barrier(in_flight)

    async def run() -> None:
        try:
            _check(await call())
        except Exception as error:  # noqa: BLE001 - libraries raise errors outside their own tree too
            measured.failed(error)
        if await barrier.wait() == 0:
            measured.begin()
        await barrier.wait()
        now = time.perf_counter()
        while now < measured.end:
            try:
                await call()
            except Exception as error:  # noqa: BLE001 - the same
                now = measured.failed(error)
            else:
                now = measured.answered(now)

    await asyncio.gather(*(run() for _ in range(in_flight)))
    return measured.result()


def main(name: str, url: str) -> None:
    """Answer lines until stdin ends."""
    if name in CLIENTS:
        calls: dict[int, Call] = {}
        for in_flight, seconds in _lines():
            if in_flight not in calls:
                calls[in_flight] = CLIENTS[name](url, in_flight)
            print(json.dumps(measure(calls[in_flight], in_flight, seconds)), flush=True)
        return
    async_calls: dict[int, AsyncCall] = {}
    runner = asyncio.Runner()  # never closed: see the end of the file
    for in_flight, seconds in _lines():
        if in_flight not in async_calls:
            async_calls[in_flight] = runner.run(_made(name, url, in_flight))
        measured = runner.run(measure_async(async_calls[in_flight], in_flight, seconds))
        print(json.dumps(measured), flush=True)


async def _made(name: str, url: str, connections: int) -> AsyncCall:
    return await ASYNC_CLIENTS[name](url, connections)


def _lines() -> Iterator[tuple[int, float]]:
    for line in sys.stdin:
        order = json.loads(line)
        yield order["in_flight"], order["seconds"]


def _ours(connections: int, module: str, name: str) -> tuple[Any, Any]:
    """Return the package, and its transport with room for so many connections."""
    options = importlib.import_module("runtime.http1.transport").TransportOptions(
        max_connections=connections, keep=connections
    )
    transport = getattr(importlib.import_module(f"runtime.http1.{module}"), name)(options)
    return importlib.import_module("runtime"), transport


def _credentials() -> Any:
    return importlib.import_module("sigv4").Credentials(KEY_ID, SECRET)


def _check(body: bytes) -> None:
    """Refuse to measure anything but good answers."""
    if b"predictions" not in body:
        raise ValueError(f"the server's answer has another body: {body!r}")


if __name__ == "__main__":
    main(*sys.argv[1:])
    sys.stdout.flush()
    os._exit(0)  # closing hundreds of connections one by one is no part of what is measured
