"""What is served: InvokeEndpoint and InvokeEndpointAsync with their members, headers, statuses, and objects."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from attrs import frozen

from runtime import Client, InvokeEndpointAsyncOutput, InvokeEndpointInput, ModelError, ServiceError, ValidationError
from runtime.emulator.iris import IrisModel, Prediction
from runtime.emulator.operations import Service
from runtime.emulator.server import LocalEndpoint
from tests.emulator.conftest import Station
from tests.emulator.connection import Answer, Caller
from tests.emulator.signing import CREDENTIALS, FLOWER, QUEUED, REAL_TIME, REGION, Pairs, signed, unsigned
from tests.emulator.waiting import BOUND, bytes_of, wait_until

UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
SAGEMAKER = "X-Amzn-SageMaker-"
MANY_JOBS = 50
"""More than there are threads for the model to run in."""


@frozen
class Place:
    """A running endpoint of the machine's own time, a client of it, and its folder."""

    client: Client
    folder: Path

    def path(self, uri: str | None) -> Path:
        """Return the file of an object."""
        assert uri is not None
        assert uri.startswith("s3://")
        return self.folder / uri.removeprefix("s3://")

    def object(self, uri: str | None) -> bytes:
        """Wait for an object; return its bytes."""
        return bytes_of(self.path(uri))

    def put(self, uri: str, data: bytes) -> str:
        """Write an object; return its URI."""
        path = self.path(uri)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return uri

    def failure(self, answer: InvokeEndpointAsyncOutput) -> dict[str, Any]:
        """Wait for the failure object of a queued request; its output must not be there."""
        reason: dict[str, Any] = json.loads(self.object(answer.failure_location))
        assert not self.path(answer.output_location).exists()
        return reason


@pytest.fixture(scope="module")
def running_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The endpoint that the tests of this file share, and a client that checks nothing before sending."""
    folder = tmp_path_factory.mktemp("s3")
    endpoint = LocalEndpoint(folder, credentials=CREDENTIALS)
    client = Client(REGION, endpoint_url=endpoint.url, credentials=CREDENTIALS, check_members=False)
    with endpoint, client:
        yield Place(client, folder)


@pytest.fixture
def place(running_place: Place) -> Place:
    """The shared endpoint."""
    return running_place


@pytest.fixture
def client(running_place: Place) -> Client:
    """The shared client."""
    return running_place.client


def ask(caller: Caller, station: Station, path: str, *headers: tuple[str, str], body: bytes = FLOWER) -> Answer:
    """Send a signed request with these headers."""
    given: Pairs = headers
    return caller.ask(signed(unsigned(station.url, path=path, headers=given, body=body)).wire())


def test_invoke_endpoint_answers_with_200_and_its_headers(station: Station, caller: Caller) -> None:
    """Body, media type, variant and request id; no header for a member that the answer does not have."""
    answer = ask(caller, station, REAL_TIME, ("Content-Type", "text/csv"))

    assert (answer.status, answer.body) == (200, b"setosa\n")
    assert re.fullmatch(UUID, answer.headers.pop("x-amzn-requestid"))
    assert answer.headers.pop("date").endswith(" GMT")
    assert answer.headers == {
        "content-type": "text/csv",
        "content-length": "7",
        "x-amzn-invoked-production-variant": "AllTraffic",
    }


def test_invoke_endpoint_async_answers_with_202_and_its_headers(station: Station, caller: Caller) -> None:
    """The id stands in the body, both locations in headers."""
    answer = ask(caller, station, QUEUED, (f"{SAGEMAKER}Content-Type", "text/csv"))

    assert answer.status == 202
    assert list(answer.json()) == ["InferenceId"]
    assert re.fullmatch(UUID, answer.json()["InferenceId"])
    assert re.fullmatch(UUID, answer.headers["x-amzn-requestid"])
    assert re.fullmatch(f"s3://iris-async/output/{UUID}.out", answer.headers["x-amzn-sagemaker-outputlocation"])
    assert re.fullmatch(
        f"s3://iris-async/failures/{UUID}-error.out", answer.headers["x-amzn-sagemaker-failurelocation"]
    )
    assert answer.headers["content-type"] == "application/json"
    assert "x-amzn-invoked-production-variant" not in answer.headers


def test_no_two_answers_have_the_same_ids(client: Client) -> None:
    """Request ids, inference ids and locations are new each time."""
    first, second = (client.invoke_endpoint_async("iris", body=FLOWER, content_type="text/csv") for _ in range(2))

    assert first.metadata.request_id != second.metadata.request_id
    assert first.inference_id != second.inference_id
    assert first.output_location != second.output_location
    assert first.failure_location != second.failure_location


def test_every_member_of_invoke_endpoint_is_taken(client: Client) -> None:
    """Members that one model in one container can obey, all at once."""
    answer = client.invoke_endpoint(
        "iris",
        FLOWER,
        content_type="text/csv",
        accept="application/json",
        custom_attributes="c=1, d",
        target_variant="AllTraffic",
        inference_id="an id",
        enable_explanations="`true`",
        session_id="NEW_SESSION",
        prefix_aware_id="prefix 1",
    )

    assert answer.json() == {"predictions": ["setosa"]}
    assert answer.content_type == "application/json"
    assert answer.invoked_production_variant == "AllTraffic"
    assert answer.custom_attributes == "c=1, d"
    assert answer.closed_session_id is None


def test_a_new_session_has_an_id_and_an_end(client: Client) -> None:
    """NEW_SESSION opens one: its id, and the time until which it lives."""
    answer = client.invoke_endpoint("iris", FLOWER, content_type="text/csv", session_id="NEW_SESSION")

    assert answer.new_session_id is not None
    session, _, expires = answer.new_session_id.partition("; Expires=")
    assert re.fullmatch(UUID, session)
    end = datetime.strptime(expires, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert timedelta(0) < end - datetime.now(UTC) <= timedelta(hours=1)


def test_a_session_that_is_named_is_no_new_one(client: Client) -> None:
    """An id of a session is taken, and opens none."""
    answer = client.invoke_endpoint("iris", FLOWER, content_type="text/csv", session_id="0f-1e")

    assert answer.new_session_id is None


@pytest.mark.parametrize("value", ["a", "trace=1; user=2", 'quo"ted', "~!@#$%^&*()", "a  b", "x" * 1024])
def test_custom_attributes_come_back(client: Client, value: str) -> None:
    """The model's container hands them back, as they were."""
    answer = client.invoke_endpoint("iris", FLOWER, content_type="text/csv", custom_attributes=value)

    assert value == answer.custom_attributes


