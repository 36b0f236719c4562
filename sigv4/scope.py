"""When and where a signature counts: one instant, one region (or a set of them), one service.

Both the time stamp and the credential scope come from the same instant, so they can never name different days. The
scope also decides the algorithm: a single region is Signature Version 4, a region set is Signature Version 4a.

Source: IAM User Guide, "Elements of an AWS API request signature", credential scope, and "AWS Signature Version 4 for
API requests", the section on Signature Version 4a.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from attrs import field, frozen

from sigv4.errors import ScopeError

HMAC_SHA256 = "AWS4-HMAC-SHA256"
"""The algorithm of Signature Version 4: a key derived for one day, region and service."""
ECDSA_P256_SHA256 = "AWS4-ECDSA-P256-SHA256"
"""The algorithm of Signature Version 4a: a key pair derived from the secret alone, for any set of regions."""
TERMINATOR = "aws4_request"
"""The last field of every credential scope."""

_FIELD = re.compile(r"[A-Za-z0-9_.-]+")
_REGION_PATTERN = re.compile(r"[A-Za-z0-9_.*-]+")
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


def format_timestamp(time: datetime) -> str:
    """Write ``YYYYMMDDTHHMMSSZ``; fractions of a second are dropped."""
    # As two numbers, 20150830 and 123600: half the time of six fields, and one is made for every signature.
    day = time.year * 10_000 + time.month * 100 + time.day
    clock = time.hour * 10_000 + time.minute * 100 + time.second
    return f"{day:08}T{clock:06}Z"


def require_utc(where: str, time: datetime) -> None:
    """Raise ScopeError unless ``time`` is aware and in UTC: a naive one could mean any of 38 instants."""
    if time.utcoffset() != _ZERO:
        found = "has no time zone" if time.tzinfo is None else "is not in UTC"
        raise ScopeError(where, f"{found}; give an aware time in UTC, such as datetime.now(UTC)")


def _tuple(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(values)


@frozen
class Scope:
    """The instant, region and service of a signature; ``str()`` is the credential scope.

    ``str(Scope(time, "us-east-1", "iam"))`` is ``20150830/us-east-1/iam/aws4_request``; with a region set the region is
    left out: ``str(Scope.of_regions(time, ["us-*"], "iam"))`` is ``20150830/iam/aws4_request``.

    Args:
        time: an aware ``datetime`` in UTC; fractions of a second are dropped.
        region: such as ``eu-west-1``; empty with a region set.
        service: the signing name, ``sagemaker`` for SageMaker Runtime.
        region_set: regions, or patterns with ``*``, for which a Signature Version 4a counts.

    Raises:
        ScopeError: for a naive time, a time outside UTC, and a region or service with any character but
            letters, digits, ``-``, ``_`` and ``.``.
    """

    time: datetime
    region: str
    service: str
    region_set: tuple[str, ...] = field(default=(), converter=_tuple)
    timestamp: str = field(init=False, repr=False)
    """``YYYYMMDDTHHMMSSZ``, the value of ``X-Amz-Date``."""

    def __attrs_post_init__(self) -> None:
        time = self.time
        if time.utcoffset() != _ZERO:
            require_utc("time", time)
        if self.region_set:
            self._check_region_set()
        elif not _is_field(self.region):
            raise ScopeError("region", _unfit(self.region))
        if not _is_field(self.service):
            raise ScopeError("service", _unfit(self.service))
        object.__setattr__(self, "timestamp", format_timestamp(time))

    def _check_region_set(self) -> None:
        if self.region:
            raise ScopeError("region", "excludes a region set: Signature Version 4 has the one, 4a the other")
        for region in self.region_set:
            if not _REGION_PATTERN.fullmatch(region):
                raise ScopeError("region_set", _unfit(region))

    @classmethod
    def of_regions(cls, time: datetime, region_set: Iterable[str], service: str) -> Scope:
        """Return the scope of a Signature Version 4a; ``["*"]`` counts in every region.

        Raises:
            ScopeError: for an empty set, and as the class says.
        """
        regions = tuple(region_set)
        if not regions:
            raise ScopeError("region_set", "is empty; name regions, or '*' for every one")
        return cls(time, "", service, regions)

    @property
    def algorithm(self) -> str:
        """The name of the algorithm, as it stands in the string to sign."""
        return ECDSA_P256_SHA256 if self.region_set else HMAC_SHA256

    @property
    def date(self) -> str:
        """``YYYYMMDD``, the first field of the credential scope and the first input of the signing key."""
        return self.timestamp[:8]

    def __str__(self) -> str:
        if self.region_set:
            return f"{self.date}/{self.service}/{TERMINATOR}"
        return f"{self.date}/{self.region}/{self.service}/{TERMINATOR}"


@lru_cache(maxsize=256)
def _is_field(value: str) -> bool:
    return _FIELD.fullmatch(value) is not None


def _unfit(value: str) -> str:
    return f"{value!r} may hold only letters, digits, '-', '_' and '.', and not be empty"
