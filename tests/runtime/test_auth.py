"""SigV4Auth in anyone's own httpx client: what is signed is what is sent, and it is signed anew on each try.

What httpx hands to the transport is taken as it would stand on the wire and verified with the strict policy.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import evolve

from runtime import SigV4Auth
from runtime.emulator.server import LocalEndpoint
from sigv4 import (
    S3,
    SPECIFICATION,
    STRICT,
    UNSIGNED,
    Credentials,
    CredentialsError,
    Payload,
    Request,
    RequestError,
    Rules,
    ScopeError,
    Signer,
    SigningError,
    VerificationError,
    Verified,
    verify,
)
from tests.runtime.examples import CREDENTIALS, NO_CERTIFICATES, REGION, TEMPORARY, TIME

HOST = "https://runtime.sagemaker.eu-west-1.amazonaws.com"
URL = f"{HOST}/endpoints/iris/invocations"
BODY = b"5.1,3.5,1.4,0.2\n"
POLICY = STRICT.for_scope(REGION, "sagemaker")
Call = dict[str, Any]


class Clock:
    """A clock that a test sets; it counts how often it was read."""

    def __init__(self) -> None:
        self.time = TIME
        self.reads = 0

    def __call__(self) -> datetime:
        """Return the time."""
        self.reads += 1
        return self.time


def auth(credentials: Credentials | Callable[[], Credentials] = CREDENTIALS, **options: Any) -> SigV4Auth:
    """Return the auth of the tests: sagemaker in one region, at one time."""
    return SigV4Auth(credentials, **{"service": "sagemaker", "region": REGION, "now": lambda: TIME, **options})


def on_the_wire(request: httpx.Request, payload: Payload | None = None) -> Request:
    """Return a request as a server reads it: raw target, raw headers, and the body."""
    path, _, query = request.url.raw_path.decode("ascii").partition("?")
    headers = [(name.decode("ascii"), value.decode("utf-8", "surrogateescape")) for name, value in request.headers.raw]
    return Request(
        request.method, path, query, headers, request.content if payload is None else payload, request.url.scheme
    )


def accepted(
    request: httpx.Request,
    credentials: Credentials = CREDENTIALS,
    payload: Payload | None = None,
    rules: Rules = STRICT.rules,
    now: datetime = TIME,
) -> Verified:
    """Verify what was sent, as a strict server."""
    known = {credentials.access_key_id: credentials}
    return verify(on_the_wire(request, payload), known.get, now, evolve(POLICY, rules=rules))


def sent_by_both(call: Call, signer: SigV4Auth | None = None, **options: Any) -> list[httpx.Request]:
    """Send a request by a client and by an asynchronous one; return what each of them sent."""
    sent: list[httpx.Request] = []

    def take(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200)

    async def take_async(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200)

    async def send() -> None:
        transport = httpx.MockTransport(take_async)
        async with httpx.AsyncClient(auth=signer or auth(**options), transport=transport, verify=NO_CERTIFICATES) as c:
            await c.request(**call)

    with httpx.Client(
        auth=signer or auth(**options), transport=httpx.MockTransport(take), verify=NO_CERTIFICATES
    ) as client:
        client.request(**call)
    asyncio.run(send())
    return sent


CALLS: dict[str, Call] = {
    "no body": {"method": "GET", "url": URL},
    "bytes": {"method": "POST", "url": URL, "content": BODY, "headers": {"Content-Type": "text/csv"}},
    "text": {"method": "POST", "url": URL, "content": "é\n"},
    "JSON": {"method": "POST", "url": URL, "json": {"instances": [[5.1, 3.5, 1.4, 0.2]]}},
    "a form": {"method": "POST", "url": URL, "data": {"a": "1", "b": "x y"}},
    "a file in a form": {"method": "POST", "url": URL, "files": {"file": ("name", BODY)}},
    "a query": {"method": "GET", "url": f"{URL}?b=2&a=1&a=x%2Fy&c"},
    "parameters": {"method": "GET", "url": URL, "params": {"a": "x/y+z=é&", "c": "", "d": "~*'()!"}},
    "parameters beside a query": {"method": "GET", "url": f"{URL}?a=1", "params": {"b": "2"}},
    "a path with escapes": {"method": "GET", "url": f"{HOST}/a%20b/%C3%A9/c%25d"},
    "a path that httpx escapes": {"method": "GET", "url": f"{HOST}/a b/é"},
    "an empty path": {"method": "GET", "url": HOST},
    "a port": {"method": "GET", "url": "http://localhost:8080/a"},
    "the scheme's own port": {"method": "GET", "url": "https://example.amazonaws.com:443/a"},
    "an IPv6 host": {"method": "GET", "url": "http://[::1]:8080/"},
    "a name outside ASCII": {"method": "GET", "url": "https://bücher.example/"},
    "a method in small letters": {"method": "patch", "url": URL},
    "a header twice": {"method": "GET", "url": URL, "headers": [("X-Amz-Meta-A", "1"), ("X-Amz-Meta-A", "2")]},
    "a header with spaces": {"method": "GET", "url": URL, "headers": {"X-Amz-Meta-A": "a   b"}},
    "another host": {"method": "GET", "url": URL, "headers": {"Host": "example.com"}},
    "a cookie": {"method": "GET", "url": URL, "cookies": {"a": "b"}},
}


@pytest.mark.filterwarnings("ignore:Setting per-request cookies")
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("credentials", [CREDENTIALS, TEMPORARY], ids=["long-term", "temporary"])
def test_what_is_sent_is_verified(call: Call, credentials: Credentials) -> None:
    """By a client and by an asynchronous one, whatever the request is made of."""
    sent = sent_by_both(call, credentials=credentials)

    assert len(sent) == 2
    for request in sent:
        verified = accepted(request, credentials)
        assert verified.access_key_id == "AKIDEXAMPLE"
        assert (verified.scope.timestamp, verified.scope.region) == ("20261120T080000Z", REGION)
        assert ("x-amz-security-token" in dict(verified.canonical_request.headers)) == (credentials is TEMPORARY)


def test_a_header_that_is_not_ascii_is_signed_as_it_is_sent() -> None:
    """The bytes that httpx was given are sent; those are signed."""
    for value in (b"\xc3\xa9", b"\xe9", b"a\xa0b"):
        for request in sent_by_both({"method": "GET", "url": URL, "headers": [(b"X-Amz-Meta-A", value)]}):
            assert (b"X-Amz-Meta-A", value) in request.headers.raw
            assert accepted(request).access_key_id == "AKIDEXAMPLE"


def test_a_space_in_parameters_is_sent_and_signed_as_a_plus() -> None:
    """So httpx writes it. A strict server refuses it, for it could be either; ``%20`` in a URL could not."""
    for request in sent_by_both({"method": "GET", "url": URL, "params": {"a b": "x y"}}):
        assert request.url.query == b"a+b=x+y"
        with pytest.raises(VerificationError):
            accepted(request)
        verified = verify(on_the_wire(request), lambda _: CREDENTIALS, TIME, SPECIFICATION)
        assert verified.canonical_request.query == "a%2Bb=x%2By"


def test_an_altered_request_is_refused() -> None:
    """Otherwise what is verified above would prove nothing."""
    for request in sent_by_both(CALLS["bytes"]):
        with pytest.raises(VerificationError):
            accepted(request, payload=b"other")
        request.headers["Content-Type"] = "text/plain"
        with pytest.raises(VerificationError):
            accepted(request)


def test_the_headers_that_are_added_are_the_signers() -> None:
    """Their names, and the signature of the same request."""
    sent = sent_by_both(CALLS["bytes"])

    for request in sent:
        bare = httpx.Request("POST", URL, headers=request.headers, content=BODY)
        for name in ("Authorization", "X-Amz-Date"):
            del bare.headers[name]
        expected = Signer(CREDENTIALS, region=REGION, service="sagemaker").sign(on_the_wire(bare), TIME).headers
        assert [pair for pair in request.headers.items() if pair[0] not in bare.headers] == [
            (name.lower(), value) for name, value in expected
        ]


# Again on each try


def test_a_request_that_is_sent_again_is_signed_again() -> None:
    """One signature, with the new date; the old one leaves nothing behind."""
    clock = Clock()
    signer = auth(TEMPORARY, now=clock, rules=S3)
    request = httpx.Request("PUT", URL, content=BODY)
    sent: list[list[tuple[str, str]]] = []

    def take(arrived: httpx.Request) -> httpx.Response:
        accepted(arrived, TEMPORARY, rules=S3, now=clock.time)
        sent.append(arrived.headers.multi_items())
        return httpx.Response(503)

    with httpx.Client(auth=signer, transport=httpx.MockTransport(take), verify=NO_CERTIFICATES) as client:
        for seconds in (0, 400, 86_400):
            clock.time = TIME + timedelta(seconds=seconds)
            client.send(request)

    assert len(sent) == 3
    for headers in sent:
        names = [name for name, _ in headers]
        assert sorted(names) == sorted(set(names))
        assert {name for name, _ in sent[0]} == set(names)
    assert len({dict(headers)["authorization"] for headers in sent}) == 3
    assert [dict(headers)["x-amz-date"] for headers in sent] == [
        "20261120T080000Z", "20261120T080640Z", "20261121T080000Z",
    ]  # fmt: skip


def test_a_request_that_is_sent_again_by_an_asynchronous_client_is_signed_again() -> None:
    """In the same way."""
    clock = Clock()
    request = httpx.Request("POST", URL, content=BODY)
    dates: list[str] = []

    async def take(arrived: httpx.Request) -> httpx.Response:
        accepted(arrived, now=clock.time)
        assert len(arrived.headers.get_list("Authorization")) == len(arrived.headers.get_list("X-Amz-Date")) == 1
        dates.append(arrived.headers["X-Amz-Date"])
        return httpx.Response(503)

    async def send() -> None:
        transport = httpx.MockTransport(take)
        async with httpx.AsyncClient(auth=auth(now=clock), transport=transport, verify=NO_CERTIFICATES) as client:
            for _ in range(2):
                await client.send(request)
                clock.time += timedelta(hours=1)

    asyncio.run(send())
    assert dates == ["20261120T080000Z", "20261120T090000Z"]


def test_other_credentials_replace_what_the_first_ones_added() -> None:
    """The token goes with the credentials that it belongs to; so does the region set."""
    request = httpx.Request("POST", URL, content=BODY)

    auth(TEMPORARY)(request)
    SigV4Auth(CREDENTIALS, service="sagemaker", region_set=["*"], now=lambda: TIME)(request)
    assert accepted(request).scope.region_set == ("*",)
    auth(CREDENTIALS)(request)

    assert accepted(request).access_key_id == "AKIDEXAMPLE"
    assert "X-Amz-Security-Token" not in request.headers
    assert "X-Amz-Region-Set" not in request.headers


def test_credentials_are_asked_for_before_each_signature() -> None:
    """A callable may give new ones at any time; the key of the old ones is not used any more."""
    given = [CREDENTIALS, TEMPORARY, TEMPORARY, Credentials("AKIAIOSFODNN7EXAMPLE", "another")]
    asked = iter(given)
    signer = auth(lambda: next(asked))

    for credentials in given:
        request = signer(httpx.Request("POST", URL, content=BODY))
        assert accepted(request, credentials).access_key_id == credentials.access_key_id
    assert next(asked, None) is None


def test_the_clock_is_read_once_for_each_signature() -> None:
    """So that a signature has one time."""
    clock = Clock()
    signer = auth(now=clock)

    for number in range(1, 4):
        signer(httpx.Request("GET", URL))
        assert clock.reads == number


def test_the_machines_time_counts_unless_another_is_given() -> None:
    """In UTC."""
    request = SigV4Auth(CREDENTIALS, service="sagemaker", region=REGION)(httpx.Request("GET", URL))

    stamp = datetime.strptime(request.headers["X-Amz-Date"] + "+0000", "%Y%m%dT%H%M%SZ%z")
    assert abs(datetime.now(stamp.tzinfo) - stamp) < timedelta(minutes=1)


# Bodies


class Parts:
    """A body in parts, for both kinds of client; it counts how often it was gone through."""

    def __init__(self) -> None:
        self.times = 0

    def __iter__(self) -> Iterator[bytes]:
        self.times += 1
        yield BODY[:5]
        yield BODY[5:]

    async def in_turn(self) -> AsyncIterator[bytes]:
        """Give the same to an asynchronous client."""
        for part in self:
            yield part


class Taking(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Takes requests as they come, without reading their bodies.

    Attributes:
        taken: them.
        read: whether each had its body in memory.
    """

    def __init__(self) -> None:
        self.taken: list[httpx.Request] = []
        self.read: list[bool] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Take a request."""
        try:
            self.read.append(request.content is not None)
        except httpx.RequestNotRead:
            self.read.append(False)
        self.taken.append(request)
        return httpx.Response(200)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Take a request."""
        return self.handle_request(request)


