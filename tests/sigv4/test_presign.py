"""Presigned URLs: what signing makes, what it refuses, and what the verifier makes of them.

Forgeries start from a URL that is accepted and change one thing.
"""

import hmac
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import quote, unquote

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sigv4 import (
    GENERIC,
    S3,
    SPECIFICATION,
    STRICT,
    UNSIGNED,
    AlreadySignedError,
    Credentials,
    Digest,
    ExpiryError,
    Request,
    RequestError,
    Rules,
    Scope,
    Signed,
    VerificationError,
    Verified,
    VerifyPolicy,
    presign,
    sign_headers,
    verify,
)
from tests.sigv4.examples import CREDENTIALS, SCOPE, TEMPORARY, TIME, finds, header, with_header
from tests.sigv4.test_properties import CALLERS, REQUESTS, RULES, SCOPES, bounded

POLICY = STRICT.for_scope("eu-west-1", "sagemaker")
UNSIGNED_TOKEN = Rules(omit_session_token=True)
LIFETIME = 900
GET = Request("GET", "/a%20b", "b=2&a=x%2Fy&a=1", [("Host", "example.amazonaws.com"), ("X-Amz-Meta-A", "1")])
INVALID = "InvalidSignatureException"
INCOMPLETE = "IncompleteSignatureException"
DIFFERS = "the signature differs: a wrong secret, or an altered request"
NOT_ONCE = "a parameter of the signature is doubled or in other letters"
NO_LIFETIME = "X-Amz-Expires is no lifetime"
DATE_FORM = "the date or the scope has another form"
CREDENTIAL_FORM = "the credential has another form"
OTHER_TOKEN = "the session token is not the one that belongs to the access key id"  # noqa: S105 - no secret


def presigned(
    request: Request = GET,
    credentials: Credentials = CREDENTIALS,
    expires_in: int = LIFETIME,
    rules: Rules = GENERIC,
    scope: Scope = SCOPE,
) -> Request:
    """Return what whoever has the URL sends: the request with the URL's query."""
    url = presign(request, credentials, scope, expires_in, rules).url
    return evolve(request, query=url.partition("?")[2])


def accept(
    request: Request, credentials: Credentials = CREDENTIALS, later: float = 0, policy: VerifyPolicy = POLICY
) -> Verified:
    """Verify as the server that knows these credentials, some seconds after the signature."""
    return verify(request, finds(credentials), TIME + timedelta(seconds=later), policy)


def refuse(
    request: Request, credentials: Credentials = CREDENTIALS, later: float = 0, policy: VerifyPolicy = POLICY
) -> VerificationError:
    """Return the refusal of a request that must not be accepted."""
    with pytest.raises(VerificationError) as caught:
        accept(request, credentials, later, policy)
    assert caught.value.status == 403
    return caught.value


def parameters(query: str) -> list[tuple[str, str]]:
    """Return the decoded parameters of a query in their order."""
    pairs = (parameter.partition("=") for parameter in query.split("&"))
    return [(unquote(name), unquote(value)) for name, _, value in pairs]


def altered(name: str, value: str, request: Request | None = None) -> Request:
    """Return a presigned request with another value of one parameter, which comes once."""
    request = presigned() if request is None else request
    found = parameters(request.query)
    assert [key for key, _ in found].count(name) == 1
    query = "&".join(f"{quote(key)}={quote(value if key == name else old, '')}" for key, old in found)
    assert query != request.query
    return evolve(request, query=query)


def lacking(name: str) -> Request:
    """Return a presigned request without one parameter."""
    request = presigned()
    kept = [part for part in request.query.split("&") if part.partition("=")[0] != name]
    assert len(kept) == request.query.count("&")
    return evolve(request, query="&".join(kept))


