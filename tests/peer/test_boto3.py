"""boto3 and this project's client: the same requests, and at the local endpoint the same results and refusals."""

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from runtime import (
    Client,
    Credentials,
    InvokeEndpointAsyncInput,
    InvokeEndpointInput,
    ModelError,
    ServiceError,
)
from runtime.emulator.server import EXAMPLE_CREDENTIALS, LocalEndpoint
from tests.peer.pipe import Peer
from tests.runtime.examples import NO_CERTIFICATES
from tests.runtime.members import QUEUED_MEMBERS, REAL_TIME_MEMBERS, Record, Row
from tests.runtime.one_shot import Received, one_shot

REGION = "us-east-1"
WRONG = Credentials(EXAMPLE_CREDENTIALS.access_key_id, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYWRONGKEY")
UNKNOWN = Credentials("AKIDEXAMPLE", EXAMPLE_CREDENTIALS.secret_access_key)
TEMPORARY = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "AQoDYXdzEPT//wEXAMPLE==")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
FLOWERS = b"5.1,3.5,1.4,0.2\n6.3,3.3,6.0,2.5\n"

OUTPUT_MEMBERS = {
    "Body": "body",
    "ContentType": "content_type",
    "InvokedProductionVariant": "invoked_production_variant",
    "CustomAttributes": "custom_attributes",
    "NewSessionId": "new_session_id",
    "ClosedSessionId": "closed_session_id",
    "InferenceId": "inference_id",
    "OutputLocation": "output_location",
    "FailureLocation": "failure_location",
}
NAMES = {"endpoint_name": "EndpointName", "body": "Body"} | {
    row.attribute: row.name for row in (*REAL_TIME_MEMBERS, *QUEUED_MEMBERS)
}


@pytest.fixture(scope="module")
def local_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEndpoint]:
    """The local endpoint, on a free port."""
    with LocalEndpoint(tmp_path_factory.mktemp("s3"), region=REGION) as running:
        yield running


def client_of(url: str, credentials: Credentials, *, check_members: bool = True) -> Client:
    """Return this project's client."""
    return Client(
        REGION, credentials=credentials, endpoint_url=url, verify=NO_CERTIFICATES, check_members=check_members
    )


def record_of(operation: str, members: Mapping[str, Any]) -> Record:
    """Return the request record of an operation."""
    return InvokeEndpointInput(**members) if operation == "InvokeEndpoint" else InvokeEndpointAsyncInput(**members)


def boto3_call(
    peer: Peer, url: str, credentials: Credentials, operation: str, members: Mapping[str, Any]
) -> dict[str, Any]:
    """Have boto3 send the same request once, and return its output or its error."""
    token = credentials.session_token
    return peer.call(
        "boto3_invoke",
        endpoint_url=url,
        region=REGION,
        credentials={
            "access_key_id": credentials.access_key_id,
            "secret_access_key": credentials.secret_access_key.reveal(),
            "session_token": token.reveal() if token is not None else None,
        },
        operation=operation,
        kwargs={NAMES[name]: value for name, value in members.items()},
        max_attempts=1,
    )


def boto3_output(peer: Peer, url: str, operation: str, members: Mapping[str, Any]) -> dict[str, Any]:
    """Return boto3's output, its body as bytes."""
    answer = boto3_call(peer, url, EXAMPLE_CREDENTIALS, operation, members)
    output: dict[str, Any] = answer["output"]
    if "Body" in output:
        output["Body"] = base64.b64decode(output["Body"])
    return output


def our_output(url: str, operation: str, members: Mapping[str, Any]) -> dict[str, Any]:
    """Return this client's output in boto3's form."""
    with client_of(url, EXAMPLE_CREDENTIALS) as client:
        output = client.send(record_of(operation, members))
    present = {
        name: value
        for name, attribute in OUTPUT_MEMBERS.items()
        if (value := getattr(output, attribute, None)) is not None
    }
    metadata = {"HTTPStatusCode": output.metadata.status_code, "RequestId": output.metadata.request_id}
    return {**present, "ResponseMetadata": metadata}


def without_accidents(output: dict[str, Any]) -> dict[str, Any]:
    """Return an output with what is made anew for each request replaced by its kind."""
    metadata = output["ResponseMetadata"]
    members = {
        name: re.sub(r"Expires=\S+", "Expires=…", UUID.sub("…", value)) if isinstance(value, str) else value
        for name, value in output.items()
        if name != "ResponseMetadata"
    }
    return {**members, "status": metadata["HTTPStatusCode"], "request_id": UUID.sub("…", metadata["RequestId"])}


