"""Signing cases as records, and the loader of the project's own (format 1, described in fixtures/README.md).

The loader is strict: a key that is missing or unknown, a format other than 1 and a name that comes twice are errors, so
that no case is ever half read.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from sigv4 import (
    UNSIGNED,
    Credentials,
    Headers,
    Payload,
    Request,
    Rules,
    Scope,
    Signed,
    Unhashed,
    parse_timestamp,
    presign,
    sign_headers,
)

HMAC_SHA256 = "AWS4-HMAC-SHA256"
ECDSA_P256_SHA256 = "AWS4-ECDSA-P256-SHA256"
FOLDER = Path(__file__).parents[2] / "fixtures" / "sigv4"

_FILE = {"format", "origin", "version", "licence", "made_by", "cases"}
_CASE = {
    "name", "algorithm", "placement", "request", "credentials", "time", "service",
    "payload", "expires_in", "rules", "expect",
}  # fmt: skip
_REQUEST = {"method", "path", "query", "headers", "body"}
_CREDENTIALS = {"access_key_id", "secret_access_key", "session_token"}
_RULES = {"normalize_path", "encode_path_twice", "sign_body_header", "omit_session_token"}
_EXPECT = {"canonical_request", "string_to_sign", "signature"}
_CHUNKS = {"parts", "trailer", "signatures", "trailer_signature", "encoded_length"}
_KINDS = {
    # algorithm and placement: what a case says beside its common keys, and what it expects beside the common texts
    (HMAC_SHA256, "headers"): ({"region"}, {"authorization"}),
    (HMAC_SHA256, "query"): ({"region"}, {"signed_url"}),
    (ECDSA_P256_SHA256, "headers"): ({"region_set"}, {"authorization", "public_key"}),
    (ECDSA_P256_SHA256, "query"): ({"region_set"}, {"signed_url", "public_key"}),
}
_PAYLOADS = {
    "UNSIGNED-PAYLOAD": UNSIGNED,
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD": Unhashed.SIGNED_CHUNKS,
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER": Unhashed.SIGNED_CHUNKS_AND_TRAILER,
}
"""What a case's ``payload`` may say beside ``body``; the streaming ones come with ``chunks``, and only they."""
_PRESENT_IN_PUBLISHED = {"x-amz-date", "x-amz-security-token"}


@frozen
class Expected:
    """What must come out of a case.

    Attributes:
        canonical_request: the text of step 1.
        string_to_sign: the text of step 3.
        signature: 64 hexadecimal digits of HMAC, or an ECDSA signature of another length.
        authorization: the header's value, for header placement.
        signed_url: the whole URL, for query placement.
        public_key: the coordinates ``x`` and ``y`` in hexadecimal digits, for ECDSA.
    """

    canonical_request: str
    string_to_sign: str
    signature: str
    authorization: str | None = None
    signed_url: str | None = None
    public_key: Mapping[str, str] | None = None


@frozen
class Chunks:
    """A body that is sent in chunks, and what must come out of it.

    Attributes:
        parts: the chunks, without the empty one that ends the body.
        trailer: the headers after the body.
        signatures: one for each chunk, the empty one too.
        trailer_signature: that of the trailer; ``None`` without one.
        encoded_length: bytes of the body with all that the chunks add.
    """

    parts: tuple[bytes, ...]
    trailer: Headers
    signatures: tuple[str, ...]
    trailer_signature: str | None
    encoded_length: int


@frozen
class Case:
    """One signing case.

    Attributes:
        name: unique in its file.
        algorithm: `HMAC_SHA256` or `ECDSA_P256_SHA256`.
        placement: ``"headers"`` or ``"query"``.
        request: what is signed, without the fields that signing adds.
        credentials: who signs.
        time: when.
        region: for HMAC; ``None`` for ECDSA.
        region_set: for ECDSA, a comma list; ``None`` for HMAC.
        service: the signing name.
        rules: how the service wants it.
        expires_in: seconds, for query placement.
        expected: what must come out.
        chunks: the body in chunks, where it is signed so.
    """

    name: str
    algorithm: str
    placement: str
    request: Request
    credentials: Credentials
    time: datetime
    region: str | None
    region_set: str | None
    service: str
    rules: Rules
    expires_in: int | None
    expected: Expected
    chunks: Chunks | None = None


def sign_case(case: Case) -> Signed:
    """Sign a case in its placement."""
    if case.expires_in is None:
        return sign_headers(case.request, case.credentials, scope_of(case), case.rules)
    return presign(case.request, case.credentials, scope_of(case), case.expires_in, case.rules)


