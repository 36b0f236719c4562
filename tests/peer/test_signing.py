"""botocore's signatures equal ours, except where the specification decides against it; ours verifies what it signs."""

import os
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from attrs import evolve, frozen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sigv4 import GENERIC, S3, STRICT, Credentials, Request, Rules, Scope, Signed, sign_headers, verify
from tests.peer.pipe import Peer

EXAMPLES = int(os.environ.get("PEER_EXAMPLES", "1000"))
asked = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=os.environ.get("CI") == "true",
    suppress_health_check=[HealthCheck.too_slow],  # a slow machine is no failure; the pipe has its own bound
)

PRINTABLE = st.characters(min_codepoint=0x21, max_codepoint=0x7E)
TEXT = st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"])
"""Any letter that is neither a control nor one of Unicode's other spaces; surrogates have no bytes in botocore."""
PATH_PARTS = st.sampled_from(
    [
        "/",
        "//",
        ".",
        "..",
        "/./",
        "/../",
        "%20",
        "%2F",
        "%2f",
        "%e1%88%b4",
        "%25",
        "%",
        " ",
        "+",
        "é",
        "ሴ",
        "~",
        "a",
        "=&",
    ]
) | TEXT.filter(lambda character: character not in "?#")
PATHS = (
    st.lists(PATH_PARTS, max_size=12)
    .map(lambda parts: "/" + "".join(parts))
    .filter(lambda path: not path.endswith(("/.", "/..")))  # see DIFFERENCES
)
ENCODED = st.text(st.sampled_from("aA0-_.~ /+%=&?;:@é\udcff") | TEXT, max_size=6).map(
    lambda text: quote(text.encode("utf-8", "surrogateescape"), "-_.~")
)
"""Names and values as the specification encodes them; in any other form botocore signs them as they are."""
QUERIES = st.lists(st.tuples(ENCODED, ENCODED).map("=".join), max_size=5).map("&".join)
NAMES = st.text("abcXYZ019-_.!~", min_size=1, max_size=6) | st.sampled_from(
    [
        "Content-Type", "content-type", "Content-Length", "Accept", "X-Amz-Target", "x-amz-meta-a", "User-Agent", "TE",
        "X-Amzn-Trace-Id", "Connection", "Transfer-Encoding", "X-Amzn-SageMaker-Custom-Attributes", "traceparent",
        "Expect",
    ]
)  # fmt: skip
VALUES = st.text(st.sampled_from(' \t,;:="aB') | TEXT, max_size=12)
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=6)
HOSTS = st.sampled_from(["runtime.sagemaker.eu-west-1.amazonaws.com", "127.0.0.1:8080", "[::1]:8080"])
REQUESTS = st.builds(
    Request,
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    path=PATHS,
    query=QUERIES,
    headers=st.tuples(HEADERS, HOSTS).map(lambda pair: [*pair[0], ("Host", pair[1])]),
    payload=st.binary(max_size=40),
    scheme=st.sampled_from(["https", "http"]),
)
CALLERS = st.builds(
    Credentials,
    access_key_id=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters=",/="), min_size=1),
    secret_access_key=st.text(TEXT, min_size=1),
    session_token=st.none() | st.text(PRINTABLE, min_size=1),
)
SCOPES = st.builds(
    Scope,
    time=st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - timezones says it
    region=st.text("abz019-", min_size=1, max_size=9),
    service=st.text("abz019-", min_size=1, max_size=9),
)

TEMPORARY = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "AQoDYXdzEPT//wEXAMPLE==")
LONG_TERM = evolve(TEMPORARY, session_token=None)
SCOPE = Scope(datetime(2015, 8, 30, 12, 36, tzinfo=UTC), "eu-west-1", "sagemaker")
INVOKE = Request.from_url(
    "POST",
    "https://runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/iris/invocations",
    [("Content-Type", "text/csv"), ("X-Amzn-SageMaker-Custom-Attributes", "tenant=a")],
    b"5.1,3.5,1.4,0.2\n",
)


def botocore_signs(
    peer: Peer, request: Request, caller: Credentials, scope: Scope, signer: str = "SigV4Auth"
) -> dict[str, Any]:
    """Have botocore sign the request."""
    host = next(value for name, value in request.headers if name == "Host")
    token = caller.session_token
    return peer.call(
        "botocore_sign",
        method=request.method,
        url=f"{request.scheme}://{host}{request.path}" + (f"?{request.query}" if request.query else ""),
        headers=request.headers,
        body=request.payload,
        credentials={
            "access_key_id": caller.access_key_id,
            "secret_access_key": caller.secret_access_key.reveal(),
            "session_token": token.reveal() if token else None,
        },
        region=scope.region,
        service=scope.service,
        time=scope.timestamp,
        signer=signer,
    )


