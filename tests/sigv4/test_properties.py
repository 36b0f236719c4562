"""What must hold for any input, tried with generated ones."""

import contextlib
import os
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from urllib.parse import quote

import pytest
from attrs import evolve
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sigv4 import (
    SPECIFICATION,
    STRICT,
    UNSIGNED,
    Credentials,
    Payload,
    Request,
    Rules,
    Scope,
    Signer,
    SigningError,
    VerificationError,
    parse_timestamp,
    sign_headers,
    verify,
)
from sigv4.uri import canonical_query, remove_dot_segments
from tests.sigv4.examples import CREDENTIALS, INVOKE, TEMPORARY, TIME, finds, header, signed_request

bounded = settings(max_examples=300, deadline=None, derandomize=os.environ.get("CI") == "true")

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=20)
"""Any text at all, lone surrogates among it."""
ON_THE_WIRE = st.one_of(
    st.characters(min_codepoint=0x20, exclude_characters="\x7f?#%&=", exclude_categories=["Cs"]),
    st.sampled_from(["%20", "%2F", "%e1%88%b4", "%25", "%FF", "/", "//", ".", "..", "/./", "/../", "+", "é", "ሴ"]),
    st.integers(0x80, 0xFF).map(lambda byte: chr(0xDC00 + byte)),  # a byte that is no UTF-8
)
PATHS = st.lists(ON_THE_WIRE, max_size=12).map(lambda parts: "/" + "".join(parts))
PARAMETERS = st.lists(ON_THE_WIRE | st.sampled_from(["=", "?"]), max_size=8).map("".join)
QUERIES = st.lists(PARAMETERS, max_size=6).map("&".join)
NAMES = st.text("abcXYZ019-_.!~", min_size=1, max_size=6) | st.sampled_from(
    ["Content-Type", "content-type", "X-Amz-Target", "X-Amzn-Trace-Id", "User-Agent", "Connection", "x-amz-meta-a"]
)
VALUES = st.text(
    st.sampled_from(' \t,;:="aé')
    | st.characters(min_codepoint=0x20, exclude_characters="\x7f", exclude_categories=["Cs"]),
    max_size=12,
)
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=6)
PAYLOADS: st.SearchStrategy[Payload] = st.one_of(st.binary(max_size=40), st.just(UNSIGNED))
REQUESTS = st.builds(
    Request,
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH"]) | st.text("ABZ019!#$%&'*+-.^_`|~", min_size=1),
    path=PATHS,
    query=QUERIES,
    headers=HEADERS.map(lambda pairs: [*pairs, ("Host", "example.amazonaws.com")]),
    payload=PAYLOADS,
    scheme=st.sampled_from(["https", "http"]),
)
"""Requests that a record accepts; none has a field that signing adds, and no parameter is named as a signature's is."""
PRINTABLE = st.characters(min_codepoint=0x21, max_codepoint=0x7E)
CALLERS = st.builds(
    Credentials,
    access_key_id=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters=",/="), min_size=1),
    secret_access_key=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1),
    session_token=st.none() | st.text(PRINTABLE, min_size=1),
)
TIMES = st.datetimes(timezones=st.just(UTC))
FIELDS = st.text("abcxyzABC019-_.", min_size=1, max_size=12)
SCOPES = st.builds(Scope, time=TIMES, region=FIELDS, service=FIELDS)
RULES = st.builds(Rules, *[st.booleans()] * 4)


def quoted(text: str) -> str:
    """Percent-encode a text for a query."""
    return quote(text.encode("utf-8", "surrogateescape"), "")


@bounded
@given(REQUESTS, CALLERS, SCOPES, RULES)
def test_what_was_signed_is_verified(request: Request, caller: Credentials, scope: Scope, rules: Rules) -> None:
    """Any request, caller, scope and rules that the signer takes make a request that the verifier accepts."""
    sent = signed_request(request, caller, scope, rules)
    policy = evolve(SPECIFICATION, rules=rules, clock_tolerance=timedelta(seconds=1))

    verified = verify(sent, finds(caller), scope.time, policy.for_scope(scope.region, scope.service))

    assert caller.access_key_id == verified.access_key_id
    assert parse_timestamp(scope.timestamp) == verified.scope.time
    assert sign_headers(request, caller, scope, rules).canonical_request == verified.canonical_request


@bounded
@given(REQUESTS, CALLERS, SCOPES, RULES)
def test_signing_twice_gives_the_same(request: Request, caller: Credentials, scope: Scope, rules: Rules) -> None:
    """There is nothing random, and nothing is kept between two calls."""
    assert sign_headers(request, caller, scope, rules) == sign_headers(request, caller, scope, rules)


