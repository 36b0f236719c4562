"""The verifier accepts what was signed and refuses everything else, in AWS's words.

Forgeries start from a request that is accepted and change one thing. A change that leaves the canonical request as it
was is no forgery and must be accepted.
"""

import contextlib
import hmac
import pickle
import re
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from attrs import evolve

from sigv4 import (
    S3,
    SPECIFICATION,
    STRICT,
    UNSIGNED,
    Credentials,
    Request,
    RequestError,
    Rules,
    Scope,
    ScopeError,
    VerificationError,
    Verified,
    VerifyPolicy,
    sign_headers,
    verify,
)
from tests.sigv4.cases import without
from tests.sigv4.examples import (
    CREDENTIALS,
    INVOKE,
    SCOPE,
    TEMPORARY,
    TIME,
    finds,
    header,
    renamed,
    signed_request,
    with_header,
    with_value,
)

POLICY = STRICT.for_scope("eu-west-1", "sagemaker")
WITH_HASH = Rules(sign_body_header=True)
GOOD = signed_request()
GOOD_WITH_TOKEN = signed_request(credentials=TEMPORARY)
GOOD_WITH_HASH = signed_request(rules=WITH_HASH)
SIGNATURE = header(GOOD, "authorization")[-64:]

INVALID = "InvalidSignatureException"
INCOMPLETE = "IncompleteSignatureException"
UNRECOGNIZED = "UnrecognizedClientException"
DIFFERS = "the signature differs: a wrong secret, or an altered request"
OTHER_FORM = "the Authorization header has another form"
NOT_ONCE = "there is more than one signature"
CREDENTIAL_FORM = "the credential has another form"
SIGNATURE_FORM = "the signature has another form"
OTHER_ALGORITHM = "the algorithm is another one"
NOT_ONE_EACH = "a header of the signature is missing or doubled"
DATE_FORM = "the date or the scope has another form"
LIST_FORM = "signed headers: form"
NOT_NORMAL = "the path is not in normal form"
OTHER_BODY = "X-Amz-Content-SHA256 is not the hash of the body that arrived"
OTHER_TOKEN = "the session token is not the one that belongs to the access key id"  # noqa: S105 - no secret


def accept(
    request: Request,
    credentials: Credentials = CREDENTIALS,
    later: timedelta = timedelta(0),
    policy: VerifyPolicy = POLICY,
) -> Verified:
    """Verify as the server that knows these credentials, some time after the signature."""
    return verify(request, finds(credentials), TIME + later, policy)


def refuse(
    request: Request,
    credentials: Credentials = CREDENTIALS,
    later: timedelta = timedelta(0),
    policy: VerifyPolicy = POLICY,
) -> VerificationError:
    """Return the refusal of a request that must not be accepted."""
    with pytest.raises(VerificationError) as caught:
        accept(request, credentials, later, policy)
    return caught.value


def authorized(pattern: str, replacement: str, request: Request = GOOD) -> Request:
    """Return the request with a part of its Authorization header replaced."""
    value = header(request, "authorization")
    changed = re.sub(pattern, replacement, value, count=1)
    assert changed != value
    return with_value(request, "authorization", changed)


def signing_only(names: str, request: Request = INVOKE) -> Request:
    """Return the request with a right signature that covers only these headers, joined by ``;``.

    The signature is made here, by the four lines of the specification, because the signer would not make it.
    """
    whole = sign_headers(request, CREDENTIALS, SCOPE)
    lines = str(whole.canonical_request).split("\n")
    kept = [line for line in lines[3:-3] if line.partition(":")[0] in names.split(";")]
    canonical_request = "\n".join([*lines[:3], *kept, "", names, lines[-1]])
    canonical_hash = sha256(canonical_request.encode()).hexdigest()
    string_to_sign = f"AWS4-HMAC-SHA256\n{SCOPE.timestamp}\n{SCOPE}\n{canonical_hash}"
    key = b"AWS4" + CREDENTIALS.secret_access_key.reveal().encode()
    for text in [*str(SCOPE).split("/"), string_to_sign]:
        key = hmac.digest(key, text.encode(), "sha256")
    authorization = (
        f"AWS4-HMAC-SHA256 Credential={CREDENTIALS.access_key_id}/{SCOPE}, SignedHeaders={names}, Signature={key.hex()}"
    )
    return evolve(request, headers=(*request.headers, whole.headers[0], ("Authorization", authorization)))


def date_unsigned() -> Request:
    """Return a request whose signature is right but for its date, which anybody could change."""
    return signing_only("content-type;host;x-amzn-sagemaker-custom-attributes")


ALL_SIGNED = "content-type;host;x-amz-date;x-amzn-sagemaker-custom-attributes"

