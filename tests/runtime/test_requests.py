"""What goes on the wire: path, headers, body and signature of each operation and each member."""

from array import array
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import asdict, evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime import (
    ANONYMOUS,
    Client,
    Clock,
    ConfigError,
    Credentials,
    CredentialsError,
    InvokeEndpointAsyncInput,
    InvokeEndpointInput,
    NoCredentialsError,
    NoRegionError,
)
from sigv4 import STRICT, Request, Scope, Secret, sign_headers, verify
from tests.runtime.examples import (
    CREDENTIALS,
    QUEUED,
    REAL_TIME,
    REGION,
    TEMPORARY,
    TIME,
    URL,
    answering,
    client_of,
    headers_of,
    sent,
    socket_client,
    success,
)
from tests.runtime.members import EACH_MEMBER, OPERATIONS, Record, Row, full_record, id_of, record_of
from tests.runtime.one_shot import OneShot, one_shot

UNSIGNED = {"Content-Length", "Accept-Encoding", "User-Agent"}
ADDED = {"Host", "X-Amz-Date", "Authorization", *UNSIGNED}
PATHS = {
    InvokeEndpointInput: "/endpoints/iris/invocations",
    InvokeEndpointAsyncInput: "/endpoints/iris/async-invocations",
}

each_operation = pytest.mark.parametrize("kind", [kind for kind, _ in OPERATIONS], ids=id_of)


def sent_by(record: Record, **options: Any) -> httpx.Request:
    """Return the request that a client sends for a record."""
    router = answering()
    with client_of(router, **options) as client:
        client.send(record)
    return sent(router)


def member_headers(request: httpx.Request) -> dict[str, str]:
    """Return the headers that are not sent with every request."""
    return {name: value for name, value in headers_of(request).items() if name not in ADDED}


def signed_names(request: httpx.Request) -> list[str]:
    """Return the names that Authorization lists as signed."""
    fields = headers_of(request)["Authorization"].removeprefix("AWS4-HMAC-SHA256 ").split(", ")
    return dict(field.split("=", 1) for field in fields)["SignedHeaders"].split(";")


def as_arrived(request: httpx.Request) -> Request:
    """Return a request as a server sees it."""
    path, _, query = request.url.raw_path.decode("ascii").partition("?")
    return Request("POST", path, query, headers_of(request).items(), request.content, request.url.scheme)


def signer_of(request: httpx.Request, *known: Credentials) -> str:
    """Verify a request as strictly as a server can, and return the key id that signed it."""
    find_secret = {credentials.access_key_id: credentials for credentials in known}.get
    return verify(as_arrived(request), find_secret, TIME, STRICT.for_scope(REGION, "sagemaker")).access_key_id


@each_operation
def test_a_request_is_a_post_to_the_operations_path(kind: type[Record]) -> None:
    """The endpoint's name and the operation's suffix make the path; there is no query."""
    request = sent_by(record_of(kind))

    assert ("POST", PATHS[kind], b"x") == (request.method, request.url.raw_path.decode(), request.content)


@pytest.mark.parametrize(("kind", "row"), EACH_MEMBER, ids=id_of)
def test_a_member_travels_in_its_own_header_and_the_others_send_nothing(kind: type[Record], row: Row) -> None:
    """The header's name is exactly AWS's, the value is sent as given, and no default is added."""
    request = sent_by(record_of(kind, **{row.attribute: row.example}))

    assert {row.header: str(row.example)} == member_headers(request)
    assert row.header.lower() in signed_names(request)


@pytest.mark.parametrize(("kind", "rows"), OPERATIONS, ids=id_of)
def test_all_members_travel_at_once(kind: type[Record], rows: tuple[Row, ...]) -> None:
    """Every member has a header of its own."""
    assert {row.header: str(row.example) for row in rows} == member_headers(sent_by(full_record(kind)))


@each_operation
def test_a_request_without_members_has_no_headers_but_the_common_ones(kind: type[Record]) -> None:
    """No default Content-Type or Accept is sent, be the body inline or not."""
    assert headers_of(sent_by(record_of(kind))).keys() == ADDED


@each_operation
def test_an_empty_member_is_sent_as_an_empty_header(kind: type[Record]) -> None:
    """It is not the same as a member that is left out."""
    assert "" in member_headers(sent_by(record_of(kind, custom_attributes=""))).values()