def signed_with(names: str, request: Request, query: str) -> Request:
    """Return a presigned request with a right signature over only these headers, made here by the specification."""
    fields = {name.lower(): value for name, value in request.headers}
    query = f"{query}&X-Amz-SignedHeaders={quote(names, '')}"
    pairs = sorted(
        (quote(unquote(n), ""), quote(unquote(v), "")) for n, _, v in (p.partition("=") for p in query.split("&"))
    )
    lines = [
        request.method,
        "/a%2520b",
        "&".join(f"{name}={value}" for name, value in pairs),
        *(f"{name}:{fields[name]}" for name in names.split(";")),
        "",
        names,
        sha256(b"").hexdigest(),
    ]
    canonical_hash = sha256("\n".join(lines).encode()).hexdigest()
    string_to_sign = f"AWS4-HMAC-SHA256\n{SCOPE.timestamp}\n{SCOPE}\n{canonical_hash}"
    key = b"AWS4" + CREDENTIALS.secret_access_key.reveal().encode()
    for text in [*str(SCOPE).split("/"), string_to_sign]:
        key = hmac.digest(key, text.encode(), "sha256")
    return evolve(request, query=f"{query}&X-Amz-Signature={key.hex()}")


def authentication(scope: Scope = SCOPE) -> str:
    """Return the parameters of a signature but for the list of headers and the signature itself."""
    credential = quote(f"{CREDENTIALS.access_key_id}/{scope}", "")
    return (
        f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={credential}"
        f"&X-Amz-Date={scope.timestamp}&X-Amz-Expires={LIFETIME}"
    )


# What signing makes


def test_a_url_has_every_parameter_that_the_headers_would_have() -> None:
    """The request's own query first and as it stands, then the signature's parameters, the signature last."""
    signed = presign(GET, CREDENTIALS, SCOPE, LIFETIME)

    address, _, query = signed.url.partition("?")
    assert address == "https://example.amazonaws.com/a%20b"
    assert query.startswith(f"{GET.query}&X-Amz-Algorithm=")
    assert parameters(query)[3:] == [
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
        ("X-Amz-Credential", "AKIDEXAMPLE/20150830/eu-west-1/sagemaker/aws4_request"),
        ("X-Amz-Date", "20150830T123600Z"),
        ("X-Amz-Expires", "900"),
        ("X-Amz-SignedHeaders", "host;x-amz-meta-a"),
        ("X-Amz-Signature", signed.signature),
    ]
    assert signed.headers == ()


def test_a_url_is_ascii_and_has_no_reserved_character_in_its_values() -> None:
    """The slashes of the credential and the semicolons of the list are percent-encoded."""
    url = presign(GET, TEMPORARY, SCOPE, LIFETIME).url

    query = url.partition(f"{GET.query}&")[2]
    assert query.isascii()
    assert not set("/;+ ") & set(query)


@pytest.mark.parametrize(
    ("scheme", "host", "begin"),
    [
        ("https", "example.amazonaws.com", "https://example.amazonaws.com/?"),
        ("http", "localhost:8080", "http://localhost:8080/?"),
        ("https", "[::1]:8443", "https://[::1]:8443/?"),
    ],
)
def test_the_url_names_the_scheme_and_host_of_the_request(scheme: str, host: str, begin: str) -> None:
    """With its port, where there is one."""
    request = Request.from_url("GET", f"{scheme}://{host}/")

    assert presign(request, CREDENTIALS, SCOPE, LIFETIME).url.startswith(f"{begin}X-Amz-Algorithm=")


def test_presigning_changes_nothing_that_it_was_given() -> None:
    """And gives the same each time."""
    before = evolve(GET)

    first, second = (presign(GET, TEMPORARY, SCOPE, LIFETIME) for _ in range(2))

    assert before == GET
    assert first == second


def test_the_steps_are_those_of_the_specification() -> None:
    """The canonical request has the signature's parameters in its query and only the request's headers."""
    signed = presign(GET, CREDENTIALS, SCOPE, LIFETIME)

    by_hand = signed_with("host;x-amz-meta-a", GET, f"{GET.query}&{authentication()}")
    assert by_hand.query.rpartition("=")[2] == signed.signature
    assert accept(by_hand).canonical_request == signed.canonical_request


@pytest.mark.parametrize("expires_in", [1, 2, 604_799, 604_800])
def test_a_lifetime_is_from_a_second_to_a_week(expires_in: int) -> None:
    """Both bounds are inside."""
    assert f"&X-Amz-Expires={expires_in}&" in presign(GET, CREDENTIALS, SCOPE, expires_in).url


