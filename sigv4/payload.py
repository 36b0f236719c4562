"""What is signed of a body: the SHA-256 of its bytes, or the statement that it is not signed.

Source: IAM User Guide, "Create a signed AWS API request", step 1, HashedPayload.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Final, final

from attrs import field, frozen

from sigv4.errors import RequestError

_HEX_DIGEST = re.compile(r"[0-9a-f]{64}")


@frozen
class Digest:
    """The SHA-256 of a body, made elsewhere: 64 lower-case hexadecimal digits.

    Raises:
        RequestError: for any other text.
    """

    hexdigest: str = field()

    @hexdigest.validator
    def _check(self, _attribute: object, value: str) -> None:
        if not _HEX_DIGEST.fullmatch(value):
            raise RequestError("payload", "a ready digest is 64 lower-case hexadecimal digits")


@final
class Unsigned:
    """The type of :data:`UNSIGNED`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNSIGNED"

    def __reduce__(self) -> str:
        return "UNSIGNED"  # pickled by name: there is one


UNSIGNED: Final = Unsigned()
"""The body is left out of the signature. Over plain HTTP anybody on the way could change it."""

Payload = bytes | bytearray | memoryview | Digest | Unsigned


def payload_hash(payload: Payload) -> str:
    """Return the last line of the canonical request: 64 hexadecimal digits, or ``UNSIGNED-PAYLOAD``."""
    if isinstance(payload, Digest):
        return payload.hexdigest
    if isinstance(payload, Unsigned):
        return "UNSIGNED-PAYLOAD"
    return sha256(payload).hexdigest()