@each_operation
def test_unsigned_headers_are_sent_and_not_signed(kind: type[Record]) -> None:
    """Intermediaries may change them; everything else that is sent is signed."""
    request = sent_by(full_record(kind), credentials=TEMPORARY)

    headers = headers_of(request)
    assert headers["Accept-Encoding"] == "identity"
    assert str(len(request.content)) == headers["Content-Length"]
    assert headers["User-Agent"].startswith("sigv4-runtime/")
    assert sorted(name.lower() for name in headers.keys() - UNSIGNED - {"Authorization"}) == signed_names(request)


@pytest.mark.parametrize("kind", [kind for kind, _ in OPERATIONS], ids=id_of)
def test_the_method_of_an_operation_sends_what_its_record_sends(kind: type[Record]) -> None:
    """``client.invoke_endpoint(…)`` and ``client.send(InvokeEndpointInput(…))`` are the same call."""
    record = full_record(kind)
    members = asdict(record)
    router = answering()
    with client_of(router) as client:
        by_record = client.send(record)
        method: Callable[..., Any] = (
            client.invoke_endpoint if kind is InvokeEndpointInput else client.invoke_endpoint_async
        )
        by_method = method(members.pop("endpoint_name"), **members)

    first, second = (call.request for call in router.calls)
    assert (first.url, first.headers.raw, first.content) == (second.url, second.headers.raw, second.content)
    assert by_record == by_method


def test_the_body_may_be_the_second_argument() -> None:
    """As AWS's documentation writes it: an endpoint and a body."""
    router = answering()
    with client_of(router) as client:
        client.invoke_endpoint("iris", b"5.1,3.5,1.4,0.2")

    assert sent(router).content == b"5.1,3.5,1.4,0.2"


NUMBERS = array("d", [5.1, 3.5, 1.4, 0.2])
BODIES: Mapping[str, tuple[Any, bytes]] = {
    "bytes": (b"\x00\xff", b"\x00\xff"),
    "no bytes": (b"", b""),
    "bytearray": (bytearray(b"\x00\xff"), b"\x00\xff"),
    "memoryview": (memoryview(b"\x00\xff"), b"\x00\xff"),
    "memoryview of numbers": (memoryview(NUMBERS), NUMBERS.tobytes()),
    "memoryview of rows": (memoryview(NUMBERS).cast("B").cast("d", (2, 2)), NUMBERS.tobytes()),
    "memoryview with gaps": (memoryview(b"abcdef")[::2], b"ace"),
    "memoryview backwards": (memoryview(b"abc")[::-1], b"cba"),
    "str": ("Schwertlilie ✿\n", "Schwertlilie ✿\n".encode()),
}


@pytest.mark.parametrize(("body", "expected"), BODIES.values(), ids=BODIES)
@each_operation
def test_a_body_of_any_kind_arrives_as_its_bytes(kind: type[Record], body: Any, expected: bytes) -> None:
    """Over a real socket, with the right length; a str as UTF-8, a memoryview in the order of its items."""
    with one_shot() as server, socket_client(server.url) as client:
        client.send(record_of(kind, body=body))

    (received,) = server.received
    assert (expected, str(len(expected))) == (received.body, dict(received.headers)["Content-Length"])


def test_a_long_body_arrives_whole() -> None:
    """Five million bytes, more than any buffer on the way takes at once."""
    body = bytes(range(250)) * 20_000

    with one_shot() as server, socket_client(server.url) as client:
        client.invoke_endpoint("iris", memoryview(body))

    assert body == server.received[0].body


def test_the_body_of_a_request_with_an_input_location_is_empty() -> None:
    """The input lies in Amazon S3."""
    request = sent_by(QUEUED)

    assert (request.content, headers_of(request)["Content-Length"]) == (b"", "0")


@each_operation
def test_the_bytes_at_the_socket_are_the_request(kind: type[Record], server: OneShot) -> None:
    """Request line, header names and values arrive as the router sees them."""
    record = full_record(kind)
    with socket_client(server.url) as client:
        client.send(record)

    (received,) = server.received
    wanted = member_headers(sent_by(record))
    assert ("POST", PATHS[kind]) == (received.method, received.target)
    assert wanted == {name: value for name, value in received.headers if name not in ADDED}
    assert ("Host", server.url.removeprefix("http://")) in received.headers
    assert ADDED | wanted.keys() == {name for name, _ in received.headers}


