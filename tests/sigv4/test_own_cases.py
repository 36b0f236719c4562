"""The project's own signing cases, checked step by step: published ones, those made with awscrt, and AWS's examples.

Every case is checked, whatever its algorithm and placement.
"""

import hmac
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest

from sigv4 import Headers, encoded_length, sign_chunks
from tests.sigv4.cases import (
    ECDSA_P256_SHA256,
    HMAC_SHA256,
    Case,
    Chunks,
    examples,
    made,
    of_kind,
    published,
    read_cases,
    scope_of,
    sign_case,
)
from tests.sigv4.checks import assert_it_is_verified, assert_it_stands_in_its_place, assert_the_signature_is_right

PUBLISHED = published()
MADE = made()
EXAMPLES = examples()
IN_CHUNKS = [(case, case.chunks) for case in EXAMPLES if case.chunks is not None]

each_case = pytest.mark.parametrize("case", PUBLISHED + MADE + EXAMPLES, ids=lambda case: case.name)
each_in_chunks = pytest.mark.parametrize(("case", "chunks"), IN_CHUNKS, ids=[case.name for case, _ in IN_CHUNKS])


def test_every_case_is_found() -> None:
    """The numbers of cases by file, algorithm and placement; all of them are in the tests below."""
    assert len(PUBLISHED) == len(of_kind(PUBLISHED, HMAC_SHA256, "headers")) == 34
    assert len(of_kind(MADE, HMAC_SHA256, "headers")) == 80
    assert len(of_kind(MADE, HMAC_SHA256, "query")) == 28
    assert len(of_kind(MADE, ECDSA_P256_SHA256, "headers")) == 12
    assert len(of_kind(MADE, ECDSA_P256_SHA256, "query")) == 9
    assert len(MADE) == 129


def test_every_example_of_the_pages_is_found() -> None:
    """By name: the four of Amazon S3's page on headers, the presigned one, the two in chunks, and IAM's."""
    assert [case.name for case in EXAMPLES] == [
        "iam-list-users",
        "s3-get-bucket-lifecycle",
        "s3-get-object",
        "s3-list-objects",
        "s3-presigned-get-object",
        "s3-put-object",
        "s3-put-object-in-chunks",
        "s3-put-object-in-chunks-with-trailer",
    ]


@each_case
def test_the_canonical_request_is_the_expected_one(case: Case) -> None:
    """Step 1, as text."""
    assert case.expected.canonical_request == str(sign_case(case).canonical_request)


@each_case
def test_the_string_to_sign_is_the_expected_one(case: Case) -> None:
    """Step 3, as text."""
    assert case.expected.string_to_sign == str(sign_case(case).string_to_sign)


@each_case
def test_the_signature_is_right(case: Case) -> None:
    """Step 5: the expected HMAC; or the expected key pair, of which both signatures are."""
    assert_the_signature_is_right(case, sign_case(case))


@each_case
def test_the_signature_stands_in_its_place(case: Case) -> None:
    """Step 6: the expected header, or a URL with the expected parameters."""
    assert_it_stands_in_its_place(case, sign_case(case))


@each_case
def test_the_signed_request_is_verified(case: Case) -> None:
    """The verifier, with the case's rules, accepts what we signed and what the case has."""
    assert_it_is_verified(case, sign_case(case))


def body_of(case: Case, chunks: Chunks) -> list[bytes]:
    """Return the body in chunks as it is sent: head, chunk and line end of each, then the end."""
    parts = sign_chunks(sign_case(case), case.credentials, scope_of(case), chunks.parts, chunks.trailer)
    return [bytes(part) for part in parts]


def expected_body(chunks: Chunks) -> Iterator[bytes]:
    """Give the parts of the body that the page prints."""
    *signatures, last = chunks.signatures
    for part, signature in zip(chunks.parts, signatures, strict=True):
        yield f"{len(part):x};chunk-signature={signature}\r\n".encode()
        yield part
        yield b"\r\n"
    yield f"0;chunk-signature={last}\r\n".encode()
    if chunks.trailer:
        lines = "".join(f"{name}:{value}\r\n" for name, value in chunks.trailer)
        yield f"{lines}x-amz-trailer-signature:{chunks.trailer_signature}\r\n".encode()
    yield b"\r\n"


@each_in_chunks
def test_the_body_in_chunks_is_the_expected_one(case: Case, chunks: Chunks) -> None:
    """Each chunk's signature, and that of the trailer, byte for byte."""
    assert list(expected_body(chunks)) == body_of(case, chunks)


@each_in_chunks
def test_the_length_of_the_body_in_chunks_is_known_before_it_is_made(case: Case, chunks: Chunks) -> None:
    """As Content-Length, from the length of the body, that of a chunk and the trailer."""
    length = encoded_length(sum(map(len, chunks.parts)), len(chunks.parts[0]), scope_of(case), chunks.trailer)

    assert chunks.encoded_length == length == len(b"".join(body_of(case, chunks)))


