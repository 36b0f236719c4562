"""The gate before all routes: what is not rightly signed runs nothing, and what runs sees only what was signed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.emulator.server import LocalEndpoint
from sigv4 import Credentials, MissingExtraError, Verified
from tests.emulator.conftest import Station
from tests.emulator.connection import Answer, Caller, Connection
from tests.emulator.signing import (
    CREDENTIALS,
    FLOWER,
    KEY_ID,
    NOW,
    QUEUED,
    REAL_TIME,
    SECRET,
    Raw,
    presigned,
    signed,
    signed_by_hand,
    unsigned,
)
from tests.emulator.tampering import CLASSES, GOOD_VARIANTS, good

METHODS = ("POST", "GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT")
ROUTES = (
    *((method, path) for method in METHODS for path in (REAL_TIME, QUEUED)),
    *(
        ("POST", path)
        for path in (
            "/",
            "/endpoints",
            "/endpoints/iris",
            "/endpoints/iris/invocations/",
            "/endpoints/iris/invocations-response-stream",
            "/endpoints/iris/invocations/more",
            "/endpoints//invocations",
            "/endpoints/other/invocations",
            "/invocations",
            "/ping",
        )
    ),
    *(("GET", path) for path in ("/", "/docs", "/openapi.json", "/ping", "/favicon.ico", "/static/../app.py")),
    ("OPTIONS", "/"),
    ("HEAD", "/"),
)
UNKNOWN_CREDENTIALS = Credentials("AKIDEXAMPLE", SECRET)
WRONG_CREDENTIALS = Credentials(KEY_ID, SECRET[::-1])
REFUSED_AS = {
    "no credentials": "MissingAuthenticationTokenException",
    "an Authorization of another scheme": "IncompleteSignatureException",
    "an empty Authorization": "IncompleteSignatureException",
    "an Authorization without a signature": "IncompleteSignatureException",
    "an unknown key": "UnrecognizedClientException",
    "a wrong secret": "InvalidSignatureException",
    "a presigned query of a wrong secret": "InvalidSignatureException",
    "a presigned query and a right Authorization": "IncompleteSignatureException",
    "a right Authorization twice": "IncompleteSignatureException",
}


def wrongly_presigned(raw: Raw) -> Raw:
    """Return a presigned request whose signature's last digit is another one."""
    right = presigned(raw)
    return evolve(right, query=right.query[:-1] + ("0" if right.query[-1] != "0" else "1"))


def with_credentials(raw: Raw, kind: str) -> Raw:
    """Return a request with credentials of one of the kinds above."""
    right = signed(raw)
    authorization = right.header("Authorization")
    kinds = {
        "no credentials": raw,
        "an Authorization of another scheme": raw.adding(("Authorization", "Bearer abc")),
        "an empty Authorization": raw.adding(("Authorization", "")),
        "an Authorization without a signature": right.with_header(
            "Authorization", authorization.partition(", Signature=")[0]
        ),
        "an unknown key": signed(raw, UNKNOWN_CREDENTIALS),
        "a wrong secret": signed(raw, WRONG_CREDENTIALS),
        "a presigned query of a wrong secret": wrongly_presigned(raw.without_header("Content-Type")),
        "a presigned query and a right Authorization": signed_by_hand(
            presigned(raw), ("content-type", "host", "x-amz-date")
        ),
        "a right Authorization twice": right.adding(("Authorization", authorization)),
    }
    return kinds[kind]


def refusal(answer: Answer) -> tuple[int, str]:
    """Return status and code of an answer."""
    return answer.status, answer.headers.get("x-amzn-errortype", "")


def first_paragraph(answer: Answer) -> str:
    """Return the words of a refusal, without the canonical request that stands below them."""
    text: str = answer.json()["message"]
    return text.partition("\n\n")[0]


@pytest.mark.parametrize("kind", REFUSED_AS)
def test_no_route_is_reached_without_a_right_signature(station: Station, caller: Caller, kind: str) -> None:
    """Known or unknown path, any method: 403 with AWS's code and a request id, and no operation runs."""
    answers = {route: caller.ask(with_credentials(unsigned(station.url, *route), kind).wire()) for route in ROUTES}

    assert dict.fromkeys(ROUTES, (403, REFUSED_AS[kind])) == {
        route: refusal(answer) for route, answer in answers.items()
    }
    assert all(answer.headers["x-amzn-requestid"] for answer in answers.values())
    assert station.calls == []