ENDPOINT_NAMES = ["i", "iris", "Iris-2", "a" * 63, "0--9"]


@pytest.mark.parametrize("name", ENDPOINT_NAMES)
def test_an_endpoints_name_stands_in_the_path(name: str) -> None:
    """Letters, digits and hyphens need no encoding."""
    assert f"/endpoints/{name}/invocations" == sent_by(evolve(REAL_TIME, endpoint_name=name)).url.raw_path.decode()


def test_settings_of_other_tools_change_nothing_on_the_wire(
    bare_environment: pytest.MonkeyPatch, server: OneShot, tmp_path: Path
) -> None:
    """Neither a netrc file, whose password would take the signature's place, nor ALL_PROXY, nor SSL_CERT_FILE."""
    netrc = tmp_path / "netrc"
    netrc.write_text("default login iris password setosa\n")
    with one_shot() as proxy:
        bare_environment.setenv("NETRC", str(netrc))
        bare_environment.setenv("ALL_PROXY", proxy.url)
        bare_environment.setenv("all_proxy", proxy.url)
        bare_environment.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
        with socket_client(server.url, verify=True) as client:
            client.send(REAL_TIME)

    (received,) = server.received
    assert dict(received.headers)["Authorization"].startswith("AWS4-HMAC-SHA256 ")
    assert {name for name, _ in received.headers} == ADDED
    assert proxy.received == []


HOSTS = [
    ("https://sagemaker.example", "sagemaker.example", ""),
    ("https://Sagemaker.EXAMPLE", "sagemaker.example", ""),
    ("https://sagemaker.example:443", "sagemaker.example", ""),
    ("https://sagemaker.example:80", "sagemaker.example:80", ""),
    ("https://sagemaker.example/", "sagemaker.example", ""),
    ("https://sagemaker.example/stage/v1", "sagemaker.example", "/stage/v1"),
    ("https://sagemaker.example:8443/stage/", "sagemaker.example:8443", "/stage"),
    ("http://127.0.0.1", "127.0.0.1", ""),
    ("http://127.0.0.1:80", "127.0.0.1", ""),
    ("http://127.0.0.1:443", "127.0.0.1:443", ""),
    ("http://localhost:8080/a%20b", "localhost:8080", "/a%20b"),
    ("http://[::1]", "[::1]", ""),
    ("http://[::1]:80", "[::1]", ""),
    ("http://[::1]:8080/x", "[::1]:8080", "/x"),
]


@pytest.mark.parametrize(("url", "host", "prefix"), HOSTS, ids=[url for url, _, _ in HOSTS])
def test_host_and_path_come_from_the_endpoint_url(url: str, host: str, prefix: str) -> None:
    """The scheme's own port is left out, the host is in lower case, and the URL's path comes first."""
    request = sent_by(REAL_TIME, endpoint_url=url)

    assert host == headers_of(request)["Host"]
    assert f"{prefix}/endpoints/iris/invocations" == request.url.raw_path.decode()
    assert signer_of(request, CREDENTIALS) == CREDENTIALS.access_key_id


def test_a_request_over_ipv6_arrives() -> None:
    """The address stands in brackets in Host."""
    try:
        with one_shot(host="::1") as server, socket_client(server.url) as client:
            client.send(REAL_TIME)
    except OSError as error:
        pytest.skip(f"this machine has no IPv6 loopback: {error}")

    (received,) = server.received
    assert server.url.removeprefix("http://") == dict(received.headers)["Host"]


def words(longest: int) -> st.SearchStrategy[str]:
    """Return visible ASCII and spaces, none at an end: what every text member but the names takes."""
    return (
        st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=longest)
        .map(str.strip)
        .filter(bool)
    )


