"""The service model: one table for each operation, from member to header, with the member's limits.

The tables differ where the service differs: the media type of the body travels in ``Content-Type`` for InvokeEndpoint
and in ``X-Amzn-SageMaker-Content-Type`` for InvokeEndpointAsync.

Patterns are AWS's, with two additions: they match the whole value, and "printable" means visible ASCII, because the
value travels in a header.

Source: SageMaker Runtime API reference (2017-05-13), request and response syntax and the members' constraints.
"""

from __future__ import annotations

import re

from attrs import frozen

MIB = 1024 * 1024
MAX_BODY = 25 * MIB
"""Bytes of a real-time request's body; AWS documents 25 MB, and 4 MB for serverless endpoints."""
MAX_ASYNC_BODY = 128_000
"""Bytes of a queued request's inline body."""


@frozen
class Text:
    """A member that is text: its greatest length in characters, and the pattern that its whole value has."""

    longest: int
    pattern: re.Pattern[str]
    described: str
    shortest: int = 0


@frozen
class Number:
    """A member that is a whole number, in seconds."""

    least: int
    greatest: int


@frozen
class Blob:
    """A member that is bytes, and is the body; ``limit`` in bytes."""

    limit: int


@frozen
class Member:
    """One member of a request.

    Attributes:
        attribute: its name in the record.
        name: AWS's name of it.
        limits: what its value may be.
        header: the header that carries it; ``""`` for the endpoint's name and the body.
    """

    attribute: str
    name: str
    limits: Text | Number | Blob
    header: str = ""
    required: bool = False


@frozen
class Answer:
    """One member of an answer that a header carries."""

    attribute: str
    name: str
    header: str


@frozen
class Operation:
    """One operation.

    Attributes:
        name: AWS's name of it.
        suffix: what follows ``/endpoints/{EndpointName}`` in the path.
        members: of the request, in the order of the service model.
        answers: of the answer, those that headers carry.
        one_of: the names of members of which exactly one is given.
    """

    name: str
    suffix: str
    members: tuple[Member, ...]
    answers: tuple[Answer, ...]
    one_of: tuple[str, ...] = ()


_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*")
_NAME_SAID = "letters, digits and hyphens, a letter or digit at both ends"
_VISIBLE = re.compile(r"[ -~]*")
_VISIBLE_SAID = "visible ASCII and spaces"
_WORD = re.compile(r"[!-~][ -~]*")
_WORD_SAID = "visible ASCII and spaces, no space first"

_ENDPOINT_NAME = Member("endpoint_name", "EndpointName", Text(63, _NAME, _NAME_SAID, 1), required=True)
_MEDIA_TYPE = Text(1024, _VISIBLE, _VISIBLE_SAID)
_CUSTOM_ATTRIBUTES = Member(
    "custom_attributes", "CustomAttributes", Text(1024, _VISIBLE, _VISIBLE_SAID), "X-Amzn-SageMaker-Custom-Attributes"
)
_INFERENCE_ID = Member("inference_id", "InferenceId", Text(64, _WORD, _WORD_SAID, 1), "X-Amzn-SageMaker-Inference-Id")

INVOKE_ENDPOINT = Operation(
    "InvokeEndpoint",
    "/invocations",
    (
        _ENDPOINT_NAME,
        Member("body", "Body", Blob(MAX_BODY), required=True),
        Member("content_type", "ContentType", _MEDIA_TYPE, "Content-Type"),
        Member("accept", "Accept", _MEDIA_TYPE, "Accept"),
        _CUSTOM_ATTRIBUTES,
        Member("target_model", "TargetModel", Text(1024, _WORD, _WORD_SAID, 1), "X-Amzn-SageMaker-Target-Model"),
        Member("target_variant", "TargetVariant", Text(63, _NAME, _NAME_SAID), "X-Amzn-SageMaker-Target-Variant"),
        Member(
            "target_container_hostname",
            "TargetContainerHostname",
            Text(63, _NAME, _NAME_SAID),
            "X-Amzn-SageMaker-Target-Container-Hostname",
        ),
        _INFERENCE_ID,
        Member(
            "enable_explanations",
            "EnableExplanations",
            Text(64, re.compile(r"[ -~]+"), _VISIBLE_SAID, 1),
            "X-Amzn-SageMaker-Enable-Explanations",
        ),
        Member(
            "inference_component_name",
            "InferenceComponentName",
            Text(63, re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?"), _NAME_SAID),
            "X-Amzn-SageMaker-Inference-Component",
        ),
        Member(
            "session_id",
            "SessionId",
            Text(256, re.compile(r"NEW_SESSION|[a-zA-Z0-9](-*[a-zA-Z0-9])*"), f"NEW_SESSION, or {_NAME_SAID}"),
            "X-Amzn-SageMaker-Session-Id",
        ),
        Member("prefix_aware_id", "PrefixAwareId", Text(64, _WORD, _WORD_SAID, 1), "X-Amzn-SageMaker-Prefix-Aware-Id"),
    ),
    (
        Answer("content_type", "ContentType", "Content-Type"),
        Answer("invoked_production_variant", "InvokedProductionVariant", "x-Amzn-Invoked-Production-Variant"),
        Answer("custom_attributes", "CustomAttributes", "X-Amzn-SageMaker-Custom-Attributes"),
        Answer("new_session_id", "NewSessionId", "X-Amzn-SageMaker-New-Session-Id"),
        Answer("closed_session_id", "ClosedSessionId", "X-Amzn-SageMaker-Closed-Session-Id"),
    ),
)

INVOKE_ENDPOINT_ASYNC = Operation(
    "InvokeEndpointAsync",
    "/async-invocations",
    (
        _ENDPOINT_NAME,
        Member("body", "Body", Blob(MAX_ASYNC_BODY)),
        Member("content_type", "ContentType", _MEDIA_TYPE, "X-Amzn-SageMaker-Content-Type"),
        Member("accept", "Accept", _MEDIA_TYPE, "X-Amzn-SageMaker-Accept"),
        _CUSTOM_ATTRIBUTES,
        _INFERENCE_ID,
        Member(
            "input_location",
            "InputLocation",
            Text(1024, re.compile(r"(https|s3)://[!-.0-~][ -~]*"), "an S3 URI, s3://bucket/key", 1),
            "X-Amzn-SageMaker-InputLocation",
        ),
        Member(
            "s3_output_path_extension",
            "S3OutputPathExtension",
            Text(512, re.compile(r"(?!s3:|https:)[a-zA-Z0-9!_.*'()/-]+"), "characters of an S3 key, not a URI", 1),
            "X-Amzn-SageMaker-S3OutputPathExtension",
        ),
        Member(
            "filename",
            "Filename",
            Text(
                32, re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]*(\.[a-zA-Z0-9_-]*)?"), "a file's name with one dot at most", 1
            ),
            "X-Amzn-SageMaker-Filename",
        ),
        Member("request_ttl_seconds", "RequestTTLSeconds", Number(60, 21_600), "X-Amzn-SageMaker-RequestTTLSeconds"),
        Member(
            "invocation_timeout_seconds",
            "InvocationTimeoutSeconds",
            Number(1, 3_600),
            "X-Amzn-SageMaker-InvocationTimeoutSeconds",
        ),
    ),
    (
        Answer("output_location", "OutputLocation", "X-Amzn-SageMaker-OutputLocation"),
        Answer("failure_location", "FailureLocation", "X-Amzn-SageMaker-FailureLocation"),
    ),
    one_of=("Body", "InputLocation"),
)
