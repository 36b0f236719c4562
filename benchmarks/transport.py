"""How long a call takes and how many are made in a second, against boto3, aiobotocore, httpx and aiohttp, in one run.

Run it with any Python from 3.11 on: ``python benchmarks/transport.py`` takes some minutes; with ``--quick`` it
measures only what the targets need, for half a minute. ``scripts/peers --make-aio`` makes the environments that have
the rivals; the rivals' files are compared with their RECORD first.

Measured are signed calls (``Client``, boto3, ``AsyncClient``, aiobotocore) and bare, unsigned ones (this project's
transports alone, httpx, aiohttp), with 1, 16, 64 and 256 of them in flight, from threads and from asyncio tasks. Each
client runs in a process of its own (``transport_worker``) and calls the same server (``transport_server``), which has
a processor of its own where there are two. The clients take turns of a fraction of a second each, round after round,
so that a busy machine disturbs all of them alike. The table has medians over the rounds; a ratio is made within each
round, and the median of these is compared with the target. The figures are this machine's; only the ratios mean
something elsewhere. Exits with 1 where a target is missed, with 2 where nothing could be measured.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from statistics import median, quantiles
from typing import IO, NamedTuple

HERE = Path(__file__).parent
ROOT = HERE.parent
PEERS = ROOT / ".venv-peers"
PEERS_AIO = ROOT / ".venv-peers-aio"
LEVELS = (1, 16, 64, 256)
"""Calls in flight."""
ROUNDS, QUICK_ROUNDS = 9, 5
SECONDS, QUICK_SECONDS = 0.4, 0.3
"""How long a client's turn takes."""


@dataclass(frozen=True)
class Client:
    """A client: its library's distribution (``""`` for this project), if it signs and is for threads, where it runs."""

    distribution: str
    signs: bool
    threads: bool
    environment: Path = PEERS


CLIENTS = {
    "Client": Client("", signs=True, threads=True),
    "Http1Transport": Client("", signs=False, threads=True),
    "boto3": Client("boto3", signs=True, threads=True),
    "httpx.Client": Client("httpx", signs=False, threads=True),
    "AsyncClient": Client("", signs=True, threads=False),
    "AsyncHttp1Transport": Client("", signs=False, threads=False),
    "aiobotocore": Client("aiobotocore", signs=True, threads=False, environment=PEERS_AIO),
    "aiohttp": Client("aiohttp", signs=False, threads=False),
    "httpx.AsyncClient": Client("httpx", signs=False, threads=False),
}
"""This project's clients need what httpx brings and attrs: the rivals' environment has them, in the same versions."""

Cell = tuple[str, int]
"""A client, and how many of its calls are in flight."""
Measured = dict[str, float]
"""A worker's answer, see there."""
Round = dict[Cell, Measured]


class Processors(NamedTuple):
    """The numbers of those to run on."""

    server: int
    clients: int


@dataclass(frozen=True)
class Target:
    """A bound for a figure of one round: at most ``bound``, or at least where ``at_least`` is true."""

    text: str
    cells: tuple[Cell, ...]
    figure: Callable[..., float]
    bound: float
    at_least: bool = True

    def is_met(self, value: float) -> bool:
        """Return whether a value is on the right side of the bound."""
        return value >= self.bound if self.at_least else value <= self.bound

    def of(self, measured: Round) -> float:
        """Return the figure of a round."""
        return self.figure(*(measured[cell] for cell in self.cells))


def rate(measured: Measured) -> float:
    """Return the calls in a second."""
    return measured["calls"] / measured["seconds"]


def times_the_rate(ours: Measured, theirs: Measured) -> float:
    """Return how many times the second's rate the first one is."""
    return rate(ours) / rate(theirs)


def share_of_the_time(ours: Measured, theirs: Measured) -> float:
    """Return the time of one of the first's calls as a share of the second's."""
    return rate(theirs) / rate(ours)


def tail(measured: Measured) -> float:
    """Return the 99th percentile of a call's time as a multiple of the median."""
    return measured["p99"] / measured["p50"]


def _faster(ours: Cell, theirs: Cell, bound: float) -> Target:
    return Target(f"{_named(ours)}: rate / that of {_named(theirs)}", (ours, theirs), times_the_rate, bound)


def _shorter(ours: Cell, theirs: Cell, bound: float) -> Target:
    text = f"{_named(ours)}: time / that of {_named(theirs)}"
    return Target(text, (ours, theirs), share_of_the_time, bound, at_least=False)