@pytest.mark.parametrize(
    "expires_in", [0, -1, 604_801, 10**30, True, False, 1.0, 900.5, "900", None, float("nan"), timedelta(seconds=900)]
)
def test_any_other_lifetime_is_refused(expires_in: Any) -> None:
    """By an error that says what was given and what may be given."""
    with pytest.raises(ExpiryError) as caught:
        presign(GET, CREDENTIALS, SCOPE, expires_in)

    assert caught.value.where == "expires_in"
    assert caught.value.problem == f"is {expires_in!r}; give a whole number of seconds from 1 to 604800"


def test_a_session_token_is_signed() -> None:
    """It stands before the signature, and in the canonical query."""
    signed = presign(GET, TEMPORARY, SCOPE, LIFETIME)

    token = "X-Amz-Security-Token=AQoDYXdzEPT%2F%2FwEXAMPLE%3D%3D"  # noqa: S105 - AWS's example
    assert token in signed.canonical_request.query.split("&")
    assert token in signed.url.split("&")[-2:]
    assert accept(presigned(credentials=TEMPORARY), TEMPORARY).scope == SCOPE


def test_a_session_token_is_added_after_signing_where_the_rules_say_so() -> None:
    """It is not in the canonical query, and the signature is that of a caller without it."""
    signed = presign(GET, TEMPORARY, SCOPE, LIFETIME, UNSIGNED_TOKEN)
    without_token = presign(GET, CREDENTIALS, SCOPE, LIFETIME)

    assert without_token.signature == signed.signature
    assert without_token.canonical_request == signed.canonical_request
    assert dict(parameters(signed.url.partition("?")[2]))["X-Amz-Security-Token"] == "AQoDYXdzEPT//wEXAMPLE=="


def last_line(signed: Signed) -> str:
    """Return what the canonical request says of the body."""
    return str(signed.canonical_request).rpartition("\n")[2]


def test_the_body_is_hashed_or_named_unsigned() -> None:
    """A body, an empty one, a ready digest, and UNSIGNED, which Amazon S3 takes."""
    digest = sha256(b"body").hexdigest()

    for payload, line in (
        (b"body", digest),
        (Digest(digest), digest),
        (b"", sha256(b"").hexdigest()),
        (UNSIGNED, "UNSIGNED-PAYLOAD"),
    ):
        request = evolve(GET, method="PUT", payload=payload)
        for rules in (GENERIC, S3):
            assert line == last_line(presign(request, CREDENTIALS, SCOPE, LIFETIME, rules))
            assert accept(presigned(request, rules=rules), policy=evolve(POLICY, rules=rules)).scope == SCOPE


def test_no_header_is_added_whatever_the_rules() -> None:
    """Whoever has only the URL could not send it: the body's hash plays no part among the headers."""
    signed = presign(GET, CREDENTIALS, SCOPE, LIFETIME, S3)

    assert signed.canonical_request.signed_headers == "host;x-amz-meta-a"


def test_headers_that_are_never_signed_are_not_signed_here() -> None:
    """They are sent or not, as the client likes."""
    request = with_header(with_header(GET, "User-Agent", "a"), "X-Amzn-Trace-Id", "b")

    assert presign(GET, CREDENTIALS, SCOPE, LIFETIME) == presign(request, CREDENTIALS, SCOPE, LIFETIME)


# What signing refuses


@pytest.mark.parametrize(
    "name",
    [
        "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders",
        "X-Amz-Signature", "X-Amz-Security-Token", "X-Amz-Region-Set",
    ],
)  # fmt: skip
@pytest.mark.parametrize("spelling", ["{}=1", "{}", "{}=", "a=1&{}=1", "{}=1&a=1"])
def test_a_query_that_is_signed_already_is_refused(name: str, spelling: str) -> None:
    """With any of the parameters, in any letters and escapes, for a URL and for headers."""
    for written in (name, name.lower(), name.upper(), name.replace("-", "%2D"), f"%58{name[1:]}", f"%78{name[1:]}"):
        request = evolve(GET, query=spelling.format(written))
        with pytest.raises(AlreadySignedError, match=r"^query: holds a parameter that signing adds"):
            presign(request, CREDENTIALS, SCOPE, LIFETIME)
        with pytest.raises(AlreadySignedError, match=r"^query: "):
            sign_headers(request, CREDENTIALS, SCOPE)


