"""Bodies in chunks: form, lengths, and the chain of signatures, which is rebuilt here from the specification alone."""

import hmac
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import pairwise

import pytest
from attrs import evolve, frozen
from hypothesis import example, given
from hypothesis import strategies as st

from sigv4 import (
    S3,
    Credentials,
    Headers,
    Request,
    RequestError,
    Scope,
    Signed,
    SigningError,
    Unhashed,
    encoded_length,
    sign_chunks,
    sign_headers,
    unsigned_chunks,
)
from sigv4.keys_v4a import SigningKeyV4a
from tests.sigv4.examples import CREDENTIALS, TEMPORARY, TIME
from tests.sigv4.test_properties import HEADERS, bounded

SCOPE = Scope(TIME, "us-east-1", "s3")
EVERYWHERE = Scope.of_regions(TIME, ["*"], "s3")
EMPTY = sha256(b"").hexdigest()
CHECKSUM = [("x-amz-checksum-crc32c", "sOO8/Q==")]
PUT = Request(
    "PUT",
    "/key",
    headers=[
        ("Host", "example-bucket.s3.amazonaws.com"),
        ("Content-Encoding", "aws-chunked"),
        ("X-Amz-Decoded-Content-Length", "5"),
    ],
    payload=Unhashed.SIGNED_CHUNKS,
)
Chunk = bytes | bytearray | memoryview
BODIES = st.lists(st.binary(max_size=30), max_size=5)
TRAILERS = st.lists(
    st.tuples(st.sampled_from(["x-amz-checksum-crc32", "X-Amz-Meta-A", "a"]), st.text("aé 1=", max_size=5))
)


def seed(scope: Scope = SCOPE, credentials: Credentials = CREDENTIALS) -> Signed:
    """Return the signature of the request, with which the chain begins."""
    return sign_headers(PUT, credentials, scope, S3)


def signed_body(
    chunks: Iterable[Chunk], trailer: Iterable[tuple[str, str]] = (), scope: Scope = SCOPE, signed: Signed | None = None
) -> list[Chunk]:
    """Return the parts of a signed body."""
    return list(sign_chunks(signed or seed(scope), CREDENTIALS, scope, chunks, trailer))


@frozen
class Decoded:
    """A body in chunks, taken apart.

    Attributes:
        chunks: each chunk with its signature, the empty one that ends the body last.
        trailer: the lines after it.
    """

    chunks: tuple[tuple[bytes, str], ...]
    trailer: tuple[str, ...]

    @property
    def signatures(self) -> list[str]:
        """The signatures of the chunks."""
        return [signature for _, signature in self.chunks]


def decoded(body: bytes) -> Decoded:
    """Take a signed body apart as a server does; anything that is out of form is an AssertionError or ValueError."""
    chunks = []
    while True:
        line, end, body = body.partition(b"\r\n")
        assert end
        size, mark, signature = line.decode("ascii").partition(";chunk-signature=")
        assert mark
        assert size == f"{int(size, 16):x}"
        length = int(size, 16)
        chunk, body = body[:length], body[length:]
        assert len(chunk) == length
        chunks.append((chunk, signature))
        if not length:
            break
        assert body.startswith(b"\r\n")
        body = body[2:]
    assert body.endswith(b"\r\n")
    lines = body.decode("utf-8", "surrogateescape").split("\r\n")
    assert lines[-2:] == ["", ""] if len(lines) > 2 else lines == ["", ""]
    return Decoded(tuple(chunks), tuple(lines[:-2]))


def text_to_sign(scope: Scope, kind: str, previous: str, *hashes: str) -> str:
    """Return the string to sign of a chunk or a trailer."""
    algorithm = "AWS4-ECDSA-P256-SHA256" if scope.region_set else "AWS4-HMAC-SHA256"
    return "\n".join((f"{algorithm}-{kind}", "20150830T123600Z", str(scope), previous, *hashes))


def hmac_of(text: str) -> str:
    """Return the signature of a text for `SCOPE`, by the specification's chain of HMACs."""
    key = b"AWS4" + CREDENTIALS.secret_access_key.reveal().encode()
    for part in ("20150830", "us-east-1", "s3", "aws4_request", text):
        key = hmac.digest(key, part.encode(), "sha256")
    return key.hex()


