"""Every case of AWS's own test suites for Signature Version 4 and 4a, in both placements, checked step by step.

The suites are not part of the project. Their files are read from the folder that the environment variable
``SIGV4_VECTORS`` names, else from ``vectors`` in the folder ``shared`` beside the project. Where they are absent the
tests are skipped and say so; with ``CI=true`` they fail.
"""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, frozen

from sigv4 import Credentials, Request, Rules, parse_timestamp
from sigv4.raw_http import read_request
from tests.sigv4.cases import ECDSA_P256_SHA256, HMAC_SHA256, Case, Expected, only_these_keys, published, sign_case
from tests.sigv4.checks import (
    assert_it_is_verified,
    assert_it_stands_in_its_place,
    assert_the_signature_is_right,
    sent,
    verified,
)

FILES = {HMAC_SHA256: "sigv4-suite-v4.json", ECDSA_P256_SHA256: "sigv4-suite-v4a.json"}
NUMBERS = {HMAC_SHA256: 38, ECDSA_P256_SHA256: 40}
INCOMPLETE = ["get-vanilla-query-order-key", "get-vanilla-query-order-value"]
"""The cases of Signature Version 4a that are a context and a request without any expectation: nothing to compare."""
PLACEMENTS = {"header": "headers", "query": "query"}
NEIGHBOUR = Path(__file__).parents[3] / "shared" / "vectors"

_FILE_KEYS = {"source", "commit", "license", "cases"}
_GIVEN = {"name", "context", "request"}
_TEXTS = ("canonical_request", "string_to_sign", "signature", "signed_request")
_CASE_KEYS = _GIVEN | {f"{place}_{text}" for place in PLACEMENTS for text in _TEXTS}
_OLDER_TEXTS = {"canonical_request", "string_to_sign"}
"""Texts that one case of Signature Version 4a has beside those of its placements."""
_CONTEXT_KEYS = {"credentials", "region", "service", "timestamp", "normalize", "sign_body", "expiration_in_seconds"}


@frozen
class SuiteCase:
    """A case in one placement, and the request as the suite signed it."""

    case: Case
    signed_request: Request


def suite_file(environ: Mapping[str, str], algorithm: str = HMAC_SHA256) -> Path:
    """Return the place where the suite of an algorithm should be."""
    return Path(environ.get("SIGV4_VECTORS") or NEIGHBOUR) / FILES[algorithm]


def report_absence(environ: Mapping[str, str]) -> None:
    """Skip the test, or fail it where the suites must be there."""
    folder = suite_file(environ).parent
    names = " and ".join(FILES.values())
    reason = (
        f"AWS's signing test suites are not there: no {names} in {folder}; set SIGV4_VECTORS to the folder that has "
        "them"
    )
    if environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def read_suite(data: dict[str, Any], algorithm: str) -> list[SuiteCase]:
    """Read the content of a suite's file, the complete cases of it; unknown and missing keys are a ValueError."""
    only_these_keys("file", data, _FILE_KEYS)
    return [found for item in data["cases"] if not is_incomplete(item) for found in read_suite_case(item, algorithm)]


def is_incomplete(item: dict[str, Any]) -> bool:
    """Return whether a case expects nothing at all; one that lacks a part of what it should expect does not count."""
    return item.keys() == _GIVEN


def read_suite_case(item: dict[str, Any], algorithm: str) -> Iterator[SuiteCase]:
    """Read one case in both placements; see `read_suite`."""
    name, context = item["name"], item["context"]
    only_these_keys(name, _checked_older_texts(item), _CASE_KEYS | _keys_of(algorithm))
    only_these_keys(f"{name}: context", {"omit_session_token": False} | context, _CONTEXT_KEYS | {"omit_session_token"})
    keys = {"token": None} | context["credentials"]
    only_these_keys(f"{name}: credentials", keys, {"access_key_id", "secret_access_key", "token"})
    for place, placement in PLACEMENTS.items():
        signed_request = read_request(item[f"{place}_signed_request"].encode())
        case = Case(
            name=f"{name}/{placement}",
            algorithm=algorithm,
            placement=placement,
            request=read_request(item["request"].encode()),
            credentials=Credentials(keys["access_key_id"], keys["secret_access_key"], keys["token"]),
            time=parse_timestamp(context["timestamp"].replace("-", "").replace(":", "")),
            region=context["region"] if algorithm == HMAC_SHA256 else None,
            region_set=context["region"] if algorithm == ECDSA_P256_SHA256 else None,
            service=context["service"],
            rules=Rules(
                normalize_path=context["normalize"],
                sign_body_header=context["sign_body"],
                omit_session_token=context.get("omit_session_token", False),
            ),
            expires_in=context["expiration_in_seconds"] if placement == "query" else None,
            expected=Expected(
                canonical_request=item[f"{place}_canonical_request"],
                string_to_sign=item[f"{place}_string_to_sign"],
                signature=item[f"{place}_signature"],
                authorization=_authorization(signed_request) if placement == "headers" else None,
                signed_url=_url(signed_request) if placement == "query" else None,
                public_key={axis.lower(): digits for axis, digits in item["public_key"].items()}
                if algorithm == ECDSA_P256_SHA256
                else None,
            ),
        )
        yield SuiteCase(case, signed_request)