@pytest.mark.parametrize("query", ["X-Amz", "x-amz-meta-a=1", "X-Amz-Signature%00", "aX-Amz-Date=1", "=X-Amz-Date"])
def test_a_query_with_similar_names_is_signed(query: str) -> None:
    """Other parameters may begin with X-Amz; those are the caller's."""
    assert accept(presigned(evolve(GET, query=query))).scope == SCOPE


def test_a_url_is_not_presigned_twice() -> None:
    """Nor signed with headers."""
    with pytest.raises(AlreadySignedError):
        presign(presigned(), CREDENTIALS, SCOPE, LIFETIME)


@pytest.mark.parametrize("name", ["Authorization", "X-Amz-Date", "x-amz-security-token", "X-AMZ-REGION-SET"])
def test_a_header_of_a_signature_is_refused(name: str) -> None:
    """There is one place for a signature."""
    with pytest.raises(AlreadySignedError):
        presign(with_header(GET, name, "a"), CREDENTIALS, SCOPE, LIFETIME)


def test_a_request_without_host_is_refused() -> None:
    """There would be no URL."""
    with pytest.raises(RequestError, match="lack Host"):
        presign(evolve(GET, headers=()), CREDENTIALS, SCOPE, LIFETIME)


# What the verifier makes of it


@bounded
@given(REQUESTS, CALLERS, SCOPES, RULES, st.integers(1, 604_800))
def test_what_was_presigned_is_verified(
    request: Request, caller: Credentials, scope: Scope, rules: Rules, expires_in: int
) -> None:
    """Any request, caller, scope, rules and lifetime that the signer takes make a URL that the verifier accepts."""
    sent = presigned(request, caller, expires_in, rules, scope)
    policy = evolve(SPECIFICATION, rules=rules).for_scope(scope.region, scope.service)

    verified = verify(sent, finds(caller), scope.time, policy)

    assert presign(request, caller, scope, expires_in, rules).canonical_request == verified.canonical_request


@pytest.mark.parametrize("seconds", [-300, -1, 0, 1, 300, 301, LIFETIME - 1, LIFETIME])
def test_a_url_is_accepted_as_long_as_it_lives(seconds: int) -> None:
    """From five minutes before its time, for clocks that differ, to its last second; both bounds are inside."""
    assert accept(presigned(), later=seconds).scope == SCOPE


@pytest.mark.parametrize("seconds", [LIFETIME + 0.001, LIFETIME + 1, LIFETIME + 301, 604_800])
def test_an_expired_url_is_refused(seconds: float) -> None:
    """From the first instant after its last second; the tolerance for clocks does not prolong it."""
    error = refuse(presigned(), later=seconds)

    assert (error.code, error.check) == (INVALID, "the request's time is too far in the past")
    assert error.message.startswith("Signature expired: 20150830T123600Z is now earlier than ")


def test_an_expired_url_is_told_its_lifetime() -> None:
    """In AWS's words, with the times that were compared."""
    assert refuse(presigned(), later=LIFETIME + 1).message == (
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T125101Z - 15 min.)"
    )
    assert refuse(presigned(expires_in=1), later=2).message.endswith("(20150830T123602Z - 1 s)")


@pytest.mark.parametrize("seconds", [-300.001, -301, -86_400])
def test_a_url_from_the_future_is_refused(seconds: float) -> None:
    """More than five minutes before its time."""
    error = refuse(presigned(), later=seconds)

    assert (error.code, error.check) == (INVALID, "the request's time is in the future")


def test_a_short_lifetime_is_kept_to_the_second() -> None:
    """Although the tolerance for clocks is longer."""
    request = presigned(expires_in=1)

    assert accept(request, later=1).scope == SCOPE
    assert refuse(request, later=2).check == "the request's time is too far in the past"


def test_a_week_is_a_week() -> None:
    """The longest lifetime outlives its scope's day."""
    request = presigned(expires_in=604_800)

    assert accept(request, later=604_800).scope == SCOPE
    assert refuse(request, later=604_801).check == "the request's time is too far in the past"


