"""What may not be sent is refused before anything is sent, all of it in one error."""

import ctypes
from collections.abc import Mapping
from typing import Any, NoReturn

import httpx
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime import ANONYMOUS, Client, Error, InputError, InvokeEndpointAsyncInput, InvokeEndpointInput
from tests.runtime.examples import (
    CLOCK,
    CREDENTIALS,
    QUEUED,
    REAL_TIME,
    REGION,
    URL,
    answering,
    client_of,
    headers_of,
    sent,
    socket_client,
)
from tests.runtime.members import (
    EACH_MEMBER,
    OPERATIONS,
    QUEUED_LIMIT,
    REAL_TIME_LIMIT,
    Record,
    Row,
    id_of,
    record_of,
)
from tests.runtime.one_shot import one_shot

TEXT_MEMBERS = [(kind, row) for kind, row in EACH_MEMBER if isinstance(row.example, str)]
NUMBER_MEMBERS = [(kind, row) for kind, row in EACH_MEMBER if isinstance(row.example, int)]
KINDS = [kind for kind, _ in OPERATIONS]
LIMITS = [(InvokeEndpointInput, REAL_TIME_LIMIT), (InvokeEndpointAsyncInput, QUEUED_LIMIT)]
NAMES = {InvokeEndpointInput: "InvokeEndpoint", InvokeEndpointAsyncInput: "InvokeEndpointAsync"}

each_kind = pytest.mark.parametrize("kind", KINDS, ids=id_of)
each_text = pytest.mark.parametrize(("kind", "row"), TEXT_MEMBERS, ids=id_of)
each_number = pytest.mark.parametrize(("kind", "row"), NUMBER_MEMBERS, ids=id_of)
each_check = pytest.mark.parametrize("check", [True, False], ids=["checked", "unchecked"])


def must_not_be_called(request: httpx.Request) -> NoReturn:
    """Fail the test: something was sent."""
    pytest.fail(f"{request.url} was sent")


def refusal(record: Record, *, check: bool = True) -> InputError:
    """Return the error that refuses a record; nothing is sent."""
    transport = httpx.MockTransport(must_not_be_called)
    options: dict[str, Any] = {"credentials": CREDENTIALS, "endpoint_url": URL, "clock": CLOCK, "transport": transport}
    with Client(REGION, check_members=check, **options) as client, pytest.raises(InputError) as caught:
        client.send(record)
    return caught.value


def problem(record: Record, *, check: bool = True) -> tuple[str, str]:
    """Return the one problem of a record, as the member's name and what is wrong with it."""
    error = refusal(record, check=check)
    (found,) = error.problems
    assert NAMES[type(record)] == error.operation
    assert f"{error.operation} was not sent: {found.member} {found.problem}" == str(error)
    return found.member, found.problem


def value_sent(record: Record, header: str, **options: Any) -> str:
    """Return what a header carries when a record is sent."""
    router = answering()
    with client_of(router, **options) as client:
        client.send(record)
    return headers_of(sent(router))[header]


def text_of(row: Row, length: int) -> str:
    """Return a text of a length that fits a member's pattern."""
    start = "s3://b/" if row.attribute == "input_location" else ""
    return (start + "a" * length)[:length]


@each_text
def test_a_text_of_the_greatest_length_is_sent(kind: type[Record], row: Row) -> None:
    """The limit itself is allowed."""
    value = text_of(row, row.longest)

    assert value == value_sent(record_of(kind, **{row.attribute: value}), row.header)


@each_text
def test_a_text_that_is_too_long_is_refused(kind: type[Record], row: Row) -> None:
    """Found and allowed lengths are told."""
    name, text = problem(record_of(kind, **{row.attribute: text_of(row, row.longest + 1)}))

    assert row.name == name
    assert f"{row.longest + 1} characters" in text
    assert f"{row.longest}" in text


@each_text
def test_an_empty_text_is_refused_where_the_service_wants_one(kind: type[Record], row: Row) -> None:
    """A media type and the custom attributes may be empty; every other member may not."""
    record = record_of(kind, **{row.attribute: ""})

    if row.shortest == 0:
        assert value_sent(record, row.header) == ""
    else:
        assert row.name == problem(record)[0]