NAMES = st.from_regex(r"[a-zA-Z0-9](-?[a-zA-Z0-9]){0,31}", fullmatch=True)
FILENAMES = st.from_regex(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,20}(\.[a-zA-Z0-9_-]{0,10})?", fullmatch=True)
BLOBS = st.one_of(st.binary(max_size=300), st.text(st.characters(codec="utf-8"), max_size=100))


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return a member that may be left out."""
    return st.none() | values


REAL_TIME_RECORDS = st.builds(
    InvokeEndpointInput,
    endpoint_name=NAMES,
    body=BLOBS,
    content_type=maybe(words(60)),
    accept=maybe(words(60)),
    custom_attributes=maybe(words(200)),
    target_model=maybe(words(60)),
    target_variant=maybe(NAMES),
    target_container_hostname=maybe(NAMES),
    inference_id=maybe(words(64)),
    enable_explanations=maybe(words(64)),
    inference_component_name=maybe(NAMES),
    session_id=maybe(NAMES | st.just("NEW_SESSION")),
    prefix_aware_id=maybe(words(64)),
)
QUEUED_RECORDS = st.builds(
    InvokeEndpointAsyncInput,
    endpoint_name=NAMES,
    input_location=words(100).map("s3://b/{}".format),
    content_type=maybe(words(60)),
    accept=maybe(words(60)),
    custom_attributes=maybe(words(200)),
    inference_id=maybe(words(64)),
    s3_output_path_extension=maybe(st.from_regex(r"[a-zA-Z0-9!_.*'()/-]{1,40}", fullmatch=True)),
    filename=maybe(FILENAMES),
    request_ttl_seconds=maybe(st.integers(60, 21_600)),
    invocation_timeout_seconds=maybe(st.integers(1, 3_600)),
)
INLINE_RECORDS = st.builds(InvokeEndpointAsyncInput, endpoint_name=NAMES, body=BLOBS, filename=maybe(FILENAMES))
KEYS = st.sampled_from([CREDENTIALS, TEMPORARY])
URLS = st.sampled_from([url for url, _, _ in HOSTS])


@settings(max_examples=300, deadline=None, derandomize=True)
@given(record=REAL_TIME_RECORDS | QUEUED_RECORDS | INLINE_RECORDS, credentials=KEYS, url=URLS)
def test_the_signature_on_the_wire_is_verified(record: Record, credentials: Credentials, url: str) -> None:
    """The server's side, as strict as it can be, accepts whatever the client sends."""
    request = sent_by(record, credentials=credentials, endpoint_url=url)

    assert signer_of(request, credentials) == credentials.access_key_id


@settings(max_examples=150, deadline=None, derandomize=True)
@given(record=REAL_TIME_RECORDS | QUEUED_RECORDS | INLINE_RECORDS)
def test_accepted_values_survive_the_wire_unchanged(record: Record) -> None:
    """What a server reads from the socket is what stands in the record."""
    with one_shot() as server, socket_client(server.url) as client:
        client.send(record)

    (received,) = server.received
    rows = next(rows for kind, rows in OPERATIONS if isinstance(record, kind))
    wanted = {row.header: getattr(record, row.attribute) for row in rows}
    body = record.body.encode() if isinstance(record.body, str) else record.body or b""
    assert {name: str(value) for name, value in wanted.items() if value is not None} == {
        name: value for name, value in received.headers if name not in ADDED
    }
    assert body == received.body
    assert received.target.split("/")[2] == record.endpoint_name


def test_anonymous_sends_neither_signature_nor_date() -> None:
    """Everything else is sent as ever."""
    headers = headers_of(sent_by(REAL_TIME, credentials=ANONYMOUS))

    assert {"Host", *UNSIGNED} == headers.keys()


def test_a_session_token_is_sent_and_signed() -> None:
    """Once, in its header."""
    request = sent_by(REAL_TIME, credentials=TEMPORARY)

    assert headers_of(request)["X-Amz-Security-Token"] == "AQoDYXdzEPT//wEXAMPLE=="
    assert "x-amz-security-token" in signed_names(request)


def test_the_time_of_the_signature_is_the_clocks() -> None:
    """To the second, in the date header and in the scope."""
    headers = headers_of(sent_by(REAL_TIME))

    assert headers["X-Amz-Date"] == "20261120T080000Z"
    assert f"Credential=AKIDEXAMPLE/20261120/{REGION}/sagemaker/aws4_request, " in headers["Authorization"]


def test_a_callable_is_asked_for_credentials_before_each_request() -> None:
    """So that keys that are replaced while a client lives are used from the next request on."""
    first, second = Credentials("AKIDEXAMPLE1", "secret1"), Credentials("AKIDEXAMPLE2", "secret2")
    supplied = iter([first, second, first])
    router = answering()

    with client_of(router, credentials=lambda: next(supplied)) as client:
        for _ in range(3):
            client.send(REAL_TIME)

    signers = [signer_of(call.request, first, second) for call in router.calls]
    assert signers == ["AKIDEXAMPLE1", "AKIDEXAMPLE2", "AKIDEXAMPLE1"]