@pytest.mark.parametrize(
    "text", ["", "0", "00900", "+900", "-900", "900.0", "9e2", "604801", "9999999", "٩٠٠", " 900", "900 "]
)
def test_another_form_of_lifetime_is_refused(text: str) -> None:
    """It is a whole number from 1 to 604,800, in one form."""
    error = refuse(altered("X-Amz-Expires", text))

    assert (error.code, error.check) == (INCOMPLETE, NO_LIFETIME)
    assert error.message == "X-Amz-Expires must be from 1 to 604800 seconds."


ALTERED: dict[str, tuple[str, str, str, str]] = {
    "a longer lifetime": ("X-Amz-Expires", "901", INVALID, DIFFERS),
    "another second": ("X-Amz-Date", "20150830T123601Z", INVALID, DIFFERS),
    "another day": ("X-Amz-Date", "20150829T123600Z", INVALID, "scope: date"),
    "a date of another form": ("X-Amz-Date", "2015-08-30T12:36:00Z", INCOMPLETE, DATE_FORM),
    "another key id": (
        "X-Amz-Credential", "AKIDEXAMPLF/20150830/eu-west-1/sagemaker/aws4_request",
        "UnrecognizedClientException", "the access key id is unknown",
    ),
    "another scope's day": (
        "X-Amz-Credential", "AKIDEXAMPLE/20150831/eu-west-1/sagemaker/aws4_request", INVALID, "scope: date",
    ),
    "another region": (
        "X-Amz-Credential", "AKIDEXAMPLE/20150830/us-east-1/sagemaker/aws4_request", INVALID, "scope: region",
    ),
    "another service": (
        "X-Amz-Credential", "AKIDEXAMPLE/20150830/eu-west-1/s3/aws4_request", INVALID, "scope: service",
    ),
    "another terminator": (
        "X-Amz-Credential", "AKIDEXAMPLE/20150830/eu-west-1/sagemaker/aws5_request", INVALID, "scope: terminator",
    ),
    "a credential of another form": ("X-Amz-Credential", "AKIDEXAMPLE", INCOMPLETE, CREDENTIAL_FORM),
    "a credential without a region": (
        "X-Amz-Credential", "AKIDEXAMPLE/20150830/sagemaker/aws4_request", INCOMPLETE, CREDENTIAL_FORM,
    ),
    "another algorithm": ("X-Amz-Algorithm", "AWS4-HMAC-SHA512", INCOMPLETE, "the algorithm is another one"),
    "the other algorithm": (
        "X-Amz-Algorithm", "AWS4-ECDSA-P256-SHA256", INCOMPLETE, CREDENTIAL_FORM,
    ),
    "another signature": ("X-Amz-Signature", "0" * 64, INVALID, DIFFERS),
    "a short signature": ("X-Amz-Signature", "0" * 63, INCOMPLETE, "the signature has another form"),
    "a signature of other letters": ("X-Amz-Signature", "A" * 64, INCOMPLETE, "the signature has another form"),
    "a list without host": ("X-Amz-SignedHeaders", "x-amz-meta-a", INVALID, "a header is not signed: host"),
    "a list without an x-amz header": ("X-Amz-SignedHeaders", "host", INVALID, "a header is not signed: x-amz-meta-a"),
    "an unsorted list": ("X-Amz-SignedHeaders", "x-amz-meta-a;host", INVALID, "signed headers: form"),
    "a list in capitals": ("X-Amz-SignedHeaders", "Host;x-amz-meta-a", INVALID, "signed headers: form"),
    "a list with a name more": (
        "X-Amz-SignedHeaders", "a;host;x-amz-meta-a", INVALID, "a signed header did not arrive: a",
    ),
    "a list with a comma": (
        "X-Amz-SignedHeaders", "host,x-amz-meta-a", INCOMPLETE, "the list of signed headers has another form",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "value", "code", "check"), ALTERED.values(), ids=ALTERED)
def test_an_altered_parameter_is_refused(name: str, value: str, code: str, check: str) -> None:
    """With AWS's code and the check that failed."""
    error = refuse(altered(name, value))

    assert (code, check) == (error.code, error.check)


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"method": "POST"}, DIFFERS),
        ({"path": "/a%20c"}, DIFFERS),
        ({"path": "//a%20b"}, "the path is not in normal form"),
        ({"payload": b"body"}, DIFFERS),
        ({"payload": UNSIGNED}, DIFFERS),
    ],
)
def test_an_altered_request_is_refused(change: dict[str, Any], check: str) -> None:
    """The URL is good for one method, path and body."""
    assert check == refuse(evolve(presigned(), **change)).check


