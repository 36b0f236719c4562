"""The signatures of botocore and awscrt equal ours, except where the specification decides; ours verifies theirs.

Random requests come in batches: 20,000 for botocore in header placement, 10,000 in the query, and 1,000 for awscrt in
each, from a seed that changes every day; a failure prints it.
"""

import os
import random
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from urllib.parse import quote, unquote

import pytest
from attrs import evolve, frozen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sigv4 import (
    GENERIC,
    S3,
    SPECIFICATION,
    STRICT,
    Credentials,
    Request,
    Rules,
    Scope,
    Signed,
    presign,
    sign_headers,
    unsigned_chunks,
    verify,
)
from sigv4.headers import UNSIGNED_HEADERS
from tests.peer import random_requests
from tests.peer.pipe import CommandError, Peer

EXAMPLES = int(os.environ.get("PEER_EXAMPLES", "1000"))
"""Of each of hypothesis's tests and of awscrt's; twenty times as many random requests go to botocore."""
SEED = int(os.environ.get("PEER_SEED") or f"{datetime.now(UTC):%Y%m%d}")
"""Set PEER_SEED to the seed of a failure to see it again."""
BATCH = 500
EXPIRES = 900
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
    return peer.call("botocore_sign", **for_botocore(request, caller, scope), signer=signer)


def for_botocore(request: Request, caller: Credentials, scope: Scope) -> dict[str, Any]:
    """Return a request in the words of botocore's command."""
    host = next(value for name, value in request.headers if name == "Host")
    url = f"{request.scheme}://{host}{target(request)}"
    return {"url": url, **in_words(request, caller, scope)}


def for_awscrt(request: Request, caller: Credentials, scope: Scope) -> dict[str, Any]:
    """Return a request in the words of awscrt's command."""
    region = ",".join(scope.region_set) or scope.region
    return {"target": target(request), **in_words(request, caller, scope), "region": region}


def target(request: Request) -> str:
    """Return the target of the request line."""
    return f"{request.path}?{request.query}" if request.query else request.path


def in_words(request: Request, caller: Credentials, scope: Scope) -> dict[str, Any]:
    """Return the words that both commands know."""
    token = caller.session_token
    return {
        "method": request.method,
        "headers": request.headers,
        "body": request.payload,
        "credentials": {
            "access_key_id": caller.access_key_id,
            "secret_access_key": caller.secret_access_key.reveal(),
            "session_token": token.reveal() if token else None,
        },
        "region": scope.region,
        "service": scope.service,
        "time": scope.timestamp,
    }


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


Asked = tuple[Request, Credentials, Scope]


def asked_about(rng: random.Random, **parts: Any) -> Iterator[Asked]:
    """Give random requests with their callers and scopes, without end."""
    while True:
        yield random_requests.request(rng, **parts), random_requests.caller(rng), random_requests.scope(rng)


def answered(
    peer: Peer, command: str, number: int, asked: Iterator[Asked], **options: Any
) -> Iterator[tuple[Asked, dict[str, Any]]]:
    """Give requests with a rival's answers, which are asked for in batches."""
    words = {"botocore_sign": for_botocore, "awscrt_sign": for_awscrt}[command]
    for begin in range(0, number, BATCH):
        batch = list(islice(asked, min(BATCH, number - begin)))
        calls = [{**words(*one), **options} for one in batch]
        yield from zip(batch, peer.call("many", of=command, calls=calls)["answers"], strict=True)


def test_botocore_signs_many_random_requests_as_we_do(peer: Peer) -> None:
    """The canonical request, the string to sign, the signature and the header."""
    asked = asked_about(random.Random(f"{SEED} headers"))  # noqa: S311 - a test's choice, not a secret
    count = 0
    for (request, caller, scope), answer in answered(peer, "botocore_sign", 20 * EXAMPLES, asked):
        expected = botocore_steps(answer)
        assert steps(sign_headers(request, caller, scope)) == expected, f"seed {SEED}, number {count}"
        count += 1

    assert count == 20 * EXAMPLES


