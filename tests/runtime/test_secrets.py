"""A secret, a session token, a body and custom attributes are found in nothing that is shown, logged or raised."""

import json
import logging
import pickle
import traceback
import warnings
from array import array
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import httpx
import pytest

from runtime import (
    Client,
    Clock,
    Credentials,
    Error,
    InputError,
    InvokeEndpointAsyncInput,
    InvokeEndpointAsyncOutput,
    InvokeEndpointInput,
    InvokeEndpointOutput,
    Metadata,
    PlainHttpWarning,
    SignatureError,
    TransportError,
)
from sigv4 import Headers
from tests.runtime.examples import Parts, answering, client_of, socket_client, success
from tests.runtime.one_shot import one_shot, refused_url

SECRET = "MarkerSecretAccessKey"  # noqa: S105 - a marker, looked for in everything that is shown
TOKEN = "MarkerSessionToken"  # noqa: S105 - a marker
BODY = b"MarkerBody"
ATTRIBUTES = "MarkerCustomAttributes"
MARKERS = (SECRET, TOKEN, BODY.decode(), ATTRIBUTES)
KEYS = Credentials("AKIDEXAMPLE", SECRET, TOKEN)
REAL_TIME = InvokeEndpointInput(endpoint_name="iris", body=BODY, custom_attributes=ATTRIBUTES)
QUEUED = InvokeEndpointAsyncInput(endpoint_name="iris", body=BODY, custom_attributes=ATTRIBUTES)
HEADERS = Headers((("X-Amzn-SageMaker-Custom-Attributes", ATTRIBUTES), ("X-Echo", TOKEN)))
METADATA = Metadata(200, "request-1", HEADERS, 1, 0.25)


def found_in(text: str) -> list[str]:
    """Return the markers that a text holds."""
    return [marker for marker in MARKERS if marker in text]


def error_of(client: Client, record: Any = REAL_TIME) -> Error:
    """Return the error of a call."""
    with client, pytest.raises(Error) as caught:
        client.send(record)
    return caught.value


def shown_with_locals(error: BaseException) -> str:
    """Return a traceback with the local variables of every frame but those of this file."""
    captured: traceback.TracebackException | None
    captured = whole = traceback.TracebackException.from_exception(error, capture_locals=True)
    while captured is not None:
        frames = [frame for frame in captured.stack if frame.filename != __file__]
        captured.stack = traceback.StackSummary.from_list(frames)
        captured = captured.__cause__ or captured.__context__
    text = "".join(whole.format())
    assert "client.py" in text  # frames of this package are looked at
    return text


def everything_shown(error: BaseException) -> str:
    """Return all the texts of an error: those that print it, and its traceback with locals."""
    return "\n".join([str(error), repr(error), f"{error}", repr(error.args), shown_with_locals(error)])


# What is shown of records and clients.

RECORDS: Mapping[str, object] = {
    "InvokeEndpointInput": REAL_TIME,
    "InvokeEndpointAsyncInput": QUEUED,
    "a text body": InvokeEndpointInput(endpoint_name="iris", body=BODY.decode()),
    "a bytearray body": InvokeEndpointInput(endpoint_name="iris", body=bytearray(BODY)),
    "a memoryview body": InvokeEndpointInput(endpoint_name="iris", body=memoryview(BODY)),
    "InvokeEndpointOutput": InvokeEndpointOutput(body=BODY, custom_attributes=ATTRIBUTES, metadata=METADATA),
    "InvokeEndpointAsyncOutput": InvokeEndpointAsyncOutput(inference_id="iris-1", metadata=METADATA),
    "Metadata": METADATA,
    "Credentials": KEYS,
}


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
def test_a_record_shows_none_of_it(record: object) -> None:
    """Neither ``repr`` nor ``str`` nor a format."""
    assert found_in(f"{record!r} {record!s} {record}") == []


def test_a_record_shows_the_length_of_its_body_in_bytes() -> None:
    """A memoryview's in bytes too, not in items."""
    body = memoryview(array("d", [5.1, 3.5]))

    assert "body=<16 bytes>" in repr(InvokeEndpointInput(endpoint_name="iris", body=body))


@pytest.mark.parametrize("body", [None, 7, 1.5, object()], ids=lambda body: type(body).__name__)
def test_a_record_with_a_wrong_body_can_be_shown(body: Any) -> None:
    """The error that refuses it may be shown with the frames' variables, this record among them."""
    assert "body=" in repr(InvokeEndpointInput(endpoint_name="iris", body=body))


