"""How long a call may wait, and for what."""

from __future__ import annotations

from attrs import field, frozen

LONGEST = 31_536_000
"""Seconds; far beyond it no socket takes a limit."""


def _positive(_record: object, attribute: object, value: float | None) -> None:
    if value is not None and not 0 < value <= LONGEST:
        name = getattr(attribute, "name", "timeout")
        raise ValueError(f"{name} is {value}; give seconds above 0, {LONGEST:,} (a year) at most, or None for no limit")


@frozen
class Timeouts:
    """Limits in seconds; ``None`` is none.

    Attributes:
        connect: until the connection stands, TLS included.
        write: until the connection takes more of the request.
        first_byte: from the request's last byte to the answer's first. A model has 60 s to answer, so AWS asks clients
            to wait 70.
        stall: between two parts of an answer.
        total: for the whole call, whatever it does.

    Raises:
        ValueError: for a limit of 0 or less, and one of more than a year.
    """

    connect: float | None = field(default=10, validator=_positive)
    write: float | None = field(default=20, validator=_positive)
    first_byte: float | None = field(default=70, validator=_positive)
    stall: float | None = field(default=70, validator=_positive)
    total: float | None = field(default=None, validator=_positive)