def taken_from_both(signer: SigV4Auth) -> tuple[Taking, Parts]:
    """Send a body in parts by a client and by an asynchronous one."""
    transport, parts = Taking(), Parts()

    async def send() -> None:
        async with httpx.AsyncClient(auth=signer, transport=transport, verify=NO_CERTIFICATES) as client:
            await client.post(URL, content=parts.in_turn())

    with httpx.Client(auth=signer, transport=transport, verify=NO_CERTIFICATES) as client:
        client.post(URL, content=parts)
    asyncio.run(send())
    return transport, parts


def test_a_streaming_body_is_read_before_it_is_signed() -> None:
    """Its hash is part of the signature; it is gone through once."""
    transport, parts = taken_from_both(auth())

    assert transport.read == [True, True]
    assert parts.times == 2
    for request in transport.taken:
        assert request.content == BODY
        assert accepted(request).canonical_request.payload_hash != "UNSIGNED-PAYLOAD"


def test_an_unsigned_body_is_streamed() -> None:
    """Nobody goes through it before the transport does."""
    transport, parts = taken_from_both(auth(payload=UNSIGNED, rules=S3))

    assert transport.read == [False, False]
    assert parts.times == 0
    for request in transport.taken:
        assert request.headers["X-Amz-Content-SHA256"] == "UNSIGNED-PAYLOAD"
        assert accepted(request, payload=UNSIGNED, rules=S3).access_key_id == "AKIDEXAMPLE"