def test_every_member_of_invoke_endpoint_async_is_taken(place: Place) -> None:
    """All at once: the id is the caller's, and the output lies where the members say."""
    answer = place.client.invoke_endpoint_async(
        "iris",
        input_location=place.put("s3://bucket/given/flowers.csv", FLOWER),
        content_type="text/csv",
        accept="application/json",
        custom_attributes="c=1",
        inference_id="my id",
        s3_output_path_extension="every/member",
        filename="flowers.json",
        request_ttl_seconds=60,
        invocation_timeout_seconds=3600,
    )

    assert (
        answer.inference_id,
        answer.output_location,
    ) == ("my id", "s3://iris-async/output/every/member/flowers.json")
    assert json.loads(place.object(answer.output_location)) == {"predictions": ["setosa"]}
    assert not place.path(answer.failure_location).exists()


def test_an_inline_body_is_worked_on_like_an_object(place: Place) -> None:
    """The same input, given by both ways, leaves the same output."""
    flowers = FLOWER + b"6.3,3.3,6.0,2.5\n"
    given = place.put("s3://bucket/flowers.csv", flowers)

    answers = (
        place.client.invoke_endpoint_async("iris", input_location=given, content_type="text/csv"),
        place.client.invoke_endpoint_async("iris", body=flowers, content_type="text/csv"),
    )

    assert [place.object(answer.output_location) for answer in answers] == [b"setosa\nvirginica\n"] * 2


@pytest.mark.parametrize(
    ("extension", "filename", "expected"),
    [
        (None, "a.out", "s3://iris-async/output/a.out"),
        ("deep/er", "a.out", "s3://iris-async/output/deep/er/a.out"),
        ("/slashes/", "b", "s3://iris-async/output/slashes/b"),
        ("dots.and_(others)'s!*", "c-d_e.f", "s3://iris-async/output/dots.and_(others)'s!*/c-d_e.f"),
    ],
)
def test_the_output_lies_where_the_members_say(
    place: Place, extension: str | None, filename: str, expected: str
) -> None:
    """The extension follows the endpoint's own output path; the file's name follows both."""
    answer = place.client.invoke_endpoint_async(
        "iris", body=FLOWER, content_type="text/csv", s3_output_path_extension=extension, filename=filename
    )

    assert expected == answer.output_location
    assert place.object(answer.output_location) == b"setosa\n"