def _keys_of(algorithm: str) -> set[str]:
    return {"public_key"} if algorithm == ECDSA_P256_SHA256 else set()


def _checked_older_texts(item: dict[str, Any]) -> dict[str, Any]:
    """Return a case without the texts that are there twice, which must say the same."""
    older = {key: item[key] for key in _OLDER_TEXTS & item.keys()}
    if any(text not in (item[f"header_{key}"], item[f"query_{key}"]) for key, text in older.items()):
        raise ValueError(f"{item['name']}: a text without a placement is that of neither")
    return {key: value for key, value in item.items() if key not in older}


def _authorization(request: Request) -> str:
    return dict(request.headers)["Authorization"]


def _url(request: Request) -> str:
    return f"https://{dict(request.headers)['Host']}{request.path}?{request.query}"


PATHS = {algorithm: suite_file(os.environ, algorithm) for algorithm in FILES}
ARE_THERE = all(path.is_file() for path in PATHS.values())
SUITES: dict[str, Any] = (
    {algorithm: json.loads(path.read_text("utf-8")) for algorithm, path in PATHS.items()} if ARE_THERE else {}
)
CASES = [found for algorithm, data in SUITES.items() for found in read_suite(data, algorithm)]
PARAMETERS = [pytest.param(found, id=f"{found.case.algorithm}-{found.case.name}") for found in CASES] or [
    pytest.param(None, id="absent")
]


@pytest.fixture(params=PARAMETERS)
def suite_case(request: pytest.FixtureRequest) -> SuiteCase:
    """Each case of the suites in each placement; where they are absent, the reason."""
    if request.param is None:
        report_absence(os.environ)
    found: SuiteCase = request.param
    return found


@pytest.mark.parametrize("algorithm", FILES)
def test_the_suites_have_their_cases(algorithm: str) -> None:
    """38 of Signature Version 4 and 40 of 4a, none with the name of another; all complete ones in both placements."""
    if not CASES:
        report_absence(os.environ)
    items = SUITES[algorithm]["cases"]
    incomplete = INCOMPLETE if algorithm == ECDSA_P256_SHA256 else []

    assert NUMBERS[algorithm] == len(items) == len({item["name"] for item in items})
    read = [found.case.name for found in CASES if found.case.algorithm == algorithm]
    assert sorted(read) == sorted(
        f"{item['name']}/{placement}"
        for item in items
        for placement in PLACEMENTS.values()
        if item["name"] not in incomplete
    )


def test_two_cases_are_incomplete() -> None:
    """Exactly these two, both of Signature Version 4a; all others are checked below."""
    if not CASES:
        report_absence(os.environ)

    assert [item["name"] for item in SUITES[HMAC_SHA256]["cases"] if is_incomplete(item)] == []
    assert [item["name"] for item in SUITES[ECDSA_P256_SHA256]["cases"] if is_incomplete(item)] == INCOMPLETE


@pytest.mark.parametrize("name", INCOMPLETE)
def test_an_incomplete_case_is_signed_and_verified_all_the_same(name: str) -> None:
    """The older suite of Version 4 has a case of the same name and request; its canonical query must come out."""
    if not CASES:
        report_absence(os.environ)
    (item,) = [item for item in SUITES[ECDSA_P256_SHA256]["cases"] if item["name"] == name]
    (older,) = [case for case in published() if case.name == name]
    case = evolve(older, request=read_request(item["request"].encode()), region=None, region_set="us-east-1")

    signed = sign_case(case)

    assert older.request == case.request
    assert older.expected.canonical_request.split("\n")[2] == signed.canonical_request.query
    assert signed.canonical_request == verified(case, sent(case, signed)).canonical_request


def test_the_canonical_request_is_the_suites(suite_case: SuiteCase) -> None:
    """Step 1, as text."""
    assert suite_case.case.expected.canonical_request == str(sign_case(suite_case.case).canonical_request)