def test_a_body_is_read_only_where_it_is_signed() -> None:
    """What httpx is told."""
    assert auth().requires_request_body is True
    assert auth(payload=UNSIGNED).requires_request_body is False
    assert auth().requires_response_body is False


def test_a_body_that_is_in_memory_can_be_left_unsigned_too() -> None:
    """It is not looked at."""
    for request in sent_by_both(CALLS["bytes"], payload=UNSIGNED):
        assert accepted(request, payload=UNSIGNED).canonical_request.payload_hash == "UNSIGNED-PAYLOAD"


# Other uses, rules and scopes


def test_it_is_a_plain_callable() -> None:
    """It signs one request in place and returns it."""
    request = httpx.Request("POST", URL, content=BODY)

    assert auth()(request) is request
    assert accepted(request).scope.service == "sagemaker"


def test_it_signs_requests_whose_client_has_another_auth() -> None:
    """Given for one request."""
    sent: list[httpx.Request] = []

    def take(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200)

    with httpx.Client(auth=("user", "password"), transport=httpx.MockTransport(take), verify=NO_CERTIFICATES) as client:
        client.get(URL, auth=auth())

    assert accepted(sent[0]).access_key_id == "AKIDEXAMPLE"


@pytest.mark.parametrize("path", ["/a%20b/c", "/a%2Fb", "/k.e-y_1~", "/a+b=c@d"])
def test_the_rules_of_s3_sign_the_path_as_it_stands(path: str) -> None:
    """And the body's hash in a header."""
    url = f"https://example-bucket.s3.amazonaws.com{path}"
    for request in sent_by_both({"method": "PUT", "url": url, "content": BODY}, rules=S3):
        assert request.url.raw_path == path.encode()
        assert len(request.headers["X-Amz-Content-SHA256"]) == 64
        verified = verify(
            on_the_wire(request), lambda _: CREDENTIALS, TIME, evolve(POLICY, rules=S3, require_normal_form=False)
        )
        assert path == verified.canonical_request.path