def test_botocore_presigns_many_random_requests_as_we_do(peer: Peer) -> None:
    """The canonical request, the string to sign, and all parameters of the URL."""
    rng = random.Random(f"{SEED} query")  # noqa: S311 - a test's choice, not a secret
    # A body would go into the query, and of a repeated parameter only the first is kept: see DIFFERENCES_IN_THE_QUERY.
    asked = (
        (evolve(request, query=random_requests.query(rng, repeated=False)), caller, scope)
        for request, caller, scope in asked_about(rng, payload=b"")
    )
    count = 0
    for (request, caller, scope), answer in answered(
        peer, "botocore_sign", 10 * EXAMPLES, asked, placement="query", expires=EXPIRES
    ):
        signed = presign(request, caller, scope, EXPIRES)
        found = (str(signed.canonical_request), str(signed.string_to_sign), signed.signature, parameters(signed.url))
        expected = (*(answer[name] for name in QUERY_STEPS), parameters(answer["url"]))
        assert found == expected, f"seed {SEED}, number {count}"
        count += 1

    assert count == 10 * EXAMPLES


QUERY_STEPS = ("canonical_request", "string_to_sign", "signature")


def parameters(url: str) -> list[tuple[str, str]]:
    """Return the decoded parameters of a URL or a target, sorted."""
    pairs = (part.partition("=") for part in url.partition("?")[2].split("&"))
    return sorted((unquote(name), unquote(value)) for name, _, value in pairs)


def signed_by_all(pair: tuple[str, str]) -> bool:
    """Return whether a header is one on which awscrt and we agree that it is signed, or that it is not."""
    return pair[0].lower() not in SIGNED_BY_AWSCRT


@pytest.mark.parametrize("placement", ["headers", "query"])
def test_awscrt_signs_many_random_requests_as_we_do(peer: Peer, placement: str) -> None:
    """The header, or all parameters of the URL."""
    asked = (
        (evolve(request, headers=[*filter(signed_by_all, request.headers)]), caller, scope)
        for request, caller, scope in asked_about(random.Random(f"{SEED} {placement}"))  # noqa: S311 - no secret
    )
    count = 0
    for (request, caller, scope), answer in answered(
        peer, "awscrt_sign", EXAMPLES, asked, placement=placement, expires=EXPIRES
    ):
        if placement == "headers":
            found: object = dict(sign_headers(request, caller, scope).headers)["Authorization"]
            expected: object = dict(answer["headers"])["Authorization"]
        else:
            found = parameters(presign(request, caller, scope, EXPIRES).url)
            expected = parameters(answer["target"])
        assert found == expected, f"seed {SEED}, number {count}"
        count += 1

    assert count == EXAMPLES