UNFIT = [(kind, row, value) for kind, row in TEXT_MEMBERS for value in row.unfit]


@pytest.mark.parametrize(("kind", "row", "value"), UNFIT, ids=lambda value: id_of(value) or repr(value))
def test_a_text_outside_its_pattern_is_refused(kind: type[Record], row: Row, value: str) -> None:
    """The error tells what form the member has."""
    name, text = problem(record_of(kind, **{row.attribute: value}))

    assert row.name == name
    assert text


UNSAFE = {
    "CR": "\r",
    "LF": "\n",
    "CR LF": "\r\n",
    "NUL": "\0",
    "DEL": "\x7f",
    "escape": "\x1b",
    "form feed": "\x0c",
    "next line": "\x85",
    "letter outside ASCII": "é",
    "line separator": "\u2028",
    "digit outside ASCII": "\u0661",
    "half a surrogate pair": "\ud800",
    "byte order mark": "\ufeff",
}


@each_check
@pytest.mark.parametrize("character", UNSAFE.values(), ids=UNSAFE)
@pytest.mark.parametrize("place", ["first", "middle", "last"])
@each_text
def test_an_unsafe_character_is_refused_in_every_text(
    kind: type[Record], row: Row, place: str, character: str, *, check: bool
) -> None:
    """Checked or not: it would end the header or change on the way. The position is told and the value is not."""
    value = {"first": f"{character}marker", "middle": f"s3:{character}marker", "last": f"marker{character}"}[place]

    name, text = problem(record_of(kind, **{row.attribute: value}), check=check)

    assert row.name == name
    assert f"at position {value.index(character) + 1};" in text
    assert "marker" not in text


@each_check
@pytest.mark.parametrize("character", UNSAFE.values(), ids=UNSAFE)
@each_kind
def test_an_unsafe_character_is_refused_in_an_endpoints_name(
    kind: type[Record], character: str, *, check: bool
) -> None:
    """As in every other text."""
    assert problem(record_of(kind, endpoint_name=f"iris{character}"), check=check)[0] == "EndpointName"


@pytest.mark.parametrize("value", [" x", "x ", " ", "\tx", "x\t"])
@pytest.mark.parametrize("attribute", ["custom_attributes", "content_type", "enable_explanations"])
@each_check
def test_white_space_at_an_end_of_a_header_is_refused(attribute: str, value: str, *, check: bool) -> None:
    """It does not survive the wire: every reader of a header takes it off (RFC 9110, section 5.5)."""
    assert problem(record_of(InvokeEndpointInput, **{attribute: value}), check=check)[1]


@pytest.mark.parametrize("value", [b"text", 1, 1.5, True, ["text"], object()], ids=lambda value: type(value).__name__)
@each_check
@each_text
def test_a_text_of_another_type_is_refused(kind: type[Record], row: Row, value: object, *, check: bool) -> None:
    """The type that came and the type that is wanted are told; the value is not."""
    expected = (row.name, f"is of type {type(value).__name__}; give a str")

    assert expected == problem(record_of(kind, **{row.attribute: value}), check=check)


@each_number
def test_the_least_and_the_greatest_number_are_sent(kind: type[Record], row: Row) -> None:
    """In decimal digits."""
    for value in (row.shortest, row.longest):
        assert str(value) == value_sent(record_of(kind, **{row.attribute: value}), row.header)


@pytest.mark.parametrize("side", ["below", "above", "zero", "negative", "huge"])
@each_number
def test_a_number_outside_its_range_is_refused(kind: type[Record], row: Row, side: str) -> None:
    """Found and allowed numbers are told."""
    outside = {"below": row.shortest - 1, "above": row.longest + 1, "zero": 0, "negative": -60, "huge": 10**30}

    name, text = problem(record_of(kind, **{row.attribute: outside[side]}))

    assert row.name == name
    assert f"is {outside[side]}; give {row.shortest} to {row.longest} seconds" == text


@pytest.mark.parametrize("value", ["60", 60.0, True, b"60", object()], ids=lambda value: type(value).__name__)
@each_check
@each_number
def test_a_number_of_another_type_is_refused(kind: type[Record], row: Row, value: object, *, check: bool) -> None:
    """Also a bool, which Python counts as an int."""
    expected = (row.name, f"is of type {type(value).__name__}; give an int")

    assert expected == problem(record_of(kind, **{row.attribute: value}), check=check)