def test_a_client_shows_none_of_it() -> None:
    """Only where it sends to."""
    with client_of(answering(), credentials=KEYS) as client:
        client.send(REAL_TIME)
        text = f"{client!r} {client!s}"

    assert found_in(text) == []
    assert repr(client) == "Client('eu-west-1', endpoint_url='https://sagemaker.example')"


def test_the_warning_of_plain_http_shows_none_of_it() -> None:
    """It names the URL, at the line that made the client."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        client_of(answering(), credentials=KEYS, endpoint_url="http://sagemaker.example").close()

    (warning,) = caught
    assert PlainHttpWarning is warning.category
    assert "http://sagemaker.example are not encrypted" in str(warning.message)
    assert found_in(f"{warning} {warning.message!r}") == []


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://[::1]:1", "http://localhost:1", "http://127.9.9.9", None]
)
def test_loopback_and_tls_are_not_warned_of(url: str | None) -> None:
    """Warnings are errors in these tests, so a client that is made is proof."""
    client_of(answering(), credentials=KEYS, endpoint_url=url or "https://sagemaker.example").close()


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1", "http://localhost.example", "http://127.0.0.1.example", "http://0.0.0.0", "http://[::]"]
)
def test_plain_http_to_another_machine_is_warned_of(url: str) -> None:
    """A name that only looks like loopback is another machine's."""
    with pytest.warns(PlainHttpWarning):
        client_of(answering(), credentials=KEYS, endpoint_url=url).close()


# What is raised.


def refused_member() -> Error:
    """Return the error of a member with a line break."""
    record = InvokeEndpointInput(endpoint_name="iris", body=BODY, custom_attributes=f"{ATTRIBUTES}\r\n")
    return error_of(client_of(answering(), credentials=KEYS), record)


def refused_length() -> Error:
    """Return the error of members that are too long."""
    record = InvokeEndpointAsyncInput(endpoint_name="i", body=BODY * 13_000, custom_attributes=ATTRIBUTES * 100)
    return error_of(client_of(answering(), credentials=KEYS), record)


def refused_without_checks() -> Error:
    """Return the error of a member that is unsafe."""
    record = InvokeEndpointInput(endpoint_name="..", body=BODY, custom_attributes=f"{ATTRIBUTES}\0")
    return error_of(client_of(answering(), credentials=KEYS, check_members=False), record)


def refused_type() -> Error:
    """Return the error of a body that is no body."""
    body: Any = [BODY]
    return error_of(client_of(answering(), credentials=KEYS), InvokeEndpointInput(endpoint_name="iris", body=body))


def refused_by_the_signer() -> Error:
    """Return the error of a clock without a time zone, found while signing."""
    clock = Clock(now=lambda: datetime(2026, 11, 20), monotonic=lambda: 0.0)  # noqa: DTZ001 - the very mistake
    return error_of(client_of(answering(), credentials=KEYS, clock=clock))


def refused_by_h11() -> Error:
    """Return the error of a value that a transport will not send, or its refusal before that."""
    record = InvokeEndpointInput(endpoint_name="iris", body=BODY, custom_attributes=f" {ATTRIBUTES} ")
    with one_shot() as server:
        return error_of(socket_client(server.url, credentials=KEYS), record)


def refused_connection() -> Error:
    """Return the error of the client's own transport where nobody listens."""
    with refused_url() as url:
        return error_of(socket_client(url, credentials=KEYS))


def cut_answer() -> Error:
    """Return the error of the client's own transport for an answer that is cut short."""
    answer = f"HTTP/1.1 200 OK\r\nX-Echo: {TOKEN}\r\nContent-Length: 999\r\n\r\n".encode() + BODY
    with one_shot([answer]) as server:
        return error_of(socket_client(server.url, credentials=KEYS))


def broken_head() -> Error:
    """Return the error of the client's own transport for an answer that is none."""
    with one_shot([b"HTTP/1.1 200 OK\r\nBad\r\n\r\n"]) as server:
        return error_of(socket_client(server.url, credentials=KEYS))


def raising_transport() -> Error:
    """Return the error of a transport that raises."""

    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("connection reset", request=request)

    router = answering()
    router.routes[0].mock(side_effect=fail)
    return error_of(client_of(router, credentials=KEYS))


