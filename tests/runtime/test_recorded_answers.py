"""Recorded answers, replayed through a respx router and over a socket, give the records and errors of expected.json."""

import base64
import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import h11
import httpx
import pytest
import respx

from runtime import (
    Client,
    InvokeEndpointOutput,
    Metadata,
    ModelError,
    ServiceError,
)
from sigv4 import Headers
from tests.runtime.examples import QUEUED, REAL_TIME, Parts, answering, client_of, socket_client
from tests.runtime.members import Record
from tests.runtime.one_shot import one_shot

FOLDER = Path(__file__).parents[2] / "fixtures" / "responses"
EXPECTED: list[dict[str, Any]] = json.loads((FOLDER / "expected.json").read_text("utf-8"))
RECORDS: dict[str, Record] = {"InvokeEndpoint": REAL_TIME, "InvokeEndpointAsync": QUEUED}
OUTPUT_MEMBERS = {
    "InvokeEndpoint": {
        "ContentType": "content_type",
        "InvokedProductionVariant": "invoked_production_variant",
        "CustomAttributes": "custom_attributes",
        "NewSessionId": "new_session_id",
        "ClosedSessionId": "closed_session_id",
    },
    "InvokeEndpointAsync": {
        "InferenceId": "inference_id",
        "OutputLocation": "output_location",
        "FailureLocation": "failure_location",
    },
}
MODEL_ERROR_MEMBERS = {
    "OriginalStatusCode": "original_status_code",
    "OriginalMessage": "original_message",
    "LogStreamArn": "log_stream_arn",
}
CODES_WITH_A_CLASS = {
    "AccessDeniedException",
    "ExpiredTokenException",
    "IncompleteSignatureException",
    "InternalDependencyException",
    "InternalFailure",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "ModelError",
    "ModelNotReadyException",
    "ServiceUnavailable",
    "ThrottlingException",
    "UnrecognizedClientException",
    "ValidationError",
}

each_answer = pytest.mark.parametrize("expected", EXPECTED, ids=lambda expected: expected["file"])


