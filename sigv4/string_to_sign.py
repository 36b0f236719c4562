"""Step 3: the string to sign, which binds the canonical request to one instant and one scope.

Source: IAM User Guide, "Create a signed AWS API request", step 3.
"""

from __future__ import annotations

from attrs import frozen

from sigv4.canonical import CanonicalRequest
from sigv4.scope import Scope


@frozen
class StringToSign:
    """Algorithm, time, scope and the hash of the canonical request; ``str()`` is its exact text, four lines."""

    algorithm: str
    timestamp: str
    scope: str
    canonical_request_hash: str

    @classmethod
    def of(cls, canonical_request: CanonicalRequest, scope: Scope) -> StringToSign:
        """Bind a canonical request to a scope."""
        return cls(scope.algorithm, scope.timestamp, str(scope), canonical_request.hash())

    def __str__(self) -> str:
        return f"{self.algorithm}\n{self.timestamp}\n{self.scope}\n{self.canonical_request_hash}"
