"""Exit codes and words: 252 for the command line and members, 253 no region or keys, 254 the service, 255 the rest."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

import certifi
import pytest

from runtime import Client
from runtime.emulator.server import LocalEndpoint
from tests.cli.conftest import FLOWER, RAW, Run
from tests.runtime.one_shot import OneShot, one_shot, refused_url

RESPONSES = Path(__file__).parents[2] / "fixtures" / "responses"
NAMED = ("--endpoint-name", "iris")
BODY = ("--body", FLOWER, *RAW)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "COMMAND"),
        (("invoke",), "invalid choice"),
        (("invoke-endpoin",), "invalid choice"),
        (("--unknown",), "COMMAND"),
        (("invoke-endpoint", *NAMED, *BODY, "--unknown", "1"), "--unknown"),
        (("invoke-endpoint", *NAMED, *BODY, "--input-location", "s3://bucket/key"), "--input-location"),
        (("invoke-endpoint", *NAMED, *BODY, "one", "two"), "two"),
        (("invoke-endpoint", *BODY), "--endpoint-name"),
        (("invoke-endpoint", *NAMED), "--body"),
        (("invoke-endpoint", *NAMED, "--body"), "--body"),
        (("invoke-endpoint", *NAMED, *BODY, "--cli", "1"), "ambiguous"),
        (("invoke-endpoint", *NAMED, *BODY, "--target", "1"), "ambiguous"),
        (("invoke-endpoint", *NAMED, *BODY, "--cli-binary-format", "hex"), "hex"),
        (("invoke-endpoint", *NAMED, *BODY, "--cli-read-timeout", "soon"), "soon"),
        (("invoke-endpoint-async", *NAMED, *BODY, "--target-model", "a"), "--target-model"),
        (("invoke-endpoint-async", *BODY), "--endpoint-name"),
        (("invoke-endpoint-async", *NAMED, *BODY, "--request-ttl-seconds", "a minute"), "a minute"),
        (("invoke-endpoint-async", *NAMED, *BODY, "--invocation-timeout-seconds", "1.5"), "1.5"),
        (("serve", "--port", "http"), "http"),
        (("serve", "now"), "now"),
    ],
)
def test_a_command_line_that_cannot_be_read_is_252(run: Run, arguments: tuple[str, ...], words: str) -> None:
    """What is wrong and where to look go to standard error, nothing to standard output."""
    outcome = run(*arguments)

    assert (outcome.code, outcome.stdout) == (252, b"")
    assert outcome.words.splitlines()[-1].startswith("see: sagemaker-runtime")
    assert words in outcome.words.splitlines()[-2]


@pytest.mark.parametrize(
    ("arguments", "members"),
    [
        (("invoke-endpoint", "--endpoint-name", "", *BODY), ["EndpointName"]),
        (("invoke-endpoint", "--endpoint-name", "../iris", *BODY), ["EndpointName"]),
        (("invoke-endpoint", *NAMED, *BODY, "--custom-attributes", "a\nb"), ["CustomAttributes"]),
        (("invoke-endpoint", *NAMED, *BODY, "--accept", "é", "--inference-id", ""), ["Accept", "InferenceId"]),
        (("invoke-endpoint-async", *NAMED), ["Body", "InputLocation"]),
        (("invoke-endpoint-async", *NAMED, *BODY, "--input-location", "s3://a/b"), ["Body", "InputLocation"]),
        (("invoke-endpoint-async", *NAMED, *BODY, "--request-ttl-seconds", "59"), ["RequestTTLSeconds"]),
        (("invoke-endpoint-async", *NAMED, *BODY, "--request-ttl-seconds", "-1"), ["RequestTTLSeconds"]),
        (("invoke-endpoint-async", *NAMED, *BODY, "--filename", "../a"), ["Filename"]),
    ],
)
def test_members_that_cannot_be_are_252(
    run: Run, recorder: OneShot, arguments: tuple[str, ...], members: list[str]
) -> None:
    """All problems are told, each by AWS's name of the member, and nothing is sent."""
    outcome = run(*arguments, "--endpoint-url", recorder.url)

    assert (outcome.code, outcome.stdout) == (252, b"")
    assert recorder.received == []
    assert all(member in outcome.words for member in members)
    assert "usage:" not in outcome.words


