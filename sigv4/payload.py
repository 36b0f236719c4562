"""What is signed of a body: the SHA-256 of its bytes, or a statement of how the body is signed instead.

Source: IAM User Guide, "Create a signed AWS API request", step 1, HashedPayload; Amazon S3 API Reference,
"Authenticating requests: Using the Authorization header", the values of x-amz-content-sha256.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from hashlib import sha256
from typing import BinaryIO, Final

from attrs import field, frozen

from sigv4.errors import RequestError

_HEX_DIGEST = re.compile(r"[0-9a-f]{64}")
_PART = 1024 * 1024


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

    @classmethod
    def of_parts(cls, parts: Iterable[bytes | bytearray | memoryview]) -> Digest:
        """Hash a body that comes in parts, in one pass; an iterator is used up by it."""
        hashed = sha256()
        for part in parts:
            hashed.update(part)
        return cls(hashed.hexdigest())

    @classmethod
    def of_file(cls, file: BinaryIO) -> Digest:
        """Hash a binary file from where it stands, in parts of 1 MiB, and put it back there."""
        begin = file.tell()
        digest = cls.of_parts(iter(lambda: file.read(_PART), b""))
        file.seek(begin)
        return digest


class Unhashed(Enum):
    """What stands in the place of the hash where the whole body is not hashed first.

    The value is the text, with ``{}`` where the algorithm's name goes.
    """

    UNSIGNED = "UNSIGNED-PAYLOAD"
    SIGNED_CHUNKS = "STREAMING-{}-PAYLOAD"
    SIGNED_CHUNKS_AND_TRAILER = "STREAMING-{}-PAYLOAD-TRAILER"
    UNSIGNED_CHUNKS_AND_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    SIGNED_EVENTS = "STREAMING-{}-EVENTS"


UNSIGNED: Final = Unhashed.UNSIGNED
"""The body is left out of the signature. Over plain HTTP anybody on the way could change it."""

Payload = bytes | bytearray | memoryview | Digest | Unhashed


def payload_hash(payload: Payload, algorithm: str) -> str:
    """Return the last line of the canonical request: 64 hexadecimal digits, or the text that stands for them."""
    if isinstance(payload, Digest):
        return payload.hexdigest
    if isinstance(payload, Unhashed):
        return payload.value.format(algorithm)
    return sha256(payload).hexdigest()