def steps(signed: Signed) -> dict[str, str]:
    """Return our steps under the names of botocore's."""
    return {
        "canonical_request": str(signed.canonical_request),
        "string_to_sign": str(signed.string_to_sign),
        "signature": signed.signature,
        "authorization": dict(signed.headers)["Authorization"],
    }


def botocore_steps(answer: dict[str, Any]) -> dict[str, str]:
    """Return the steps of botocore's answer."""
    named = {name: answer[name] for name in ("canonical_request", "string_to_sign", "signature")}
    return named | {"authorization": dict(answer["headers"])["Authorization"]}


@asked
@given(REQUESTS, CALLERS, SCOPES)
def test_botocore_signs_as_we_do(peer: Peer, request: Request, caller: Credentials, scope: Scope) -> None:
    """Every step is equal, and what botocore signed is verified here."""
    answer = botocore_signs(peer, request, caller, scope)

    assert steps(sign_headers(request, caller, scope)) == botocore_steps(answer)
    sent = evolve(request, headers=[(name, value) for name, value in answer["headers"]])
    policy = evolve(STRICT, require_normal_form=False).for_scope(scope.region, scope.service)
    assert scope.timestamp == verify(sent, {caller.access_key_id: caller}.get, scope.time, policy).scope.timestamp


ON_THE_WIRE = st.sampled_from(
    ["/", "//", "/./", "/../", "%20", "%2F", "%e1%88%b4", "%25", "~", "a", "=&", "+", ":@", "."]
)