def texts_of(found: Decoded, scope: Scope, first: str) -> Iterator[tuple[str, str]]:
    """Give each signature of a body, without padding, with the text that it must be of."""
    previous = first
    for chunk, signature in found.chunks:
        hashed = sha256(chunk).hexdigest()
        yield signature.rstrip("*"), text_to_sign(scope, "PAYLOAD", previous, EMPTY, hashed)
        previous = signature.rstrip("*")
    if found.trailer:
        *lines, last = found.trailer
        name, _, signature = last.partition(":")
        assert name == "x-amz-trailer-signature"
        hashed = sha256("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")).hexdigest()
        yield signature.rstrip("*"), text_to_sign(scope, "TRAILER", previous, hashed)


# The form


def test_a_body_is_chunks_and_an_empty_one() -> None:
    """Each chunk has its length in hexadecimal digits, its signature and a line end."""
    first = hmac_of(text_to_sign(SCOPE, "PAYLOAD", seed().signature, EMPTY, sha256(b"a" * 26).hexdigest()))
    second = hmac_of(text_to_sign(SCOPE, "PAYLOAD", first, EMPTY, EMPTY))

    assert signed_body([b"a" * 26]) == [
        f"1a;chunk-signature={first}\r\n".encode(),
        b"a" * 26,
        b"\r\n",
        f"0;chunk-signature={second}\r\n".encode(),
        b"\r\n",
    ]


def test_an_empty_body_is_an_empty_chunk() -> None:
    """Empty chunks among others are passed over: one of them would end the body."""
    assert len(signed_body([])) == 2
    assert signed_body([]) == signed_body([b"", b""])
    assert signed_body([b"a", b"b"]) == signed_body([b"", b"a", b"", b"b", b""])


def test_a_trailer_follows_the_empty_chunk() -> None:
    """Sorted lines, then their signature, then an empty line."""
    body = signed_body([b"a"], [("X-Amz-Meta-B", " 2  3 "), *CHECKSUM, ("x-amz-meta-b", "4")])

    found = decoded(b"".join(body))
    lines = "x-amz-checksum-crc32c:sOO8/Q==\nx-amz-meta-b:2 3,4\n"
    signature = hmac_of(text_to_sign(SCOPE, "TRAILER", found.signatures[-1], sha256(lines.encode()).hexdigest()))
    assert found.trailer == (*lines.split("\n")[:-1], f"x-amz-trailer-signature:{signature}")
    assert body[-1] == b"\r\n"


def test_a_chunk_is_not_copied() -> None:
    """What is given is what is yielded, of whatever kind it is."""
    chunks: list[Chunk] = [b"abc", bytearray(b"defg"), memoryview(b"hi"), memoryview(bytearray(b"0123"))[1:3]]

    for parts in (signed_body(chunks), list(unsigned_chunks(chunks, CHECKSUM))):
        assert [part for part in parts if any(part is chunk for chunk in chunks)] == chunks
        assert [parts[index] is chunk for index, chunk in zip(range(1, 12, 3), chunks, strict=True)] == [True] * 4


def test_kinds_of_chunks_make_no_difference() -> None:
    """The bytes count."""
    bodies = {
        b"".join(bytes(part) for part in signed_body([kind(b"abc"), kind(b"def")]))
        for kind in (bytes, bytearray, memoryview)
    }

    assert len(bodies) == 1


def test_chunks_are_asked_for_one_by_one() -> None:
    """An iterator may read from a file or a socket; nothing is read ahead."""
    asked: list[int] = []

    def chunks() -> Iterator[bytes]:
        for number in range(3):
            asked.append(number)
            yield b"a"

    body = sign_chunks(seed(), CREDENTIALS, SCOPE, chunks())
    for expected in ([0], [0], [0], [0, 1]):
        next(body)
        assert expected == asked


# The lengths


@bounded
@given(st.integers(0, 300), st.integers(1, 80), TRAILERS, st.sampled_from([SCOPE, EVERYWHERE]))
@example(65_536 + 1, 65_536, CHECKSUM, SCOPE)
@example(16, 16, [], SCOPE)
@example(4096, 16, [], SCOPE)
def test_the_length_is_known_beforehand(length: int, size: int, trailer: list[tuple[str, str]], scope: Scope) -> None:
    """For any length of body and chunk, any trailer, and both kinds of signature."""
    body = bytes(length)
    chunks = [body[begin : begin + size] for begin in range(0, length, size)]

    assert encoded_length(length, size, scope, trailer) == sum(map(len, signed_body(chunks, trailer, scope)))


@pytest.mark.parametrize(("length", "size"), [(-1, 1), (0, 0), (1, 0), (1, -1)])
def test_a_length_that_cannot_be_is_refused(length: int, size: int) -> None:
    """Nothing is shorter than empty, and a chunk has a byte at least."""
    with pytest.raises(RequestError, match="chunks: cannot have a length of"):
        encoded_length(length, size, SCOPE)


