"""How long an exchange may wait for what, and how much may come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

MAX_HEAD = 64 * 1024
"""Bytes of a status line with its headers."""
MAX_HEADERS = 200
_TICK = 0.002
LIMITS_EXTENSION = "runtime.limits"
"""Where a request's ``extensions`` carry :class:`Limits`."""


@frozen
class Limits:
    """Limits of one exchange in seconds; ``None`` is none.

    Attributes:
        pool: until a connection may be used.
        connect: until the connection stands, TLS and a proxy's tunnel included.
        write: until the connection takes more of the request.
        first_byte: from the request's last byte to the answer's first.
        stall: between two parts of the answer.
        deadline: the instant on the monotonic clock at which everything ends.
        max_body: bytes of the answer's body.
    """

    pool: float | None = None
    connect: float | None = None
    write: float | None = None
    first_byte: float | None = None
    stall: float | None = None
    deadline: float | None = None
    max_body: int | None = None


def limits_of(extensions: Mapping[str, Any]) -> Limits:
    """Return the limits of a request: this package's own, or those that httpx's clients give."""
    own = extensions.get(LIMITS_EXTENSION)
    if isinstance(own, Limits):
        return own
    timeout = extensions.get("timeout", {})
    read = timeout.get("read")
    return Limits(timeout.get("pool"), timeout.get("connect"), timeout.get("write"), read, read)


def wait_seconds(limit: float | None, deadline: float | None, now: float) -> float | None:
    """Return how long a wait may take: its own limit, or what the deadline leaves; 0 when that has passed."""
    if deadline is None:
        return limit
    left = deadline - now if deadline > now else 0.0
    return left if limit is None or left < limit else limit


def has_passed(deadline: float | None, now: float) -> bool:
    """Return whether a wait that just ended was ended by the deadline; the kernel counts in whole milliseconds."""
    return deadline is not None and now >= deadline - _TICK