@pytest.mark.parametrize(
    ("method", "path"), [route for route in ROUTES if route not in (("POST", REAL_TIME), ("POST", QUEUED))]
)
def test_what_is_rightly_signed_and_unknown_is_answered_with_404(
    station: Station, caller: Caller, method: str, path: str
) -> None:
    """AWS's UnknownOperationException; a path that is not in normal form is refused, one of another endpoint too."""
    answer = caller.ask(signed(unsigned(station.url, method, path)).wire())

    if path == "/endpoints/other/invocations":
        assert refusal(answer) == (400, "ValidationError")
    elif "//" in path or ".." in path:
        assert refusal(answer) == (403, "InvalidSignatureException")
    else:
        assert refusal(answer) == (404, "UnknownOperationException")
        assert method == "HEAD" or answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(("path", "status"), [(REAL_TIME, 200), (QUEUED, 202)])
def test_what_is_rightly_signed_runs(station: Station, caller: Caller, path: str, status: int) -> None:
    """The same requests as above, rightly signed, reach their operation once."""
    assert status == caller.ask(signed(unsigned(station.url, path=path)).wire()).status
    assert len(station.calls) == 1


@pytest.mark.parametrize("name", CLASSES)
def test_a_forged_request_is_refused_and_runs_nothing(station: Station, caller: Caller, name: str) -> None:
    """Every variant of the class is answered with 403 or 400 and a name of AWS's; no operation runs."""
    variants = CLASSES[name](good(station.url))
    codes = {
        "MissingAuthenticationTokenException",
        "IncompleteSignatureException",
        "InvalidSignatureException",
        "UnrecognizedClientException",
        "MalformedHttpRequestException",
    }

    answers = [(label, refusal(caller.ask(wire))) for label, wire in variants]

    assert answers
    assert [(label, found) for label, found in answers if found[0] not in (400, 403) or found[1] not in codes] == []
    assert station.calls == []


@pytest.mark.parametrize("name", GOOD_VARIANTS)
def test_what_is_no_forgery_is_accepted(station: Station, caller: Caller, name: str) -> None:
    """A change that leaves the canonical request as it was is none."""
    wires = GOOD_VARIANTS[name](good(station.url))

    answers = [caller.ask(wire) for wire in wires]

    assert [(200, b'{"predictions": ["setosa"]}')] * len(wires) == [(answer.status, answer.body) for answer in answers]
    assert len(wires) == len(station.calls)


def test_a_wrong_secret_and_an_altered_request_are_refused_in_the_same_words(station: Station, caller: Caller) -> None:
    """Nobody learns from the words whether it was the key or the request."""
    wrong = caller.ask(signed(unsigned(station.url), WRONG_CREDENTIALS).wire())
    altered = caller.ask(evolve(signed(unsigned(station.url)), body=FLOWER[::-1]).wire())

    assert refusal(wrong) == refusal(altered)
    assert first_paragraph(wrong) == (
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
        "Key and signing method. Consult the service documentation for details."
    )
    assert first_paragraph(wrong) == first_paragraph(altered)


def test_a_refused_signature_is_answered_with_what_should_have_been_signed(station: Station, caller: Caller) -> None:
    """As AWS does, the answer shows the canonical request and the string to sign that the server made."""
    raw = signed(unsigned(station.url), WRONG_CREDENTIALS)

    text = caller.ask(raw.wire()).json()["message"]

    host = raw.header("Host")
    assert (
        f"The Canonical String for this request should have been\n'POST\n{REAL_TIME}\n\ncontent-type:text/csv\n"
        f"host:{host}\nx-amz-date:20150830T123600Z\n\ncontent-type;host;x-amz-date\n"
    ) in text
    assert (
        "The String-to-Sign should have been\n'AWS4-HMAC-SHA256\n20150830T123600Z\n"
        "20150830/us-east-1/sagemaker/aws4_request\n"
    ) in text


@pytest.mark.parametrize("seconds", [-300, -299, -1, 0, 1, 299, 300])
def test_five_minutes_either_way_are_allowed(station: Station, caller: Caller, seconds: int) -> None:
    """The clocks may differ by five minutes."""
    raw = signed(unsigned(station.url), time=NOW + timedelta(seconds=seconds))

    assert caller.ask(raw.wire()).status == 200


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-301, "expired: 20150830T123059Z is now earlier than 20150830T123100Z (20150830T123600Z - 5 min.)"),
        (-3600, "expired: 20150830T113600Z is now earlier than 20150830T123100Z (20150830T123600Z - 5 min.)"),
        (301, "not yet current: 20150830T124101Z is still later than 20150830T124100Z (20150830T123600Z + 5 min.)"),
    ],
)
def test_a_clock_further_off_is_refused_in_the_words_of_aws(
    station: Station, caller: Caller, seconds: int, words: str
) -> None:
    """The answer says both times, so that the caller can correct its clock."""
    answer = caller.ask(signed(unsigned(station.url), time=NOW + timedelta(seconds=seconds)).wire())

    assert refusal(answer) == (403, "InvalidSignatureException")
    assert f"Signature {words}" == answer.json()["message"]
    assert station.calls == []


