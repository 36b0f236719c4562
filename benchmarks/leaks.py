"""What calls leave behind: memory, descriptors, threads, tasks, places of the pool, connections that stay open.

``.venv/bin/python benchmarks/leaks.py`` runs each scenario over both kinds of client, in a process that does nothing
else; the server, which misbehaves as it is asked to, is another. Each scenario is run to warm up, then for the
process's memory, then for that of Python's objects, which makes it slower. A limit that is passed is named,
and the exit status is 1. ``--share 0.15`` runs that share of the calls; ``--kind blocking`` one kind of client.

Linux: memory and descriptors are read from /proc.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import random
import subprocess
import sys
import threading
import time
import tracemalloc
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import httpx
from attrs import frozen

sys.path.insert(0, str(Path(__file__).parents[1]))

from runtime import AsyncClient, Client, Credentials, Error, Timeouts
from runtime.http1.async_transport import AsyncHttp1Transport
from runtime.http1.transport import Http1Transport, TransportOptions
from tests.http1.scripted import scripted

KIB = 1024
MIB = 1024 * KIB
CREDENTIALS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
REGION = "eu-west-1"
BODY = b'{"instances": [[5.1, 3.5, 1.4, 0.2]]}'
PATIENT = Timeouts(connect=10, write=10, first_byte=10, stall=10)
HURRIED = Timeouts(connect=2, write=0.02, first_byte=0.02, stall=0.02, total=2)
"""For calls that are made to fail."""
LANES = 16
"""Calls at a time, where calls can be made at a time, and places of the pool."""
OPTIONS = TransportOptions(proxies={}, max_connections=LANES)
WARM_UP = 200
BOUND = 10.0
"""Seconds that the server may take for an answer about itself."""
FAULTS = (
    "reset-before",
    "close-before",
    "reset-mid-headers",
    "reset-mid-body",
    "half-a-head",
    "interim-then-end",
    "truncated-length",
    "chunked-truncated",
    "chunked-no-end",
    "chunked-garbage",
    "chunked-bad-crlf",
    "chunked-huge",
    "length-and-chunked",
    "length-twice",
    "length-text",
    "garbage",
    "http09",
    "huge-header",
    "headers-5000",
    "switching",
    "stale-fin",
    "stale-race",
    "desync",
    "desync-chunked",
    "early-413",
    "reset-mid-request",
    "unread-request",
    "stall-headers",
    "stall-mid-headers",
    "stall-body",
    "refused",
    "reset-on-accept",
)
LARGE = {"early-413", "reset-mid-request", "unread-request"}
LARGE_BODY = bytes(6 * MIB)


@frozen
class Limits:
    """What a scenario may leave behind.

    Attributes:
        calls: how often it does what it does.
        memory: bytes of the process.
        objects: bytes of Python's objects.
        descriptors: open files and sockets.
    """

    calls: int
    memory: int = 2 * MIB
    objects: int = 256 * KIB
    descriptors: int = 0


SCENARIOS = {
    "create, call, close": Limits(100),
    "good calls": Limits(20_000, descriptors=LANES),
    "faulted calls": Limits(2_000, descriptors=LANES),
    "cancelled calls": Limits(500, descriptors=LANES),
    "dropped streams": Limits(500, descriptors=LANES),
}


@frozen
class State:
    """What the process holds.

    Attributes:
        memory: bytes that are resident.
        descriptors: open files and sockets.
        threads: all of them.
        tasks: of the event loop.
        places: of the pool, in use.
    """

    memory: int
    descriptors: int
    threads: int
    tasks: int
    places: int


class Server:
    """The misbehaving server, in a process of its own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - this program itself
            [sys.executable, __file__, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.urls: dict[str, str] = self.ask()

    def ask(self) -> Any:
        """Return what the server says next: its URLs at first, then how many connections are open."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the server has no pipes")
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def is_left(self) -> bool:
        """Return whether all of its connections are closed within a second."""
        until = time.monotonic() + 1
        while time.monotonic() < until:
            if self.ask() == 0:
                return True
            threading.Event().wait(0.02)
        return False

    def close(self) -> None:
        """Stop the process."""
        self._process.communicate(timeout=BOUND)


def serve() -> None:
    """Run the server until stdin ends; answer each line."""
    with scripted() as server:
        said: Iterator[object] = iter([{"": server.url, "refused": server.refused_url, "reset": server.reset_url}])
        for _ in sys.stdin:
            server.go_on.set()  # whoever waits for it goes on, and sees that the client has closed
            server.go_on.clear()
            server.received.clear()
            print(json.dumps(next(said, server.open)), flush=True)


class Caller(ABC):
    """Makes the calls of the scenarios with one kind of client."""

    def __init__(self, urls: dict[str, str]) -> None:
        self.urls = urls
        self.wrong = 0

    def run(self, scenario: str, calls: int) -> None:
        """Do what a scenario does so many times."""
        work: dict[str, Callable[[int], None]] = {
            "create, call, close": self.create_call_close,
            "good calls": self.good,
            "faulted calls": self.faulted,
            "cancelled calls": self.cancelled,
            "dropped streams": self.dropped,
        }
        work[scenario](calls)

    def settings(self, fault: str = "") -> dict[str, Any]:
        """Return the settings of a client; some faults have a port of their own."""
        url = {"refused": self.urls["refused"], "reset-on-accept": self.urls["reset"]}.get(fault, self.urls[""])
        return {"credentials": CREDENTIALS, "endpoint_url": url, "timeout": PATIENT}

    @abstractmethod
    def create_call_close(self, calls: int) -> None:
        """Make a client for each call and close it."""

    @abstractmethod
    def good(self, calls: int) -> None:
        """Make calls that are answered."""

    @abstractmethod
    def faulted(self, calls: int) -> None:
        """Make calls that meet each fault in turn."""

    @abstractmethod
    def cancelled(self, calls: int) -> None:
        """Make calls that are cancelled."""

    @abstractmethod
    def dropped(self, calls: int) -> None:
        """Stream answers, and forget them half read."""

    @abstractmethod
    def state(self) -> State:
        """Return what the process holds, when everything has settled."""

    @abstractmethod
    def close(self) -> None:
        """Close the clients."""


class BlockingCaller(Caller):
    """Over ``Client``, on one thread."""

    def __init__(self, urls: dict[str, str]) -> None:
        super().__init__(urls)
        self._transport = Http1Transport(OPTIONS, {})
        self._clients = {
            fault: Client(REGION, transport=self._transport, **self.settings(fault))
            for fault in ("", "refused", "reset-on-accept")
        }
        self._web = httpx.Client(transport=self._transport, timeout=10)

    def create_call_close(self, calls: int) -> None:
        """Make a client for each call and close it."""
        for _ in range(calls):
            with Client(REGION, transport=Http1Transport(OPTIONS, {}), **self.settings()) as client:
                self.wrong += client.invoke_endpoint("echo", BODY).body != BODY

    def good(self, calls: int) -> None:
        """Make calls that are answered."""
        for _ in range(calls):
            self.wrong += self._clients[""].invoke_endpoint("echo", BODY).body != BODY

    def faulted(self, calls: int) -> None:
        """Make calls that meet each fault in turn."""
        for fault in islice(cycle(FAULTS), calls):
            client = self._clients.get(fault, self._clients[""])
            with suppress(Error):
                client.invoke_endpoint(fault, LARGE_BODY if fault in LARGE else BODY, timeout=HURRIED)

    def cancelled(self, calls: int) -> None:
        """Nothing: a blocking call cannot be cancelled."""

    def dropped(self, calls: int) -> None:
        """Stream answers, and forget them half read."""
        for _ in range(calls):
            request = self._web.build_request("GET", f"{self.urls['']}/source/1000000")
            self.wrong += not next(self._web.send(request, stream=True).iter_raw())

    def state(self) -> State:
        """Return what the process holds."""
        places = LANES - self._transport._places._value  # noqa: SLF001 - there is no public way to ask
        return State(*_of_process(), tasks=0, places=places)

    def close(self) -> None:
        """Close the clients."""
        self._transport.close()


class AsyncCaller(Caller):
    """Over ``AsyncClient``, on one event loop."""

    def __init__(self, urls: dict[str, str]) -> None:
        super().__init__(urls)
        self._runner = asyncio.Runner()
        # Names are looked up in the loop's own threads, which come as they are needed; one is there from the beginning.
        self._runner.get_loop().set_default_executor(ThreadPoolExecutor(1))
        self._transport = AsyncHttp1Transport(OPTIONS, {})
        self._clients = {
            fault: AsyncClient(REGION, transport=self._transport, **self.settings(fault))
            for fault in ("", "refused", "reset-on-accept")
        }
        self._web = httpx.AsyncClient(transport=self._transport, timeout=10)
        self._random = random.Random(20261120)  # noqa: S311 - it places cancellations, always the same

    def create_call_close(self, calls: int) -> None:
        """Make a client for each call and close it."""

        async def work() -> None:
            for _ in range(calls):
                transport = AsyncHttp1Transport(OPTIONS, {})
                async with AsyncClient(REGION, transport=transport, **self.settings()) as client:
                    self.wrong += (await client.invoke_endpoint("echo", BODY)).body != BODY

        self._runner.run(work())

    def good(self, calls: int) -> None:
        """Make calls that are answered."""

        async def lane() -> None:
            for _ in range(calls // LANES):
                self.wrong += (await self._clients[""].invoke_endpoint("echo", BODY)).body != BODY

        async def work() -> None:
            await asyncio.gather(*(lane() for _ in range(LANES)))

        self._runner.run(work())

    def faulted(self, calls: int) -> None:
        """Make calls that meet each fault in turn."""

        async def work() -> None:
            for fault in islice(cycle(FAULTS), calls):
                client = self._clients.get(fault, self._clients[""])
                with suppress(Error):
                    await client.invoke_endpoint(fault, LARGE_BODY if fault in LARGE else BODY, timeout=HURRIED)

        self._runner.run(work())

    def cancelled(self, calls: int) -> None:
        """Make calls that are cancelled after a random number of turns of the loop."""

        async def work() -> None:
            for fault in islice(cycle(("echo", "slow-ok", "stall-headers", "desync", "unread-request")), calls):
                body = LARGE_BODY if fault in LARGE else BODY
                task = asyncio.ensure_future(self._clients[""].invoke_endpoint(fault, body))
                for _ in range(self._random.randrange(30)):
                    await asyncio.sleep(0)
                task.cancel()
                with suppress(asyncio.CancelledError, Error):
                    await task

        self._runner.run(work())

    def dropped(self, calls: int) -> None:
        """Stream answers, and forget them half read."""

        async def work() -> None:
            for _ in range(calls):
                request = self._web.build_request("GET", f"{self.urls['']}/source/1000000")
                self.wrong += not await anext((await self._web.send(request, stream=True)).aiter_raw())

        self._runner.run(work())

    def state(self) -> State:
        """Return what the process holds, when everything has settled."""

        async def settle() -> int:
            await asyncio.sleep(0.1)
            return len(asyncio.all_tasks()) - 1

        tasks = self._runner.run(settle())
        return State(*_of_process(), tasks=tasks, places=self._transport._in_use)  # noqa: SLF001 - no public way

    def close(self) -> None:
        """Close the clients and the loop."""
        self._runner.run(self._transport.aclose())
        self._runner.close()


CALLERS: dict[str, type[Caller]] = {"blocking": BlockingCaller, "asyncio": AsyncCaller}


def _of_process() -> tuple[int, int, int]:
    gc.collect()
    # Exact, other than /proc/self/statm, whose counters the kernel keeps for each processor.
    rollup = Path("/proc/self/smaps_rollup").read_text("ascii")
    resident = int(rollup.partition("Rss:")[2].split()[0]) * KIB
    return resident, len(list(Path("/proc/self/fd").iterdir())), threading.active_count()


@contextmanager
def warnings_as_findings() -> Iterator[list[str]]:
    """Give a list that what is left unclosed adds itself to."""
    found: list[str] = []
    warnings.simplefilter("error", ResourceWarning)
    hook = sys.unraisablehook
    sys.unraisablehook = lambda raised: found.append(repr(raised.exc_value))
    try:
        yield found
    finally:
        sys.unraisablehook = hook


def measure(kind: str, scenario: str, share: float, server: Server) -> tuple[str, list[str]]:
    """Run a scenario; return a line of the table, and what went beyond its limits."""
    limits = SCENARIOS[scenario]
    calls = max(int(limits.calls * share), 1)
    with warnings_as_findings() as unclosed:
        caller = CALLERS[kind](server.urls)
        caller.run(scenario, min(WARM_UP, calls))
        before = caller.state()
        caller.run(scenario, calls)
        after = caller.state()
        objects = _objects_of(caller, scenario, calls)
        caller.close()
        gc.collect()
        wrong = caller.wrong
        is_left = server.is_left()
    memory = after.memory - before.memory
    # A warm client holds its connections already, so it is what it has in the end that its limit is for.
    descriptors = after.descriptors - before.descriptors
    findings = {
        f"memory +{memory / MIB:.1f} MiB": memory > limits.memory,
        f"objects +{objects / KIB:.0f} KiB": objects > limits.objects,
        f"descriptors +{descriptors}": descriptors > limits.descriptors,
        f"threads +{after.threads - before.threads}": after.threads > before.threads,
        f"tasks +{after.tasks - before.tasks}": after.tasks > before.tasks,
        f"places in use {after.places}": after.places > 0,
        f"wrong answers {wrong}": wrong > 0,
        f"unclosed {len(unclosed)}: {unclosed[:1]}": bool(unclosed),
        "connections that stay open at the server": not is_left,
    }
    line = (
        f"{kind:10}{scenario:22}{calls:>7}{memory / MIB:>+10.2f}{objects / KIB:>+10.0f}"
        f"{descriptors:>+6}{after.threads - before.threads:>+9}{after.tasks - before.tasks:>+7}{after.places:>8}"
    )
    return line, [f"{kind}, {scenario}: {what}" for what, is_beyond in findings.items() if is_beyond]


def _objects_of(caller: Caller, scenario: str, calls: int) -> int:
    """Return by how much Python's own memory grows."""
    tracemalloc.start()
    try:
        caller.run(scenario, min(WARM_UP, calls) // 5)  # what is kept is now known to tracemalloc
        caller.state()
        before = tracemalloc.get_traced_memory()[0]
        caller.run(scenario, calls)
        caller.state()
        return tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()


def main() -> int:
    """Measure, print the table, and name what is beyond its limit."""
    parser = argparse.ArgumentParser(description="What calls leave behind.")
    parser.add_argument("--share", type=float, default=1.0, help="share of the calls to make, such as 0.15")
    parser.add_argument("--kind", choices=sorted(CALLERS), action="append", help="one kind of client alone")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve()
        return 0
    server = Server()
    print(
        f"{'client':10}{'scenario':22}{'calls':>7}{'MiB':>10}{'KiB':>10}{'files':>6}{'threads':>9}{'tasks':>7}{'places':>8}"
    )
    beyond: list[str] = []
    try:
        for kind in arguments.kind or CALLERS:
            for scenario in SCENARIOS:
                if (kind, scenario) == ("blocking", "cancelled calls"):
                    continue
                line, findings = measure(kind, scenario, arguments.share, server)
                print(line, flush=True)
                beyond += findings
    finally:
        server.close()
    print("limits: " + ("; ".join(beyond) if beyond else "all kept"))
    return 1 if beyond else 0


if __name__ == "__main__":
    sys.exit(main())
