"""Asks the worker, the program that has the rival libraries, over its pipes; every wait has a bound.

A worker that misses the bound is killed together with whatever it started, and the next call starts a new one.

PeerError
├── CommandError        the worker caught an exception; its traceback is in the message
├── WorkerTimeoutError  no answer within the bound
└── WorkerEndedError    the worker ended without an answer
"""

import base64
import contextlib
import json
import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import IO, Any, Self

WORKER = Path(__file__).with_name("worker.py")
BOUND = 30.0
"""Seconds to wait for an answer when the caller names no other number."""
BOUNDS = {"awscli": 70.0}
"""Commands that have a limit in the worker; the pipe waits a little longer, so that the limit's error arrives."""
END_BOUND = 5.0
"""Seconds a worker has to end after its stdin was closed or it was killed."""
STDERR_SHOWN = 2000
"""Characters of the worker's stderr that an error shows."""


class PeerError(Exception):
    """The worker gave no answer."""


class CommandError(PeerError):
    """A command failed in the worker.

    Attributes:
        name: the class of the worker's exception.
        message: its text.
        traceback: where it was raised, as the worker saw it.
    """

    def __init__(self, command: str, error: dict[str, str]) -> None:
        self.name = error["class"]
        self.message = error["message"]
        self.traceback = error["traceback"]
        super().__init__(f"{command}: {self.name}: {self.message}\nin the worker:\n{self.traceback}")


class WorkerTimeoutError(PeerError):
    """No answer came within the bound; the worker was killed."""


class WorkerEndedError(PeerError):
    """The worker ended without an answer."""


class Peer:
    """A worker, started when first called; a context manager that ends it.

    Args:
        python: the interpreter that has the rivals.
        folder: an empty folder; it stands in for the worker's home folder and keeps its stderr.
        worker: the program to run.
    """

    def __init__(self, python: Path, folder: Path, worker: Path = WORKER) -> None:
        self._command = [str(python), "-I", str(worker), str(folder)]
        self._folder = folder
        self._stderr = folder / "worker-stderr"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def call(self, command: str, *, bound: float | None = None, **fields: Any) -> dict[str, Any]:
        """Has the worker run one command.

        Args:
            command: its name; `worker.py` lists the commands, their fields and their answers.
            bound: seconds to wait for the answer.
            fields: what the command takes, in JSON's types; bytes are sent as base64.

        Raises:
            CommandError, WorkerTimeoutError, WorkerEndedError: as the top of this file has it.
        """
        request = json.dumps({"command": command, **fields}, default=_base64).encode() + b"\n"
        seconds = BOUNDS.get(command, BOUND) if bound is None else bound
        process = self._process = self._process or self._start()
        in_time, line = _exchange(process, request, seconds)
        if not in_time:
            raise WorkerTimeoutError(f"{command}: no answer within {seconds:g} s; worker killed{self._end(process)}")
        if not line.endswith(b"\n"):
            raise WorkerEndedError(f"{command}: the worker ended without an answer{self._end(process)}")
        answer = json.loads(line)
        if "error" in answer:
            raise CommandError(command, answer["error"])
        found: dict[str, Any] = answer["answer"]
        return found

    def close(self) -> None:
        """Ends the worker, if one runs: by closing its stdin, then by force."""
        if self._process is None:
            return
        with contextlib.suppress(BrokenPipeError):
            _stdin(self._process).close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(END_BOUND)
        self._end(self._process)

    def _start(self) -> subprocess.Popen[bytes]:
        with self._stderr.open("wb") as stderr:
            return subprocess.Popen(  # noqa: S603 - our own program, no shell
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                cwd=self._folder,
                start_new_session=True,  # a group of its own, so that what it started is killed with it
            )

    def _end(self, process: subprocess.Popen[bytes]) -> str:
        """Kills what is left of the worker and describes its end for an error's text."""
        self._process = None
        _kill(process)
        status = process.wait(END_BOUND)
        with contextlib.suppress(BrokenPipeError):
            _stdin(process).close()
        _stdout(process).close()
        stderr = self._stderr.read_text(errors="replace")[-STDERR_SHOWN:].strip()
        return f" (exit status {status}); its stderr ends with:\n{stderr or '(nothing)'}"


def _exchange(process: subprocess.Popen[bytes], request: bytes, seconds: float) -> tuple[bool, bytes]:
    """Writes one line and reads one; says whether that was in time. Killing the worker is what ends a blocked wait."""
    expired = threading.Event()

    def give_up() -> None:
        expired.set()
        _kill(process)

    watchdog = threading.Timer(seconds, give_up)
    watchdog.daemon = True
    watchdog.start()
    try:
        with contextlib.suppress(BrokenPipeError):  # it ended; reading tells so
            _stdin(process).write(request)
            _stdin(process).flush()
        line = _stdout(process).readline()
    finally:
        watchdog.cancel()
        watchdog.join()
    return not expired.is_set(), line


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _stdin(process: subprocess.Popen[bytes]) -> IO[bytes]:
    assert process.stdin is not None
    return process.stdin


def _stdout(process: subprocess.Popen[bytes]) -> IO[bytes]:
    assert process.stdout is not None
    return process.stdout


def _base64(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    raise TypeError(f"a field of a command cannot be of type {type(value).__name__}")