def test_a_request_cannot_be_replayed_after_five_minutes(station: Station, caller: Caller) -> None:
    """What was good runs out with the server's clock."""
    wire = signed(unsigned(station.url)).wire()
    assert caller.ask(wire).status == 200
    station.now = NOW + timedelta(seconds=300)
    assert caller.ask(wire).status == 200
    station.now = NOW + timedelta(seconds=301)

    assert refusal(caller.ask(wire)) == (403, "InvalidSignatureException")
    assert len(station.calls) == 2


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:{port}", "127.0.0.1:80", "localhost", "localhost:{port}"])
def test_the_names_of_this_machine_are_served_with_and_without_a_port(
    station: Station, caller: Caller, host: str
) -> None:
    """Host may be 127.0.0.1 or localhost."""
    raw = unsigned(station.url, host=host.format(port=station.url.rpartition(":")[2]))

    assert caller.ask(signed(raw).wire()).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "",
        "example.com",
        "example.com:{port}",
        "attacker.example:127.0.0.1",
        "127.0.0.1.example.com",
        "127.0.0.1.example.com:{port}",
        "localhost.example.com",
        "localhost.",
        "127.0.0.1.",
        "127.1",
        "0.0.0.0",  # noqa: S104 - nothing is bound to it
        "2130706433",
        "0x7f.1",
        "[::1]",
        "[::1]:{port}",
        "a@127.0.0.1",
        "127.0.0.1 example.com",
        "runtime.sagemaker.us-east-1.amazonaws.com",
    ],
)
def test_another_host_is_refused_although_it_is_rightly_signed(station: Station, caller: Caller, host: str) -> None:
    """A web page whose own name was made to lead to this machine (DNS rebinding) gets no further."""
    raw = unsigned(station.url, host=host.format(port=station.url.rpartition(":")[2]))

    for sent in (raw, signed(raw)):
        assert refusal(caller.ask(sent.wire())) == (400, "MalformedHttpRequestException")
    assert station.calls == []


def test_two_hosts_in_one_header_are_refused(station: Station, caller: Caller) -> None:
    """A comma would let two readers see two hosts; it is refused unsigned, and signed by hand."""
    raw = unsigned(station.url, host="127.0.0.1, example.com")

    for sent in (raw, signed_by_hand(raw, ("content-type", "host", "x-amz-date"))):
        assert refusal(caller.ask(sent.wire())) == (400, "MalformedHttpRequestException")
    assert station.calls == []


def test_operations_see_only_what_was_signed(station: Station, caller: Caller) -> None:
    """Headers that the signature does not cover do not arrive at an operation."""
    raw = signed(unsigned(station.url, query="a=1&b=%2F"))
    extra = (
        ("Accept", "application/json"),
        ("User-Agent", "me"),
        ("Cookie", "a=b"),
        ("X-Forwarded-Host", "example.com"),
    )

    assert caller.ask(raw.adding(*extra).wire()).status == 200

    call = station.calls[0]
    assert [
        (b"host", raw.header("Host").encode()),
        (b"content-type", b"text/csv"),
        (b"x-amz-date", b"20150830T123600Z"),
    ] == call.request.headers.raw
    assert (call.request.method, call.request.url.path, call.request.url.query) == ("POST", REAL_TIME, "a=1&b=%2F")
    assert call.body == FLOWER


def test_an_unsigned_accept_has_no_effect(station: Station, caller: Caller) -> None:
    """The same header decides where it is signed, and does nothing where it was added on the way."""
    added = signed(unsigned(station.url)).adding(("Accept", "application/json"))
    covered = signed(unsigned(station.url, headers=(("Content-Type", "text/csv"), ("Accept", "application/json"))))

    assert caller.ask(added.wire()).body == b"setosa\n"
    assert caller.ask(covered.wire()).json() == {"predictions": ["setosa"]}


@pytest.mark.parametrize(
    "header", [("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-Proto", "https"), ("Forwarded", "for=192.0.2.1")]
)
def test_no_unsigned_header_changes_where_a_request_seems_to_come_from(
    station: Station, caller: Caller, header: tuple[str, str]
) -> None:
    """Client address and scheme are the connection's own, whatever was added on the way."""
    caller.ask(signed(unsigned(station.url)).adding(header).wire())

    request = station.calls[0].request
    assert request.client is not None
    assert (request.client.host, request.url.scheme) == ("127.0.0.1", "http")