def test_an_extension_without_a_name_gets_a_name_of_its_own(place: Place) -> None:
    """The file's name is then the run's."""
    answer = place.client.invoke_endpoint_async(
        "iris", body=FLOWER, content_type="text/csv", s3_output_path_extension="only/this"
    )

    assert re.fullmatch(f"s3://iris-async/output/only/this/{UUID}.out", answer.output_location or "")
    assert place.object(answer.output_location) == b"setosa\n"


def test_a_missing_input_object_leaves_a_failure_object(place: Place) -> None:
    """The request is queued all the same: what is missing is found when the model is to run."""
    answer = place.client.invoke_endpoint_async("iris", input_location="s3://bucket/missing", content_type="text/csv")

    assert answer.metadata.status_code == 202
    reason = place.failure(answer)
    assert {"ErrorCode", "Message"} == set(reason)
    assert "s3://bucket/missing" in reason["Message"]


@pytest.mark.parametrize(
    "location",
    [
        "s3://bucket/../../../etc/passwd",
        "s3://bucket/..",
        "s3://../etc/passwd",
        "s3://bucket//etc/passwd",
        "s3://bucket/./a",
        "https://bucket.s3.amazonaws.com/key",
        "s3://bucket",
        "s3://UPPER/key",
    ],
)
def test_an_input_location_that_is_no_object_leaves_a_failure_object(place: Place, location: str) -> None:
    """No name leads out of the folder, and nothing but an object is read."""
    answer = place.client.invoke_endpoint_async("iris", input_location=location, content_type="text/csv")

    assert "s3://bucket/key" in place.failure(answer)["Message"]


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b"not a flower\n", "text/csv", 400),
        (b"\xff", "text/csv", 400),
        (b"{", "application/json", 400),
        (FLOWER, "image/png", 415),
    ],
)
def test_a_model_that_fails_leaves_a_failure_object(place: Place, body: bytes, content_type: str, code: int) -> None:
    """The failure object holds the container's status and words."""
    answer = place.client.invoke_endpoint_async("iris", body=body, content_type=content_type)

    reason = place.failure(answer)
    assert code == reason["ErrorCode"]
    assert reason["Message"]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"1" * 125_000 + b"1" * 2_900, "text/csv"),
        (b'{"instances": [[1' + b"0" * 400 + b",1,1,1]]}", "application/json"),
    ],
    ids=["a field of 127,900 characters", "a number of 401 digits"],
)
def test_whatever_the_input_an_object_appears(place: Place, body: bytes, content_type: str) -> None:
    """A caller that waits for output or failure does not wait in vain."""
    answer = place.client.invoke_endpoint_async("iris", body=body, content_type=content_type)

    assert place.failure(answer)["ErrorCode"] == 400


def test_an_input_object_with_an_endless_field_leaves_a_failure_object(place: Place) -> None:
    """Input objects may be larger than an inline body; one that the model's parser gives up on is a failure too."""
    given = place.put("s3://bucket/endless.csv", b"1" * 200_000)

    answer = place.client.invoke_endpoint_async("iris", input_location=given, content_type="text/csv")

    assert place.failure(answer)["ErrorCode"] == 400


