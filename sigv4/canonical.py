r"""Step 1: the canonical request, the one text that both sides can make of the same request.

Nothing here changes the request; the record is made of it, and ``str()`` of the record is the text that is hashed::

    HTTPMethod \n CanonicalUri \n CanonicalQueryString \n CanonicalHeaders \n SignedHeaders \n HashedPayload

Each canonical header ends in a line feed of its own, so an empty line stands before SignedHeaders.

Source: IAM User Guide, "Create a signed AWS API request", steps 1 and 2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256

from attrs import frozen

from sigv4.request import Headers, Request
from sigv4.rules import Rules
from sigv4.uri import canonical_path, canonical_query

SECURITY_TOKEN = "x-amz-security-token"  # noqa: S105 - a header's name
_TOKEN_IN_TEXT = re.compile(r"(x-amz-security-token[:=])[^&\n]*", re.IGNORECASE)


@frozen(repr=False)
class CanonicalRequest:
    """The six parts of the canonical request; ``str()`` is its exact text.

    The text holds the session token where one is signed; ``repr()`` hides it.
    """

    method: str
    path: str
    query: str
    headers: Headers
    """Lower-case names with trimmed values, sorted by name."""
    signed_headers: str
    """The same names, joined by ``;``."""
    payload_hash: str

    @classmethod
    def of(
        cls, request: Request, query: str, fields: Mapping[str, str], payload_hash: str, rules: Rules
    ) -> CanonicalRequest:
        """Put a request into canonical form.

        Args:
            request: gives the method and the path.
            query: the wire query; with its authentication parameters, if the signature goes there.
            fields: the canonical header fields that are signed.
            payload_hash: the last line.
            rules: how the path is treated.
        """
        headers = Headers(sorted(fields.items()))
        return cls(
            request.method,
            canonical_path(request.path, rules),
            canonical_query(query),
            headers,
            ";".join([name for name, _ in headers]),
            payload_hash,
        )

    def __str__(self) -> str:
        headers = "".join([f"{name}:{value}\n" for name, value in self.headers])
        return f"{self.method}\n{self.path}\n{self.query}\n{headers}\n{self.signed_headers}\n{self.payload_hash}"

    def hash(self) -> str:
        """Step 2: return the SHA-256 of the text, 64 lower-case hexadecimal digits."""
        return sha256(str(self).encode("utf-8", "surrogateescape")).hexdigest()

    def redacted(self) -> str:
        """Return the text with the session token's value, wherever it stands, replaced by ``***``."""
        return _TOKEN_IN_TEXT.sub(r"\1***", str(self))

    def __repr__(self) -> str:
        return f"CanonicalRequest({self.redacted()!r})"


def signed_headers(fields: Mapping[str, str]) -> str:
    """Return SignedHeaders: the sorted names, joined by ``;``."""
    return ";".join(sorted(fields))