def scope_of(case: Case) -> Scope:
    """Return the scope of a case."""
    if case.region_set is not None:
        return Scope.of_regions(case.time, case.region_set.split(","), case.service)
    if case.region is None:
        raise ValueError(f"{case.name} has neither a region nor a region set")
    return Scope(case.time, case.region, case.service)


def published() -> list[Case]:
    """Return the cases that others published; their requests lose the fields that signing adds."""
    cases = load_cases(FOLDER / "published.json")
    return [evolve(case, request=without(case.request, _PRESENT_IN_PUBLISHED)) for case in cases]


def made() -> list[Case]:
    """Return the cases that were made for this project."""
    return load_cases(FOLDER / "made.json")


def examples() -> list[Case]:
    """Return the examples of AWS's pages."""
    return load_cases(FOLDER / "examples.json")


def of_kind(cases: Iterable[Case], algorithm: str, placement: str) -> list[Case]:
    """Return the cases of one algorithm and placement."""
    return [case for case in cases if (case.algorithm, case.placement) == (algorithm, placement)]


def without(request: Request, names: set[str]) -> Request:
    """Return the request without the headers of these lower-case names."""
    return evolve(request, headers=[pair for pair in request.headers if pair[0].lower() not in names])


def load_cases(path: Path) -> list[Case]:
    """Read a file of format 1.

    Raises:
        ValueError: for anything that the format does not have.
    """
    return read_cases(json.loads(path.read_text("utf-8")))


def read_cases(data: dict[str, Any]) -> list[Case]:
    """Read the content of a file of format 1; see `load_cases`."""
    only_these_keys("file", data, _FILE)
    if data["format"] != 1:
        raise ValueError(f"format {data['format']!r} is not 1")
    cases = [_case(item) for item in data["cases"]]
    if len({case.name for case in cases}) != len(cases):
        raise ValueError("a name comes twice")
    return cases


def only_these_keys(where: str, data: Mapping[str, Any], keys: set[str]) -> None:
    """Raise ValueError unless the mapping has exactly these keys."""
    if data.keys() != keys:
        raise ValueError(f"{where}: missing keys {sorted(keys - data.keys())}, unknown {sorted(data.keys() - keys)}")


def _case(item: dict[str, Any]) -> Case:
    name = item["name"]
    own_keys, own_expectations = _KINDS[item["algorithm"], item["placement"]]
    in_chunks = {"chunks"} if item.get("payload", "").startswith("STREAMING") else set()
    only_these_keys(name, item, _CASE | own_keys | in_chunks)
    only_these_keys(f"{name}: credentials", item["credentials"], _CREDENTIALS)
    only_these_keys(f"{name}: rules", item["rules"], _RULES)
    only_these_keys(f"{name}: expect", item["expect"], _EXPECT | own_expectations)
    if (item["expires_in"] is None) != (item["placement"] == "headers"):
        raise ValueError(f"{name}: expires_in belongs to query placement, and only there")
    return Case(
        name=name,
        algorithm=item["algorithm"],
        placement=item["placement"],
        request=_request(name, item["request"], item["payload"]),
        credentials=Credentials(**item["credentials"]),
        time=parse_timestamp(item["time"]),
        region=item.get("region"),
        region_set=item.get("region_set"),
        service=item["service"],
        rules=Rules(**item["rules"]),
        expires_in=item["expires_in"],
        expected=Expected(**item["expect"]),
        chunks=_chunks(name, item["chunks"]) if in_chunks else None,
    )


def _request(name: str, data: dict[str, Any], payload: str) -> Request:
    only_these_keys(f"{name}: request", data, _REQUEST)
    payloads: dict[str, Payload] = {"body": data["body"].encode(), **_PAYLOADS}
    if payload not in payloads:
        raise ValueError(f"{name}: payload {payload!r} is unknown")
    headers = [(header, value) for header, value in data["headers"]]
    return Request(data["method"], data["path"], data["query"], headers, payloads[payload])


def _chunks(name: str, data: dict[str, Any]) -> Chunks:
    """Read the chunks of a case; each part is a text and how often it is repeated."""
    only_these_keys(f"{name}: chunks", data, _CHUNKS)
    parts = tuple(text.encode() * times for text, times in data["parts"])
    trailer = Headers((header, value) for header, value in data["trailer"])
    if len(data["signatures"]) != len(parts) + 1 or (data["trailer_signature"] is None) != (not trailer):
        raise ValueError(f"{name}: chunks: one signature for each part, one for the end, one for a trailer")
    return Chunks(parts, trailer, tuple(data["signatures"]), data["trailer_signature"], data["encoded_length"])
