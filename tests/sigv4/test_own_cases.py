"""The project's own signing cases, checked step by step: those that others published and those made with awscrt."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from attrs import evolve

from sigv4 import SPECIFICATION, verify
from tests.sigv4.cases import (
    ECDSA_P256_SHA256,
    HMAC_SHA256,
    Case,
    made,
    of_kind,
    published,
    read_cases,
    scope_of,
    sign_case,
)
from tests.sigv4.examples import finds, signed_request

PUBLISHED = published()
MADE = made()
HEADER_CASES = of_kind(PUBLISHED, HMAC_SHA256, "headers") + of_kind(MADE, HMAC_SHA256, "headers")

each_case = pytest.mark.parametrize("case", HEADER_CASES, ids=lambda case: case.name)


def test_every_case_is_found() -> None:
    """The numbers of cases by file, algorithm and placement."""
    assert len(PUBLISHED) == len(of_kind(PUBLISHED, HMAC_SHA256, "headers")) == 34
    assert len(of_kind(MADE, HMAC_SHA256, "headers")) == 80
    assert len(of_kind(MADE, HMAC_SHA256, "query")) == 28
    assert len(of_kind(MADE, ECDSA_P256_SHA256, "headers")) == 12
    assert len(of_kind(MADE, ECDSA_P256_SHA256, "query")) == 9
    assert len(MADE) == 129


@each_case
def test_the_canonical_request_is_the_expected_one(case: Case) -> None:
    """Step 1, as text."""
    assert case.expected.canonical_request == str(sign_case(case).canonical_request)


@each_case
def test_the_string_to_sign_is_the_expected_one(case: Case) -> None:
    """Step 3, as text."""
    assert case.expected.string_to_sign == str(sign_case(case).string_to_sign)


@each_case
def test_the_signature_is_the_expected_one(case: Case) -> None:
    """Steps 5 and 6: the signature, and the header that carries it."""
    signed = sign_case(case)

    assert case.expected.signature == signed.signature
    assert case.expected.authorization == dict(signed.headers)["Authorization"]


@each_case
def test_the_signed_request_is_verified(case: Case) -> None:
    """The verifier, with the case's rules, accepts what was signed."""
    scope = scope_of(case)
    policy = evolve(SPECIFICATION, rules=case.rules).for_scope(scope.region, scope.service)
    sent = signed_request(case.request, case.credentials, scope, case.rules)

    verified = verify(sent, finds(case.credentials), scope.time, policy)

    assert case.expected.canonical_request == str(verified.canonical_request)
    assert scope == verified.scope


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
    """A payload is the body or is not signed."""
    data = deepcopy(EXAMPLE)
    data["cases"][0]["payload"] = "STREAMING"

    with pytest.raises(ValueError, match="payload 'STREAMING' is unknown"):
        read_cases(data)