# The chain


@bounded
@given(BODIES, TRAILERS)
def test_every_signature_is_that_of_the_specification(chunks: list[bytes], trailer: list[tuple[str, str]]) -> None:
    """Over the one before it, and the hash of the chunk or the trailer."""
    found = decoded(b"".join(map(bytes, signed_body(chunks, trailer))))

    assert [chunk for chunk, _ in found.chunks] == [*filter(None, chunks), b""]
    assert bool(trailer) == bool(found.trailer)
    for signature, text in texts_of(found, SCOPE, seed().signature):
        assert hmac_of(text) == signature


CHUNKS = (b"first", b"second", b"third", b"fourth")


def signatures(chunks: Sequence[bytes], trailer: list[tuple[str, str]], signed: Signed | None = None) -> list[str]:
    """Return all signatures of a body: of its chunks, the empty one, and the trailer."""
    found = decoded(b"".join(map(bytes, signed_body(chunks, trailer, signed=signed))))
    return [*found.signatures, found.trailer[-1]]


@pytest.mark.parametrize("at", range(4))
def test_a_changed_chunk_changes_its_signature_and_all_later_ones(at: int) -> None:
    """And none before it."""
    right = signatures(CHUNKS, CHECKSUM)
    changed = signatures([*CHUNKS[:at], b"other", *CHUNKS[at + 1 :]], CHECKSUM)

    assert [one == other for one, other in zip(right, changed, strict=True)] == [True] * at + [False] * (6 - at)


@pytest.mark.parametrize("at", range(4))
def test_a_chunk_left_out_changes_all_later_signatures(at: int) -> None:
    """Those that are left are all others from there on."""
    right = signatures(CHUNKS, CHECKSUM)
    fewer = signatures([*CHUNKS[:at], *CHUNKS[at + 1 :]], CHECKSUM)

    assert right[:at] == fewer[:at]
    assert not set(right[at:]) & set(fewer[at:])


@pytest.mark.parametrize("at", range(3))
def test_two_chunks_that_change_places_change_all_later_signatures(at: int) -> None:
    """Also those of the chunks that stand where they stood."""
    right = signatures(CHUNKS, CHECKSUM)
    moved = [*CHUNKS]
    moved[at], moved[at + 1] = moved[at + 1], moved[at]

    found = signatures(moved, CHECKSUM)

    assert right[:at] == found[:at]
    assert not set(right[at:]) & set(found[at:])


def test_the_same_chunk_twice_has_two_signatures() -> None:
    """It could not be left out once."""
    assert len(set(signatures([b"a", b"a", b"a"], CHECKSUM))) == 5


def test_a_changed_trailer_changes_its_signature_alone() -> None:
    """The chunks came before it."""
    right = signatures(CHUNKS, CHECKSUM)
    changed = signatures(CHUNKS, [("x-amz-checksum-crc32c", "AAAAAA==")])

    assert [one == other for one, other in zip(right, changed, strict=True)] == [True] * 5 + [False]


def test_another_request_changes_every_signature() -> None:
    """A body belongs to one request."""
    other = sign_headers(evolve(PUT, path="/other"), CREDENTIALS, SCOPE, S3)

    assert not set(signatures(CHUNKS, CHECKSUM)) & set(signatures(CHUNKS, CHECKSUM, other))


def test_the_session_token_is_in_the_request_alone() -> None:
    """It signs no chunk, so the chain differs only by its beginning."""
    signed = seed(credentials=TEMPORARY)

    with_token = list(sign_chunks(signed, TEMPORARY, SCOPE, [b"a"]))

    assert with_token == signed_body([b"a"], signed=signed)


# The trailer


def test_a_trailer_without_headers_is_none() -> None:
    """Neither signed nor sent."""
    assert signed_body([b"a"], []) == signed_body([b"a"])


@pytest.mark.parametrize(
    ("name", "value"), [("", "a"), ("a b", "c"), ("a:", "b"), ("é", "a"), ("a", "b\r\nc"), ("a", "b\0"), ("a\n", "b")]
)
def test_a_trailer_that_is_no_header_is_refused(name: str, value: str) -> None:
    """By the name of the header, before anything is sent."""
    for call in (
        lambda: next(sign_chunks(seed(), CREDENTIALS, SCOPE, [b"a"], [(name, value)])),
        lambda: next(unsigned_chunks([b"a"], [(name, value)])),
        lambda: encoded_length(1, 1, SCOPE, [(name, value)]),
    ):
        with pytest.raises(RequestError) as caught:
            call()
        assert caught.value.where == f"trailer[{name!r}]"