@pytest.mark.parametrize("placement", ["headers", "query"])
def test_what_awscrt_signs_by_version_4a_is_verified(peer: Peer, placement: str) -> None:
    """With the key pair that we derive of the same secret, over the canonical request that we make."""
    rng = random.Random(f"{SEED} 4a {placement}")  # noqa: S311 - a test's choice, not a secret
    region_sets = (["*"], ["eu-west-1"], ["us-*", "eu-west-1"])
    asked = (
        (request, caller, Scope.of_regions(scope.time, rng.choice(region_sets), scope.service))
        for request, caller, scope in asked_about(rng)
    )
    policy = evolve(SPECIFICATION, region="eu-west-1")
    count = 0
    for (request, caller, scope), answer in answered(
        peer, "awscrt_sign", max(1, EXAMPLES // 4), asked,
        placement=placement, algorithm="V4_ASYMMETRIC", expires=EXPIRES,
    ):  # fmt: skip
        path, _, query = answer["target"].partition("?")
        sent = evolve(request, path=path, query=query, headers=[(name, value) for name, value in answer["headers"]])
        verified = verify(sent, {caller.access_key_id: caller}.get, scope.time, policy)
        assert (verified.scope.service, verified.scope.timestamp) == (scope.service, scope.timestamp)
        assert verified.scope.region_set == scope.region_set
        count += 1

    assert count == max(1, EXAMPLES // 4)


SIGNED_BY_AWSCRT = frozenset(
    {
        "baggage", "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "traceparent",
        "tracestate", "trailer",
    }
)  # fmt: skip
"""Headers that awscrt signs and we do not, as botocore does not. RFC 9110, section 7.6.1: an intermediary removes what
belongs to one connection before it forwards a message; W3C, "Trace Context", section 3: traceparent and tracestate are
changed on the way. A signature over them would not arrive whole."""


def test_awscrt_differs_only_in_headers_of_the_way(peer: Peer) -> None:
    """A difference that goes away is a reason to look again, at either side."""
    signed = set()
    for name in UNSIGNED_HEADERS:
        request = evolve(INVOKE, headers=(*INVOKE.headers, (name, "a")))
        answer = peer.call("awscrt_sign", **for_awscrt(request, LONG_TERM, SCOPE))
        names = dict(answer["headers"])["Authorization"].partition("SignedHeaders=")[2].partition(",")[0]
        signed |= {name} & set(names.split(";"))

    assert signed == SIGNED_BY_AWSCRT


@pytest.mark.parametrize("checksum", ["crc32", "sha1", "sha256"])
def test_botocore_puts_a_body_into_chunks_as_we_do(peer: Peer, checksum: str) -> None:
    """Without signatures, with a checksum in the trailer; the checksum is botocore's."""
    rng = random.Random(f"{SEED} chunks")  # noqa: S311 - a test's choice, not a secret
    for length in (0, 1, 15, 16, 17, 255, 256, 4096, 5000):
        body, size = rng.randbytes(length), rng.choice((1, 16, 1000, 4096)) if length < 300 else 1000
        theirs = b64decode(peer.call("botocore_chunked", body=body, chunk_size=size, checksum=checksum)["body"])
        name = f"x-amz-checksum-{checksum}"
        value = theirs.decode("latin-1").rpartition(f"{name}:")[2].partition("\r\n")[0]
        chunks = [body[begin : begin + size] for begin in range(0, length, size)]
        assert theirs == b"".join(map(bytes, unsigned_chunks(chunks, [(name, value)])))


def test_many_names_the_call_that_failed(peer: Peer) -> None:
    """So that a batch can be looked into."""
    good = for_botocore(INVOKE, LONG_TERM, SCOPE)

    with pytest.raises(CommandError, match=r"call 1 of 2: ValueError"):
        peer.call("many", of="botocore_sign", calls=[good, {**good, "time": "yesterday"}])


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


KEPT_ONCE = (
    f"{ENCODE} Every parameter of the request belongs to it; botocore reads the query into a dict and keeps the first "
    "of those with the same name."
)
NOT_TEXT = (
    f"{ENCODE} UriEncode encodes bytes, whatever they stand for; botocore decodes them as UTF-8 first and replaces "
    "those that are none."
)

DIFFERENCES_IN_THE_QUERY: dict[str, tuple[str, str, str, str]] = {
    # the query, the beginning of ours and of botocore's, and what decides
    "a parameter repeated": ("a=1&a=2", "X-Amz-SignedHeaders=content-type%3Bhost&a=1&a=2", "a=1", KEPT_ONCE),
    "a byte that is not UTF-8": ("a=%FF", "a=%FF", "a=%EF%BF%BD", NOT_TEXT),
    "a plus sign": ("a=x+y", "a=x%2By", "a=x%20y", RESERVED),
}


@pytest.mark.parametrize(
    ("query", "ours", "botocores", "source"), DIFFERENCES_IN_THE_QUERY.values(), ids=DIFFERENCES_IN_THE_QUERY
)
def test_botocore_presigns_differently_only_as_written(
    peer: Peer, query: str, ours: str, botocores: str, source: str
) -> None:
    """A difference that goes away is a reason to look again, at either side."""
    request = evolve(INVOKE, query=query, payload=b"", headers=INVOKE.headers[:2])
    words = for_botocore(request, LONG_TERM, SCOPE)

    answer = peer.call("botocore_sign", **words, placement="query", expires=EXPIRES)["canonical_request"].split("\n")[2]

    signed = presign(request, LONG_TERM, SCOPE, EXPIRES).canonical_request.query
    assert signed.endswith(f"&{ours}")
    assert answer.endswith(f"&{botocores}")
    assert signed != answer
    assert source