@bounded
@given(ANY_TEXT, ANY_TEXT, ANY_TEXT, st.lists(st.tuples(ANY_TEXT, ANY_TEXT), max_size=3), ANY_TEXT)
def test_any_text_makes_a_request_or_is_refused(
    method: str, path: str, query: str, headers: list[tuple[str, str]], scheme: str
) -> None:
    """By a SigningError; a request that could be made can be signed, or is refused in the same way."""
    changes: list[dict[str, Any]] = [
        {"method": method},
        {"path": path},
        {"path": f"/{path}"},
        {"query": query},
        {"headers": [*INVOKE.headers, *headers]},
        {"headers": [*INVOKE.headers, *[("X-Test", value) for _, value in headers]]},
        {"scheme": scheme},
    ]
    for change in changes:
        with contextlib.suppress(SigningError):
            sign_headers(evolve(INVOKE, **change), CREDENTIALS, Scope(TIME, "r", "s"))


@bounded
@given(ANY_TEXT, ANY_TEXT)
@example("ß", "https://example.amazonaws.com")
@example("GET", "https://[::1]:99999")
def test_any_text_makes_a_request_of_a_url_or_is_refused(method: str, url: str) -> None:
    """By a SigningError, and a request that was made has a host."""
    for text in (url, f"https://{url}", f"https://example.amazonaws.com{url}", f"https://example.amazonaws.com/{url}"):
        try:
            request = Request.from_url("GET", text)
            Request.from_url(method, text)
        except SigningError:
            continue
        assert header(request, "host")


@bounded
@given(ANY_TEXT, ANY_TEXT, st.none() | ANY_TEXT)
def test_any_text_makes_credentials_or_is_refused(key_id: str, secret: str, token: str | None) -> None:
    """By a SigningError; credentials that could be made can sign, and what they sign is verified."""
    try:
        caller = Credentials(key_id, secret, token)
    except SigningError:
        return
    assert verify(signed_request(credentials=caller), finds(caller), TIME, STRICT).access_key_id == key_id


@bounded
@given(ANY_TEXT, ANY_TEXT)
def test_any_text_makes_a_scope_or_is_refused(region: str, service: str) -> None:
    """By a SigningError; a scope that could be made has four fields."""
    try:
        scope = Scope(TIME, region, service)
    except SigningError:
        return
    assert f"20150830/{region}/{service}/aws4_request" == str(scope)


@bounded
@given(ANY_TEXT | st.text("0123456789TZ", min_size=15, max_size=17))
def test_any_text_is_a_time_stamp_or_is_refused(text: str) -> None:
    """By a SigningError; a time stamp that could be read is written in the same way."""
    try:
        time = parse_timestamp(text)
    except SigningError:
        return
    assert text == Scope(time, "r", "s").timestamp


GOOD = signed_request(credentials=TEMPORARY)
DATES = st.sampled_from(["", "20150830T123600Z", "00010101T000000Z", "99991231T235959Z", "2015083\u0966T123600Z"])
CREDENTIAL_FIELDS = st.sampled_from(
    ["AKIDEXAMPLE", "20150830", "00000000", "eu-west-1", "sagemaker", "aws4_request", "", "é", "\udcff", "a b", "*"]
)
CREDENTIAL_TEXTS = st.sampled_from(
    ["AKIDEXAMPLE/20150830/eu-west-1/sagemaker/aws4_request", "AKIDEXAMPLE/20150830/sagemaker/aws4_request"]
) | st.lists(CREDENTIAL_FIELDS, max_size=6).map("/".join)
LISTS = st.sampled_from(["host;x-amz-date", "host", "host;x-amz-date;x-amz-region-set"]) | st.lists(
    st.sampled_from(["host", "x-amz-date", "Host", "a", "", "é"]), max_size=4
).map(";".join)
SIGNATURES = st.sampled_from(["0" * 64, "3006020101020101", "3045", "", "é"]) | st.binary(max_size=80).map(bytes.hex)
ALGORITHMS = st.sampled_from(["AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256", "AWS4", ""])
AUTHORIZATIONS = st.builds(
    "{} Credential={}, SignedHeaders={}, Signature={}".format, ALGORITHMS, CREDENTIAL_TEXTS, LISTS, SIGNATURES
)
REGION_SETS = st.sampled_from(["*", "eu-west-1", "us-*,eu-west-1", "", ",", "é", "[", "a b"])
SOUP = st.one_of(
    st.tuples(st.sampled_from(["Authorization", "authorization"]), AUTHORIZATIONS | VALUES),
    st.tuples(st.just("X-Amz-Date"), DATES | VALUES),
    st.tuples(st.just("X-Amz-Region-Set"), REGION_SETS | VALUES),
    st.tuples(st.just("X-Amz-Security-Token"), st.just("AQoDYXdzEPT//wEXAMPLE==") | VALUES),
    st.tuples(st.just("X-Amz-Content-SHA256"), st.just("UNSIGNED-PAYLOAD") | VALUES),
    st.tuples(st.just("Host"), st.just("example.amazonaws.com") | VALUES),
    st.tuples(NAMES, VALUES),
)
QUERY_SOUP = st.lists(
    st.one_of(
        st.builds("X-Amz-Algorithm={}".format, ALGORITHMS),
        st.builds("X-Amz-Credential={}".format, CREDENTIAL_TEXTS.map(quoted)),
        st.builds("X-Amz-Date={}".format, DATES.map(quoted)),
        st.builds("X-Amz-Expires={}".format, st.sampled_from(["1", "604800", "0", "-1", "x", "1.5", "٣", "99999999"])),
        st.builds("X-Amz-SignedHeaders={}".format, LISTS.map(quoted)),
        st.builds("X-Amz-Signature={}".format, SIGNATURES.map(quoted)),
        st.builds("X-Amz-Region-Set={}".format, REGION_SETS.map(quoted)),
        st.builds("X-Amz-Security-Token={}".format, PARAMETERS),
        PARAMETERS,
    ),
    max_size=9,
).map("&".join)


