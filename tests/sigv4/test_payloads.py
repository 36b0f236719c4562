"""Payloads: one hash, made in one pass and without a copy, whatever the body is."""

import io
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sigv4 import (
    S3,
    STRICT,
    UNSIGNED,
    Digest,
    Payload,
    Request,
    RequestError,
    Scope,
    Signed,
    presign,
    sign_chunks,
    sign_headers,
    verify,
)
from tests.sigv4.examples import CREDENTIALS, INVOKE, SCOPE, TIME, finds, signed_request
from tests.sigv4.test_properties import bounded

MIB = 1024 * 1024
BODY = b"5.1,3.5,1.4,0.2\n"
HASH = sha256(BODY).hexdigest()
LARGE = bytes(range(256)) * (6 * 4096)
"""6 MiB, the most that InvokeEndpoint takes."""
A_COPY_WOULD_SHOW = 256 * 1024
"""Bytes: far less than a copy of the body, far more than a signature needs."""


def line_of(payload: Payload) -> str:
    """Return what the canonical request says of a payload."""
    return sign_headers(evolve(INVOKE, payload=payload), CREDENTIALS, SCOPE).canonical_request.payload_hash


@pytest.mark.parametrize(
    "payload",
    [
        BODY,
        bytearray(BODY),
        memoryview(BODY),
        memoryview(b"__" + BODY + b"__")[2:-2],
        memoryview(BODY).cast("H"),
        Digest(HASH),
        Digest.of_parts([BODY]),
        Digest.of_file(io.BytesIO(BODY)),
    ],
)
def test_a_body_has_one_hash_whatever_holds_it(payload: Payload) -> None:
    """Bytes of any kind, and a digest that was made elsewhere."""
    assert line_of(payload) == HASH


def test_a_body_of_any_kind_is_verified() -> None:
    """The server may hold it in another way than the client."""
    sent = signed_request(evolve(INVOKE, payload=bytearray(BODY)))

    for payload in (BODY, memoryview(BODY), Digest(HASH)):
        assert verify(evolve(sent, payload=payload), finds(CREDENTIALS), TIME).scope == SCOPE


def test_an_unsigned_body_is_named_so() -> None:
    """In the place of the hash, and in the header where the rules ask for it."""
    signed = sign_headers(evolve(INVOKE, payload=UNSIGNED), CREDENTIALS, SCOPE, S3)

    assert signed.canonical_request.payload_hash == "UNSIGNED-PAYLOAD"
    assert ("X-Amz-Content-SHA256", "UNSIGNED-PAYLOAD") in signed.headers


@bounded
@given(st.lists(st.binary(max_size=20)))
def test_parts_have_the_hash_of_the_whole(parts: list[bytes]) -> None:
    """However the body is cut."""
    assert Digest(sha256(b"".join(parts)).hexdigest()) == Digest.of_parts(parts) == Digest.of_parts(iter(parts))
    assert Digest.of_parts(parts) == Digest.of_parts(kind(part) for part, kind in zip(parts, kinds(), strict=False))


def kinds() -> Iterator[Callable[[bytes], bytes | bytearray | memoryview]]:
    """Give kinds of bytes in turn."""
    while True:
        yield bytes
        yield bytearray
        yield memoryview


def test_an_iterator_is_used_up_part_by_part() -> None:
    """In one pass; no part is kept."""
    alive: list[int] = []

    def parts() -> Iterator[bytes]:
        for number in range(50):
            tracemalloc.reset_peak()
            yield bytes([number]) * MIB
            alive.append(tracemalloc.get_traced_memory()[1])

    tracemalloc.start()
    try:
        begin = tracemalloc.get_traced_memory()[0]
        digest = Digest.of_parts(parts())
    finally:
        tracemalloc.stop()

    assert len(alive) == 50
    assert max(alive) - begin < 3 * MIB
    assert digest == Digest.of_parts(bytes([number]) * MIB for number in range(50))