@settings(parent=asked, max_examples=max(1, EXAMPLES // 4))
@given(
    st.lists(ON_THE_WIRE, max_size=12).map(lambda parts: "/" + "".join(parts)), QUERIES, HEADERS, st.binary(max_size=9)
)
def test_botocore_signs_for_s3_as_we_do(
    peer: Peer, path: str, query: str, headers: list[tuple[str, str]], body: bytes
) -> None:
    """Paths of wire characters stay as they are, and the body's hash is a header."""
    request = Request("PUT", path, query, [*headers, ("Host", "example-bucket.s3.amazonaws.com")], body, "http")
    scope = evolve(SCOPE, service="s3")

    answer = botocore_signs(peer, request, TEMPORARY, scope, signer="S3SigV4Auth")

    assert steps(sign_headers(request, TEMPORARY, scope, S3)) == botocore_steps(answer)


@pytest.mark.parametrize("caller", [LONG_TERM, TEMPORARY], ids=["long-term", "temporary"])
@pytest.mark.parametrize("rules", [GENERIC, S3], ids=["SigV4Auth", "S3SigV4Auth"])
def test_what_botocore_signs_is_verified_strictly(peer: Peer, caller: Credentials, rules: Rules) -> None:
    """A call of SageMaker Runtime, with and without a session token, for one region and service."""
    signer = "S3SigV4Auth" if rules is S3 else "SigV4Auth"
    answer = botocore_signs(peer, evolve(INVOKE, scheme="http"), caller, SCOPE, signer)
    sent = evolve(INVOKE, headers=[(name, value) for name, value in answer["headers"]])
    policy = evolve(STRICT, rules=rules).for_scope("eu-west-1", "sagemaker")

    verified = verify(sent, {caller.access_key_id: caller}.get, SCOPE.time, policy)

    assert answer["canonical_request"] == str(verified.canonical_request)


def test_a_content_hash_that_the_request_has_is_signed_by_both(peer: Peer) -> None:
    """It is an x-amz header like any other."""
    body_hash = sign_headers(INVOKE, LONG_TERM, SCOPE).canonical_request.payload_hash
    request = evolve(INVOKE, headers=(*INVOKE.headers, ("X-Amz-Content-SHA256", body_hash)))

    answer = botocore_signs(peer, request, LONG_TERM, SCOPE)

    assert steps(sign_headers(request, LONG_TERM, SCOPE)) == botocore_steps(answer)


@frozen
class Difference:
    """One kind of request that botocore signs in another way, and what decides.

    Attributes:
        request: an example.
        ours: lines of our canonical request that botocore's has not.
        botocores: lines of botocore's that ours has not.
        source: the sentence that decides, with its place.
    """

    request: Request
    ours: list[str]
    botocores: list[str]
    source: str


SEGMENTS = (
    "RFC 3986, section 5.2.4, steps 2B and 2C: a final '/.' or '/..' is replaced by '/', so a path that ends in one "
    "keeps a final slash."
)
ENCODE = "IAM User Guide, step 1, CanonicalQueryString: names and values are URI-encoded one by one, then sorted."
NOTHING = f"{ENCODE} Nothing between two separators has neither a name nor a value."
RESERVED = (
    f"{ENCODE} UriEncode encodes every byte but letters, digits, '-', '.', '_' and '~', and none of these: one value "
    "has one form."
)
UPPER = "IAM User Guide, step 1, UriEncode: the letters of an escape are in upper case."
BLANK = "RFC 9110, sections 5.5 and 5.6.3: white space in a field is SP and HTAB; any other character is of the value."
DATE = (
    "IAM User Guide, step 1, CanonicalHeaders: host and every x-amz header are signed as they are sent. The date is "
    "sent in X-Amz-Date here, always; botocore writes a Date header anew and sends no other."
)

DIFFERENCES: dict[str, Difference] = {
    "path that ends in two dots": Difference(evolve(INVOKE, path="/a/b/.."), ["/a/"], ["/a"], SEGMENTS),
    "path that ends in a dot": Difference(evolve(INVOKE, path="/a/."), ["/a/"], ["/a"], SEGMENTS),
    "nothing between two ampersands": Difference(evolve(INVOKE, query="a=1&&b=2"), ["a=1&b=2"], ["=&a=1&b=2"], NOTHING),
    "reserved character in a value": Difference(evolve(INVOKE, query="a=x/y"), ["a=x%2Fy"], ["a=x/y"], RESERVED),
    "reserved character in a name": Difference(evolve(INVOKE, query="a:b=1"), ["a%3Ab=1"], ["a:b=1"], RESERVED),
    "second equals sign": Difference(evolve(INVOKE, query="a=b=c"), ["a=b%3Dc"], ["a=b=c"], RESERVED),
    "plus sign": Difference(evolve(INVOKE, query="a=x+y"), ["a=x%2By"], ["a=x+y"], RESERVED),
    "space": Difference(evolve(INVOKE, query="a=x y"), ["a=x%20y"], ["a=x y"], RESERVED),
    "letter outside ASCII": Difference(evolve(INVOKE, query="ሴ=1"), ["%E1%88%B4=1"], ["ሴ=1"], RESERVED),
    "unreserved character encoded": Difference(evolve(INVOKE, query="%61=%7E"), ["a=~"], ["%61=%7E"], RESERVED),
    "escape in lower case": Difference(evolve(INVOKE, query="a=%2f"), ["a=%2F"], ["a=%2f"], UPPER),
    "order of names that are not encoded": Difference(
        evolve(INVOKE, query="a+=1&a!=2"), ["a%21=2&a%2B=1"], ["a!=2&a+=1"], RESERVED
    ),
    "white space of Unicode within a value": Difference(
        evolve(INVOKE, headers=(*INVOKE.headers, ("A", "b\u2003c\u00a0\u3000d"))),
        ["a:b\u2003c\u00a0\u3000d"],
        ["a:b c d"],
        BLANK,
    ),
    "white space of Unicode around a value": Difference(
        evolve(INVOKE, headers=(*INVOKE.headers, ("A", "\u0085b\u2028"))), ["a:\u0085b\u2028"], ["a:b"], BLANK
    ),
    "Date header": Difference(
        evolve(INVOKE, headers=(*INVOKE.headers, ("Date", "x"))),
        [
            "date:x",
            "x-amz-date:20150830T123600Z",
            "content-type;date;host;x-amz-date;x-amzn-sagemaker-custom-attributes",
        ],
        ["date:Sun, 30 Aug 2015 12:36:00 -0000", "content-type;date;host;x-amzn-sagemaker-custom-attributes"],
        DATE,
    ),
}


@pytest.mark.parametrize("difference", DIFFERENCES.values(), ids=DIFFERENCES)
def test_botocore_differs_only_as_written(peer: Peer, difference: Difference) -> None:
    """A difference that goes away is a reason to look again, at either side."""
    ours = str(sign_headers(difference.request, LONG_TERM, SCOPE).canonical_request).split("\n")
    botocores = botocore_signs(peer, difference.request, LONG_TERM, SCOPE)["canonical_request"].split("\n")

    assert difference.ours == [line for line in ours if line not in botocores]
    assert difference.botocores == [line for line in botocores if line not in ours]
    assert difference.source