@pytest.mark.parametrize("operation", ["invoke-endpoint", "invoke-endpoint-async"])
def test_no_region_is_253(run: Run, recorder: OneShot, monkeypatch: pytest.MonkeyPatch, operation: str) -> None:
    """With an endpoint URL, too: the region is signed. The words name the variables."""
    monkeypatch.delenv("AWS_REGION")

    outcome = run(operation, *NAMED, *BODY, "--endpoint-url", recorder.url)

    assert (outcome.code, outcome.stdout) == (253, b"")
    assert "AWS_REGION" in outcome.words
    assert recorder.received == []


@pytest.mark.parametrize("operation", ["invoke-endpoint", "invoke-endpoint-async"])
def test_no_credentials_are_253(run: Run, recorder: OneShot, monkeypatch: pytest.MonkeyPatch, operation: str) -> None:
    """The words name the variables, and nothing is sent."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")

    outcome = run(operation, *NAMED, *BODY, "--endpoint-url", recorder.url)

    assert (outcome.code, outcome.stdout) == (253, b"")
    assert "AWS_ACCESS_KEY_ID" in outcome.words
    assert recorder.received == []


def test_a_region_can_be_given_in_several_ways(run: Run, recorder: OneShot, monkeypatch: pytest.MonkeyPatch) -> None:
    """The option beats AWS_REGION, which beats AWS_DEFAULT_REGION."""
    regions = []
    for variables, options in (
        ({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-2"}, ("--region", "eu-west-3")),
        ({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-2"}, ()),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": "eu-west-2"}, ()),
    ):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        assert run("invoke-endpoint", *NAMED, *BODY, "--endpoint-url", recorder.url, *options).code == 0
        authorization = dict(recorder.received[-1].headers)["Authorization"]
        regions.append(authorization.split("/")[2])

    assert regions == ["eu-west-3", "eu-west-1", "eu-west-2"]


def test_an_unsigned_request_needs_no_credentials(run: Run, recorder: OneShot, monkeypatch: pytest.MonkeyPatch) -> None:
    """--no-sign-request sends neither Authorization nor a date."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")

    assert run("invoke-endpoint", *NAMED, *BODY, "--endpoint-url", recorder.url, "--no-sign-request").code == 0

    names = {name.lower() for name, _ in recorder.received[0].headers}
    assert names.isdisjoint({"authorization", "x-amz-date", "x-amz-security-token"})