CALLS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "CSV": ("InvokeEndpoint", {"endpoint_name": "iris", "body": FLOWERS, "content_type": "text/csv"}),
    "JSON": (
        "InvokeEndpoint",
        {
            "endpoint_name": "iris",
            "body": b'{"instances": [[6.3, 3.3, 6.0, 2.5]]}',
            "content_type": "application/json",
            "accept": "text/csv",
        },
    ),
    "no media type": ("InvokeEndpoint", {"endpoint_name": "iris", "body": FLOWERS}),
    "all that one model takes": (
        "InvokeEndpoint",
        {
            "endpoint_name": "iris",
            "body": FLOWERS,
            "content_type": "text/csv",
            "accept": "application/json",
            "custom_attributes": "trace=c000b4f9; model=3",
            "target_variant": "AllTraffic",
            "inference_id": "iris 0001",
            "enable_explanations": "`true`",
            "session_id": "NEW_SESSION",
            "prefix_aware_id": "prompt 7",
        },
    ),
    "queued, in Amazon S3": (
        "InvokeEndpointAsync",
        {"endpoint_name": "iris", "input_location": "s3://bucket/iris.csv", "inference_id": "iris-0001"},
    ),
    "queued, inline": (
        "InvokeEndpointAsync",
        {
            "endpoint_name": "iris",
            "body": FLOWERS,
            "content_type": "text/csv",
            "accept": "text/csv",
            "s3_output_path_extension": "2026/11",
            "filename": "iris.csv",
            "request_ttl_seconds": 60,
            "invocation_timeout_seconds": 30,
        },
    ),
}


@pytest.mark.parametrize(("operation", "members"), CALLS.values(), ids=CALLS)
def test_boto3_gets_what_our_client_gets(
    peer: Peer, local_endpoint: LocalEndpoint, operation: str, members: dict[str, Any]
) -> None:
    """boto3's signature is accepted, and every member of the output is the same, the status and the request id too."""
    theirs = boto3_output(peer, local_endpoint.url, operation, members)
    ours = our_output(local_endpoint.url, operation, members)

    assert without_accidents(theirs) == without_accidents(ours)
    assert theirs["ResponseMetadata"]["RequestId"] != ours["ResponseMetadata"]["RequestId"]


REFUSED: Mapping[str, tuple[Credentials, str, dict[str, Any], str]] = {
    "a wrong secret": (WRONG, *CALLS["CSV"], "InvalidSignatureException"),
    "a wrong secret, queued": (WRONG, *CALLS["queued, inline"], "InvalidSignatureException"),
    "an unknown key id": (UNKNOWN, *CALLS["CSV"], "UnrecognizedClientException"),
    "an unexpected token": (TEMPORARY, *CALLS["CSV"], "UnrecognizedClientException"),
    "another endpoint": (
        EXAMPLE_CREDENTIALS,
        "InvokeEndpoint",
        {"endpoint_name": "rose", "body": b""},
        "ValidationError",
    ),
    "another endpoint, queued": (
        EXAMPLE_CREDENTIALS,
        "InvokeEndpointAsync",
        {"endpoint_name": "rose", "input_location": "s3://bucket/key"},
        "ValidationError",
    ),
    "a body that is no flower": (
        EXAMPLE_CREDENTIALS,
        "InvokeEndpoint",
        {"endpoint_name": "iris", "body": b"a,b,c,d\n", "content_type": "text/csv"},
        "ModelError",
    ),
    "a media type that the model does not take": (
        EXAMPLE_CREDENTIALS,
        "InvokeEndpoint",
        {"endpoint_name": "iris", "body": b"<x/>", "content_type": "application/xml"},
        "ModelError",
    ),
}


def first_line(text: str) -> str:
    """Return the first line of an error's text, without boto3's note that it was told not to retry."""
    return text.splitlines()[0].replace(" (reached max retries: 0)", "")


@pytest.mark.parametrize(("credentials", "operation", "members", "code"), REFUSED.values(), ids=REFUSED)
def test_boto3_is_refused_as_our_client_is(
    peer: Peer,
    local_endpoint: LocalEndpoint,
    credentials: Credentials,
    operation: str,
    members: dict[str, Any],
    code: str,
) -> None:
    """The same code, status and first line; what follows it repeats each one's own request."""
    theirs = boto3_call(peer, local_endpoint.url, credentials, operation, members)["error"]
    with client_of(local_endpoint.url, credentials) as client, pytest.raises(ServiceError) as caught:
        client.send(record_of(operation, members))

    ours = caught.value
    assert theirs["code"] == ours.code == code
    assert theirs["status"] == ours.status_code
    assert first_line(theirs["message"]) == first_line(str(ours))
    assert UUID.fullmatch(ours.request_id or "")
    assert UUID.fullmatch(theirs["response"]["ResponseMetadata"]["RequestId"])