@pytest.mark.parametrize("region_set", [["*"], ["eu-*", "us-east-1"]])
def test_a_region_set_signs_by_version_4a(region_set: list[str]) -> None:
    """In the header that names it, for any of its regions."""
    signer = SigV4Auth(CREDENTIALS, service="sagemaker", region_set=iter(region_set), now=lambda: TIME)

    for request in sent_by_both(CALLS["bytes"], signer):
        assert request.headers["Authorization"].startswith("AWS4-ECDSA-P256-SHA256 ")
        assert accepted(request).scope.region_set == tuple(region_set)


@pytest.mark.parametrize(
    ("options", "call", "error"),
    [
        ({"region": ""}, {}, ScopeError),
        ({"region_set": ["*"]}, {}, ScopeError),
        ({"now": lambda: TIME.replace(tzinfo=None)}, {}, ScopeError),
        ({}, {"url": f"{URL}?X-Amz-Signature=a"}, SigningError),
        ({}, {"headers": {"X-Amz-Content-SHA256": "a"}}, RequestError),
        ({}, {"headers": [(b"X-Amz-Meta-A", b"a\0")]}, RequestError),
        ({"credentials": lambda: Credentials("", "")}, {}, CredentialsError),
    ],
)
def test_what_cannot_be_signed_is_not_sent(options: Call, call: Call, error: type[SigningError]) -> None:
    """The error is the signer's, and nothing goes out."""
    with pytest.raises(error):
        sent_by_both({"method": "POST", "url": URL, "content": BODY, **call}, **options)


