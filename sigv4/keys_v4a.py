"""Steps 4 and 5 of Signature Version 4a: a key pair instead of a shared key.

Whoever verifies needs only the public key, which names no region, so one signature can count in several. The private
key is a number made of the secret and the key id by a key derivation function in counter mode (NIST SP 800-108),
drawn again until it lies in the range of the curve P-256::

    c       = HMAC("AWS4A" + secret, 00000001 | "AWS4-ECDSA-P256-SHA256" | 00 | key id | counter | 00000100)
    private = c + 1, for the first counter from 1 to 254 with c <= n - 2

This is the only file that imports cryptography: a container that needs only Signature Version 4 leaves it out.

Source: AWS's Common Runtime (aws-c-auth), key_derivation; FIPS 186-5, section 6 (ECDSA); RFC 6979 (deterministic
ECDSA).
"""

from __future__ import annotations

from functools import cache
from hmac import digest
from typing import final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from sigv4.credentials import Credentials
from sigv4.errors import CredentialsError
from sigv4.scope import ECDSA_P256_SHA256

_ORDER_MINUS_2 = (0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551 - 2).to_bytes(32, "big")
_LAST_COUNTER = 254


@final
class SigningKeyV4a:
    """The key pair of one caller, good for every day, region and service. No ``repr`` shows it."""

    __slots__ = ("_private_key", "public_key")

    def __init__(self, private_key: ec.EllipticCurvePrivateKey) -> None:
        self._private_key = private_key
        self.public_key = private_key.public_key()

    @classmethod
    def derive(cls, credentials: Credentials) -> SigningKeyV4a:
        """Step 4: derive the key pair of a key id and its secret.

        Raises:
            CredentialsError: should no draw lie in range, which nobody will see.
        """
        secret = b"AWS4A" + credentials.secret_access_key.reveal().encode()
        for counter in range(1, _LAST_COUNTER + 1):
            candidate = digest(secret, _fixed_input(credentials.access_key_id, counter), "sha256")
            if _at_most(candidate, _ORDER_MINUS_2):
                return cls(ec.derive_private_key(int.from_bytes(candidate, "big") + 1, ec.SECP256R1()))
        raise CredentialsError(
            "secret_access_key", "gives no private key in 254 draws; that is less likely than a guess"
        )

    def sign(self, string_to_sign: str) -> str:
        """Step 5: return the signature, the hexadecimal digits of a DER sequence of r and s; its length varies.

        It is the same each time (RFC 6979) where cryptography's OpenSSL can do that, else random.
        """
        return self._private_key.sign(string_to_sign.encode(), _ecdsa()).hex()

    def verify(self, string_to_sign: str, signature: str) -> bool:
        """Return whether the signature is this key's."""
        try:
            self.public_key.verify(bytes.fromhex(signature), string_to_sign.encode(), ec.ECDSA(hashes.SHA256()))
        except (InvalidSignature, ValueError):
            return False
        return True

    def __repr__(self) -> str:
        return "SigningKeyV4a(***)"


def _fixed_input(access_key_id: str, counter: int) -> bytes:
    """Return the derivation's fixed input: iteration 1, label, zero, context, and the length of the key, 256 bits."""
    context = access_key_id.encode() + bytes([counter])
    return b"\0\0\0\1" + ECDSA_P256_SHA256.encode() + b"\0" + context + (256).to_bytes(4, "big")


def _at_most(candidate: bytes, limit: bytes) -> bool:
    """Return whether one 32-byte number is not above another, in a time that does not depend on where they differ."""
    greater, equal = 0, 1
    for left, right in zip(candidate, limit, strict=True):
        greater |= equal & int(left > right)
        equal &= int(left == right)
    return not greater


@cache
def _ecdsa() -> ec.ECDSA:
    try:
        return ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    except UnsupportedAlgorithm:
        return ec.ECDSA(hashes.SHA256())