@given(
    body=st.binary(max_size=200),
    value=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=30),
    query=st.text(st.sampled_from("abc=&"), max_size=10),
)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_an_operation_is_given_is_what_was_signed(
    station: Station, caller: Caller, body: bytes, value: str, query: str
) -> None:
    """Any body, attribute and query arrive byte for byte."""
    station.calls.clear()
    headers = (("Content-Type", "text/csv"), ("X-Amzn-SageMaker-Custom-Attributes", value))

    caller.ask(signed(unsigned(station.url, query=query, headers=headers, body=body)).wire())

    [call] = station.calls
    assert (body, value, query) == (
        call.body,
        call.request.headers["x-amzn-sagemaker-custom-attributes"],
        call.request.url.query,
    )


TOKEN = "the/session+token=="  # noqa: S105 - an example
TOKEN_CREDENTIALS = Credentials(KEY_ID, SECRET, TOKEN)


def test_a_session_token_must_be_the_one_that_belongs_to_the_key(tmp_path: Path) -> None:
    """With temporary credentials only the right token runs: not none, another, an empty one, two or an unsigned one."""
    endpoint = LocalEndpoint(tmp_path, credentials=TOKEN_CREDENTIALS, now=lambda: NOW)
    raw = unsigned(endpoint.url)
    right = signed(raw, TOKEN_CREDENTIALS)
    given = ("X-Amz-Security-Token", TOKEN)
    cases = {
        "none": signed(raw),
        "of another key": signed(raw, Credentials(KEY_ID, SECRET, "another")),
        "added unsigned": signed(raw).adding(given),
        "cut": right.with_header("X-Amz-Security-Token", TOKEN[:-1]),
        "empty": right.with_header("X-Amz-Security-Token", ""),
        "missing": right.without_header("X-Amz-Security-Token"),
        "twice": right.adding(given),
        "letter case": right.with_header("X-Amz-Security-Token", TOKEN.upper()),
    }
    with endpoint, Connection(endpoint.url) as connection:
        found = {}
        for name, sent in {**cases, "right": right}.items():
            connection.send(sent.wire())
            answer = connection.read_answer()
            found[name] = answer.status
            assert TOKEN not in answer.body.decode()

    assert {**dict.fromkeys(cases, 403), "right": 200} == found


def test_the_credentials_of_the_server_have_no_token_where_none_was_given(station: Station, caller: Caller) -> None:
    """A session token that the key does not have is refused as AWS refuses an unknown client."""
    raw = signed(unsigned(station.url), Credentials(KEY_ID, SECRET, TOKEN))

    answer = caller.ask(raw.wire())

    assert refusal(answer) == (403, "UnrecognizedClientException")
    assert answer.json() == {"message": "The security token included in the request is invalid."}


def test_the_region_of_the_server_is_the_only_one(tmp_path: Path) -> None:
    """A server of another region refuses what is right for this one, and names the scope that it expects."""
    endpoint = LocalEndpoint(tmp_path, credentials=CREDENTIALS, region="eu-west-1", now=lambda: NOW)
    with endpoint, Connection(endpoint.url) as connection:
        connection.send(signed(unsigned(endpoint.url)).wire())
        refused = connection.read_answer()
        connection.send(signed(unsigned(endpoint.url), region="eu-west-1").wire())
        accepted = connection.read_answer()

    assert refusal(refused) == (403, "InvalidSignatureException")
    assert refused.json() == {"message": "Credential should be scoped to region 'eu-west-1', not 'us-east-1'."}
    assert accepted.status == 200


def test_a_failure_of_the_gate_itself_lets_nothing_through(
    station: Station, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the verifier cannot do its work (a package is missing), the answer has AWS's form and nothing runs."""

    def without_cryptography(*_given: object) -> Verified:
        raise MissingExtraError("cryptography")

    monkeypatch.setattr("runtime.emulator.app.verify", without_cryptography)

    answer = caller.ask(signed(unsigned(station.url)).wire())

    assert answer.status >= 400
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-amzn-errortype"]
    assert answer.headers["x-amzn-requestid"]
    assert station.calls == []


def test_a_rightly_presigned_request_is_served(station: Station, caller: Caller) -> None:
    """As AWS does; the signature covers the body's hash, and a content type would have to be signed."""
    raw = unsigned(station.url).without_header("Content-Type")

    answer = caller.ask(presigned(raw).wire())

    assert answer.status == 200
    assert [call.operation for call in station.calls] == ["InvokeEndpoint"]
