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

from hmac import digest
from typing import final

from sigv4.credentials import Secret
from sigv4.scope import TERMINATOR, Scope
from sigv4.string_to_sign import StringToSign


@final
class SigningKey:
    """kSigning: 32 bytes that no ``repr`` shows."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def derive(cls, secret: Secret, scope: Scope) -> SigningKey:
        """Step 4: derive the key of a secret for the day, region and service of a scope."""
        key = b"AWS4" + secret.reveal().encode()
        for part in (scope.date, scope.region, scope.service, TERMINATOR):
            key = digest(key, part.encode(), "sha256")
        return cls(key)

    def sign(self, string_to_sign: StringToSign) -> str:
        """Step 5: return the signature, 64 lower-case hexadecimal digits."""
        return digest(self._key, str(string_to_sign).encode(), "sha256").hex()

    def __repr__(self) -> str:
        return "SigningKey(***)"