def test_a_callable_that_returns_no_credentials_is_named() -> None:
    """The error says what came instead, and nothing is sent."""
    router = answering()

    with client_of(router, credentials=lambda: None) as client, pytest.raises(CredentialsError, match="NoneType"):
        client.send(REAL_TIME)

    assert not router.calls


class CountingSecret(Secret):  # type: ignore[misc] # final for users; here it counts what becomes of it
    """A secret that counts how often it is read."""

    __slots__ = ("count",)

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.count = 0

    def reveal(self) -> str:
        """Count, and return the text."""
        self.count += 1
        return super().reveal()


def days(*moments: datetime) -> Clock:
    """Return a clock that shows these moments, one after the other."""
    return Clock(now=iter(moments).__next__, monotonic=lambda: 0.0)


def test_the_derived_key_is_kept_for_its_day() -> None:
    """The secret is read once a day, however many requests are signed."""
    secret = CountingSecret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    credentials = Credentials("AKIDEXAMPLE", secret)
    morning = datetime(2026, 11, 20, tzinfo=UTC)
    moments = [morning, morning + timedelta(hours=23, minutes=59, seconds=59), morning + timedelta(days=1)]
    router = answering()
    secret.count = 0
    counts = []

    with client_of(router, credentials=credentials, clock=days(*moments)) as client:
        for _ in moments:
            client.send(REAL_TIME)
            counts.append(secret.count)

    assert counts == [1, 1, 2]


def test_each_day_has_its_own_key() -> None:
    """Across midnight and back, every signature is that of a signer without memory."""
    moments = [TIME, TIME + timedelta(days=1), TIME, TIME - timedelta(days=1)]
    router = answering()

    with client_of(router, clock=days(*moments)) as client:
        for _ in moments:
            client.send(REAL_TIME)

    for moment, call in zip(moments, router.calls, strict=True):
        arrived = as_arrived(call.request)
        unsigned = evolve(
            arrived,
            headers=[pair for pair in arrived.headers if pair[0] not in {"Authorization", "X-Amz-Date", *UNSIGNED}],
        )
        expected = sign_headers(unsigned, CREDENTIALS, Scope(moment, REGION, "sagemaker")).headers
        assert dict(expected)["Authorization"] == call.request.headers["Authorization"]


def test_a_clock_without_a_time_zone_is_refused_before_anything_is_sent() -> None:
    """A naive time could mean any of 38 instants."""
    router = answering()
    clock = Clock(now=lambda: datetime(2026, 11, 20), monotonic=lambda: 0.0)  # noqa: DTZ001 - the very mistake

    with client_of(router, clock=clock) as client, pytest.raises(ValueError, match="no time zone"):
        client.send(REAL_TIME)

    assert not router.calls


def test_a_member_that_is_an_enumeration_of_texts_is_sent_by_its_value() -> None:
    """``class MediaType(str, Enum)`` is a common way to name texts; what was checked is what is sent."""

    class MediaType(str, Enum):  # noqa: UP042 - StrEnum prints as its value; this one does not
        CSV = "text/csv"

    assert headers_of(sent_by(evolve(REAL_TIME, content_type=MediaType.CSV)))["Content-Type"] == "text/csv"


def test_a_member_that_is_an_enumeration_of_numbers_is_sent_by_its_value() -> None:
    """As for texts."""

    class Wait(int, Enum):
        MINUTE = 60

    request = sent_by(evolve(QUEUED, request_ttl_seconds=Wait.MINUTE))
    assert headers_of(request)["X-Amzn-SageMaker-RequestTTLSeconds"] == "60"


# Settings: where the endpoint and the region come from.