@bounded
@given(HEADERS)
@example([("a", "\udcff")])
@example([("a", "é")])
def test_any_header_can_stand_in_a_trailer(trailer: list[tuple[str, str]]) -> None:
    """What a request takes for a header is signed here too, or refused by a SigningError."""
    try:
        Request("PUT", "/", headers=trailer)
    except SigningError:
        return
    body = b"".join(map(bytes, signed_body([b"a"], trailer)))

    assert encoded_length(1, 1, SCOPE, trailer) == len(body)


def test_an_unsigned_body_has_lengths_and_a_trailer() -> None:
    """TLS protects it, and the checksum in its trailer finds what went wrong by accident."""
    assert b"".join(map(bytes, unsigned_chunks([b"a" * 17, b"", b"b"], CHECKSUM))) == (
        b"11\r\n" + b"a" * 17 + b"\r\n1\r\nb\r\n0\r\nx-amz-checksum-crc32c:sOO8/Q==\r\n\r\n"
    )
    assert b"".join(map(bytes, unsigned_chunks([], []))) == b"0\r\n\r\n"


@pytest.mark.parametrize(
    ("payload", "line"),
    [
        (Unhashed.SIGNED_CHUNKS, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
        (Unhashed.SIGNED_CHUNKS_AND_TRAILER, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"),
        (Unhashed.UNSIGNED_CHUNKS_AND_TRAILER, "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
        (Unhashed.SIGNED_EVENTS, "STREAMING-AWS4-HMAC-SHA256-EVENTS"),
    ],
)
def test_the_request_says_how_its_body_is_signed(payload: Unhashed, line: str) -> None:
    """In the place of the body's hash, and in the header; with the name of the other algorithm under Version 4a."""
    for scope, expected in ((SCOPE, line), (EVERYWHERE, line.replace("HMAC-SHA256", "ECDSA-P256-SHA256"))):
        signed = sign_headers(evolve(PUT, payload=payload), CREDENTIALS, scope, S3)
        assert expected == signed.canonical_request.payload_hash
        assert ("X-Amz-Content-SHA256", expected) in signed.headers


# The twins of Version 4a


@pytest.mark.parametrize("trailer", [[], CHECKSUM], ids=["chunks", "chunks and trailer"])
def test_signatures_of_ecdsa_are_padded_and_right(trailer: list[tuple[str, str]]) -> None:
    """To 144 characters with stars, so that lengths are known; the chain runs over them without the stars."""
    signed = seed(EVERYWHERE)
    chunks = [bytes([number]) * (number + 1) for number in range(20)]

    found = decoded(b"".join(map(bytes, signed_body(chunks, trailer, EVERYWHERE, signed))))

    padded = [*found.signatures, *(line.partition(":")[2] for line in found.trailer[-1:])]
    assert {len(signature) for signature in padded} == {144}
    key = SigningKeyV4a.derive(CREDENTIALS)
    pairs = list(texts_of(found, EVERYWHERE, signed.signature))
    assert len(pairs) == 21 + bool(trailer)
    for signature, text in pairs:
        assert signature == signature.rstrip("*").lower()
        assert key.verify(text, signature)
    for (signature, _), (_, other) in pairwise(pairs):
        assert not key.verify(other, signature)


@pytest.mark.parametrize("scope", [SCOPE, EVERYWHERE], ids=["HMAC", "ECDSA"])
def test_a_view_with_gaps_is_refused(scope: Scope) -> None:
    """It could not be sent without a copy; the error is one of this package's."""
    with pytest.raises(SigningError):
        signed_body([memoryview(b"abcd")[::2]], scope=scope)


def test_a_view_of_larger_items_has_the_length_of_its_bytes() -> None:
    """Three items of two bytes are six bytes."""
    view = memoryview(b"abcdef").cast("H")

    assert bytes(signed_body([view])[0]).startswith(b"6;chunk-signature=")
    assert next(unsigned_chunks([view], [])) == b"6\r\n"


def test_headers_may_be_given_for_a_trailer() -> None:
    """Pairs of any kind, once through."""
    expected = signed_body([b"a"], CHECKSUM)

    assert expected == signed_body([b"a"], Headers(CHECKSUM)) == signed_body([b"a"], iter(CHECKSUM))