ENDPOINT_NAMES = {
    "empty": "",
    "dot": ".",
    "dots": "..",
    "slash": "a/b",
    "encoded slash": "a%2fb",
    "encoded dots": "%2e%2e",
    "backslash": "a\\b",
    "climbing": "../secret",
    "line break": "iris\r\nX-Evil: 1",
    "query": "iris?x",
    "fragment": "iris#x",
    "space": "iris 1",
    "underscore": "ir_is",
    "hyphen first": "-iris",
    "hyphen last": "iris-",
    "too long": "a" * 64,
    "ARN": "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/iris",
}


@pytest.mark.parametrize("name", ENDPOINT_NAMES.values(), ids=ENDPOINT_NAMES)
@each_kind
def test_an_endpoints_name_that_is_none_is_refused(kind: type[Record], name: str) -> None:
    """Letters, digits and hyphens make a name, 63 at the most."""
    assert problem(record_of(kind, endpoint_name=name))[0] == "EndpointName"


@pytest.mark.parametrize("name", [None, b"iris", 1], ids=repr)
@each_check
@each_kind
def test_an_endpoints_name_of_another_type_is_refused(kind: type[Record], name: Any, *, check: bool) -> None:
    """None too: it is required."""
    expected = "is required" if name is None else f"is of type {type(name).__name__}; give a str"

    assert ("EndpointName", expected) == problem(record_of(kind, endpoint_name=name), check=check)


@pytest.mark.parametrize(
    "body", [1, 1.5, ["x"], {"x": 1}, object(), iter([b"x"])], ids=lambda body: type(body).__name__
)
@each_check
@each_kind
def test_a_body_of_another_type_is_refused(kind: type[Record], body: Any, *, check: bool) -> None:
    """A body is bytes, or text that is sent as UTF-8."""
    expected = ("Body", f"is of type {type(body).__name__}; give bytes or a str")

    assert expected == problem(record_of(kind, body=body), check=check)


@each_check
def test_a_real_time_body_is_required(*, check: bool) -> None:
    """An empty one may be given."""
    assert problem(record_of(InvokeEndpointInput, body=None), check=check) == ("Body", "is required")


@each_check
@each_kind
def test_a_text_body_that_has_no_utf_8_form_is_refused(kind: type[Record], *, check: bool) -> None:
    """Half of a surrogate pair stands for no character."""
    assert problem(record_of(kind, body="iris \ud800"), check=check)[0] == "Body"