def test_an_endpoint_url_can_come_from_the_environment(
    run: Run, recorder: OneShot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME, or AWS_ENDPOINT_URL."""
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME"):
        monkeypatch.setenv(name, recorder.url)
        assert run("invoke-endpoint", *NAMED, *BODY).code == 0
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    assert len(recorder.received) == 2


SERVICE_ERRORS = {
    "an unknown endpoint": (
        ("--endpoint-name", "other", *BODY),
        "(ValidationError)",
        "Endpoint other of account 123456789012 not found.",
    ),
    "an unknown variant": (
        (*NAMED, *BODY, "--target-variant", "Blue"),
        "(ValidationError)",
        "Variant Blue not found for endpoint iris.",
    ),
    "an unsigned request": (
        (*NAMED, *BODY, "--no-sign-request"),
        "(MissingAuthenticationTokenException)",
        "Missing Authentication Token",
    ),
    "another region": (
        (*NAMED, *BODY, "--region", "eu-west-1"),
        "(InvalidSignatureException)",
        "Credential should be scoped to region 'us-east-1', not 'eu-west-1'.",
    ),
}


@pytest.mark.parametrize("kind", SERVICE_ERRORS)
def test_a_service_that_says_no_is_254(run: Run, endpoint: LocalEndpoint, kind: str) -> None:
    """In the words of AWS's CLI, and with the request id; nothing on standard output."""
    arguments, code, words = SERVICE_ERRORS[kind]

    outcome = run("invoke-endpoint", "--endpoint-url", endpoint.url, *arguments)

    assert (outcome.code, outcome.stdout) == (254, b"")
    first, second, third = outcome.words.splitlines()
    assert ("", f"An error occurred {code} when calling the InvokeEndpoint operation: {words}") == (first, second)
    assert third.startswith("request id: ")


def test_the_operation_s_name_stands_in_the_words(run: Run, endpoint: LocalEndpoint) -> None:
    """InvokeEndpointAsync is called by its name."""
    outcome = run(
        "invoke-endpoint-async",
        "--endpoint-url",
        endpoint.url,
        "--endpoint-name",
        "other",
        "--input-location",
        "s3://a/b",
    )

    assert outcome.code == 254
    assert "when calling the InvokeEndpointAsync operation: Endpoint other" in outcome.words


def test_a_model_that_fails_is_told_with_its_own_words(invoke: Run) -> None:
    """Status and words of the container, and where its log is, each on a line."""
    outcome = invoke("--body", "not a flower", *RAW)

    assert (outcome.code, outcome.stdout) == (254, b"")
    lines = outcome.words.splitlines()
    assert lines[1].startswith(
        "An error occurred (ModelError) when calling the InvokeEndpoint operation: "
        "Received client error (400) from primary with message "
    )
    assert lines[2] == "OriginalStatusCode: 400"
    assert lines[3].startswith("OriginalMessage: the body is not text/csv with four measurements for each flower")
    assert lines[4] == ("LogStreamArn: arn:aws:logs:us-east-1:123456789012:log-group:/aws/sagemaker/Endpoints/iris")
    assert lines[5].startswith("request id: ")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("invoke-endpoint-503-nothing.http", "(503)"),
        ("invoke-endpoint-307-redirect.http", "(307)"),
        ("invoke-endpoint-400-throttling.http", "(ThrottlingException)"),
        ("invoke-endpoint-429-model-not-ready.http", "(ModelNotReadyException)"),
        ("invoke-endpoint-424-model-error-message-only.http", "(ModelError)"),
        ("invoke-endpoint-500-broken-utf-8.http", "(500)"),
    ],
)
def test_every_error_that_the_service_answers_is_254(run: Run, answer: str, words: str) -> None:
    """With AWS's name of the error, or its status where it has none."""
    with one_shot([(RESPONSES / answer).read_bytes()]) as server:
        outcome = run("invoke-endpoint", *NAMED, *BODY, "--endpoint-url", server.url)

    assert (outcome.code, outcome.stdout) == (254, b"")
    assert f"An error occurred {words} when calling the InvokeEndpoint operation" in outcome.words
    assert "None" not in outcome.words


def test_a_success_that_lacks_what_it_must_hold_is_254(run: Run) -> None:
    """Whether the request was queued is unknown, and the words say so."""
    with one_shot([b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"]) as server:
        outcome = run("invoke-endpoint-async", *NAMED, *BODY, "--endpoint-url", server.url)

    assert (outcome.code, outcome.stdout) == (254, b"")
    assert "neither OutputLocation nor InferenceId" in outcome.words


def test_a_server_that_is_not_there_is_255(run: Run) -> None:
    """The words say that nothing was sent."""
    with refused_url() as url:
        outcome = run("invoke-endpoint", *NAMED, *BODY, "--endpoint-url", url)

    assert (outcome.code, outcome.stdout) == (255, b"")
    assert "delivery: not_sent" in outcome.words


def _missing(path: Path) -> None:
    path.unlink(missing_ok=True)


def _no_certificates(path: Path) -> None:
    path.write_text("not a certificate")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--region", "nowhere"), "nowhere"),
        (("--endpoint-url", "ftp://example.com"), "endpoint URL"),
        (("--endpoint-url", "example.com"), "endpoint URL"),
        (("--endpoint-url", "http://127.0.0.1:99999"), "endpoint URL"),
        (("--endpoint-url", "http://127.0.0.1:port"), "endpoint URL"),
        (("--endpoint-url", "http://127.0.0.1/?a"), "endpoint URL"),
    ],
)
def test_a_setting_that_makes_no_sense_is_255(run: Run, options: tuple[str, ...], words: str) -> None:
    """The words name the setting; the request goes nowhere."""
    outcome = run("invoke-endpoint", *NAMED, *BODY, *options)

    assert (outcome.code, outcome.stdout) == (255, b"")
    assert words in outcome.words
    assert "delivery" not in outcome.words