REFUSED: dict[str, tuple[Request, str, str]] = {
    # who signs
    "no authorization": (INVOKE, "MissingAuthenticationTokenException", "there is no signature"),
    "authorization in the query only": (
        evolve(INVOKE, query="X-Amz-Signature=a"),
        INCOMPLETE,
        "X-Amz-Expires is no lifetime",
    ),
    "authorization empty": (with_value(GOOD, "authorization", ""), INCOMPLETE, OTHER_FORM),
    "authorization of another scheme": (with_value(GOOD, "authorization", "Bearer a"), INCOMPLETE, OTHER_FORM),
    "two authorizations": (with_header(GOOD, "authorization", "a"), INCOMPLETE, NOT_ONCE),
    "the same authorization twice": (
        with_header(GOOD, "AUTHORIZATION", header(GOOD, "authorization")),
        INCOMPLETE,
        NOT_ONCE,
    ),
    "two authorizations in one": (
        with_value(GOOD, "authorization", f"{header(GOOD, 'authorization')}, {header(GOOD, 'authorization')}"),
        INCOMPLETE,
        OTHER_FORM,
    ),
    "header and query together": (
        evolve(GOOD, query=f"{GOOD.query}&X-Amz-Signature={SIGNATURE}"),
        INCOMPLETE,
        NOT_ONCE,
    ),
    "query in another case": (evolve(GOOD, query=f"{GOOD.query}&x-aMz-algorithm=a"), INCOMPLETE, NOT_ONCE),
    "query percent-encoded": (evolve(GOOD, query=f"{GOOD.query}&%58%2dAmz-Credential=a"), INCOMPLETE, NOT_ONCE),
    "query with a token": (evolve(GOOD, query=f"{GOOD.query}&X-Amz-Security-Token"), INCOMPLETE, NOT_ONCE),
    "other algorithm": (authorized("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512"), INCOMPLETE, OTHER_ALGORITHM),
    "algorithm of SigV4a": (authorized("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), INCOMPLETE, CREDENTIAL_FORM),
    "algorithm in lower case": (authorized("AWS4-HMAC-SHA256", "aws4-hmac-sha256"), INCOMPLETE, OTHER_ALGORITHM),
    "no credential": (authorized("Credential=[^,]+, ", ""), INCOMPLETE, OTHER_FORM),
    "no list": (authorized("SignedHeaders=[^,]+, ", ""), INCOMPLETE, OTHER_FORM),
    "no signature": (authorized(", Signature=.*", ""), INCOMPLETE, OTHER_FORM),
    "parameters in another order": (
        authorized("(Credential=[^,]+), (SignedHeaders=[^,]+)", r"\2, \1"),
        INCOMPLETE,
        OTHER_FORM,
    ),
    "a parameter in another case": (authorized("Credential=", "credential="), INCOMPLETE, OTHER_FORM),
    "a parameter twice": (authorized("Credential=[^,]+, ", r"\g<0>\g<0>"), INCOMPLETE, OTHER_FORM),
    "a parameter more": (authorized("$", ", Extra=1"), INCOMPLETE, OTHER_FORM),
    "key id unknown": (authorized("AKIDEXAMPLE", "AKIDEXAMPLF"), UNRECOGNIZED, "the access key id is unknown"),
    "key id in lower case": (authorized("AKIDEXAMPLE", "akidexample"), UNRECOGNIZED, "the access key id is unknown"),
    "key id empty": (authorized("AKIDEXAMPLE", ""), INCOMPLETE, CREDENTIAL_FORM),
    "key id with a slash": (authorized("AKIDEXAMPLE", "AKID/EXAMPLE"), INCOMPLETE, CREDENTIAL_FORM),
    # when, and the scope
    "no date": (without(GOOD, {"x-amz-date"}), INCOMPLETE, NOT_ONE_EACH),
    "date under another name": (renamed(GOOD, "x-amz-date", "X_Amz_Date"), INCOMPLETE, NOT_ONE_EACH),
    "only a Date header": (renamed(GOOD, "x-amz-date", "Date"), INCOMPLETE, NOT_ONE_EACH),
    "date twice": (with_header(GOOD, "x-amz-date", SCOPE.timestamp), INCOMPLETE, NOT_ONE_EACH),
    "date empty": (with_value(GOOD, "x-amz-date", ""), INCOMPLETE, DATE_FORM),
    "date of another form": (with_value(GOOD, "x-amz-date", "2015-08-30T12:36:00Z"), INCOMPLETE, DATE_FORM),
    "date of HTTP": (with_value(GOOD, "x-amz-date", "Sun, 30 Aug 2015 12:36:00 GMT"), INCOMPLETE, DATE_FORM),
    "date of the year 0": (with_value(GOOD, "x-amz-date", "00000830T123600Z"), INCOMPLETE, DATE_FORM),
    "date that does not exist": (with_value(GOOD, "x-amz-date", "20150230T123600Z"), INCOMPLETE, DATE_FORM),
    "date one second later": (with_value(GOOD, "x-amz-date", "20150830T123601Z"), INVALID, DIFFERS),
    "day of the date": (with_value(GOOD, "x-amz-date", "20150831T123600Z"), INVALID, "scope: date"),
    "day of the scope": (authorized("/20150830/", "/20150831/"), INVALID, "scope: date"),
    "day of the scope of another form": (authorized("/20150830/", "/2015083/"), INCOMPLETE, CREDENTIAL_FORM),
    "day of the scope empty": (authorized("/20150830/", "//"), INCOMPLETE, CREDENTIAL_FORM),
    "region": (authorized("/eu-west-1/", "/eu-west-2/"), INVALID, "scope: region"),
    "region in upper case": (authorized("/eu-west-1/", "/EU-WEST-1/"), INVALID, "scope: region"),
    "region empty": (authorized("/eu-west-1/", "//"), INCOMPLETE, CREDENTIAL_FORM),
    "region that cannot be": (authorized("/eu-west-1/", "/eu%2Dwest-1/"), INCOMPLETE, DATE_FORM),
    "region, signed": (signed_request(scope=Scope(TIME, "us-east-1", "sagemaker")), INVALID, "scope: region"),
    "service": (authorized("/sagemaker/", "/s3/"), INVALID, "scope: service"),
    "service empty": (authorized("/sagemaker/", "//"), INCOMPLETE, CREDENTIAL_FORM),
    "service, signed": (signed_request(scope=Scope(TIME, "eu-west-1", "s3")), INVALID, "scope: service"),
    "terminator": (authorized("aws4_request", "aws5_request"), INVALID, "scope: terminator"),
    "terminator in upper case": (authorized("aws4_request", "AWS4_REQUEST"), INVALID, "scope: terminator"),
    "terminator missing": (authorized("/aws4_request", ""), INCOMPLETE, CREDENTIAL_FORM),
    "a scope field more": (authorized("aws4_request", "aws4_request/a"), INCOMPLETE, CREDENTIAL_FORM),
    # the signature
    "signature of another request": (authorized("Signature=.*", f"Signature={'0' * 64}"), INVALID, DIFFERS),
    "signature in upper case": (authorized(SIGNATURE, SIGNATURE.upper()), INCOMPLETE, SIGNATURE_FORM),
    "signature too short": (authorized(SIGNATURE, SIGNATURE[:-1]), INCOMPLETE, SIGNATURE_FORM),
    "signature too long": (authorized(SIGNATURE, SIGNATURE + "0"), INCOMPLETE, SIGNATURE_FORM),
    "signature empty": (authorized(SIGNATURE, ""), INCOMPLETE, OTHER_FORM),
    # the list of signed headers
    "host dropped from the list": (authorized("host;", ""), INVALID, "a header is not signed: host"),
    "date dropped from the list": (authorized("x-amz-date;", ""), INVALID, "a header is not signed: x-amz-date"),
    "content type dropped from the list": (
        authorized("content-type;", ""),
        INVALID,
        "a header is not signed: content-type",
    ),
    "attributes dropped from the list": (
        authorized(";x-amzn-sagemaker-custom-attributes", ""),
        INVALID,
        "a header is not signed: x-amzn-sagemaker-custom-attributes",
    ),
    "a header that did not arrive in the list": (
        authorized("SignedHeaders=", "SignedHeaders=a;"),
        INVALID,
        "a signed header did not arrive: a",
    ),
    "a header that arrived added to the list": (
        with_header(authorized("SignedHeaders=", "SignedHeaders=a;"), "A", "1"),
        INVALID,
        DIFFERS,
    ),
    "list unsorted": (authorized("content-type;host", "host;content-type"), INVALID, LIST_FORM),
    "list in upper case": (authorized("content-type", "Content-Type"), INVALID, LIST_FORM),
    "a name doubled in the list": (authorized("host;", "host;host;"), INVALID, LIST_FORM),
    "list with an empty name": (
        authorized("SignedHeaders=", "SignedHeaders=;"),
        INVALID,
        "a signed header did not arrive: ",
    ),
    "list with an empty name at its end": (authorized("(attributes),", r"\1;,"), INVALID, LIST_FORM),
    "list empty": (authorized("SignedHeaders=[^,]+", "SignedHeaders="), INCOMPLETE, OTHER_FORM),
    "list with spaces": (authorized("content-type;host", "content-type; host"), INCOMPLETE, OTHER_FORM),
    "list separated by commas": (authorized("content-type;host", "content-type,host"), INCOMPLETE, OTHER_FORM),
    "host not signed": (signing_only(ALL_SIGNED.replace("host;", "")), INVALID, "a header is not signed: host"),
    "date not signed": (date_unsigned(), INVALID, "a header is not signed: x-amz-date"),
    "date not signed, and changed": (
        with_value(date_unsigned(), "x-amz-date", "20150830T123700Z"),
        INVALID,
        "a header is not signed: x-amz-date",
    ),
    "content type not signed": (
        signing_only(ALL_SIGNED.replace("content-type;", "")),
        INVALID,
        "a header is not signed: content-type",
    ),
    "attributes not signed": (
        signing_only("content-type;host;x-amz-date"),
        INVALID,
        "a header is not signed: x-amzn-sagemaker-custom-attributes",
    ),
    # headers added, taken away, doubled, renamed
    "x-amz header added": (with_header(GOOD, "X-Amz-Target", "a"), INVALID, "a header is not signed: x-amz-target"),
    "x-amz header added, empty": (with_header(GOOD, "x-amz-", ""), INVALID, "a header is not signed: x-amz-"),
    "x-amzn header added": (
        with_header(GOOD, "X-Amzn-SageMaker-Target-Model", "a"),
        INVALID,
        "a header is not signed: x-amzn-sagemaker-target-model",
    ),
    "content type added": (
        with_header(signed_request(without(INVOKE, {"content-type"})), "Content-Type", "text/csv"),
        INVALID,
        "a header is not signed: content-type",
    ),
    "content type missing": (without(GOOD, {"content-type"}), INVALID, "a signed header did not arrive: content-type"),
    "content type under another name": (
        renamed(GOOD, "content-type", "Content_Type"),
        INVALID,
        "a signed header did not arrive: content-type",
    ),
    "content type doubled": (with_header(GOOD, "Content-Type", "text/csv"), INVALID, DIFFERS),
    "content type doubled, empty": (with_header(GOOD, "content-type", ""), INVALID, DIFFERS),
    "content type empty": (with_value(GOOD, "content-type", ""), INVALID, DIFFERS),
    "content type of another case": (with_value(GOOD, "content-type", "Text/csv"), INVALID, DIFFERS),
    "attributes doubled": (with_header(GOOD, "X-Amzn-SageMaker-Custom-Attributes", "b"), INVALID, DIFFERS),
    "host missing": (without(GOOD, {"host"}), INVALID, "a signed header did not arrive: host"),
    "host doubled": (with_header(GOOD, "Host", header(GOOD, "host")), INVALID, "there is more than one Host"),
    "host with a final dot": (with_value(GOOD, "host", f"{header(GOOD, 'host')}."), INVALID, DIFFERS),
    "host with a port": (with_value(GOOD, "host", f"{header(GOOD, 'host')}:443"), INVALID, DIFFERS),
    "host in upper case": (with_value(GOOD, "host", header(GOOD, "host").upper()), INVALID, DIFFERS),
    # the token, for a caller without one
    "token added": (with_header(GOOD, "X-Amz-Security-Token", "a"), UNRECOGNIZED, OTHER_TOKEN),
    "empty token added": (with_header(GOOD, "X-Amz-Security-Token", ""), UNRECOGNIZED, OTHER_TOKEN),
    "blank token added": (with_header(GOOD, "X-Amz-Security-Token", " \t"), UNRECOGNIZED, OTHER_TOKEN),
    "token signed": (GOOD_WITH_TOKEN, UNRECOGNIZED, OTHER_TOKEN),
    # the body
    "body cut": (evolve(GOOD, payload=b"5.1,3.5,1.4,0.2"), INVALID, DIFFERS),
    "body empty": (evolve(GOOD, payload=b""), INVALID, DIFFERS),
    "body unsigned": (evolve(GOOD, payload=UNSIGNED), INVALID, DIFFERS),
    "content hash added, wrong": (with_header(GOOD, "X-Amz-Content-SHA256", "0" * 64), INVALID, OTHER_BODY),
    "content hash added, empty": (with_header(GOOD, "X-Amz-Content-SHA256", ""), INVALID, OTHER_BODY),
    "content hash of another body": (evolve(GOOD_WITH_HASH, payload=b"other"), INVALID, OTHER_BODY),
    "content hash in upper case": (
        with_value(GOOD_WITH_HASH, "x-amz-content-sha256", header(GOOD_WITH_HASH, "x-amz-content-sha256").upper()),
        INVALID,
        OTHER_BODY,
    ),
    "content hash doubled": (
        with_header(GOOD_WITH_HASH, "X-Amz-Content-SHA256", header(GOOD_WITH_HASH, "x-amz-content-sha256")),
        INVALID,
        OTHER_BODY,
    ),
    "content hash says unsigned": (
        with_value(GOOD_WITH_HASH, "x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        INVALID,
        OTHER_BODY,
    ),
    "content hash says streaming": (
        with_value(GOOD_WITH_HASH, "x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
        INVALID,
        OTHER_BODY,
    ),
    "body signed as unsigned": (
        evolve(signed_request(evolve(INVOKE, payload=UNSIGNED), rules=WITH_HASH), payload=INVOKE.payload),
        INVALID,
        OTHER_BODY,
    ),
    # method, path and query
    "method": (evolve(GOOD, method="PUT"), INVALID, DIFFERS),
    "path": (evolve(GOOD, path="/endpoints/other/invocations"), INVALID, DIFFERS),
    "path with a final slash": (evolve(GOOD, path=f"{GOOD.path}/"), INVALID, DIFFERS),
    "path in upper case": (evolve(GOOD, path=GOOD.path.upper()), INVALID, DIFFERS),
    "query gone": (evolve(GOOD, query=""), INVALID, DIFFERS),
    "parameter gone": (evolve(GOOD, query="a=1"), INVALID, DIFFERS),
    "parameter added": (evolve(GOOD, query=f"{GOOD.query}&c"), INVALID, DIFFERS),
    "parameter doubled": (evolve(GOOD, query=f"{GOOD.query}&a=1"), INVALID, DIFFERS),
    "parameter's name in upper case": (evolve(GOOD, query="A=1&b=x%20y"), INVALID, DIFFERS),
    "parameter's value empty": (evolve(GOOD, query="a=&b=x%20y"), INVALID, DIFFERS),
    "parameters' values swapped": (evolve(GOOD, query="a=x%20y&b=1"), INVALID, DIFFERS),
    "a plus for a space": (evolve(GOOD, query="a=1&b=x+y"), INVALID, "the query holds a plus sign or a semicolon"),
    "an encoded separator": (evolve(GOOD, query="a=1%26b=x%20y"), INVALID, DIFFERS),
}


@pytest.mark.parametrize(("request_", "code", "check"), REFUSED.values(), ids=REFUSED)
def test_a_forgery_is_refused(request_: Request, code: str, check: str) -> None:
    """With AWS's code, status 403 and the check that failed; the check is not in the text for the caller."""
    error = refuse(request_)

    assert (code, 403, check) == (error.code, error.status, error.check)
    assert f"{code}: {error.message}" == str(error)
    assert error.check not in error.message


def test_the_requests_that_are_altered_are_accepted_unaltered() -> None:
    """Otherwise the refusals would prove nothing."""
    assert accept(GOOD).scope == SCOPE
    assert accept(GOOD_WITH_HASH).scope == SCOPE
    assert accept(GOOD_WITH_TOKEN, TEMPORARY).scope == SCOPE
    assert accept(signing_only(ALL_SIGNED)).scope == SCOPE


TOKEN_REFUSED: dict[str, Request] = {
    "missing": without(GOOD_WITH_TOKEN, {"x-amz-security-token"}),
    "missing, never signed": GOOD,
    "empty": with_value(GOOD_WITH_TOKEN, "x-amz-security-token", ""),
    "blank": with_value(GOOD_WITH_TOKEN, "x-amz-security-token", " "),
    "of another key": signed_request(credentials=evolve(TEMPORARY, session_token="AnotherToken")),  # noqa: S106
    "cut": with_value(GOOD_WITH_TOKEN, "x-amz-security-token", header(GOOD_WITH_TOKEN, "x-amz-security-token")[:-1]),
    "outside ASCII": with_value(GOOD_WITH_TOKEN, "x-amz-security-token", "é\udcff"),
    "under another name": renamed(GOOD_WITH_TOKEN, "x-amz-security-token", "X_Amz_Security_Token"),
}


@pytest.mark.parametrize("altered", TOKEN_REFUSED.values(), ids=TOKEN_REFUSED)
def test_a_caller_with_a_session_token_must_send_just_that(altered: Request) -> None:
    """Any other token, or none, is refused as an unknown key is."""
    error = refuse(altered, TEMPORARY)

    assert (error.code, error.check) == (UNRECOGNIZED, OTHER_TOKEN)
    assert error.message == "The security token included in the request is invalid."


def test_a_session_token_comes_once() -> None:
    """Two of them are refused even if they are the same: the next reader might take either."""
    token = header(GOOD_WITH_TOKEN, "x-amz-security-token")

    error = refuse(with_header(GOOD_WITH_TOKEN, "X-Amz-Security-Token", token), TEMPORARY)

    assert (error.code, error.check) == (INCOMPLETE, NOT_ONE_EACH)


def test_an_unsigned_session_token_is_refused_unless_the_specification_alone_counts() -> None:
    """Some services ask for it unsigned; a strict server does not."""
    sent = signed_request(credentials=TEMPORARY, rules=Rules(omit_session_token=True))

    assert refuse(sent, TEMPORARY).check == "a header is not signed: x-amz-security-token"
    assert accept(sent, TEMPORARY, policy=SPECIFICATION).access_key_id == "AKIDEXAMPLE"


@pytest.mark.parametrize("rules", [STRICT.rules, S3])
@pytest.mark.parametrize(
    "path",
    [
        "//endpoints/iris/invocations",
        "/endpoints//iris/invocations",
        "/endpoints/iris/invocations//",
        "//",
        "/./endpoints/iris/invocations",
        "/endpoints/./iris/invocations",
        "/endpoints/iris/invocations/.",
        "/a/../endpoints/iris/invocations",
        "/../endpoints/iris/invocations",
        "/endpoints/iris/invocations/..",
        "/..",
        "/%2e/endpoints/iris/invocations",
        "/a/%2e%2e/endpoints/iris/invocations",
        "/a/.%2E/endpoints/iris/invocations",
        "/a/..%2Fendpoints/iris/invocations",
        "/endpoints/a%2fb/invocations",
        "/endpoints/é/invocations",
        "/endpoints/\udcc0\udcae/invocations",
        "/endpoints/a b/invocations",
        "/endpoints/a%/invocations",
        "/endpoints/a%4/invocations",
        "/endpoints/a%0A/invocations",
        "/endpoints/a%00/invocations",
        "/endpoints/a%7F/invocations",
        "/endpoints/a\\b/invocations",
        '/endpoints/"/invocations',
        "/endpoints/{}/invocations",
    ],
)
def test_a_path_not_in_normal_form_is_refused_even_when_it_is_signed(path: str, rules: Rules) -> None:
    """A router could read it as another path than the one that was verified; the specification alone allows it."""
    sent = signed_request(evolve(INVOKE, path=path), rules=rules)

    refusal = refuse(sent, policy=evolve(POLICY, rules=rules))

    assert (refusal.code, refusal.check) == (INVALID, NOT_NORMAL)
    assert accept(sent, policy=evolve(SPECIFICATION, rules=rules)).scope == SCOPE


@pytest.mark.parametrize("path", ["//", "/./", "/a/../", "/%2e%2e/"])
def test_a_path_altered_to_one_with_the_same_canonical_form_is_refused(path: str) -> None:
    """All of these but the last are signed as ``/``."""
    assert refuse(evolve(signed_request(evolve(INVOKE, path="/")), path=path)).check == NOT_NORMAL


@pytest.mark.parametrize(
    "path",
    ["/", "/a", "/a/", "/a/b/", "/.a/a./..a/...", "/a%20b/%C3%A9", "/-._~!$&'()*+,;=:@", "/%25/%252e", "/%C0%AE"],
)
def test_a_path_in_normal_form_is_accepted(path: str) -> None:
    """Whatever may stand in a segment may stand there; ``%C0%AE``, which is not UTF-8, is no dot."""
    assert accept(signed_request(evolve(INVOKE, path=path))).scope == SCOPE


@pytest.mark.parametrize("path", ["https://example.com/", "*", "runtime.sagemaker.eu-west-1.amazonaws.com:443"])
def test_a_target_of_another_form_cannot_be_asked_about(path: str) -> None:
    """The record refuses it before the verifier is called."""
    with pytest.raises(RequestError, match=r"^path: "):
        evolve(GOOD, path=path)


def test_a_query_with_half_an_escape_cannot_be_asked_about() -> None:
    """The record refuses it before the verifier is called."""
    with pytest.raises(RequestError, match=r"^query: "):
        evolve(GOOD, query=f"{GOOD.query}&c=%")


@pytest.mark.parametrize("value", ["text/csv\0", "text/csv\r\nX-Amz-Target: a", "text/csv\n"])
def test_a_header_that_would_end_early_cannot_be_asked_about(value: str) -> None:
    """The record refuses it before the verifier is called."""
    with pytest.raises(RequestError, match=r"^headers\['Content-Type'\]: "):
        with_value(GOOD, "content-type", value)


def flipped(text: str) -> Iterator[str]:
    """Give the text with each bit of each of its bytes flipped, the text being ASCII."""
    for position, byte in enumerate(text.encode("ascii")):
        for bit in range(8):
            changed = bytes([byte ^ 1 << bit]).decode("ascii", "surrogateescape")
            yield text[:position] + changed + text[position + 1 :]


def altered_in_one_bit() -> Iterator[Request]:
    """Give the accepted request with each bit flipped, as far as a record can be made of it."""
    changes: list[dict[str, Any]] = [
        *({"method": method} for method in flipped(GOOD.method)),
        *({"path": path} for path in flipped(GOOD.path)),
        *({"query": query} for query in flipped(GOOD.query)),
        *({"payload": text.encode("ascii", "surrogateescape")} for text in flipped("5.1,3.5,1.4,0.2\n")),
        *({"headers": headers} for headers in headers_altered_in_one_bit()),
    ]
    for change in changes:
        with contextlib.suppress(RequestError):
            yield evolve(GOOD, **change)


def headers_altered_in_one_bit() -> Iterator[list[tuple[str, str]]]:
    """Give the headers with each bit of names and values flipped, but for the letter case of names."""
    for index, (name, value) in enumerate(GOOD.headers):
        pairs = [(other, value) for other in flipped(name) if other.lower() != name.lower()]
        pairs += [(name, other) for other in flipped(value)]
        for pair in pairs:
            yield [*GOOD.headers[:index], pair, *GOOD.headers[index + 1 :]]


def test_every_bit_counts() -> None:
    """Each bit of method, path, query, header names and values and body, flipped alone, makes a forgery."""
    count = 0
    for altered in altered_in_one_bit():
        assert altered != GOOD
        assert refuse(altered).status == 403
        count += 1

    assert count > 3000


def test_every_nibble_of_the_signature_counts() -> None:
    """Each of the 64 hexadecimal digits is tried with all 15 others."""
    for position, right in enumerate(SIGNATURE):
        for digit in "0123456789abcdef".replace(right, ""):
            altered = authorized(SIGNATURE, SIGNATURE[:position] + digit + SIGNATURE[position + 1 :])
            assert refuse(altered).check == DIFFERS


UNALTERED: dict[str, Request] = {
    "header names in lower case": evolve(GOOD, headers=[(name.lower(), value) for name, value in GOOD.headers]),
    "header names in upper case": evolve(GOOD, headers=[(name.upper(), value) for name, value in GOOD.headers]),
    "headers in another order": evolve(GOOD, headers=GOOD.headers[::-1]),
    "spaces around values": evolve(
        GOOD,
        headers=[(n, v if n in ("Authorization", "X-Amz-Date") else f" \t{v}  ") for n, v in GOOD.headers],
    ),
    "query in another order": evolve(GOOD, query="b=x%20y&a=1"),
    "query encoded more": evolve(GOOD, query="%61=%31&b=x%20y"),
    "query encoded less": evolve(GOOD, query="a=1&b=x y"),
    "nothing between two ampersands": evolve(GOOD, query="&a=1&&b=x%20y&"),
    "authorization without spaces": authorized(", SignedHeaders", ",SignedHeaders"),
    "unsigned header added": with_header(GOOD, "Accept", "text/csv"),
    "user agent added": with_header(GOOD, "User-Agent", "a"),
    "trace id added": with_header(GOOD, "X-Amzn-Trace-Id", "a"),
    "right content hash added": with_header(
        GOOD, "X-Amz-Content-SHA256", header(GOOD_WITH_HASH, "x-amz-content-sha256")
    ),
}


@pytest.mark.parametrize("request_", UNALTERED.values(), ids=UNALTERED)
def test_a_change_that_keeps_the_canonical_request_is_no_forgery(request_: Request) -> None:
    """It means the same to both sides, so it is accepted."""
    assert request_ != GOOD
    assert accept(GOOD).canonical_request == accept(request_).canonical_request


@pytest.mark.parametrize("seconds", [-300, -299, 0, 299, 300])
def test_a_clock_within_five_minutes_is_accepted(seconds: int) -> None:
    """Both bounds are inside."""
    assert accept(GOOD, later=timedelta(seconds=seconds)).scope == SCOPE


def test_a_request_too_old_is_refused_with_both_times() -> None:
    """AWS's text names the request's time, the earliest accepted one, the server's and the tolerance."""
    error = refuse(GOOD, later=timedelta(seconds=301))

    assert (error.code, error.status, error.check) == (INVALID, 403, "the request's time is too far in the past")
    assert error.message == (
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T124101Z - 5 min.)"
    )


def test_a_request_from_the_future_is_refused_with_both_times() -> None:
    """AWS's text names the request's time, the latest accepted one, the server's and the tolerance."""
    error = refuse(GOOD, later=timedelta(seconds=-301))

    assert (error.code, error.status, error.check) == (INVALID, 403, "the request's time is in the future")
    assert error.message == (
        "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T123059Z + 5 min.)"
    )


def test_a_replay_of_another_day_is_refused() -> None:
    """A moved clock does not bring a request back."""
    for days in (-3650, -1, 1, 3650):
        assert refuse(GOOD, later=timedelta(days=days)).code == INVALID


def test_the_tolerance_is_the_policys() -> None:
    """A server may be stricter; its text says so."""
    policy = evolve(POLICY, clock_tolerance=timedelta(minutes=1))

    assert accept(GOOD, later=timedelta(seconds=60), policy=policy).scope == SCOPE
    assert refuse(GOOD, later=timedelta(seconds=61), policy=policy).message.endswith("- 1 min.)")


def test_the_servers_time_must_be_in_utc() -> None:
    """A naive time is the server's own mistake, so it is not answered as a refusal."""
    with pytest.raises(ScopeError, match="now: has no time zone"):
        verify(GOOD, finds(CREDENTIALS), TIME.replace(tzinfo=None), POLICY)


def first_paragraph(error: VerificationError) -> str:
    """Return what AWS says of every mismatch."""
    return error.message.split("\n\n")[0]


def test_a_wrong_secret_and_an_altered_request_are_refused_alike() -> None:
    """Nobody learns from the refusal whether a guessed secret or a guessed request was wrong."""
    wrong_secret = refuse(signed_request(credentials=Credentials("AKIDEXAMPLE", "wrong")))
    altered = refuse(evolve(GOOD, method="PUT"))

    assert first_paragraph(wrong_secret) == first_paragraph(altered)
    assert (wrong_secret.code, wrong_secret.status, wrong_secret.check) == (altered.code, altered.status, altered.check)
    assert first_paragraph(altered) == (
        "The request signature we calculated does not match the signature you provided. "
        "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
    )


def test_a_mismatch_tells_the_texts_that_the_server_expected() -> None:
    """As AWS does, so that a client's author can compare them with his own."""
    server = sign_headers(INVOKE, CREDENTIALS, SCOPE)
    error = refuse(signed_request(credentials=Credentials("AKIDEXAMPLE", "wrong")))

    assert error.message == (
        f"{first_paragraph(error)}\n\n"
        f"The Canonical String for this request should have been\n'{server.canonical_request}'\n\n"
        f"The String-to-Sign should have been\n'{server.string_to_sign}'\n"
    )


def test_an_unknown_key_has_a_code_of_its_own() -> None:
    """AWS says so too, in the words it has for a wrong token."""
    error = refuse(GOOD, evolve(CREDENTIALS, access_key_id="AKIAIOSFODNN7EXAMPLE"))

    assert (error.code, error.status, error.check) == (UNRECOGNIZED, 403, "the access key id is unknown")
    assert error.message == "The security token included in the request is invalid."


INCOMPLETE_FORMS: dict[str, str] = {
    "Bearer a": (
        "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. "
        "Authorization header requires 'SignedHeaders' parameter."
    ),
    "AWS4-HMAC-SHA256 Signature=a": (
        "Authorization header requires 'Credential' parameter. Authorization header requires 'SignedHeaders' parameter."
    ),
    "AWS4-HMAC-SHA256 Credential=a SignedHeaders=b Signature=c": "Authorization header has a malformed parameter.",
    "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=b, Signature=c": (
        "Credential must be KEYID/YYYYMMDD/REGION/SERVICE/aws4_request."
    ),
}


@pytest.mark.parametrize("authorization", INCOMPLETE_FORMS)
def test_an_incomplete_authorization_is_told_what_it_lacks(authorization: str) -> None:
    """Without repeating it: it may hold a secret that went astray."""
    error = refuse(with_value(GOOD, "authorization", authorization))

    assert (INCOMPLETE, INCOMPLETE_FORMS[authorization]) == (error.code, error.message)


@pytest.mark.parametrize(
    ("pattern", "replacement", "message"),
    [
        ("eu-west-1", "us-east-1", "Credential should be scoped to region 'eu-west-1', not 'us-east-1'."),
        ("sagemaker/", "s3/", "Credential should be scoped to service 'sagemaker', not 's3'."),
        ("20150830", "20150829", "Credential should be scoped to date '20150830', not '20150829'."),
        ("aws4_request", "a", "Credential should be scoped to terminator 'aws4_request', not 'a'."),
        ("host;", "", "'host' must be a 'SignedHeader' in the AWS Authorization."),
        ("host;", "host;host;", "SignedHeaders must be in lower case, sorted, and each named once."),
    ],
)
def test_a_refusal_names_what_was_expected(pattern: str, replacement: str, message: str) -> None:
    """Scope fields and required headers are no secrets."""
    assert message == refuse(authorized(pattern, replacement)).message


def test_a_refusal_survives_pickling() -> None:
    """A worker process can hand it to another."""
    error = refuse(evolve(GOOD, method="PUT"))

    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes

    assert VerificationError is type(again)
    assert vars(error) == vars(again)
    assert str(error) == str(again)
    other = pickle.loads(pickle.dumps(VerificationError("A", "b", check="c", status=400)))  # noqa: S301 - our own bytes
    assert (other.code, other.message, other.check, other.status) == ("A", "b", "c", 400)


def test_only_signed_headers_are_handed_on() -> None:
    """As they arrived; a handler cannot trust any other by mistake."""
    signed = signed_request(with_header(INVOKE, "Accept", " text/csv "))
    arrived = with_header(with_header(with_header(signed, "User-Agent", "a"), "X-Amzn-Trace-Id", "a"), "Cookie", "a")

    verified = accept(arrived)

    assert (*signed.headers[:-1],) == verified.headers
    assert (dict(verified.headers)["Accept"], signed.headers[-1][0]) == (" text/csv ", "Authorization")


def test_what_was_verified_is_described() -> None:
    """Who signed, for which scope, and the canonical request of both sides."""
    verified = accept(GOOD_WITH_TOKEN, TEMPORARY)

    assert (verified.access_key_id, verified.scope) == ("AKIDEXAMPLE", SCOPE)
    assert verified.canonical_request.signed_headers == (
        "content-type;host;x-amz-date;x-amz-security-token;x-amzn-sagemaker-custom-attributes"
    )


def test_a_policy_without_a_scope_accepts_any_region_and_service() -> None:
    """The signature binds both all the same."""
    assert accept(GOOD, policy=STRICT).scope == SCOPE
    assert refuse(authorized("eu-west-1", "us-east-1"), policy=STRICT).check == DIFFERS


def test_the_lookup_is_asked_for_the_key_id_alone() -> None:
    """Once, and only after the form, the date and the scope are right."""
    asked: list[str] = []

    def find(access_key_id: str) -> Credentials | None:
        asked.append(access_key_id)
        return CREDENTIALS

    for arrived in (GOOD, INVOKE, authorized("eu-west-1", "us-east-1"), with_value(GOOD, "x-amz-date", "")):
        try:
            verify(arrived, find, TIME, POLICY)
        except VerificationError:
            continue

    assert asked == ["AKIDEXAMPLE"]