URL_VARIABLES = {
    "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": "http://127.0.0.1:1001",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1002",
}
OWN = "https://runtime.sagemaker.eu-west-1.amazonaws.com"
ENDPOINT_CASES: Mapping[str, tuple[dict[str, str], str | None, str]] = {
    "nothing set": ({}, None, OWN),
    "argument first": (URL_VARIABLES, "http://127.0.0.1:1000", "http://127.0.0.1:1000"),
    "the service's variable": (URL_VARIABLES, None, "http://127.0.0.1:1001"),
    "the common variable": ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1002"}, None, "http://127.0.0.1:1002"),
    "an empty variable": (
        URL_VARIABLES | {"AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": ""},
        None,
        "http://127.0.0.1:1002",
    ),
    "variables ignored": (URL_VARIABLES | {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, None, OWN),
    "in any case": (URL_VARIABLES | {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "True"}, None, OWN),
    "only true is true": (
        URL_VARIABLES | {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "1"},
        None,
        "http://127.0.0.1:1001",
    ),
    "never the argument": (
        URL_VARIABLES | {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
        "http://127.0.0.1:1000",
        "http://127.0.0.1:1000",
    ),
}


@pytest.mark.parametrize(("variables", "argument", "expected"), ENDPOINT_CASES.values(), ids=ENDPOINT_CASES)
def test_the_endpoint_url_is_the_first_that_is_set(
    bare_environment: pytest.MonkeyPatch, variables: dict[str, str], argument: str | None, expected: str
) -> None:
    """Argument, the service's variable, the common variable, the region's own; requests go there."""
    for name, value in variables.items():
        bare_environment.setenv(name, value)
    router = answering()

    with client_of(router, endpoint_url=argument) as client:
        client.send(REAL_TIME)

    assert expected == client.endpoint.url
    assert f"{expected}/endpoints/iris/invocations" == str(sent(router).url)


REGION_CASES: Mapping[str, tuple[dict[str, str], str | None, str]] = {
    "argument first": ({"AWS_REGION": "eu-west-2", "AWS_DEFAULT_REGION": "eu-west-3"}, "eu-west-1", "eu-west-1"),
    "AWS_REGION next": ({"AWS_REGION": "eu-west-2", "AWS_DEFAULT_REGION": "eu-west-3"}, None, "eu-west-2"),
    "AWS_DEFAULT_REGION last": ({"AWS_DEFAULT_REGION": "eu-west-3"}, None, "eu-west-3"),
    "an empty variable": ({"AWS_REGION": "", "AWS_DEFAULT_REGION": "eu-west-3"}, None, "eu-west-3"),
    "an empty argument": ({"AWS_REGION": "eu-west-2"}, "", "eu-west-2"),
}


@pytest.mark.parametrize(("variables", "argument", "expected"), REGION_CASES.values(), ids=REGION_CASES)
def test_the_region_is_the_first_that_is_set(
    bare_environment: pytest.MonkeyPatch, variables: dict[str, str], argument: str | None, expected: str
) -> None:
    """Argument, AWS_REGION, AWS_DEFAULT_REGION; it is the endpoint's and the signature's."""
    for name, value in variables.items():
        bare_environment.setenv(name, value)
    router = answering()

    with client_of(router, region=argument, endpoint_url=None) as client:
        client.send(REAL_TIME)

    assert f"runtime.sagemaker.{expected}.amazonaws.com" == sent(router).url.host
    assert f"/{expected}/sagemaker/aws4_request" in sent(router).headers["Authorization"]


@pytest.mark.usefixtures("bare_environment")
@pytest.mark.parametrize("url", [None, URL])
def test_without_a_region_there_is_no_client(url: str | None) -> None:
    """The region is signed, so an endpoint URL is not enough; the error says what to set."""
    with pytest.raises(NoRegionError, match="set AWS_REGION") as caught:
        Client(endpoint_url=url)

    assert isinstance(caught.value, ConfigError)


def test_credentials_come_from_the_environment_when_none_are_given(bare_environment: pytest.MonkeyPatch) -> None:
    """They are looked up for each request, so a client may be made before they are set."""
    router = answering(success())
    with client_of(router, credentials=None) as client:
        with pytest.raises(NoCredentialsError, match="AWS_ACCESS_KEY_ID is not set"):
            client.send(REAL_TIME)
        assert not router.calls
        bare_environment.setenv("AWS_ACCESS_KEY_ID", TEMPORARY.access_key_id)
        bare_environment.setenv("AWS_SECRET_ACCESS_KEY", TEMPORARY.secret_access_key.reveal())
        bare_environment.setenv("AWS_SESSION_TOKEN", "AQoDYXdzEPT//wEXAMPLE==")
        client.send(REAL_TIME)

    assert signer_of(sent(router), TEMPORARY) == TEMPORARY.access_key_id