def head_and_body(raw: bytes) -> tuple[h11.Response, bytes]:
    """Read a raw answer with h11; it must be one whole answer with nothing after it."""
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="POST", target="/", headers=[("Host", "example"), ("Content-Length", "0")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(raw)
    head = connection.next_event()
    assert isinstance(head, h11.Response)
    parts = []
    while isinstance(event := connection.next_event(), h11.Data):
        parts.append(bytes(event.data))
    assert isinstance(event, h11.EndOfMessage)
    assert connection.trailing_data == (b"", False)
    return head, b"".join(parts)


def pairs_of(head: h11.Response) -> Headers:
    """Return the headers with their names as they were sent."""
    return Headers((name.decode("ascii"), value.decode("ascii")) for name, value in head.headers.raw_items())


def router_of(raw: bytes, spell: Callable[[str], str] = str) -> respx.Router:
    """Return a router that gives a raw answer, its body undecoded and its header names spelt in another way."""
    head, body = head_and_body(raw)

    def body_in_two_parts() -> Iterator[bytes]:
        yield body[: len(body) // 2]
        yield body[len(body) // 2 :]

    headers = [(spell(name), value) for name, value in pairs_of(head)]
    extensions = {"reason_phrase": head.reason}
    return answering(
        httpx.Response(head.status_code, headers=headers, stream=Parts(body_in_two_parts), extensions=extensions)
    )


def facts_of_call(client: Client, operation: str) -> tuple[dict[str, Any], InvokeEndpointOutput | ServiceError | Any]:
    """Call an operation; return what happened, in the form of expected.json, and the record or the error."""
    try:
        output = client.send(RECORDS[operation])
    except ServiceError as error:
        shown = {"status": error.status_code, "request_id": error.request_id, "error": error_facts(error)}
        return {"operation": error.operation, **shown}, error
    members = {name: getattr(output, attribute) for name, attribute in OUTPUT_MEMBERS[operation].items()}
    if isinstance(output, InvokeEndpointOutput):
        members = {"Body": output.body, **members}
    present = {name: value for name, value in members.items() if value is not None}
    metadata = output.metadata
    return {
        "operation": operation,
        "status": metadata.status_code,
        "request_id": metadata.request_id,
        "output": present,
    }, output


def error_facts(error: ServiceError) -> dict[str, Any]:
    """Return an error's class and members."""
    members = {"class": type(error).__name__, "code": error.code, "message": error.message}
    if isinstance(error, ModelError):
        extra = {name: getattr(error, attribute) for name, attribute in MODEL_ERROR_MEMBERS.items()}
        members |= {name: value for name, value in extra.items() if value is not None}
    return members


def expected_facts(expected: dict[str, Any]) -> dict[str, Any]:
    """Return an entry of expected.json with its body as bytes and the class that its code has."""
    facts = {name: value for name, value in expected.items() if name != "file"}
    if "error" in facts:
        code = facts["error"]["code"]
        return facts | {"error": {"class": code if code in CODES_WITH_A_CLASS else "ServiceError", **facts["error"]}}
    output = dict(facts["output"])
    if "body_base64" in output:
        output["Body"] = base64.b64decode(output.pop("body_base64"))
    elif "Body" in output:
        output["Body"] = output["Body"].encode()
    return facts | {"output": output}


def raw_of(expected: dict[str, Any]) -> bytes:
    """Return the raw answer of an entry."""
    file: str = expected["file"]
    return (FOLDER / file).read_bytes()


def test_every_recorded_answer_has_an_expectation_and_every_expectation_an_answer() -> None:
    """The folder and expected.json name the same files, each once, in order."""
    assert sorted(path.name for path in FOLDER.iterdir() if path.suffix == ".http") == [
        expected["file"] for expected in EXPECTED
    ]
    assert {path.suffix for path in FOLDER.iterdir()} == {".http", ".json"}


@each_answer
def test_an_expectation_has_the_known_keys_only(expected: dict[str, Any]) -> None:
    """A key that this file does not compare would be an expectation that nothing checks."""
    operation = expected["operation"]
    allowed = {
        "output": {*OUTPUT_MEMBERS[operation], *(("Body", "body_base64") if operation == "InvokeEndpoint" else ())},
        "error": {"code", "message", *(MODEL_ERROR_MEMBERS if expected["status"] == 424 else ())},
    }

    (kind,) = expected.keys() - {"file", "operation", "status", "request_id"}

    assert expected[kind].keys() <= allowed[kind]


@pytest.mark.parametrize("spell", [str, str.lower, str.upper], ids=["as sent", "lower case", "upper case"])
@each_answer
def test_an_answer_through_a_router_gives_the_expected_record_or_error(
    expected: dict[str, Any], spell: Callable[[str], str]
) -> None:
    """All members, the status, the request id and the class are right, however the header names are spelt."""
    with client_of(router_of(raw_of(expected), spell)) as client:
        actual, _ = facts_of_call(client, expected["operation"])

    assert expected_facts(expected) == actual


@each_answer
def test_an_answer_over_a_socket_gives_the_expected_record_or_error(expected: dict[str, Any]) -> None:
    """The client's own transport reads the same from the raw bytes."""
    with one_shot([raw_of(expected)]) as server, socket_client(server.url) as client:
        actual, _ = facts_of_call(client, expected["operation"])

    assert expected_facts(expected) == actual
    assert len(server.received) == 1


@pytest.mark.parametrize("over", ["router", "socket"])
@each_answer
def test_headers_and_body_are_kept_as_they_were_sent(expected: dict[str, Any], over: str) -> None:
    """A record's metadata, and an error, hold all headers in order, spelt as sent; bodies are not decoded."""
    raw = raw_of(expected)
    head, body = head_and_body(raw)
    with one_shot([raw]) as server:
        made = partial(client_of, router_of(raw)) if over == "router" else partial(socket_client, server.url)
        with made() as client:
            _, outcome = facts_of_call(client, expected["operation"])

    kept = outcome if isinstance(outcome, ServiceError) else outcome.metadata
    assert pairs_of(head) == kept.headers
    assert kept.attempts == 1
    assert kept.elapsed >= 0
    if hasattr(outcome, "body"):
        assert body == outcome.body


def test_a_gzip_answer_is_handed_over_as_it_came() -> None:
    """The content coding is visible in the headers, and the body is the compressed one."""
    with client_of(router_of((FOLDER / "invoke-endpoint-200-gzip.http").read_bytes())) as client:
        output = client.send(REAL_TIME)

    assert output.body[:2] == b"\x1f\x8b"
    assert isinstance(output.metadata, Metadata)
    assert ("Content-Encoding", "gzip") in output.metadata.headers


def test_the_default_transport_with_its_certificates_reads_an_answer() -> None:
    """The client as users make it, with nothing passed in but keys and a URL."""
    raw = (FOLDER / "invoke-endpoint-200-csv.http").read_bytes()

    with one_shot([raw]) as server, socket_client(server.url, verify=True) as client:
        assert client.invoke_endpoint("iris", "6.3,3.3,6.0,2.5").text() == "setosa\n"