def raising_body() -> Error:
    """Return the error of a transport whose answer breaks off."""

    def parts() -> Iterator[bytes]:
        yield BODY
        raise httpx.ReadTimeout("timed out")

    return error_of(client_of(answering(httpx.Response(200, headers=HEADERS, stream=Parts(parts))), credentials=KEYS))


def canonical_echo(*lines: str) -> str:
    """Return the service's words about a signature that does not match, with the canonical request in them."""
    canonical = "\n".join(
        ["POST", "/endpoints/iris/invocations", "", "host:sagemaker.example", *lines, "", "host;x-amz-date", "e3b0c442"]
    )
    return (
        "The request signature we calculated does not match the signature you provided.\n\n"
        f"The Canonical String for this request should have been\n'{canonical}'\n\n"
        "The String-to-Sign should have been\n"
    )


def refused_signature(body: bytes) -> Error:
    """Return the error of an answer that refuses the signature."""
    headers = [("x-amzn-ErrorType", "InvalidSignatureException"), *HEADERS]
    return error_of(client_of(answering(httpx.Response(403, headers=headers, content=body)), credentials=KEYS))


def echo_in_json() -> Error:
    """Return the error of a JSON answer that repeats the session token."""
    message = canonical_echo(f"x-amz-security-token:{TOKEN}")
    return refused_signature(json.dumps({"message": message}).encode())


def echo_in_capitals() -> Error:
    """Return the error of a JSON answer that repeats the session token under another spelling."""
    message = canonical_echo(f"X-Amz-Security-Token: {TOKEN}")
    return refused_signature(json.dumps({"Message": message}).encode())


def echo_in_text() -> Error:
    """Return the error of an answer that is plain text."""
    return refused_signature(canonical_echo(f"x-amz-security-token:{TOKEN}").encode())


def echo_in_cut_json() -> Error:
    """Return the error of an answer whose JSON was cut, so that its text is the message."""
    message = canonical_echo(f"x-amz-security-token:{TOKEN}")
    return refused_signature(json.dumps({"message": message}).encode()[:-2])


def echo_of_attributes() -> Error:
    """Return the error of an answer that repeats the custom attributes, which were signed too."""
    message = canonical_echo("x-amz-date:20261120T080000Z", f"x-amzn-sagemaker-custom-attributes:{ATTRIBUTES}")
    return refused_signature(json.dumps({"message": message}).encode())


def unexpected_answer() -> Error:
    """Return the error of a success that lacks what it must hold."""
    return error_of(client_of(answering(httpx.Response(202, headers=HEADERS, content=BODY)), credentials=KEYS), QUEUED)


def model_error() -> Error:
    """Return the error of a model's container."""
    headers = [("x-amzn-ErrorType", "ModelError"), *HEADERS]
    response = httpx.Response(424, headers=headers, json={"Message": "The model failed.", "Echo": TOKEN})
    return error_of(client_of(answering(response), credentials=KEYS))


def foreign_credentials() -> Error:
    """Return the error of a callable that returns something else."""
    return error_of(client_of(answering(), credentials=lambda: {"secret": SECRET}))


KINDS: Mapping[str, Callable[[], Error]] = {
    making.__name__: making
    for making in (
        refused_member,
        refused_length,
        refused_without_checks,
        refused_type,
        refused_by_the_signer,
        refused_by_h11,
        refused_connection,
        cut_answer,
        broken_head,
        raising_transport,
        raising_body,
        echo_in_json,
        echo_in_capitals,
        echo_in_text,
        echo_in_cut_json,
        echo_of_attributes,
        unexpected_answer,
        model_error,
        foreign_credentials,
    )
}


@pytest.mark.parametrize("making", KINDS.values(), ids=KINDS)
def test_an_error_shows_none_of_it(making: Callable[[], Error]) -> None:
    """Neither its texts nor a traceback that shows the variables of the client's frames."""
    assert found_in(everything_shown(making())) == []


@pytest.mark.parametrize(
    ("making", "kind"),
    [
        (refused_member, InputError),
        (refused_connection, TransportError),
        (cut_answer, TransportError),
        (raising_transport, TransportError),
        (echo_in_json, SignatureError),
    ],
)
def test_the_errors_above_are_those_that_were_meant(making: Callable[[], Error], kind: type[Exception]) -> None:
    """Otherwise the search for markers would search something else."""
    assert isinstance(making(), kind)