def test_an_altered_query_is_refused() -> None:
    """The caller's own parameters are signed too."""
    request = presigned()

    for query in (
        request.query.replace("b=2", "b=3"),
        request.query.replace("b=2&", ""),
        f"c&{request.query}",
        f"{request.query}&c",
        f"{request.query}&a=1",
    ):
        assert refuse(evolve(request, query=query)).check == DIFFERS


PARAMETERS = [name for name, _ in parameters(presigned().query) if name.startswith("X-Amz")]


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_missing_parameter_is_refused(name: str) -> None:
    """Each of the six must be there."""
    assert len(PARAMETERS) == 6
    assert refuse(lacking(name)).code == INCOMPLETE


@pytest.mark.parametrize("name", [*PARAMETERS, "X-Amz-Region-Set", "X-Amz-Security-Token"])
def test_a_parameter_in_other_letters_is_refused(name: str) -> None:
    """The next reader may be one to whom letters make no difference."""
    request = presigned()
    pairs = [part.partition("=") for part in request.query.split("&")]
    for spelling in (name.lower(), name.upper(), name.replace("-", "%2d").lower()):
        renamed = "&".join(f"{spelling if key == name else key}={value}" for key, _, value in pairs)
        for query in (renamed, f"{request.query}&{spelling}=1", f"{spelling}=1&{request.query}"):
            if query != request.query:
                error = refuse(evolve(request, query=query))
                assert (error.code, error.check) == (INCOMPLETE, NOT_ONCE)


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_doubled_parameter_is_refused(name: str) -> None:
    """With the same value or another, before or after, also with escapes in its name."""
    request = presigned()
    (same,) = [part for part in request.query.split("&") if part.startswith(f"{name}=")]
    for other in (same, f"{name}=1", f"{name}", f"%58{name[1:]}=1", same.replace("X-Amz", "%58%2DAmz")):
        for query in (f"{other}&{request.query}", f"{request.query}&{other}"):
            error = refuse(evolve(request, query=query))
            assert (error.code, error.check) == (INCOMPLETE, NOT_ONCE)


def test_a_parameter_with_escapes_in_its_name_is_the_same_parameter() -> None:
    """The canonical request is as it was, so this is no forgery."""
    request = presigned()
    written = request.query.replace("X-Amz-Date", "%58-Amz%2DDate")

    assert accept(request).canonical_request == accept(evolve(request, query=written)).canonical_request


def test_the_order_of_parameters_makes_no_difference() -> None:
    """Not even the signature must come last."""
    request = presigned()
    turned = "&".join(reversed(request.query.split("&")))

    assert accept(request).canonical_request == accept(evolve(request, query=turned)).canonical_request


def test_a_signature_in_the_query_and_in_the_headers_is_refused() -> None:
    """There is one place for it, even if both are right."""
    authorization = ("Authorization", header_of(sign_headers(GET, CREDENTIALS, SCOPE), "Authorization"))
    request = presigned()

    error = refuse(with_header(request, *authorization))

    assert (error.code, error.check) == (INCOMPLETE, "there is more than one signature")


def header_of(signed: Signed, name: str) -> str:
    """Return the value of a header that signing adds."""
    return dict(signed.headers)[name]


@pytest.mark.parametrize("name", ["X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Region-Set", "x-amz-date"])
def test_a_header_of_a_signature_beside_one_in_the_query_is_refused(name: str) -> None:
    """The next reader might take its date or token."""
    error = refuse(with_header(presigned(), name, SCOPE.timestamp))

    assert (error.code, error.check) == (INCOMPLETE, "headers of a signature beside one in the query")


def test_a_signed_header_that_did_not_arrive_is_refused() -> None:
    """Whoever has the URL must send the headers that it names."""
    request = presigned()

    error = refuse(evolve(request, headers=[("Host", header(request, "host"))]))

    assert (error.code, error.check) == (INVALID, "a signed header did not arrive: x-amz-meta-a")


