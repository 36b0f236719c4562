r"""Step 1: the canonical request, the one text that both sides can make of the same request.

Nothing here changes the request; the record is made of it, and ``str()`` of the record is the text that is hashed::

    HTTPMethod \n CanonicalUri \n CanonicalQueryString \n CanonicalHeaders \n SignedHeaders \n HashedPayload

Each canonical header ends in a line feed of its own, so an empty line stands before SignedHeaders.

Source: IAM User Guide, "Create a signed AWS API request", steps 1 and 2.
"""

from __future__ import annotations

from hashlib import sha256

from attrs import frozen

from sigv4.request import Headers, Request
from sigv4.rules import Rules
from sigv4.uri import canonical_path, canonical_query

SECURITY_TOKEN = "x-amz-security-token"  # noqa: S105 - a header's name


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
    def of(cls, request: Request, fields: dict[str, str], payload_hash: str, rules: Rules) -> CanonicalRequest:
        """Put a request into canonical form, with these of its canonical header fields signed."""
        return cls(
            request.method,
            canonical_path(request.path, rules),
            canonical_query(request.query),
            tuple(sorted(fields.items())),
            ";".join(sorted(fields)),
            payload_hash,
        )

    def __str__(self) -> str:
        headers = "".join([f"{name}:{value}\n" for name, value in self.headers])
        return f"{self.method}\n{self.path}\n{self.query}\n{headers}\n{self.signed_headers}\n{self.payload_hash}"

    def hash(self) -> str:
        """Step 2: return the SHA-256 of the text, 64 lower-case hexadecimal digits."""
        return sha256(str(self).encode("utf-8", "surrogateescape")).hexdigest()

    def redacted(self) -> str:
        """Return the text with the session token's value replaced by ``***``."""
        shown = tuple((name, "***" if name == SECURITY_TOKEN else value) for name, value in self.headers)
        return str(CanonicalRequest(self.method, self.path, self.query, shown, self.signed_headers, self.payload_hash))

    def __repr__(self) -> str:
        return f"CanonicalRequest({self.redacted()!r})"