def test_a_model_that_breaks_leaves_a_failure_object(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault that nobody foresaw is told where the caller looks for it, too."""

    def broken(*_given: object) -> Prediction:
        raise RuntimeError("broken")

    monkeypatch.setattr(IrisModel, "invoke", broken)

    answer = place.client.invoke_endpoint_async("iris", body=FLOWER, content_type="text/csv")

    assert place.failure(answer)["ErrorCode"] == 500


def test_an_output_that_cannot_be_written_leaves_a_failure_object(place: Place) -> None:
    """Where the output's folder is a file already, the reason lies where the caller looks for it."""
    first = place.client.invoke_endpoint_async("iris", body=FLOWER, content_type="text/csv", filename="taken")
    assert place.object(first.output_location) == b"setosa\n"

    answer = place.client.invoke_endpoint_async(
        "iris", body=FLOWER, content_type="text/csv", s3_output_path_extension="taken", filename="below"
    )

    reason = json.loads(place.object(answer.failure_location))
    assert "taken/below" in reason["Message"]


@pytest.mark.parametrize("path", ["../../..", "a/../../../b", "..", "./a", "a//b"])
def test_an_output_path_does_not_lead_out_of_the_folder(place: Place, path: str) -> None:
    """S3OutputPathExtension may hold dots and slashes; what it names stays below the endpoint's folder, or fails."""
    answer = place.client.invoke_endpoint_async(
        "iris", body=FLOWER, content_type="text/csv", s3_output_path_extension=path, filename="escaped.out"
    )

    wait_until(
        lambda: place.path(answer.failure_location).exists() or place.path(answer.output_location).exists(),
        "an object appears",
    )
    assert [found for found in place.folder.parent.rglob("escaped.out") if place.folder not in found.parents] == []


def test_both_inputs_or_none_are_refused(station: Station, caller: Caller) -> None:
    """Exactly one of InputLocation and Body is given."""
    location = (f"{SAGEMAKER}InputLocation", "s3://bucket/key")

    answers = [ask(caller, station, QUEUED, location), ask(caller, station, QUEUED, body=b"")]

    assert [(a.status, a.headers["x-amzn-errortype"]) for a in answers] == [(400, "ValidationError")] * 2
    assert [a.json()["Message"] for a in answers] == ["Exactly one of InputLocation and Body must be given."] * 2


@pytest.mark.parametrize("name", ["other", "Iris", "iris-2", "a" * 63])
def test_an_unknown_endpoint_is_refused(client: Client, name: str) -> None:
    """AWS's words name the endpoint and the account."""
    for invoke in (client.invoke_endpoint, client.invoke_endpoint_async):
        with pytest.raises(ValidationError) as caught:
            invoke(name, body=FLOWER)

        assert (400, f"Endpoint {name} of account 123456789012 not found.") == (
            caught.value.status_code,
            caught.value.message,
        )


@pytest.mark.parametrize("name", ["a b", "é", "a/b", "-", "%", "..", "a" * 64])
def test_a_name_that_no_endpoint_can_have_is_refused(station: Station, caller: Caller, name: str) -> None:
    """Whatever the name, rightly signed, the service says no."""
    answer = ask(caller, station, f"/endpoints/{quote(name, safe='')}/invocations")

    assert (answer.status, answer.headers["x-amzn-errortype"]) in (
        (400, "ValidationError"),
        (403, "InvalidSignatureException"),  # not in normal form
    )


def test_an_unknown_variant_is_refused(client: Client) -> None:
    """The endpoint has the one variant AllTraffic."""
    with pytest.raises(ValidationError) as caught:
        client.invoke_endpoint("iris", FLOWER, target_variant="Blue")

    assert caught.value.message == "Variant Blue not found for endpoint iris."


@pytest.mark.parametrize(
    ("member", "name"),
    [
        ("target_model", "TargetModel"),
        ("target_container_hostname", "TargetContainerHostname"),
        ("inference_component_name", "InferenceComponentName"),
    ],
)
def test_members_of_multi_model_endpoints_are_refused(client: Client, member: str, name: str) -> None:
    """The endpoint has one model in one container."""
    with pytest.raises(ValidationError) as caught:
        client.send(InvokeEndpointInput(endpoint_name="iris", body=FLOWER, **{member: "a"}))

    assert name in caught.value.message


@pytest.mark.parametrize(
    ("body", "content_type", "accept", "status", "words"),
    [
        (b"not a flower", "text/csv", None, 400, "text/csv"),
        (b"5.1,3.5\n", "text/csv", None, 400, "four measurements"),
        (b"{}", "application/json", None, 400, "instances"),
        (FLOWER, "image/png", None, 415, "image/png"),
        (FLOWER, "text/csv", "image/png", 406, "image/png"),
    ],
)
def test_a_model_that_fails_is_answered_as_model_error(
    client: Client, body: bytes, content_type: str, accept: str | None, status: int, words: str
) -> None:
    """424 with the container's status and words, and where its log is."""
    with pytest.raises(ModelError) as caught:
        client.invoke_endpoint("iris", body, content_type=content_type, accept=accept)

    error = caught.value
    assert (424, "ModelError", status) == (error.status_code, error.code, error.original_status_code)
    assert error.original_message is not None
    assert words in error.original_message
    assert f'Received client error ({status}) from primary with message "{error.original_message}".' == error.message
    assert error.log_stream_arn == "arn:aws:logs:us-east-1:123456789012:log-group:/aws/sagemaker/Endpoints/iris"
    assert error.request_id


def test_a_fault_of_the_server_is_answered_as_internal_failure(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What nobody foresaw is 500 in AWS's form, and says nothing of its cause; the log does."""

    def broken(*_given: object) -> Prediction:
        raise RuntimeError("a secret of the server")

    monkeypatch.setattr(IrisModel, "invoke", broken)

    with pytest.raises(ServiceError) as caught:
        client.invoke_endpoint("iris", FLOWER)

    assert (caught.value.status_code, caught.value.code) == (500, "InternalFailure")
    assert b"a secret" not in caught.value.body
    wait_until(lambda: "a secret of the server" in caplog.text, "the log tells the cause")


REAL_TIME_LIMITS = {
    "Content-Type": ("x" * 1025,),
    "Accept": ("x" * 1025,),
    f"{SAGEMAKER}Custom-Attributes": ("x" * 1025, "\u00e9"),
    f"{SAGEMAKER}Target-Model": ("x" * 1025, "", "\u00e9"),
    f"{SAGEMAKER}Target-Variant": ("x" * 64, "-a", "a-", "a b", "a_b"),
    f"{SAGEMAKER}Target-Container-Hostname": ("x" * 64, "-a", "a.b"),
    f"{SAGEMAKER}Inference-Id": ("x" * 65, "", "\u00e9"),
    f"{SAGEMAKER}Enable-Explanations": ("x" * 65, "", "\u00e9"),
    f"{SAGEMAKER}Inference-Component": ("x" * 64, "-a", "a-", "a_b"),
    f"{SAGEMAKER}Session-Id": ("x" * 257, "-a", "a b", "NEW_SESSIONS", "new_session"),
    f"{SAGEMAKER}Prefix-Aware-Id": ("x" * 65, "", "\u00e9"),
}
QUEUED_LIMITS = {
    f"{SAGEMAKER}Content-Type": ("x" * 1025,),
    f"{SAGEMAKER}Accept": ("x" * 1025,),
    f"{SAGEMAKER}Custom-Attributes": ("x" * 1025,),
    f"{SAGEMAKER}Inference-Id": ("x" * 65, ""),
    f"{SAGEMAKER}S3OutputPathExtension": ("x" * 513, "", "s3://a", "https://a", "a b", "a?b", "a~b", "\u00e9"),
    f"{SAGEMAKER}Filename": ("x" * 33, "", ".a", "a.b.c", "a/b", "a b", "-a", ".."),
    f"{SAGEMAKER}RequestTTLSeconds": (
        "59",
        "21601",
        "0",
        "-60",
        "+60",
        "60.0",
        "6e1",
        "0x3c",
        "",
        "a",
        "00000060099999",
    ),
    f"{SAGEMAKER}InvocationTimeoutSeconds": (
        "0",
        "3601",
        "-1",
        "+1",
        "1.0",
        "",
        "a",
        "1 0",
        "00000000199999",
        "1" * 99,
    ),
}


@pytest.mark.parametrize(
    ("path", "header", "value"),
    [
        (path, header, value)
        for path, limits in ((REAL_TIME, REAL_TIME_LIMITS), (QUEUED, QUEUED_LIMITS))
        for header, values in limits.items()
        for value in values
    ],
)
def test_a_member_outside_its_limits_is_refused(
    station: Station, caller: Caller, path: str, header: str, value: str
) -> None:
    """Lengths, patterns and ranges of the service model are the server's too: ValidationError, and no model runs."""
    answer = ask(caller, station, path, (header, value))

    assert (answer.status, answer.headers["x-amzn-errortype"]) == (400, "ValidationError")
    assert answer.json()["Message"].startswith("1 validation error detected: Value at '")


@pytest.mark.parametrize(
    "location", ["", "bucket/key", "ftp://bucket/key", "s3:/bucket/key", "s3://", "s3://" + "x" * 1020]
)
def test_an_input_location_outside_its_limits_is_refused(station: Station, caller: Caller, location: str) -> None:
    """InputLocation is a URI of at most 1,024 characters."""
    answer = ask(caller, station, QUEUED, (f"{SAGEMAKER}InputLocation", location), body=b"")

    assert (answer.status, answer.headers["x-amzn-errortype"]) == (400, "ValidationError")
    assert "inputLocation" in answer.json()["Message"]


@pytest.mark.parametrize(
    ("path", "header", "value"),
    [
        (REAL_TIME, f"{SAGEMAKER}Inference-Id", "x" * 64),
        (REAL_TIME, f"{SAGEMAKER}Prefix-Aware-Id", "x" * 64),
        (REAL_TIME, f"{SAGEMAKER}Session-Id", "x" * 256),
        (REAL_TIME, f"{SAGEMAKER}Enable-Explanations", "x" * 64),
        (REAL_TIME, f"{SAGEMAKER}Custom-Attributes", ""),
        (QUEUED, f"{SAGEMAKER}S3OutputPathExtension", "x" * 100),
        (QUEUED, f"{SAGEMAKER}Filename", "x" * 32),
        (QUEUED, f"{SAGEMAKER}Filename", "0_-."),
        (QUEUED, f"{SAGEMAKER}RequestTTLSeconds", "60"),
        (QUEUED, f"{SAGEMAKER}RequestTTLSeconds", "21600"),
        (QUEUED, f"{SAGEMAKER}InvocationTimeoutSeconds", "1"),
        (QUEUED, f"{SAGEMAKER}InvocationTimeoutSeconds", "3600"),
    ],
)
def test_a_member_at_its_limit_is_taken(station: Station, caller: Caller, path: str, header: str, value: str) -> None:
    """The limits themselves are allowed."""
    answer = ask(caller, station, path, (header, value))

    assert {REAL_TIME: 200, QUEUED: 202}[path] == answer.status


def test_all_problems_are_told_at_once(station: Station, caller: Caller) -> None:
    """Two members outside their limits are two problems in one answer."""
    answer = ask(
        caller, station, QUEUED, (f"{SAGEMAKER}Filename", ".."), (f"{SAGEMAKER}RequestTTLSeconds", "1"), body=FLOWER
    )

    message = answer.json()["Message"]
    assert message.startswith("2 validation errors detected: ")
    assert ("filename" in message, "requestTTLSeconds" in message) == (True, True)


def test_an_inline_body_over_its_limit_is_refused(station: Station, caller: Caller) -> None:
    """A queued request's own body has 128,000 bytes at the most; the limit itself is taken."""
    within = b"5.1,3.5,1.4,0.2\n" * 8000
    assert len(within) == 128_000

    assert ask(caller, station, QUEUED, body=within).status == 202
    answer = ask(caller, station, QUEUED, body=within + b"\n")

    assert (answer.status, answer.headers["x-amzn-errortype"]) == (400, "ValidationError")


def test_media_types_travel_in_the_headers_of_their_operation(station: Station, caller: Caller) -> None:
    """For InvokeEndpointAsync, Content-Type itself says nothing about the input; the header of SageMaker does."""
    name = (f"{SAGEMAKER}Filename", "media.out")
    answer = ask(
        caller,
        station,
        QUEUED,
        ("Content-Type", "application/octet-stream"),
        (f"{SAGEMAKER}Content-Type", "text/csv"),
        name,
    )

    output = station.endpoint.storage.folder / answer.headers["x-amzn-sagemaker-outputlocation"].removeprefix("s3://")
    assert bytes_of(output) == b"setosa\n"


def test_stopping_waits_for_queued_and_running_jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs are finished before the endpoint stops, those too that wait for a thread: their outputs are there."""
    stopping, released = threading.Event(), threading.Event()
    invoke, finish = IrisModel.invoke, Service.finish

    def slow(model: IrisModel, body: bytes, content_type: str | None, accept: str | None) -> Prediction:
        assert released.wait(BOUND)
        return invoke(model, body, content_type, accept)

    async def noted(service: Service) -> None:
        stopping.set()
        await finish(service)

    def release_once_it_stops() -> None:
        if stopping.wait(BOUND):
            released.set()

    monkeypatch.setattr(IrisModel, "invoke", slow)
    monkeypatch.setattr(Service, "finish", noted)
    endpoint = LocalEndpoint(tmp_path, credentials=CREDENTIALS)
    releasing = threading.Thread(target=release_once_it_stops)
    with endpoint, Client(REGION, endpoint_url=endpoint.url, credentials=CREDENTIALS) as client:
        answers = [client.invoke_endpoint_async("iris", body=FLOWER, content_type="text/csv") for _ in range(MANY_JOBS)]
        releasing.start()
    releasing.join(BOUND)

    assert released.is_set()
    outputs = [tmp_path / (answer.output_location or "").removeprefix("s3://") for answer in answers]
    assert [output.read_bytes() for output in outputs] == [b"setosa\n"] * MANY_JOBS
