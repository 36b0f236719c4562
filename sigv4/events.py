"""Event streams that are signed message by message, for services that take a stream of events.

The request is signed first, with ``SIGNED_EVENTS`` in the place of the payload's hash; its signature is the seed of
the chain. Each message is then wrapped in another one, whose headers are ``:date`` and ``:chunk-signature``. An empty
message ends the stream.

Source: Amazon Transcribe Developer Guide, "Setting up streaming transcriptions", event stream encoding and signing;
Smithy 2.0, "Amazon Event Stream specification".
"""

from __future__ import annotations

from binascii import crc32
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from struct import pack

from attrs import evolve

from sigv4.credentials import Credentials
from sigv4.scope import Scope
from sigv4.signer import Key, Signed, derive_key

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BYTES = 6
_TIMESTAMP = 8
_OVERHEAD = 16
"""Bytes of a frame beside its headers and payload: two lengths and two checksums of four bytes each."""


def sign_events(
    signed: Signed, credentials: Credentials, scope: Scope, messages: Iterable[tuple[datetime, bytes]]
) -> Iterator[bytes]:
    """Wrap the messages of an event stream in signed ones.

    Args:
        signed: the request's signature, the seed of the chain.
        credentials: those that signed the request.
        scope: that of the request.
        messages: encoded event-stream messages, each with the instant at which it is sent (aware, UTC). An
            empty one would end the stream.

    Yields:
        for each message the signed one; at last an empty one, as of the last message's instant.

    Raises:
        ScopeError: for an instant that is not in UTC.
        MissingExtraError: for a region set where cryptography is missing.
    """
    previous = signed.signature
    time = scope.time
    for time, message in messages:
        previous, frame = _sign_event(previous, credentials, evolve(scope, time=time), message)
        yield frame
    yield _sign_event(previous, credentials, evolve(scope, time=time), b"")[1]


def _sign_event(previous: str, credentials: Credentials, scope: Scope, message: bytes) -> tuple[str, bytes]:
    """Return a message's signature, and the message that carries it."""
    seconds = (scope.time - _EPOCH) // timedelta(seconds=1)
    date = _header(":date", _TIMESTAMP, pack(">q", seconds * 1000))
    lines = (
        f"{scope.algorithm}-PAYLOAD",
        scope.timestamp,
        str(scope),
        previous,
        sha256(date).hexdigest(),
        sha256(message).hexdigest(),
    )
    key: Key = derive_key(credentials, scope)
    signature = key.sign("\n".join(lines))
    raw = bytes.fromhex(signature)
    return signature, _frame(date + _header(":chunk-signature", _BYTES, pack(">H", len(raw)) + raw), message)


def _header(name: str, kind: int, value: bytes) -> bytes:
    return bytes([len(name)]) + name.encode() + bytes([kind]) + value


def _frame(headers: bytes, payload: bytes) -> bytes:
    prelude = pack(">II", _OVERHEAD + len(headers) + len(payload), len(headers))
    head = prelude + pack(">I", crc32(prelude)) + headers
    return head + payload + pack(">I", crc32(payload, crc32(head)))