class CountingFile(io.BytesIO):
    """A file that counts the bytes that are read from it.

    Attributes:
        read_bytes: how many were read so far.
        largest: the largest number that was asked for at once.
    """

    read_bytes = 0
    largest: int | None = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Read and count."""
        found = super().read(size)
        self.read_bytes += len(found)
        whole = size is None or size < 0 or self.largest is None
        self.largest = None if whole else max(self.largest or 0, size or 0)
        return found


@pytest.mark.parametrize("begin", [0, 1, MIB, len(LARGE) - 1, len(LARGE)])
def test_a_file_is_hashed_from_where_it_stands_and_put_back(begin: int) -> None:
    """What is sent afterwards is what was hashed; every byte is read once, in parts of 1 MiB."""
    file = CountingFile(LARGE)
    file.seek(begin)

    digest = Digest.of_file(file)

    assert Digest(sha256(LARGE[begin:]).hexdigest()) == digest
    assert file.tell() == begin
    assert file.read_bytes == len(LARGE) - begin
    assert file.largest == MIB


def test_a_file_on_disk_is_hashed(tmp_path: Path) -> None:
    """Opened for reading, in binary."""
    path = tmp_path / "body"
    path.write_bytes(BODY)

    with path.open("rb") as file:
        assert Digest.of_file(file) == Digest(HASH)
        assert file.read() == BODY


@pytest.mark.parametrize("text", ["", HASH.upper(), HASH[:-1], f"{HASH}0", "g" * 64, f"{HASH}\n"])
def test_a_digest_has_one_form(text: str) -> None:
    """64 lower-case hexadecimal digits."""
    with pytest.raises(RequestError, match="payload: a ready digest is 64 lower-case hexadecimal digits"):
        Digest(text)


def peak(sign: Callable[[], object]) -> int:
    """Return the bytes that a call needs at its worst, beyond those that there were."""
    sign()  # what is kept for ever is made before the measurement
    tracemalloc.start()
    try:
        begin = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        sign()
        return tracemalloc.get_traced_memory()[1] - begin
    finally:
        tracemalloc.stop()


def signing(payload: Payload) -> dict[str, Callable[[], Signed]]:
    """Return the ways to sign a request with a payload, the making of the request included."""
    url = "https://runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/iris/invocations"

    def request() -> Request:
        return Request.from_url("POST", url, [("Content-Type", "text/csv")], payload)

    return {
        "headers": lambda: sign_headers(request(), CREDENTIALS, SCOPE),
        "headers for S3": lambda: sign_headers(request(), CREDENTIALS, SCOPE, S3),
        "query": lambda: presign(request(), CREDENTIALS, SCOPE, 60),
        "headers of 4a": lambda: sign_headers(request(), CREDENTIALS, Scope.of_regions(TIME, ["*"], "sagemaker")),
    }


@pytest.mark.parametrize("way", signing(b""))
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_a_large_body_is_not_copied_to_be_signed(
    way: str, kind: Callable[[bytes], bytes | bytearray | memoryview]
) -> None:
    """Signing 6 MiB takes no more memory than signing nothing."""
    assert peak(signing(kind(LARGE))[way]) < A_COPY_WOULD_SHOW


def test_a_large_body_is_not_copied_to_be_verified() -> None:
    """Nor on the server's side."""
    sent = signed_request(evolve(INVOKE, payload=LARGE))

    assert peak(lambda: verify(sent, finds(CREDENTIALS), TIME)) < A_COPY_WOULD_SHOW


def test_a_large_body_is_not_copied_to_be_sent_in_chunks() -> None:
    """Each chunk is a view of it."""
    signed = sign_headers(INVOKE, CREDENTIALS, SCOPE)
    view = memoryview(LARGE)
    chunks = [view[begin : begin + MIB] for begin in range(0, len(LARGE), MIB)]

    def send() -> int:
        return sum(len(part) for part in sign_chunks(signed, CREDENTIALS, SCOPE, chunks))

    assert send() > len(LARGE)
    assert peak(send) < A_COPY_WOULD_SHOW


def test_a_body_is_hashed_once() -> None:
    """A digest stands for it wherever it is needed: in the header that S3 wants and in the canonical request."""
    file = CountingFile(LARGE)
    request = evolve(INVOKE, payload=Digest.of_file(file))

    signed = sign_headers(request, CREDENTIALS, SCOPE, S3)

    assert file.read_bytes == len(LARGE)
    assert dict(signed.headers)["X-Amz-Content-SHA256"] == signed.canonical_request.payload_hash
    assert signed == sign_headers(evolve(request, payload=LARGE), CREDENTIALS, SCOPE, S3)


def hashes(sign: Callable[[], object]) -> int:
    """Return how many hashes a call makes."""
    count = 0

    def watch(_frame: FrameType, event: str, called: object) -> None:
        nonlocal count
        count += event == "c_call" and called is sha256

    sys.setprofile(watch)
    try:
        sign()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("way", signing(b""))
def test_signing_makes_two_hashes(way: str) -> None:
    """That of the body and that of the canonical request; a digest that is given saves the first."""
    assert hashes(signing(BODY)[way]) == 2
    assert hashes(signing(Digest(HASH))[way]) == 1
    assert hashes(signing(UNSIGNED)[way]) == 1


def test_verifying_makes_two_hashes() -> None:
    """The same two."""
    sent = signed_request(rules=S3)

    assert hashes(lambda: verify(sent, finds(CREDENTIALS), TIME, evolve(STRICT, rules=S3))) == 2


@pytest.mark.parametrize("payload", ["text", None, 1, [b"a"], io.BytesIO(b"a")])
def test_a_payload_of_another_type_is_refused(payload: Any) -> None:
    """With what to give instead; text has no bytes of its own."""
    with pytest.raises(RequestError, match=r"payload: is of type .*; give bytes, a Digest or UNSIGNED"):
        evolve(INVOKE, payload=payload)


def test_a_view_with_gaps_is_refused() -> None:
    """It could not be sent without a copy; a digest of its parts can be made of its bytes alone."""
    with pytest.raises(RequestError, match="payload: is a memoryview with gaps"):
        evolve(INVOKE, payload=memoryview(BODY)[::2])