TOO_LONG: Mapping[str, Any] = {
    "letters of two bytes": "é" * (QUEUED_LIMIT // 2) + "x",
    "numbers of eight bytes": memoryview(bytes(QUEUED_LIMIT + 8)).cast("d"),
    "bytearray": bytearray(QUEUED_LIMIT + 1),
}


@pytest.mark.parametrize("body", TOO_LONG.values(), ids=TOO_LONG)
def test_a_body_is_measured_in_bytes(body: Any) -> None:
    """A letter counts as often as UTF-8 has bytes for it, an item of a memoryview as often as it has bytes."""
    name, text = problem(InvokeEndpointAsyncInput(endpoint_name="iris", body=body))

    assert name == "Body"
    assert "128,000 are allowed" in text


@pytest.mark.parametrize(("kind", "limit"), LIMITS, ids=id_of)
def test_a_body_may_be_as_long_as_its_limit_and_no_longer(kind: type[Record], limit: int) -> None:
    """Found and allowed sizes are told; check_members=False sends a longer one."""
    everything = memoryview(bytes(REAL_TIME_LIMIT + 1))
    router = answering()

    with client_of(router) as client:
        client.send(record_of(kind, body=everything[:limit]))

    assert ("Body", f"has {limit + 1:,} bytes; {limit:,} are allowed") == problem(
        record_of(kind, body=everything[: limit + 1])
    )
    if kind is InvokeEndpointAsyncInput:
        with client_of(router, check_members=False) as client:
            client.send(record_of(kind, body=everything[: limit + 1]))
        assert limit + 1 == len(router.calls.last.request.content)


@pytest.mark.parametrize(
    "members",
    [{}, {"body": b"", "input_location": "s3://bucket/key"}, {"body": None, "input_location": None}],
    ids=["none", "both", "None"],
)
def test_exactly_one_of_body_and_input_location_is_given(members: dict[str, Any]) -> None:
    """Neither and both are refused."""
    name, text = problem(InvokeEndpointAsyncInput(endpoint_name="iris", **members))

    assert name == "Body and InputLocation"
    assert "exactly one" in text


def test_an_empty_body_counts_as_given() -> None:
    """Bytes that are none are a body; None is none."""
    router = answering()

    with client_of(router) as client:
        client.send(InvokeEndpointAsyncInput(endpoint_name="iris", body=b""))

    assert sent(router).content == b""


@pytest.mark.parametrize(("kind", "rows"), OPERATIONS, ids=id_of)
def test_all_problems_are_told_at_once_in_the_order_of_the_members(kind: type[Record], rows: tuple[Row, ...]) -> None:
    """One error names every member that is wrong, each once."""
    wrong: dict[str, Any] = {"endpoint_name": "..", "body": 1, **{row.attribute: "\r\n" for row in rows}}
    record = kind(**wrong)

    error = refusal(record)

    exclusion = ["Body and InputLocation"] if kind is InvokeEndpointAsyncInput else []
    assert ["EndpointName", "Body", *[row.name for row in rows], *exclusion] == [
        found.member for found in error.problems
    ]
    assert all(str(found) in str(error) for found in error.problems)


@pytest.mark.parametrize(("kind", "rows"), OPERATIONS, ids=id_of)
def test_all_unsafe_members_are_told_at_once_without_the_checks(kind: type[Record], rows: tuple[Row, ...]) -> None:
    """check_members=False looks at every member too."""
    wrong: dict[str, Any] = {"endpoint_name": "..", "body": 1, **{row.attribute: "\r\n" for row in rows}}
    record = kind(**wrong)

    error = refusal(record, check=False)

    assert ["EndpointName", "Body", *[row.name for row in rows]] == [found.member for found in error.problems]


def test_an_input_error_is_a_value_error() -> None:
    """Code that expects ValueError for bad arguments catches it; so does code that expects this package's base."""
    error = refusal(evolve(REAL_TIME, endpoint_name=".."))

    assert isinstance(error, ValueError)
    assert isinstance(error, Error)


UNCHECKED: Mapping[str, tuple[Record, str, str]] = {
    "a long text": (evolve(REAL_TIME, custom_attributes="a" * 2000), "X-Amzn-SageMaker-Custom-Attributes", "a" * 2000),
    "an empty text": (evolve(REAL_TIME, inference_id=""), "X-Amzn-SageMaker-Inference-Id", ""),
    "another form": (evolve(REAL_TIME, target_variant="a_b"), "X-Amzn-SageMaker-Target-Variant", "a_b"),
    "a small number": (evolve(QUEUED, request_ttl_seconds=0), "X-Amzn-SageMaker-RequestTTLSeconds", "0"),
    "a large number": (
        evolve(QUEUED, invocation_timeout_seconds=10**6),
        "X-Amzn-SageMaker-InvocationTimeoutSeconds",
        "1000000",
    ),
    "another place": (evolve(QUEUED, input_location="file:///iris"), "X-Amzn-SageMaker-InputLocation", "file:///iris"),
    "both inputs": (evolve(QUEUED, body=b"x"), "Content-Length", "1"),
    "a tab": (evolve(REAL_TIME, custom_attributes="a\tb"), "X-Amzn-SageMaker-Custom-Attributes", "a\tb"),
}


@pytest.mark.parametrize(("record", "header", "value"), UNCHECKED.values(), ids=UNCHECKED)
def test_without_checks_what_is_only_outside_the_model_is_sent(record: Record, header: str, value: str) -> None:
    """The service may have changed its limits since this client was written; the checks refuse the same records."""
    assert value == value_sent(record, header, check_members=False)
    refusal(record)


@pytest.mark.parametrize(
    ("name", "segment"),
    [
        ("my_endpoint", "my_endpoint"),
        ("a/b", "a%2Fb"),
        ("a%2fb", "a%252fb"),
        ("a b~.", "a%20b~."),
        ("a?b#c", "a%3Fb%23c"),
    ],
)
def test_without_checks_an_endpoints_name_stays_one_segment_of_the_path(name: str, segment: str) -> None:
    """Everything but letters, digits and ``-._~`` is percent-encoded, so no name leads to another path."""
    router = answering()

    with client_of(router, check_members=False) as client:
        client.send(evolve(REAL_TIME, endpoint_name=name))

    assert f"/endpoints/{segment}/invocations" == sent(router).url.raw_path.decode()


@pytest.mark.parametrize("name", ["", ".", ".."])
@each_kind
def test_without_checks_a_name_that_changes_the_path_is_refused(kind: type[Record], name: str) -> None:
    """These stay what they are under percent-encoding."""
    assert problem(record_of(kind, endpoint_name=name), check=False)[0] == "EndpointName"


@pytest.mark.parametrize(
    "record", [None, "iris", {"endpoint_name": "iris"}, object()], ids=lambda record: type(record).__name__
)
def test_what_is_no_record_is_refused_with_the_names_of_those_that_are(record: Any) -> None:
    """A mistake of the program, so a TypeError."""
    router = answering()

    with client_of(router) as client, pytest.raises(TypeError, match="give one of InvokeEndpointInput"):
        client.send(record)

    assert not router.calls


class Pair(ctypes.Structure):
    """Two numbers side by side."""

    _fields_ = (("first", ctypes.c_int), ("second", ctypes.c_double))


FOREIGN_BUFFERS: Mapping[str, Any] = {
    "numbers of ctypes": memoryview((ctypes.c_int * 3)(1, 2, 3)),
    "structures of ctypes": memoryview((Pair * 2)(Pair(1, 2.0), Pair(3, 4.0))),
    "rows without columns": memoryview((ctypes.c_char * 0 * 3)()),
}


@pytest.mark.parametrize("view", FOREIGN_BUFFERS.values(), ids=FOREIGN_BUFFERS)
def test_a_buffer_of_any_layout_is_sent_as_its_bytes(view: Any) -> None:
    """As arrays of other packages hand themselves over."""
    router = answering()

    with client_of(router) as client:
        client.invoke_endpoint("iris", view)

    assert view.tobytes() == sent(router).content


TEXTS = (
    st.text(st.characters(max_codepoint=0x17F), max_size=70) | st.text(max_size=5) | st.text(" \taB/:,%.", max_size=5)
)


@settings(max_examples=250, deadline=None, derandomize=True)
@given(value=TEXTS, member=st.sampled_from(TEXT_MEMBERS), check=st.booleans(), signed=st.booleans())
def test_any_text_is_refused_or_survives_the_wire_unchanged(
    value: str, member: tuple[type[Record], Row], *, check: bool, signed: bool
) -> None:
    """Nothing else comes of it: no other error, and no other value at the server."""
    kind, row = member
    record = record_of(kind, **{row.attribute: value})
    options = {"credentials": CREDENTIALS if signed else ANONYMOUS, "check_members": check}

    with one_shot() as server, socket_client(server.url, **options) as client:
        try:
            client.send(record)
        except InputError as error:
            refused = [found.member for found in error.problems]
        else:
            refused = []

    arrived = [found for received in server.received for name, found in received.headers if name == row.header]
    assert (refused, arrived) in [([row.name], []), ([], [value])]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(name=TEXTS, check=st.booleans())
def test_any_endpoint_name_is_refused_or_stays_in_its_segment(name: str, *, check: bool) -> None:
    """The path has three segments, and decoding the middle one gives the name."""
    router = answering()
    with client_of(router, check_members=check) as client:
        try:
            client.send(evolve(REAL_TIME, endpoint_name=name))
        except InputError:
            assert not router.calls
            return

    path = sent(router).url.raw_path.decode()
    assert "?" not in path
    _, first, middle, last = path.split("/")
    assert (first, last) == ("endpoints", "invocations")
    assert name == httpx.URL(f"http://host/?x={middle}").params["x"]