def _named(cell: Cell) -> str:
    name, in_flight = cell
    return f"{name}, {in_flight} in flight"


TARGETS = (
    _shorter(("Client", 1), ("boto3", 1), 0.35),
    _shorter(("Client", 1), ("httpx.Client", 1), 0.75),
    _faster(("Client", 64), ("boto3", 64), 3),
    _faster(("Client", 64), ("Client", 16), 0.9),
    _faster(("AsyncClient", 64), ("aiobotocore", 64), 3.5),
    _faster(("AsyncClient", 256), ("aiobotocore", 256), 3.5),
    _faster(("AsyncClient", 64), ("aiohttp", 64), 0.5),
    _faster(("AsyncClient", 256), ("aiohttp", 256), 0.5),
    _faster(("AsyncHttp1Transport", 64), ("aiohttp", 64), 0.75),
    _faster(("AsyncHttp1Transport", 256), ("aiohttp", 256), 0.75),
    Target("AsyncClient, 256 in flight: p99 / median", (("AsyncClient", 256),), tail, 3, at_least=False),
)


class Worker:
    """A process that answers each line on its stdin by one on its stdout."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def measure(self, in_flight: int, seconds: float) -> Measured:
        """Have the client's turn run.

        Raises:
            RuntimeError: when the worker ended instead; it has said why on stderr.
        """
        self.tell(json.dumps({"in_flight": in_flight, "seconds": seconds}))
        return {name: float(value) for name, value in json.loads(self.line()).items()}

    def run_on(self, processor: int) -> None:
        """Move the process to one processor."""
        os.sched_setaffinity(self._process.pid, {processor})

    def tell(self, line: str) -> None:
        """Write a line to the process."""
        stdin = _pipe(self._process.stdin)
        stdin.write(f"{line}\n")
        stdin.flush()

    def line(self) -> str:
        """Return the next line that the process prints.

        Raises:
            RuntimeError: when there is none.
        """
        line = _pipe(self._process.stdout).readline()
        if not line:
            raise RuntimeError(f"{self._process.args!r} ended")
        return line


@contextmanager
def started(environment: Path, program: str, *arguments: str) -> Iterator[Worker]:
    """Run one of the programs beside this file until the block ends."""
    process = subprocess.Popen(  # noqa: S603 - our own programs, no shell
        [str(environment / "bin" / "python"), "-I", str(HERE / program), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=_environment(),
        text=True,
    )
    try:
        yield Worker(process)
    finally:
        process.kill()  # there is nothing to save
        process.communicate()


def measure_rounds(cells: list[Cell], rounds: int, seconds: float, processors: Processors | None) -> list[Round]:
    """Measure each cell once in every round; the first round only warms up and is not returned."""
    with ExitStack() as stack:
        server = stack.enter_context(started(PEERS, "transport_server.py"))
        url = f"http://127.0.0.1:{int(server.line())}"
        workers = {}
        for name in dict(cells):
            program = started(CLIENTS[name].environment, "transport_worker.py", name, url)
            workers[name] = stack.enter_context(program)
            if processors is not None:
                workers[name].run_on(processors.clients)

        def measure(cell: Cell) -> Measured:
            name, in_flight = cell
            if processors is not None:
                server.run_on(processors.clients if in_flight == 1 else processors.server)
                server.tell("spin" if in_flight > 1 and CLIENTS[name].threads else "sleep")
            return workers[name].measure(in_flight, seconds)

        return [{cell: measure(cell) for cell in cells} for _ in range(rounds + 1)][1:]


def print_table(rounds: list[Round]) -> None:
    """Print the medians: rates, and for 64 and 256 in flight what else is known."""
    head = "".join(f"{in_flight:>8}" for in_flight in LEVELS)
    print(f"{'calls a second, in flight:':32}{head}{'cpu µs at 64':>15}{'p50 ms at 256':>15}{'p99 ms':>8}")
    for name, client in CLIENTS.items():
        rates = "".join(_median(rounds, (name, in_flight), rate, 8, 0) for in_flight in LEVELS)
        cpu = _median(rounds, (name, 64), lambda found: found["cpu"] / found["calls"] * 1e6, 15, 0)
        p50 = _median(rounds, (name, 256), lambda found: found["p50"] * 1e3, 15, 1)
        p99 = _median(rounds, (name, 256), lambda found: found["p99"] * 1e3, 8, 1)
        label = f"{name}{_version(client)}{'' if client.signs else ', bare'}"
        print(f"{label:32}{rates}{cpu}{p50}{p99}")


def print_failures(rounds: list[Round]) -> bool:
    """Say for each client how many calls failed, if any: they are no part of a rate; return whether ours did."""
    have_ours_failed = False
    for name, client in CLIENTS.items():
        measured = [found[cell] for found in rounds for cell in found if cell[0] == name]
        failed = sum(found["failed"] for found in measured)
        if failed:
            print(f"{name}: {failed:,.0f} calls failed, {sum(found['calls'] for found in measured):,.0f} were answered")
            have_ours_failed |= not client.distribution
    return have_ours_failed


def print_targets(rounds: list[Round]) -> int:
    """Print each target with the median and the middle half of what the rounds have; return how many are missed."""
    missed = 0
    print(f"\n{'target':74}{'ratio':>8}{'middle half':>14}{'bound':>10}")
    for target in TARGETS:
        values = [target.of(measured) for measured in rounds]
        ratio = median(values)
        low, _, high = quantiles(values, n=4, method="inclusive")
        is_met = target.is_met(ratio)
        missed += not is_met
        bound = f"{'>=' if target.at_least else '<='} {target.bound:g}"
        print(f"{target.text:74}{ratio:8.2f}{f'{low:.2f}-{high:.2f}':>14}{bound:>10}{'' if is_met else '  missed'}")
    print(f"targets: {missed} missed" if missed else "targets: all met")
    return missed


def main() -> int:
    """Measure, print the tables, and compare with the targets."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="measure only what the targets need")
    parser.add_argument("--rounds", type=int, help=f"{ROUNDS}, or {QUICK_ROUNDS} with --quick; 2 at least")
    parser.add_argument("--seconds", type=float, help=f"of a turn: {SECONDS}, or {QUICK_SECONDS} with --quick")
    parser.add_argument("--no-pin", action="store_true", help="let the system choose the processors")
    options = parser.parse_args()
    if not are_installed():
        return 2
    cells = [(name, in_flight) for in_flight in LEVELS for name in CLIENTS]
    if options.quick:
        needed = {cell for target in TARGETS for cell in target.cells}
        cells = [cell for cell in cells if cell in needed]
    rounds = measure_rounds(
        cells,
        options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS),
        options.seconds or (QUICK_SECONDS if options.quick else SECONDS),
        None if options.no_pin else _processors(),
    )
    print_table(rounds)
    have_ours_failed = print_failures(rounds)
    missed = print_targets(rounds)
    return 1 if missed or have_ours_failed else 0


