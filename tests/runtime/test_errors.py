"""Errors: the tree as it is drawn, facts that survive pickling, and what they say."""

import copy
import json
import pickle
import re
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from runtime import (
    ConfigError,
    CredentialsError,
    Error,
    InputError,
    ModelError,
    NoCredentialsError,
    NoRegionError,
    Problem,
    ServiceError,
    ThrottlingException,
    TransportError,
    UnexpectedAnswerError,
    ValidationError,
    errors,
    service_errors,
)
from tests.runtime.examples import REAL_TIME, answering, client_of

FACTS: dict[str, Any] = {
    "code": "ModelError",
    "operation": "InvokeEndpoint",
    "status_code": 424,
    "request_id": "f546bdbc-d581-5ea7-822c-0b59f4d1ac0b",
    "headers": (("Content-Type", "application/json"), ("x-amzn-ErrorType", "ModelError")),
    "body": b'{"Message": "\xff"}',
    "attempts": 2,
    "elapsed": 1.25,
}
MODEL_FACTS: dict[str, Any] = {
    "original_status_code": 500,
    "original_message": "no iris",
    "log_stream_arn": "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/sagemaker/Endpoints/iris",
}


def classes_below(base: type[Error]) -> set[type[Error]]:
    """Return a class and all below it."""
    return {base}.union(*(classes_below(kind) for kind in base.__subclasses__()))


def transport_error_classes() -> list[type[TransportError]]:
    """Return the classes of what can become of a request without an answer, in the order of their names."""
    kinds = [kind for kind in classes_below(TransportError) if issubclass(kind, TransportError)]
    return sorted(kinds, key=lambda kind: kind.__name__)


def service_error_classes() -> list[type[ServiceError]]:
    """Return the classes of AWS's names and their base, in the order of their names."""
    kinds = [kind for kind in classes_below(ServiceError) if issubclass(kind, ServiceError)]
    return sorted(kinds, key=lambda kind: kind.__name__)


def drawn_tree(module: ModuleType) -> dict[str, str | None]:
    """Read the tree in a module's docstring: each class with the one above it, None for the root."""
    tree: dict[str, str | None] = {}
    path: list[str] = []
    block = (module.__doc__ or "").partition("::\n\n")[2].partition("\n\n")[0]
    for line in block.splitlines():
        match = re.match(r"    (?P<lead>[│ ]*)(?P<branch>[├└]── )?(?P<name>\w+)", line)
        assert match is not None, line
        depth = len(match["lead"]) // 4 + 1 if match["branch"] else 0
        tree[match["name"]] = path[depth - 1] if depth else None
        path[depth:] = [match["name"]]
    return tree


def classes_of(module: ModuleType, root: type[Error]) -> dict[str, str | None]:
    """Return the classes that a module defines, and the root, each with the one above it."""
    tree: dict[str, str | None] = {root.__name__: None}
    for kind in classes_below(root) - {root}:
        if kind.__module__ == module.__name__:
            above = next(base for base in kind.__bases__ if issubclass(base, Error))
            tree[kind.__name__] = above.__name__
    return tree


@pytest.mark.parametrize(("module", "root"), [(errors, Error), (service_errors, ServiceError)], ids=["errors", "names"])
def test_the_tree_is_as_it_is_drawn(module: ModuleType, root: type[Error]) -> None:
    """Every class stands in the drawing, below its base, and the drawing has no other."""
    assert drawn_tree(module) == classes_of(module, root)


def test_the_drawn_statuses_are_those_of_the_recorded_answers() -> None:
    """The number beside a name is a status with which an answer of that code was recorded."""
    drawn = {
        match["name"]: {int(status) for status in re.findall(r"\d{3}", match["statuses"])}
        for match in re.finditer(r"── (?P<name>\w+) +(?P<statuses>\d{3}(?:, \d{3})*)\b", service_errors.__doc__ or "")
    }
    recorded: dict[str, set[int]] = {}
    file = Path(__file__).parents[2] / "fixtures" / "responses" / "expected.json"
    for answer in json.loads(file.read_text("utf-8")):
        if "error" in answer:
            recorded.setdefault(answer["error"]["code"], set()).add(answer["status"])

    named = drawn.keys() & recorded.keys()
    assert {"ModelError", "ValidationError", "AccessDeniedException"} <= named
    assert dict.fromkeys(named, True) == {name: bool(drawn[name] & recorded[name]) for name in named}


def test_each_name_of_the_service_is_the_class_of_its_code() -> None:
    """An answer with that code raises it; the other classes below ServiceError are this package's own."""
    own = {"ServiceError", "SignatureError", "UnexpectedAnswerError"}

    for kind in service_error_classes():
        response = httpx.Response(400, headers={"x-amzn-ErrorType": kind.__name__}, content=b"{}")
        with client_of(answering(response)) as client, pytest.raises(ServiceError) as caught:
            client.send(REAL_TIME)
        assert (ServiceError if kind.__name__ in own else kind) is type(caught.value)
        assert kind.__name__ == caught.value.code


EXAMPLES: list[Error] = [
    Error("words"),
    InputError("InvokeEndpoint", (Problem("EndpointName", "is required"), Problem("Accept", "has another form"))),
    ConfigError("words"),
    NoRegionError("words"),
    CredentialsError("words"),
    NoCredentialsError("words"),
    *[
        kind("words", delivery="answered", attempts=3, elapsed=2.5, partial=b"\x00\xff", bytes_sent=1, bytes_received=2)
        for kind in transport_error_classes()
    ],
    *[kind("words", **FACTS) for kind in service_error_classes() if kind is not ModelError],
    ModelError("words", **FACTS, **MODEL_FACTS),
    ModelError("words"),
]

each_example = pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)