def test_the_other_signature_that_is_told_of_the_trailer_has_another_first_line() -> None:
    """Programs that cite an older page expect a value that comes out when the trailer is signed as a chunk is."""
    case = EXAMPLES[-1]
    key = b"AWS4" + case.credentials.secret_access_key.reveal().encode()
    for text in str(scope_of(case)).split("/"):
        key = hmac.digest(key, text.encode(), "sha256")
    lines = (
        "20130524T000000Z",
        "20130524/us-east-1/s3/aws4_request",
        "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
        "1e376db7e1a34a8ef1c4bcee131a2d60a1cb62503747488624e10995f448d774",
    )

    as_trailer = hmac.digest(key, "\n".join(("AWS4-HMAC-SHA256-TRAILER", *lines)).encode(), "sha256").hex()
    as_chunk = hmac.digest(key, "\n".join(("AWS4-HMAC-SHA256-PAYLOAD", *lines)).encode(), "sha256").hex()

    assert case.chunks is not None
    assert case.chunks.trailer_signature == as_trailer
    assert as_chunk == "63bddb248ad2590c92712055f51b8e78ab024eead08276b24f010b0efd74843f"


EXAMPLE: dict[str, Any] = {
    "format": 1,
    "origin": "this file",
    "version": "1",
    "licence": "Apache-2.0",
    "made_by": "hand",
    "cases": [
        {
            "name": "example",
            "algorithm": "AWS4-HMAC-SHA256",
            "placement": "headers",
            "request": {"method": "GET", "path": "/", "query": "", "headers": [["Host", "a"]], "body": ""},
            "credentials": {"access_key_id": "AKIDEXAMPLE", "secret_access_key": "secret", "session_token": None},
            "time": "20150830T123600Z",
            "region": "us-east-1",
            "service": "service",
            "payload": "body",
            "expires_in": None,
            "rules": {
                "normalize_path": True,
                "encode_path_twice": True,
                "sign_body_header": False,
                "omit_session_token": False,
            },
            "expect": {"canonical_request": "", "string_to_sign": "", "signature": "", "authorization": ""},
        }
    ],
}

PARTS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "file": lambda data: data,
    "case": lambda data: data["cases"][0],
    "request": lambda data: data["cases"][0]["request"],
    "credentials": lambda data: data["cases"][0]["credentials"],
    "rules": lambda data: data["cases"][0]["rules"],
    "expect": lambda data: data["cases"][0]["expect"],
}


def test_the_loader_reads_the_example() -> None:
    """The tests below change one thing in a file that is right."""
    assert [case.name for case in read_cases(EXAMPLE)] == ["example"]


@pytest.mark.parametrize("part", PARTS)
def test_the_loader_refuses_an_unknown_key(part: str) -> None:
    """In the file, in a case and in each of its parts."""
    data = deepcopy(EXAMPLE)
    PARTS[part](data)["surprise"] = 1

    with pytest.raises(ValueError, match=r"unknown \['surprise'\]"):
        read_cases(data)


@pytest.mark.parametrize("part", ["request", "credentials", "rules", "expect"])
def test_the_loader_refuses_a_missing_key(part: str) -> None:
    """Nothing has a silent default."""
    data = deepcopy(EXAMPLE)
    key = PARTS[part](data).popitem()[0]

    with pytest.raises(ValueError, match=rf"missing keys \['{key}'\]"):
        read_cases(data)


def test_the_loader_refuses_another_format() -> None:
    """A later format may mean something else by the same words."""
    with pytest.raises(ValueError, match="format 2 is not 1"):
        read_cases(EXAMPLE | {"format": 2})


def test_the_loader_refuses_a_name_that_comes_twice() -> None:
    """A failure must name one case."""
    with pytest.raises(ValueError, match="a name comes twice"):
        read_cases(EXAMPLE | {"cases": EXAMPLE["cases"] * 2})


def test_the_loader_refuses_an_unknown_payload() -> None:
    """A payload is the body, is not signed, or is signed in chunks."""
    data = deepcopy(EXAMPLE)
    data["cases"][0]["payload"] = "CHUNKS"

    with pytest.raises(ValueError, match="payload 'CHUNKS' is unknown"):
        read_cases(data)


CHUNKED: dict[str, Any] = {
    "parts": [["a", 2]],
    "trailer": [],
    "signatures": ["", ""],
    "trailer_signature": None,
    "encoded_length": 0,
}


def test_the_loader_reads_chunks_where_the_payload_is_in_chunks() -> None:
    """A part is a text and how often it is repeated."""
    data = deepcopy(EXAMPLE)
    data["cases"][0] |= {"payload": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "chunks": CHUNKED}

    (case,) = read_cases(data)

    assert Chunks((b"aa",), Headers(), ("", ""), None, 0) == case.chunks


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"payload": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"}, r"missing keys \['chunks'\]"),
        ({"chunks": CHUNKED}, r"unknown \['chunks'\]"),
        ({"payload": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "chunks": CHUNKED | {"a": 1}}, r"unknown \['a'\]"),
        (
            {"payload": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "chunks": CHUNKED | {"signatures": [""]}},
            "one signature for each part",
        ),
        (
            {"payload": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "chunks": CHUNKED | {"trailer_signature": ""}},
            "one for a trailer",
        ),
        ({"expires_in": 60}, "expires_in belongs to query placement"),
    ],
)
def test_the_loader_refuses_chunks_and_lifetimes_that_do_not_fit(changes: dict[str, Any], message: str) -> None:
    """Chunks belong to a payload in chunks, with all their signatures; a lifetime belongs to a URL."""
    data = deepcopy(EXAMPLE)
    data["cases"][0] |= changes

    with pytest.raises(ValueError, match=message):
        read_cases(data)