def test_the_rest_of_a_refusal_is_still_told() -> None:
    """Only the token's value is left out; the canonical request helps to find the mistake."""
    text = str(echo_in_json())

    assert "host:sagemaker.example\nx-amz-security-token:***\n\nhost;x-amz-date" in text


def test_a_pickled_error_that_was_raised_before_an_answer_holds_none_of_it() -> None:
    """It may travel to another process, or into a file. An answer's error keeps its body, as documented."""
    for making in (refused_member, refused_length, refused_without_checks, refused_connection, raising_transport):
        assert found_in(pickle.dumps(making(), protocol=0).decode("latin-1")) == []


# What is raised for the environment's keys.

ENVIRONMENTS: Mapping[str, dict[str, str]] = {
    "no key id": {"AWS_SECRET_ACCESS_KEY": SECRET, "AWS_SESSION_TOKEN": TOKEN},
    "no secret": {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SESSION_TOKEN": TOKEN},
    "a secret with a line break": {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": f"{SECRET}\n"},
    "a token with a line break": {
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_SESSION_TOKEN": f"{TOKEN}\n",
    },
}


@pytest.mark.parametrize("variables", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_an_error_of_the_environments_keys_shows_none_of_it(
    bare_environment: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    """The variables are named and their values are not, in the error's texts."""
    for name, value in variables.items():
        bare_environment.setenv(name, value)

    error = error_of(client_of(answering(), credentials=None))

    assert found_in(f"{error} {error!r} {error.args!r}") == []


@pytest.mark.parametrize("variables", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_a_traceback_of_such_an_error_shows_none_of_it(
    bare_environment: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    """No frame holds the whole environment, or a secret as plain text, when the error is raised."""
    for name, value in variables.items():
        bare_environment.setenv(name, value)

    error = error_of(client_of(answering(), credentials=None))

    assert found_in(shown_with_locals(error)) == []


def test_a_traceback_of_a_missing_region_shows_none_of_it(bare_environment: pytest.MonkeyPatch) -> None:
    """The region is looked for in the same environment that holds the keys."""
    bare_environment.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    bare_environment.setenv("AWS_SESSION_TOKEN", TOKEN)

    with pytest.raises(Error) as caught:
        Client()

    assert found_in(shown_with_locals(caught.value)) == []


# What is logged.


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """Return everything that was logged, its arguments too."""
    return "\n".join(f"{record.name} {record.getMessage()} {vars(record)!r}" for record in caplog.records)


def calls(url: str) -> None:
    """Make a call of each operation over the client's own transport, whatever comes of it."""
    for record in (REAL_TIME, QUEUED):
        with socket_client(url, credentials=KEYS) as client:
            try:
                client.send(record)
            except Error:
                logging.getLogger("application").exception("a call failed")


ANSWERS: Mapping[str, bytes] = {
    "a success": b"HTTP/1.1 200 OK\r\nX-Amzn-SageMaker-OutputLocation: s3://b/k\r\nContent-Length: 6\r\n\r\nsetosa",
    "an error": b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\n{}",
    "a cut answer": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nset",
    "no answer": b"",
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_nothing_of_a_request_is_logged(caplog: pytest.LogCaptureFixture, answer: bytes) -> None:
    """By no logger at any level; the client's own transport uses none of httpcore's."""
    caplog.set_level(logging.DEBUG)

    with one_shot([answer, answer]) as server:
        calls(server.url)

    assert found_in(logged(caplog)) == []


def test_nothing_of_a_failed_connection_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """As above, without an answer."""
    caplog.set_level(logging.DEBUG)

    with refused_url() as url:
        calls(url)

    assert found_in(logged(caplog)) == []


def test_nothing_of_an_answer_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A model may repeat the custom attributes and the body, and what it answers is as private as what it is asked."""
    caplog.set_level(logging.DEBUG)
    head = f"HTTP/1.1 200 OK\r\nX-Amzn-SageMaker-Custom-Attributes: {ATTRIBUTES}\r\nContent-Length: {len(BODY)}\r\n\r\n"
    answer = head.encode() + BODY

    with one_shot([answer, answer]) as server:
        calls(server.url)

    assert found_in(logged(caplog)) == []


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    """A library writes to no terminal."""
    with client_of(answering(success()), credentials=KEYS) as client:
        client.send(REAL_TIME)
    refused_connection()

    assert capfd.readouterr() == ("", "")