@bounded
@given(st.lists(SOUP, max_size=6), PATHS, QUERIES | QUERY_SOUP)
def test_any_headers_are_refused_by_a_verification_error(headers: list[tuple[str, str]], path: str, query: str) -> None:
    """Whatever arrives, the verifier raises nothing else, and accepts none of it."""
    for arrived in (
        Request("POST", path, query, headers),
        Request("POST", "/", "", headers),
        evolve(GOOD, headers=[*GOOD.headers, *headers, ("X-Amz-Target", "a")]),
    ):
        with pytest.raises(VerificationError):
            verify(arrived, finds(TEMPORARY), TIME, STRICT)


@bounded
@given(st.integers(0, len(header(GOOD, "authorization"))), st.integers(0, 20), VALUES)
def test_a_spoilt_authorization_is_refused_by_a_verification_error(position: int, length: int, text: str) -> None:
    """Any part of the header replaced by any text."""
    right = header(GOOD, "authorization")
    spoilt = right[:position] + text + right[position + length :]
    arrived = evolve(GOOD, headers=[*GOOD.headers[:-1], ("Authorization", spoilt)])
    if spoilt.replace(", ", ",") == right.replace(", ", ","):
        return  # the space after a comma may be left out

    with pytest.raises(VerificationError):
        verify(arrived, finds(TEMPORARY), TIME, STRICT)


@bounded
@given(QUERIES)
@example("=")
@example("&&")
@example("a=%2b+%2B")
def test_the_canonical_query_is_canonical(query: str) -> None:
    """It is its own canonical form."""
    canonical = canonical_query(query)

    assert canonical == canonical_query(canonical)


@bounded
@given(st.lists(PARAMETERS, max_size=4))
def test_the_order_of_parameters_makes_no_difference(parameters: list[str]) -> None:
    """Every order of the same parameters has the same canonical form."""
    assert len({canonical_query("&".join(order)) for order in permutations(parameters)}) == 1


@bounded
@given(PATHS)
@example("/a/b/..")
@example("/../..//.")
def test_dot_segments_are_removed_once_and_for_all(path: str) -> None:
    """The result begins with a slash, has no dot segment or empty one, and does not change again."""
    removed = remove_dot_segments(path)

    assert removed == remove_dot_segments(removed)
    assert removed.startswith("/")
    assert not {"", ".", ".."} & set(removed.strip("/").split("/")[1:])


@bounded
@given(REQUESTS, CALLERS, FIELDS, FIELDS, RULES, st.lists(TIMES, min_size=1, max_size=4))
def test_a_signer_signs_as_the_function_does(
    request: Request, caller: Credentials, region: str, service: str, rules: Rules, times: list[datetime]
) -> None:
    """At any times, in any order: the key that is kept never outlives its day."""
    signer = Signer(caller, region=region, service=service, rules=rules)

    for time in times:
        assert sign_headers(request, caller, Scope(time, region, service), rules) == signer.sign(request, time)


def test_a_signer_changes_its_key_at_midnight() -> None:
    """One second before and after, and back again."""
    signer = Signer(CREDENTIALS, region="eu-west-1", service="sagemaker")
    midnight = datetime(2015, 8, 31, tzinfo=UTC)

    for seconds in (-1, 0, 1, -1, 86_399, 86_400):
        time = midnight + timedelta(seconds=seconds)
        expected = sign_headers(INVOKE, CREDENTIALS, Scope(time, "eu-west-1", "sagemaker"))
        assert expected == signer.sign(INVOKE, time)
