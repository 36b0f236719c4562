"""When and where a signature counts: one instant, one region, one service.

Both the time stamp and the credential scope come from the same instant, so they can never name different days.

Source: IAM User Guide, "Elements of an AWS API request signature", credential scope.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from attrs import field, frozen

from sigv4.errors import ScopeError

TERMINATOR = "aws4_request"
"""The last field of every credential scope."""

_FIELD = re.compile(r"[A-Za-z0-9_.-]+")
_TIMESTAMP = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})Z")
_ZERO = timedelta(0)


def parse_timestamp(text: str) -> datetime:
    """Read ``YYYYMMDDTHHMMSSZ``, the form of ``X-Amz-Date``.

    Raises:
        ScopeError: for any other form, and for a date that does not exist.
    """
    match = _TIMESTAMP.fullmatch(text)
    if match:
        year, month, day, hour, minute, second = map(int, match.groups())
        try:
            return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        except ValueError:
            pass
    raise ScopeError("time", "is not a time of the form YYYYMMDDTHHMMSSZ, such as 20150830T123600Z")


def require_utc(where: str, time: datetime) -> None:
    """Raise ScopeError unless ``time`` is aware and in UTC: a naive one could mean any of 38 instants."""
    if time.utcoffset() != _ZERO:
        found = "has no time zone" if time.tzinfo is None else "is not in UTC"
        raise ScopeError(where, f"{found}; give an aware time in UTC, such as datetime.now(UTC)")


@frozen
class Scope:
    """The instant, region and service of a signature; ``str()`` is the credential scope.

    ``str(Scope(time, "us-east-1", "iam"))`` is ``20150830/us-east-1/iam/aws4_request``.

    Args:
        time: an aware ``datetime`` in UTC; fractions of a second are dropped.
        region: such as ``eu-west-1``.
        service: the signing name, ``sagemaker`` for SageMaker Runtime.

    Raises:
        ScopeError: for a naive time, a time outside UTC, and a region or service with any character but
            letters, digits, ``-``, ``_`` and ``.``.
    """

    time: datetime
    region: str
    service: str
    timestamp: str = field(init=False)
    """``YYYYMMDDTHHMMSSZ``, the value of ``X-Amz-Date``."""

    def __attrs_post_init__(self) -> None:
        time = self.time
        require_utc("time", time)
        for where, value in (("region", self.region), ("service", self.service)):
            if not _FIELD.fullmatch(value):
                raise ScopeError(where, f"{value!r} may hold only letters, digits, '-', '_' and '.', and not be empty")
        stamp = f"{time.year:04}{time.month:02}{time.day:02}T{time.hour:02}{time.minute:02}{time.second:02}Z"
        object.__setattr__(self, "timestamp", stamp)

    @property
    def date(self) -> str:
        """``YYYYMMDD``, the first field of the credential scope and the first input of the signing key."""
        return self.timestamp[:8]

    def __str__(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/{TERMINATOR}"
