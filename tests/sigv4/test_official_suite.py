"""Every SigV4 case of AWS's own test suite, in header placement, checked step by step.

The suite is not part of the project. Its file ``sigv4-suite-v4.json`` is read from the folder that the environment
variable ``SIGV4_VECTORS`` names, else from ``vectors`` in the folder ``shared`` beside the project. Where it is absent
the tests are skipped and say so; with ``CI=true`` they fail.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, frozen

from sigv4 import SPECIFICATION, Credentials, Request, Rules, parse_timestamp, verify
from tests.sigv4.cases import HMAC_SHA256, Case, Expected, only_these_keys, scope_of, sign_case
from tests.sigv4.examples import finds
from tests.sigv4.raw_request import read_raw_request

FILE = "sigv4-suite-v4.json"
NEIGHBOUR = Path(__file__).parents[3] / "shared" / "vectors"

_FILE_KEYS = {"source", "commit", "license", "cases"}
_TEXTS = ("canonical_request", "string_to_sign", "signature", "signed_request")
_CASE_KEYS = {"name", "context", "request"} | {f"{place}_{text}" for place in ("header", "query") for text in _TEXTS}
_CONTEXT_KEYS = {"credentials", "region", "service", "timestamp", "normalize", "sign_body", "expiration_in_seconds"}


@frozen
class SuiteCase:
    """A case, and the request as the suite signed it."""

    case: Case
    signed_request: Request


def suite_file(environ: Mapping[str, str]) -> Path:
    """Return the place where the suite should be."""
    return Path(environ.get("SIGV4_VECTORS") or NEIGHBOUR) / FILE


def report_absence(environ: Mapping[str, str]) -> None:
    """Skip the test, or fail it where the suite must be there."""
    folder = suite_file(environ).parent
    reason = (
        f"AWS's signing test suite is not there: no {FILE} in {folder}; set SIGV4_VECTORS to the folder that has it"
    )
    if environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def read_suite(data: dict[str, Any]) -> list[SuiteCase]:
    """Read the content of the suite's file; unknown and missing keys are a ValueError."""
    only_these_keys("file", data, _FILE_KEYS)
    return [read_suite_case(item) for item in data["cases"]]


def read_suite_case(item: dict[str, Any]) -> SuiteCase:
    """Read one case; see `read_suite`."""
    name, context = item["name"], item["context"]
    only_these_keys(name, item, _CASE_KEYS)
    only_these_keys(f"{name}: context", {"omit_session_token": False} | context, _CONTEXT_KEYS | {"omit_session_token"})
    keys = {"token": None} | context["credentials"]
    only_these_keys(f"{name}: credentials", keys, {"access_key_id", "secret_access_key", "token"})
    signed_request = read_raw_request(item["header_signed_request"])
    case = Case(
        name=name,
        algorithm=HMAC_SHA256,
        placement="headers",
        request=read_raw_request(item["request"]),
        credentials=Credentials(keys["access_key_id"], keys["secret_access_key"], keys["token"]),
        time=parse_timestamp(context["timestamp"].replace("-", "").replace(":", "")),
        region=context["region"],
        region_set=None,
        service=context["service"],
        rules=Rules(
            normalize_path=context["normalize"],
            sign_body_header=context["sign_body"],
            omit_session_token=context.get("omit_session_token", False),
        ),
        expires_in=None,
        expected=Expected(
            canonical_request=item["header_canonical_request"],
            string_to_sign=item["header_string_to_sign"],
            signature=item["header_signature"],
            authorization=dict(signed_request.headers)["Authorization"],
        ),
    )
    return SuiteCase(case, signed_request)


PATH = suite_file(os.environ)
CASES = read_suite(json.loads(PATH.read_text("utf-8"))) if PATH.is_file() else []
PARAMETERS = [pytest.param(found, id=found.case.name) for found in CASES] or [pytest.param(None, id="absent")]


@pytest.fixture(params=PARAMETERS)
def suite_case(request: pytest.FixtureRequest) -> SuiteCase:
    """Each case of the suite; where it is absent, the reason."""
    if request.param is None:
        report_absence(os.environ)
    found: SuiteCase = request.param
    return found


def test_the_suite_has_its_38_cases() -> None:
    """None is left out, and none has the name of another."""
    if not CASES:
        report_absence(os.environ)

    assert len(CASES) == 38
    assert len({found.case.name for found in CASES}) == 38


def test_the_canonical_request_is_the_suites(suite_case: SuiteCase) -> None:
    """Step 1, as text."""
    assert suite_case.case.expected.canonical_request == str(sign_case(suite_case.case).canonical_request)


def test_the_string_to_sign_is_the_suites(suite_case: SuiteCase) -> None:
    """Step 3, as text."""
    assert suite_case.case.expected.string_to_sign == str(sign_case(suite_case.case).string_to_sign)


def test_the_signature_is_the_suites(suite_case: SuiteCase) -> None:
    """Steps 5 and 6: the signature, and the header that carries it."""
    signed = sign_case(suite_case.case)

    assert suite_case.case.expected.signature == signed.signature
    assert suite_case.case.expected.authorization == dict(signed.headers)["Authorization"]


def test_the_request_as_the_suite_signed_it_is_verified(suite_case: SuiteCase) -> None:
    """The verifier, with the case's rules, accepts the signed request that the suite prints."""
    case = suite_case.case
    scope = scope_of(case)
    policy = evolve(SPECIFICATION, rules=case.rules).for_scope(scope.region, scope.service)

    verified = verify(suite_case.signed_request, finds(case.credentials), scope.time, policy)

    assert case.expected.canonical_request == str(verified.canonical_request)
    assert scope == verified.scope


def test_an_absent_suite_is_skipped_with_the_name_of_the_variable() -> None:
    """Who runs the tests learns what is missing and how to provide it."""
    with pytest.raises(pytest.skip.Exception, match=r"no sigv4-suite-v4\.json in nowhere; set SIGV4_VECTORS"):
        report_absence({"SIGV4_VECTORS": "nowhere"})


def test_an_absent_suite_is_a_failure_in_ci() -> None:
    """With CI=true the suite must be there."""
    with pytest.raises(pytest.fail.Exception, match="set SIGV4_VECTORS"):
        report_absence({"SIGV4_VECTORS": "nowhere", "CI": "true"})


def test_the_suite_is_looked_for_beside_the_project() -> None:
    """Unless the variable names another folder; an empty variable names none."""
    assert suite_file({}) == NEIGHBOUR / FILE
    assert suite_file({"SIGV4_VECTORS": ""}) == NEIGHBOUR / FILE
    assert suite_file({"SIGV4_VECTORS": "there"}) == Path("there") / FILE


@pytest.mark.parametrize("part", ["case", "context", "credentials"])
def test_an_unknown_key_in_a_case_is_refused(part: str) -> None:
    """A case is read as a whole or not at all."""
    texts = dict.fromkeys(_CASE_KEYS, "")
    context = dict.fromkeys(_CONTEXT_KEYS, "") | {"credentials": {"access_key_id": "", "secret_access_key": ""}}
    item: dict[str, Any] = texts | {"name": "example", "context": context}
    {"case": item, "context": item["context"], "credentials": item["context"]["credentials"]}[part]["surprise"] = 1

    with pytest.raises(ValueError, match=r"unknown \['surprise'\]"):
        read_suite_case(item)