def test_boto3_gets_the_same_model_error(peer: Peer, local_endpoint: LocalEndpoint) -> None:
    """Its class has the same name, and all four members are the same."""
    _, operation, members, _ = REFUSED["a body that is no flower"]

    theirs = boto3_call(peer, local_endpoint.url, EXAMPLE_CREDENTIALS, operation, members)["error"]
    with client_of(local_endpoint.url, EXAMPLE_CREDENTIALS) as client, pytest.raises(ModelError) as caught:
        client.send(record_of(operation, members))

    ours = caught.value
    assert theirs["class"] == type(ours).__name__
    response = theirs["response"]
    assert {name: response[name] for name in ("OriginalStatusCode", "OriginalMessage", "LogStreamArn")} == {
        "OriginalStatusCode": ours.original_status_code,
        "OriginalMessage": ours.original_message,
        "LogStreamArn": ours.log_stream_arn,
    }
    assert response["Error"] == {"Code": ours.code, "Message": ours.message}
    assert isinstance(ours.original_status_code, int)


# The requests themselves. What differs by right: time, signature, and headers that say who calls and how.

DIFFERENT = re.compile(r"x-amz-date|authorization|user-agent|amz-sdk-.*|accept-encoding|connection")


def comparable(received: Received) -> dict[str, Any]:
    """Return of a request what must be the same, header names in lower case, and the names that are signed."""
    headers = [(name.lower(), value) for name, value in received.headers]
    signed = re.search(r"SignedHeaders=([^,]+)", dict(headers)["authorization"])
    assert signed is not None
    return {
        "method": received.method,
        "target": received.target,
        "headers": sorted(pair for pair in headers if not DIFFERENT.fullmatch(pair[0])),
        "signed": signed[1],
        "body": received.body,
    }


def examples_of(rows: tuple[Row, ...]) -> dict[str, Any]:
    """Return an example of each member."""
    return {row.attribute: row.example for row in rows}


REAL_TIME = {"endpoint_name": "iris", "body": FLOWERS}
INLINE = {"endpoint_name": "iris", "body": FLOWERS}
INLINE_MEMBERS = tuple(row for row in QUEUED_MEMBERS if row.attribute != "input_location")
QUEUED = {"endpoint_name": "iris", "input_location": "s3://bucket/iris.csv"}
REQUESTS: Mapping[str, tuple[str, dict[str, Any]]] = {
    **CALLS,
    "no body": ("InvokeEndpoint", {"endpoint_name": "iris", "body": b""}),
    "any bytes": ("InvokeEndpoint", {"endpoint_name": "iris", "body": bytes(range(256)) * 20}),
    "every member": ("InvokeEndpoint", REAL_TIME | examples_of(REAL_TIME_MEMBERS)),
    "every member, queued": ("InvokeEndpointAsync", QUEUED | examples_of(QUEUED_MEMBERS)),
    "every member, inline": ("InvokeEndpointAsync", INLINE | examples_of(INLINE_MEMBERS)),
    **{f"{row.name} alone": ("InvokeEndpoint", REAL_TIME | {row.attribute: row.example}) for row in REAL_TIME_MEMBERS},
    **{
        f"{row.name} alone, queued": ("InvokeEndpointAsync", QUEUED | {row.attribute: row.example})
        for row in QUEUED_MEMBERS
    },
    "spaces inside a value": ("InvokeEndpoint", REAL_TIME | {"custom_attributes": 'a  b   "c  d"'}),
    "an empty value": ("InvokeEndpoint", REAL_TIME | {"custom_attributes": ""}),
    "a name that needs no encoding": ("InvokeEndpoint", REAL_TIME | {"endpoint_name": "Iris-2"}),
    "a name with an underscore": ("InvokeEndpoint", REAL_TIME | {"endpoint_name": "my_endpoint~.1"}),
    "a name with a slash": ("InvokeEndpoint", REAL_TIME | {"endpoint_name": "a/b"}),
    "a name with a space": ("InvokeEndpointAsync", QUEUED | {"endpoint_name": "a b%20+"}),
}


@pytest.mark.parametrize("prefix", ["", "/stage/v1"], ids=["no path", "a path in the URL"])
@pytest.mark.parametrize(("operation", "members"), REQUESTS.values(), ids=REQUESTS)
def test_our_request_is_boto3s(peer: Peer, operation: str, members: dict[str, Any], prefix: str) -> None:
    """Method, path, member headers, body, session token, and the list of what is signed."""
    with one_shot() as server:
        boto3_call(peer, server.url + prefix, TEMPORARY, operation, members)
        with client_of(server.url + prefix, TEMPORARY, check_members=False) as client:
            client.send(record_of(operation, members))

    theirs, ours = server.received
    assert comparable(theirs) == comparable(ours)
