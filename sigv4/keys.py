"""Steps 4 and 5: the signing key, and the signature made with it.

The secret itself signs nothing. A chain of four HMACs makes a key of it that is good for one day, one region and one
service, so a key that leaks is worth no more than that, and it can be kept for the day::

    kDate    = HMAC("AWS4" + secret, date)
    kRegion  = HMAC(kDate, region)
    kService = HMAC(kRegion, service)
    kSigning = HMAC(kService, "aws4_request")

Source: IAM User Guide, "Create a signed AWS API request", steps 4 and 5.
"""

from __future__ import annotations

from hmac import compare_digest, digest
from typing import final

from sigv4.credentials import Credentials
from sigv4.scope import TERMINATOR, Scope


@final
class SigningKey:
    """kSigning: 32 bytes that no ``repr`` shows."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def derive(cls, credentials: Credentials, scope: Scope) -> SigningKey:
        """Step 4: derive the key of a secret for the day, region and service of a scope."""
        key = b"AWS4" + credentials.secret_access_key.reveal().encode()
        for part in (scope.date, scope.region, scope.service, TERMINATOR):
            key = digest(key, part.encode(), "sha256")
        return cls(key)

    def sign(self, string_to_sign: str) -> str:
        """Step 5: return the signature, 64 lower-case hexadecimal digits."""
        return digest(self._key, string_to_sign.encode(), "sha256").hex()

    def verify(self, string_to_sign: str, signature: str) -> bool:
        """Return whether the signature is this key's, compared in constant time."""
        return compare_digest(self.sign(string_to_sign).encode(), signature.encode("utf-8", "surrogateescape"))

    def __repr__(self) -> str:
        return "SigningKey(***)"