def test_its_repr_shows_no_secret() -> None:
    """The service and the region."""
    used = auth(TEMPORARY)
    used(httpx.Request("GET", URL))

    assert repr(used) == "SigV4Auth('sagemaker', 'eu-west-1')"
    assert repr(SigV4Auth(CREDENTIALS, service="s3", region_set=["a", "*"])) == "SigV4Auth('s3', 'a,*')"


def test_it_may_be_shared_by_threads() -> None:
    """With credentials that change all the time, each request has a signature of one of them."""
    others = Credentials("AKIAIOSFODNN7EXAMPLE", "another", "token")
    given = [CREDENTIALS, others]
    turns = iter(range(10**6))
    signer = auth(lambda: given[next(turns) % 2])
    failures: list[Exception] = []

    def sign() -> None:
        try:
            for _ in range(200):
                request = signer(httpx.Request("POST", URL, content=BODY))
                known = {one.access_key_id: one for one in given}
                verify(on_the_wire(request), known.get, TIME, POLICY)
        except Exception as error:  # noqa: BLE001 - raised again below
            failures.append(error)

    threads = [threading.Thread(target=sign, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert not any(thread.is_alive() for thread in threads)
    assert failures == []


# Over a real socket


def test_the_local_endpoint_accepts_what_both_clients_send(tmp_path: Path) -> None:
    """A server that makes every signature again from the bytes that arrived."""
    types = {"Content-Type": "text/csv", "Accept": "text/csv"}
    row: Call = {"content": BODY, "headers": types}
    streamed: Call = {"content": iter([BODY[:3], BODY[3:]]), "headers": {**types, "Content-Length": "16"}}

    async def ask(url: str) -> httpx.Response:
        signer = SigV4Auth(CREDENTIALS, service="sagemaker", region=REGION)
        async with httpx.AsyncClient(auth=signer, verify=NO_CERTIFICATES) as client:
            return await client.post(url, **row)

    with LocalEndpoint(tmp_path, credentials=CREDENTIALS, region=REGION) as endpoint:
        url = f"{endpoint.url}/endpoints/iris/invocations"
        with httpx.Client(
            auth=SigV4Auth(CREDENTIALS, service="sagemaker", region=REGION), verify=NO_CERTIFICATES
        ) as client:
            answers = [
                client.post(url, **row),
                client.post(f"{url}?b=2&a=x%20y", **row),
                client.post(url, **streamed),
                asyncio.run(ask(url)),
            ]
            wrong = client.post(
                url, **row, auth=SigV4Auth(Credentials("AKIDEXAMPLE", "wrong"), service="sagemaker", region=REGION)
            )

    assert [(answer.status_code, answer.text) for answer in answers] == [(200, "setosa\n")] * 4
    assert wrong.status_code == 403
    assert wrong.json()["message"].startswith("The request signature we calculated does not match")
