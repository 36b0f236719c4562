"""Bodies that are signed part by part, for uploads whose hash is not known when the headers are sent.

The request itself is signed first, with one of the texts of :class:`sigv4.Unhashed` in the place of the payload's
hash. Its signature is the seed of a chain: each chunk's signature covers the one before it, so no chunk can be
changed, left out or moved. An empty chunk ends the body; a trailer may follow it::

    10000;chunk-signature=<signature> CRLF <65,536 bytes> CRLF
    0;chunk-signature=<signature> CRLF
    x-amz-checksum-crc32c:<value> CRLF
    x-amz-trailer-signature:<signature> CRLF
    CRLF

The functions here are iterators: they take the parts of a body and give the parts to send. The request needs
``Content-Encoding: aws-chunked``, ``X-Amz-Decoded-Content-Length`` (the body's own length), the Content-Length that
:func:`encoded_length` gives, and ``X-Amz-Trailer`` (the trailer's names) where there is one.

Source: Amazon S3 API Reference, "Signature calculations for the Authorization header: Transferring payload in
multiple chunks" and "Signature calculations for trailing headers".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256

from sigv4.credentials import Credentials
from sigv4.errors import RequestError
from sigv4.headers import canonical_fields
from sigv4.request import Headers, Pairs, check_headers
from sigv4.scope import Scope
from sigv4.signer import Key, Signed, derive_key

_EMPTY_HASH = sha256(b"").hexdigest()
_ECDSA_LENGTH = 144
"""The longest DER signature in hexadecimal digits. Chunk signatures are padded to it, so that the body's length is
known."""


class _Chain:
    """The signatures of one body, each over the one before it."""

    def __init__(self, signed: Signed, key: Key, scope: Scope) -> None:
        self._key = key
        self._scope = scope
        self._previous = signed.signature

    def sign(self, kind: str, *hashes: str) -> str:
        """Return the signature of the next part."""
        scope = self._scope
        lines = (f"{scope.algorithm}-{kind}", scope.timestamp, str(scope), self._previous, *hashes)
        self._previous = self._key.sign("\n".join(lines))
        return self._previous.ljust(_ECDSA_LENGTH, "*") if scope.region_set else self._previous


def sign_chunks(
    signed: Signed,
    credentials: Credentials,
    scope: Scope,
    chunks: Iterable[bytes | bytearray | memoryview],
    trailer: Pairs = (),
) -> Iterator[bytes | bytearray | memoryview]:
    """Give the parts of a signed chunked body, for ``SIGNED_CHUNKS`` and ``SIGNED_CHUNKS_AND_TRAILER``.

    Args:
        signed: the request's signature, the seed of the chain.
        credentials: those that signed the request.
        scope: that of the request.
        chunks: the body; each but the last at least 8 KiB for Amazon S3. Empty ones are passed over.
        trailer: headers that follow the body, such as a checksum.

    Yields:
        a chunk's head, the chunk itself without a copy, its line end; at last the end of the body.

    Raises:
        RequestError: for a trailer that is no header, and for a chunk that is a memoryview with gaps.
        MissingExtraError: for a region set where cryptography is missing.
    """
    lines = trailer_text(trailer)
    chain = _Chain(signed, derive_key(credentials, scope), scope)
    for chunk in chunks:
        _check_chunk(chunk)
        if len(chunk):
            signature = chain.sign("PAYLOAD", _EMPTY_HASH, sha256(chunk).hexdigest())
            yield f"{_size(chunk):x};chunk-signature={signature}\r\n".encode()
            yield chunk
            yield b"\r\n"
    yield f"0;chunk-signature={chain.sign('PAYLOAD', _EMPTY_HASH, _EMPTY_HASH)}\r\n".encode()
    if lines:
        signature = chain.sign("TRAILER", sha256(lines.encode("utf-8", "surrogateescape")).hexdigest())
        yield _wire_lines(lines) + f"x-amz-trailer-signature:{signature}\r\n".encode()
    yield b"\r\n"


def unsigned_chunks(
    chunks: Iterable[bytes | bytearray | memoryview], trailer: Pairs
) -> Iterator[bytes | bytearray | memoryview]:
    """Give the parts of a chunked body whose trailer holds a checksum, for ``UNSIGNED_CHUNKS_AND_TRAILER``.

    Nothing is signed but the request's headers; TLS is what protects the body.

    Raises:
        RequestError: for a trailer that is no header.
    """
    lines = trailer_text(trailer)
    for chunk in chunks:
        _check_chunk(chunk)
        if len(chunk):
            yield f"{_size(chunk):x}\r\n".encode()
            yield chunk
            yield b"\r\n"
    yield b"0\r\n" + _wire_lines(lines) + b"\r\n"


def encoded_length(length: int, chunk_length: int, scope: Scope, trailer: Pairs = ()) -> int:
    """Return the Content-Length of a signed chunked body.

    Args:
        length: bytes of the body itself.
        chunk_length: bytes of each chunk but the last.
        scope: that of the request; it decides the signatures' length.
        trailer: as it will be sent.

    Raises:
        RequestError: for a negative length, or a chunk length below 1.
    """
    if length < 0 or chunk_length < 1:
        raise RequestError("chunks", f"cannot have a length of {length} in chunks of {chunk_length}")
    signature = _ECDSA_LENGTH if scope.region_set else 64
    head = len(";chunk-signature=\r\n") + signature
    whole, rest = divmod(length, chunk_length)
    total = whole * (len(f"{chunk_length:x}") + head + chunk_length + len("\r\n"))
    if rest:
        total += len(f"{rest:x}") + head + rest + len("\r\n")
    total += len("0") + head + len("\r\n")
    lines = trailer_text(trailer)
    if lines:
        total += len(_wire_lines(lines)) + len("x-amz-trailer-signature:\r\n") + signature
    return total


def trailer_text(trailer: Pairs) -> str:
    """Return a trailer in canonical form: sorted lower-case names with trimmed values, each ended by a line feed.

    Raises:
        RequestError: for a trailer that is no header.
    """
    headers = Headers(trailer)
    check_headers("trailer", headers)
    return "".join(f"{name}:{value}\n" for name, value in sorted(canonical_fields(headers).items()))


def _wire_lines(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode("utf-8", "surrogateescape")


def _check_chunk(chunk: bytes | bytearray | memoryview) -> None:
    if isinstance(chunk, memoryview) and not chunk.c_contiguous:
        raise RequestError("chunks", "hold a memoryview with gaps; give its bytes")


def _size(chunk: bytes | bytearray | memoryview) -> int:
    return chunk.nbytes if isinstance(chunk, memoryview) else len(chunk)
