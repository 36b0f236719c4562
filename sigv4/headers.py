"""The headers in canonical form, and which of them are signed.

Source: IAM User Guide, "Create a signed AWS API request", step 1, CanonicalHeaders and SignedHeaders.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

UNSIGNED_HEADERS = frozenset(
    {
        # The connection's own, rewritten by any proxy on the way (RFC 9110, section 7.6.1).
        "connection",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        # Added or changed by tracing on the way.
        "baggage",
        "traceparent",
        "tracestate",
        "x-amzn-trace-id",
        # Changed by intermediaries, and by AWS's own tools after they have signed.
        "user-agent",
    }
)
"""Lower-case names of headers that are sent but not signed, as AWS's own signers leave them out."""


@lru_cache(maxsize=1024)
def lower_name(name: str) -> str:
    """Return a header name in lower case. Kept, because a client sends the same few names again and again."""
    return name.lower()


def trim(value: str) -> str:
    """Remove spaces and tabs around a value and make one space of each run of them within it.

    Quotation marks make no difference: ``"a   b"`` is signed as ``"a b"``.
    """
    return " ".join(filter(None, value.replace("\t", " ").split(" ")))


class Fields(dict[str, str]):
    """Canonical header fields: lower-case names with trimmed values. ``repr`` shows the names only."""

    def __repr__(self) -> str:
        return f"<header fields: {', '.join(self)}>"


def canonical_fields(headers: Iterable[tuple[str, str]]) -> Fields:
    """Return lower-case names with trimmed values; a name's several values are joined by commas in the order sent."""
    fields = Fields()
    for name, value in headers:
        key = lower_name(name)
        trimmed = trim(value) if "  " in value or "\t" in value else value.strip(" ")
        fields[key] = f"{fields[key]},{trimmed}" if key in fields else trimmed
    return fields