@pytest.mark.parametrize("option", ["--cli-read-timeout", "--cli-connect-timeout"])
@pytest.mark.parametrize("form", ["{option}=-5", "{option} -5"])
def test_a_negative_time_limit_is_refused_in_one_line(run: Run, recorder: OneShot, option: str, form: str) -> None:
    """252 or 255, and no traceback."""
    given = form.format(option=option).split()

    outcome = run("invoke-endpoint", *NAMED, *BODY, "--endpoint-url", recorder.url, *given)

    assert outcome.code in (252, 255)
    assert "-5" in outcome.words
    assert recorder.received == []


def test_no_time_limit_is_a_time_limit(run: Run, recorder: OneShot) -> None:
    """0 means none."""
    limits = ("--cli-read-timeout", "0", "--cli-connect-timeout", "0")

    assert run("invoke-endpoint", *NAMED, *BODY, "--endpoint-url", recorder.url, *limits).code == 0


@pytest.mark.parametrize("make", [_missing, _no_certificates])
def test_a_bundle_of_certificates_that_is_none_is_refused_in_one_line(
    run: Run, recorder: OneShot, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    """255, the file is named, and there is no traceback."""
    bundle = tmp_path / "bundle.pem"
    make(bundle)

    outcome = run("invoke-endpoint", *NAMED, *BODY, "--endpoint-url", recorder.url, "--ca-bundle", str(bundle))

    assert (outcome.code, outcome.stdout) == (255, b"")
    assert "bundle.pem" in outcome.words


def test_certificates_can_be_chosen(run: Run, monkeypatch: pytest.MonkeyPatch, recorder: OneShot) -> None:
    """--ca-bundle and --no-verify-ssl reach the client."""
    chosen: list[object] = []
    make = Client.__init__

    def noting(client: Client, *given: object, verify: object, **more: object) -> None:
        chosen.append(verify)
        make(client, *given, verify=verify, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Client, "__init__", noting)
    for options in ((), ("--no-verify-ssl",), ("--ca-bundle", certifi.where())):
        assert run("invoke-endpoint", *NAMED, *BODY, "--endpoint-url", recorder.url, *options).code == 0

    assert chosen[:2] == [True, False]
    assert chosen[2] == certifi.where() or isinstance(chosen[2], ssl.SSLContext)


def test_half_a_pair_of_keys_is_255(run: Run, recorder: OneShot, monkeypatch: pytest.MonkeyPatch) -> None:
    """There are keys, and they are of no use: the words name the variable that is missing."""
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    outcome = run("invoke-endpoint", *NAMED, *BODY, "--endpoint-url", recorder.url)

    assert (outcome.code, outcome.stdout) == (255, b"")
    assert "AWS_SECRET_ACCESS_KEY" in outcome.words
    assert recorder.received == []


def test_an_interrupt_is_130(run: Run, recorder: OneShot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends the command quietly, and leaves nothing unfinished."""

    def interrupted(*_given: object, **_more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Client, "send", interrupted)

    outcome = run("invoke-endpoint", *NAMED, *BODY, "--endpoint-url", recorder.url, str(tmp_path / "answer"))

    assert (outcome.code, outcome.stdout, outcome.stderr) == (130, b"", b"")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("--content", "text/csv"), ("Content-Type", "text/csv")),
        (("--acc", "text/csv"), ("Accept", "text/csv")),
        (("--custom", "a=b"), ("X-Amzn-SageMaker-Custom-Attributes", "a=b")),
        (("--session", "abc"), ("X-Amzn-SageMaker-Session-Id", "abc")),
        (("--inference-i", "1"), ("X-Amzn-SageMaker-Inference-Id", "1")),
        (("--prefix", "p"), ("X-Amzn-SageMaker-Prefix-Aware-Id", "p")),
        (("--accept=a=b",), ("Accept", "a=b")),
        (("--accept", "first", "--accept", "last"), ("Accept", "last")),
    ],
)
def test_options_have_unique_prefixes_and_other_forms(
    run: Run, recorder: OneShot, given: tuple[str, ...], expected: tuple[str, str]
) -> None:
    """As in AWS's CLI: a prefix that names one option is that option; --opt=value works; the last one wins."""
    prefixes = ("--endpoint-n", "iris", "--bod", "aQ==", "--endpoint-u", recorder.url, "--reg", "eu-west-1")
    assert run("invoke-endpoint", *prefixes, *given).code == 0

    [request] = recorder.received
    assert expected in request.headers
    assert "/eu-west-1/sagemaker/" in dict(request.headers)["Authorization"]


def test_every_option_of_invoke_endpoint_reaches_its_header(run: Run, recorder: OneShot) -> None:
    """Twelve members, each in the header of the service model."""
    options = {
        "--content-type": ("Content-Type", "text/csv"),
        "--accept": ("Accept", "application/json"),
        "--custom-attributes": ("X-Amzn-SageMaker-Custom-Attributes", "c=1"),
        "--target-model": ("X-Amzn-SageMaker-Target-Model", "model.tar.gz"),
        "--target-variant": ("X-Amzn-SageMaker-Target-Variant", "Blue"),
        "--target-container-hostname": ("X-Amzn-SageMaker-Target-Container-Hostname", "second"),
        "--inference-id": ("X-Amzn-SageMaker-Inference-Id", "id 1"),
        "--enable-explanations": ("X-Amzn-SageMaker-Enable-Explanations", "`true`"),
        "--inference-component-name": ("X-Amzn-SageMaker-Inference-Component", "component"),
        "--session-id": ("X-Amzn-SageMaker-Session-Id", "NEW_SESSION"),
        "--prefix-aware-id": ("X-Amzn-SageMaker-Prefix-Aware-Id", "p"),
    }
    given = [part for option, (_, value) in options.items() for part in (option, value)]

    assert run("invoke-endpoint", *NAMED, *BODY, "--endpoint-url", recorder.url, *given).code == 0

    [request] = recorder.received
    assert ("POST", "/endpoints/iris/invocations", FLOWER.encode()) == (request.method, request.target, request.body)
    assert set(options.values()) <= set(request.headers)


def test_every_option_of_invoke_endpoint_async_reaches_its_header(run: Run, recorder: OneShot) -> None:
    """Eleven members, each in the header of the service model."""
    options = {
        "--input-location": ("X-Amzn-SageMaker-InputLocation", "s3://bucket/key"),
        "--content-type": ("X-Amzn-SageMaker-Content-Type", "text/csv"),
        "--accept": ("X-Amzn-SageMaker-Accept", "application/json"),
        "--custom-attributes": ("X-Amzn-SageMaker-Custom-Attributes", "c=1"),
        "--inference-id": ("X-Amzn-SageMaker-Inference-Id", "id 1"),
        "--s3-output-path-extension": ("X-Amzn-SageMaker-S3OutputPathExtension", "deep/er"),
        "--filename": ("X-Amzn-SageMaker-Filename", "a.out"),
        "--request-ttl-seconds": ("X-Amzn-SageMaker-RequestTTLSeconds", "60"),
        "--invocation-timeout-seconds": ("X-Amzn-SageMaker-InvocationTimeoutSeconds", "3600"),
    }
    given = [part for option, (_, value) in options.items() for part in (option, value)]

    assert run("invoke-endpoint-async", *NAMED, "--endpoint-url", recorder.url, *given).code == 0

    [request] = recorder.received
    assert (request.method, request.target, request.body) == ("POST", "/endpoints/iris/async-invocations", b"")
    assert set(options.values()) <= set(request.headers)