def test_the_string_to_sign_is_the_suites(suite_case: SuiteCase) -> None:
    """Step 3, as text."""
    assert suite_case.case.expected.string_to_sign == str(sign_case(suite_case.case).string_to_sign)


def test_the_signature_is_the_suites(suite_case: SuiteCase) -> None:
    """Step 5: the suite's HMAC; or the suite's public key, for which our signature and the suite's are right."""
    assert_the_signature_is_right(suite_case.case, sign_case(suite_case.case))


def test_the_signature_stands_where_the_suite_has_it(suite_case: SuiteCase) -> None:
    """Step 6: the suite's header, or a URL with the suite's parameters."""
    assert_it_stands_in_its_place(suite_case.case, sign_case(suite_case.case))


def test_what_is_signed_is_verified(suite_case: SuiteCase) -> None:
    """The verifier, with the case's rules, accepts what we signed, and the suite's signature in our request."""
    assert_it_is_verified(suite_case.case, sign_case(suite_case.case))


def test_the_request_as_the_suite_signed_it_is_verified(suite_case: SuiteCase) -> None:
    """The verifier, with the case's rules, accepts the signed request that the suite prints, as it stands there."""
    found = verified(suite_case.case, suite_case.signed_request)

    assert suite_case.case.expected.canonical_request == str(found.canonical_request)


def test_spaces_around_a_value_are_not_signed(suite_case: SuiteCase) -> None:
    """The reader of raw text takes them off, so they are put on again here: the signer takes them off too."""
    case = suite_case.case
    padded = evolve(case.request, headers=[(name, f"\t {value}  ") for name, value in case.request.headers])

    signed = sign_case(evolve(case, request=padded))

    assert case.expected.canonical_request == str(signed.canonical_request)


def test_an_absent_suite_is_skipped_with_the_name_of_the_variable() -> None:
    """Who runs the tests learns what is missing and how to provide it."""
    with pytest.raises(pytest.skip.Exception, match=r"no sigv4-suite-v4\.json and .* in nowhere; set SIGV4_VECTORS"):
        report_absence({"SIGV4_VECTORS": "nowhere"})


def test_an_absent_suite_is_a_failure_in_ci() -> None:
    """With CI=true the suite must be there."""
    with pytest.raises(pytest.fail.Exception, match="set SIGV4_VECTORS"):
        report_absence({"SIGV4_VECTORS": "nowhere", "CI": "true"})


def test_the_suite_is_looked_for_beside_the_project() -> None:
    """Unless the variable names another folder; an empty variable names none."""
    for algorithm, name in FILES.items():
        assert NEIGHBOUR / name == suite_file({}, algorithm)
        assert NEIGHBOUR / name == suite_file({"SIGV4_VECTORS": ""}, algorithm)
        assert Path("there") / name == suite_file({"SIGV4_VECTORS": "there"}, algorithm)


@pytest.mark.parametrize("part", ["case", "context", "credentials"])
def test_an_unknown_key_in_a_case_is_refused(part: str) -> None:
    """A case is read as a whole or not at all."""
    texts = dict.fromkeys(_CASE_KEYS, "")
    context = dict.fromkeys(_CONTEXT_KEYS, "") | {"credentials": {"access_key_id": "", "secret_access_key": ""}}
    item: dict[str, Any] = texts | {"name": "example", "context": context}
    {"case": item, "context": item["context"], "credentials": item["context"]["credentials"]}[part]["surprise"] = 1

    with pytest.raises(ValueError, match=r"unknown \['surprise'\]"):
        list(read_suite_case(item, HMAC_SHA256))


def test_a_case_that_lacks_only_a_part_is_refused() -> None:
    """It is no incomplete case, of which nothing is expected: it is a file that lost something."""
    item: dict[str, Any] = dict.fromkeys(_CASE_KEYS, "") | {"name": "example", "context": {}}
    del item["query_signature"]

    assert not is_incomplete(item)
    with pytest.raises(ValueError, match=r"missing keys \['query_signature'\]"):
        list(read_suite_case(item, HMAC_SHA256))


def test_a_text_that_is_there_twice_must_say_the_same() -> None:
    """One case has its texts once more without a placement."""
    texts = dict.fromkeys(_CASE_KEYS, "the same")

    assert _checked_older_texts(texts | {"string_to_sign": "the same"}) == texts
    with pytest.raises(ValueError, match="is that of neither"):
        _checked_older_texts(texts | {"string_to_sign": "another"})