def test_an_altered_header_is_refused() -> None:
    """Host, and every other that is signed."""
    request = presigned()

    for name, value in (("Host", "example.com"), ("X-Amz-Meta-A", "2"), ("X-Amz-Meta-A", "")):
        pairs = [(old, value if old == name else kept) for old, kept in request.headers]
        assert refuse(evolve(request, headers=pairs)).check == DIFFERS
    assert refuse(with_header(request, "X-Amz-Meta-A", "1")).check == DIFFERS


@pytest.mark.parametrize("name", ["X-Amz-Target", "x-amz-meta-b", "Content-Type", "X-Amz-"])
def test_a_header_that_arrived_unsigned_is_refused(name: str) -> None:
    """Anybody on the way could have added it; the specification alone allows it."""
    request = with_header(presigned(), name, "a")

    assert refuse(request).check == f"a header is not signed: {name.lower()}"
    assert accept(request, policy=SPECIFICATION).scope == SCOPE


def test_host_must_be_signed() -> None:
    """A right signature that leaves it out is refused; the date stands in the query, so no header need hold it."""
    with_host = signed_with("host;x-amz-meta-a", GET, f"{GET.query}&{authentication()}")
    without_host = signed_with("x-amz-meta-a", GET, f"{GET.query}&{authentication()}")

    assert accept(with_host).scope == SCOPE
    assert refuse(without_host).check == "a header is not signed: host"
    assert refuse(without_host, policy=SPECIFICATION).check == "a header is not signed: host"


@pytest.mark.parametrize("token", ["", "a", "AQoDYXdzEPT//wEXAMPLE=", "AQoDYXdzEPT//wEXAMPLE== ", "é"])
def test_another_session_token_is_refused(token: str) -> None:
    """In the words for an unknown key."""
    error = refuse(altered("X-Amz-Security-Token", token, presigned(credentials=TEMPORARY)), TEMPORARY)

    assert (error.code, error.check) == ("UnrecognizedClientException", OTHER_TOKEN)


def test_a_session_token_is_sent_by_whom_it_belongs_to_alone() -> None:
    """Missing for a caller who has one; there for a caller who has none."""
    for sent, knows in ((presigned(), TEMPORARY), (presigned(credentials=TEMPORARY), CREDENTIALS)):
        error = refuse(sent, knows)
        assert (error.code, error.check) == ("UnrecognizedClientException", OTHER_TOKEN)


def test_a_session_token_that_is_not_signed_is_accepted_under_rules_that_say_so() -> None:
    """Its value is compared all the same; under the other rules the signature differs, either way."""
    unsigned = presigned(credentials=TEMPORARY, rules=UNSIGNED_TOKEN)
    signed = presigned(credentials=TEMPORARY)
    omitting = evolve(POLICY, rules=UNSIGNED_TOKEN)

    assert accept(unsigned, TEMPORARY, policy=omitting).scope == SCOPE
    assert refuse(altered("X-Amz-Security-Token", "a", unsigned), TEMPORARY, policy=omitting).check == OTHER_TOKEN
    assert refuse(unsigned, TEMPORARY).check == DIFFERS
    assert refuse(signed, TEMPORARY, policy=omitting).check == DIFFERS


def test_a_query_with_a_plus_or_a_semicolon_is_refused_even_when_it_is_signed() -> None:
    """Two readers may understand it differently; the specification alone allows it."""
    for query in ("a=x+y", "a=1;b=2"):
        request = presigned(evolve(GET, query=query))
        assert refuse(request).check == "the query holds a plus sign or a semicolon"
        assert accept(request, policy=SPECIFICATION).scope == SCOPE


@pytest.mark.parametrize("at", range(0, 64, 7))
def test_the_refusal_shows_neither_the_token_nor_the_signature(at: int) -> None:
    """The canonical request that the server expected is in it, the token's value is not."""
    request = presigned(credentials=TEMPORARY)
    right = dict(parameters(request.query))["X-Amz-Signature"]
    wrong = right[:at] + ("0" if right[at] != "0" else "1") + right[at + 1 :]

    error = refuse(altered("X-Amz-Signature", wrong, request), TEMPORARY)

    assert error.check == DIFFERS
    assert "X-Amz-Security-Token=***" in error.message
    assert "AQoDYXdzEPT" not in error.message
    assert right not in error.message