def are_installed() -> bool:
    """Say whether both environments are there, and their files as their RECORD has them."""
    missing = [folder.name for folder in (PEERS, PEERS_AIO) if not (folder / "installed").exists()]
    if missing:
        print(f"{' and '.join(missing)} missing: run scripts/peers --make-aio", file=sys.stderr)
        return False
    folders = [str(_site_packages(folder)) for folder in (PEERS, PEERS_AIO)]
    command = [sys.executable, "-I", str(ROOT / "scripts" / "record_check.py"), *folders]
    return subprocess.run(command, check=False).returncode == 0  # noqa: S603 - our own program, no shell


def _environment() -> dict[str, str]:
    """Return variables among which nothing of the user's is found, no proxy and no AWS file."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _processors() -> Processors | None:
    """Return two processors; None where there are not two, or no way to choose them."""
    found = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return Processors(found[0], found[1]) if len(found) > 1 else None


def _median(rounds: list[Round], cell: Cell, figure: Callable[[Measured], float], width: int, digits: int) -> str:
    values = [figure(measured[cell]) for measured in rounds if cell in measured]
    return f"{median(values):{width},.{digits}f}" if values else f"{'-':>{width}}"


def _version(client: Client) -> str:
    if not client.distribution:
        return ""
    path = [str(_site_packages(client.environment))]
    return "".join(f" {found.version}" for found in distributions(name=client.distribution, path=path))


def _site_packages(environment: Path) -> Path:
    return next((environment / "lib").glob("python3.*")) / "site-packages"


def _pipe(pipe: IO[str] | None) -> IO[str]:
    if pipe is None:
        raise RuntimeError("the process was started without a pipe")
    return pipe


if __name__ == "__main__":
    sys.exit(main())
