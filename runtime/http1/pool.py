"""Free connections, newest first, and how many may be in use.

Taking and giving back are the same few steps however many connections there are: each origin has a stack. The one
used last is taken first, because it is the least likely to have been closed by the other side; those below it grow
old and are dropped.

Without I/O: who waits for a place, and how, is the driver's business. Not thread-safe: the driver holds a lock.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar

from attrs import frozen


@frozen
class Origin:
    """Where connections go: two requests with the same origin may use the same one."""

    scheme: str
    host: str
    port: int


class Poolable(Protocol):
    """A connection, as far as the pool knows it."""

    idle_since: float


_C = TypeVar("_C", bound=Poolable)


class FreeConnections(Generic[_C]):
    """The connections that nobody uses.

    Args:
        keep: how many are kept for each origin.
        keep_seconds: how long one is kept unused.
    """

    def __init__(self, keep: int, keep_seconds: float) -> None:
        self._keep = keep
        self._keep_seconds = keep_seconds
        self._stacks: dict[Origin, list[_C]] = {}

    def take(self, origin: Origin, now: float) -> tuple[_C | None, list[_C]]:
        """Return the newest connection, or None; and those that are too old, to be closed."""
        stack = self._stacks.get(origin)
        if not stack:
            return None, []
        old = self._too_old(stack, now)
        return (stack.pop() if stack else None), old

    def give(self, origin: Origin, connection: _C, now: float) -> list[_C]:
        """Keep a connection; return those that are too old or too many, to be closed."""
        stack = self._stacks.setdefault(origin, [])
        old = self._too_old(stack, now)
        connection.idle_since = now
        stack.append(connection)
        if len(stack) > self._keep:
            old.append(stack.pop(0))
        return old

    def drain(self) -> list[_C]:
        """Return all connections, to be closed, and keep none."""
        stacks = list(self._stacks.values())
        self._stacks.clear()
        return [connection for stack in stacks for connection in stack]

    def __iter__(self) -> Iterator[_C]:
        return iter([connection for stack in self._stacks.values() for connection in stack])

    def __len__(self) -> int:
        return sum(map(len, self._stacks.values()))

    def _too_old(self, stack: list[_C], now: float) -> list[_C]:
        """Take the old ones off the bottom of a stack, where they are."""
        count = 0
        while count < len(stack) and now - stack[count].idle_since > self._keep_seconds:
            count += 1
        old = stack[:count]
        del stack[:count]
        return old