def test_every_class_has_an_example_here() -> None:
    """A class that is added is tested, or this fails."""
    package = {kind for kind in classes_below(Error) if kind.__module__ in {errors.__name__, service_errors.__name__}}

    assert package == {type(error) for error in EXAMPLES}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@each_example
def test_an_error_is_the_same_after_pickling(error: Error, protocol: int) -> None:
    """Class, text and every fact, so that it can come from another process."""
    copied = pickle.loads(pickle.dumps(error, protocol))  # noqa: S301 - our own bytes

    assert (type(error), str(error), repr(error)) == (type(copied), str(copied), repr(copied))
    assert (error.args, vars(error)) == (copied.args, vars(copied))


@each_example
def test_an_error_is_the_same_after_copying(error: Error) -> None:
    """Also with the copy module."""
    for copied in (copy.copy(error), copy.deepcopy(error)):
        assert (type(error), str(error), vars(error)) == (type(copied), str(copied), vars(copied))


def test_an_error_that_was_raised_by_a_client_can_be_pickled() -> None:
    """With its traceback left behind."""
    with client_of(answering(httpx.Response(503))) as client, pytest.raises(ServiceError) as caught:
        client.send(REAL_TIME)

    copied = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own bytes

    assert vars(caught.value) == vars(copied)


TEXTS: Mapping[str, tuple[Error, str]] = {
    "input": (
        InputError("InvokeEndpoint", (Problem("EndpointName", "is required"), Problem("Accept", "is too long"))),
        "InvokeEndpoint was not sent: EndpointName is required; Accept is too long",
    ),
    "transport": (
        TransportError("ReadTimeout: timed out", elapsed=70.0004),
        "ReadTimeout: timed out (delivery: unknown, 70.000 s)",
    ),
    "transport, not sent": (
        TransportError("ConnectError: refused", delivery="not_sent"),
        "ConnectError: refused (delivery: not_sent, 0.000 s)",
    ),
    "service": (
        ThrottlingException("Rate exceeded", code="ThrottlingException", operation="InvokeEndpointAsync"),
        "An error occurred (ThrottlingException) when calling the InvokeEndpointAsync operation: Rate exceeded",
    ),
    "service, unknown code": (
        ServiceError("", code="503", operation="InvokeEndpoint"),
        "An error occurred (503) when calling the InvokeEndpoint operation: ",
    ),
    "region": (NoRegionError("no region"), "no region"),
}


@pytest.mark.parametrize(("error", "text"), TEXTS.values(), ids=TEXTS)
def test_an_error_reads_as_documented(error: Error, text: str) -> None:
    """A service's error reads as AWS's tools have it."""
    assert text == str(error)


def test_a_transport_errors_fate_is_unknown_unless_it_is_told() -> None:
    """The careful answer is the default."""
    error = TransportError("words")

    assert (error.delivery, error.attempts, error.elapsed, error.partial) == ("unknown", 1, 0.0, b"")


def raised_by(response: httpx.Response) -> ServiceError:
    """Return the error that an answer makes."""
    with client_of(answering(response)) as client, pytest.raises(ServiceError) as caught:
        client.send(REAL_TIME)
    return caught.value


@pytest.mark.parametrize("status", [400, 500])
def test_a_long_message_is_cut_and_its_body_kept_whole(status: int) -> None:
    """65,536 characters of a model's words are enough for a log; the rest stays in ``body``."""
    words = "x" * 8_000_000

    error = raised_by(httpx.Response(status, json={"Message": words}))

    assert f"{'x' * 65_536}…" == error.message
    assert len(words) < len(error.body)


def test_a_models_long_message_is_cut_too() -> None:
    """Both of its texts."""
    words = "x" * 100_000

    error = raised_by(httpx.Response(424, headers={"x-amzn-ErrorType": "ModelError"}, json={"OriginalMessage": words}))

    assert isinstance(error, ModelError)
    assert error.original_message is not None
    assert len(error.original_message) == 65_537


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000,
        b'{"message":' * 50_000,
        b'{"message": ["x"], "code": {"a": 1}, "__type": 7}',
        b'{"message": true, "Message": "words"}',
        b"\xff\xfe\x00",
        b"\x1f\x8b\x08\x00",
        "Ω".encode("utf-16"),
        b"{" + b'"a":1,' * 10_000 + b'"b":NaN}',
        b'{"message": "\\ud800"}',
        b"9" * 10_000,
    ],
    ids=["deep list", "deep object", "wrong types", "bool", "no UTF-8", "gzip", "UTF-16", "NaN", "surrogate", "digits"],
)
@pytest.mark.parametrize("status", [400, 403, 424, 429, 500, 503, 530])
def test_a_strange_body_is_a_typed_error_with_the_body_in_it(status: int, body: bytes) -> None:
    """Whatever came, it is an error of the service, and the bytes are kept."""
    error = raised_by(httpx.Response(status, headers={"x-amzn-RequestId": "request-1"}, content=body))

    assert (status, body, "request-1") == (error.status_code, error.body, error.request_id)
    assert str(status) == error.code
    assert pickle.loads(pickle.dumps(error)).message == error.message  # noqa: S301 - our own bytes


def test_json_in_another_encoding_than_utf_8_is_not_read() -> None:
    """JSON on the wire is UTF-8 (RFC 8259, section 8.1)."""
    error = raised_by(httpx.Response(500, content='{"code": "ValidationError", "message": "words"}'.encode("utf-16")))

    assert error.code == "500"
    assert not isinstance(error, ValidationError)


def test_an_answer_that_lacks_what_it_must_hold_is_a_service_error() -> None:
    """Code that catches ServiceError catches it."""
    assert issubclass(UnexpectedAnswerError, ServiceError)
