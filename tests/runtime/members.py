"""The members of both requests as AWS documents them, written out once more: the client's own table is what is tested.

Source: SageMaker Runtime API reference (2017-05-13), InvokeEndpoint and InvokeEndpointAsync.
"""

from typing import Any

from attrs import frozen

from runtime import InvokeEndpointAsyncInput, InvokeEndpointInput

Record = InvokeEndpointInput | InvokeEndpointAsyncInput


@frozen
class Row:
    """One member that travels in a header.

    Attributes:
        attribute: its name in the record.
        name: AWS's name.
        header: the header's exact name.
        example: a value that may be sent.
        shortest: characters at least; the least value of a number.
        longest: characters at the most; the greatest value of a number.
        unfit: values of allowed length that the member's pattern excludes.
    """

    attribute: str
    name: str
    header: str
    example: Any
    shortest: int
    longest: int
    unfit: tuple[str, ...] = ()


NOT_A_NAME = ("-iris", "iris-", "ir_is", "ir is", "ir.is", " ")
SPACE_FIRST = (" x", " ")

REAL_TIME_MEMBERS = (
    Row("content_type", "ContentType", "Content-Type", "text/csv", 0, 1024),
    Row("accept", "Accept", "Accept", "application/json", 0, 1024),
    Row("custom_attributes", "CustomAttributes", "X-Amzn-SageMaker-Custom-Attributes", "trace=1; model=3", 0, 1024),
    Row("target_model", "TargetModel", "X-Amzn-SageMaker-Target-Model", "iris/2.tar.gz", 1, 1024, SPACE_FIRST),
    Row("target_variant", "TargetVariant", "X-Amzn-SageMaker-Target-Variant", "variant-1", 1, 63, NOT_A_NAME),
    Row(
        "target_container_hostname",
        "TargetContainerHostname",
        "X-Amzn-SageMaker-Target-Container-Hostname",
        "container-1",
        1,
        63,
        NOT_A_NAME,
    ),
    Row("inference_id", "InferenceId", "X-Amzn-SageMaker-Inference-Id", "iris 0001", 1, 64, SPACE_FIRST),
    Row("enable_explanations", "EnableExplanations", "X-Amzn-SageMaker-Enable-Explanations", "`true`", 1, 64),
    Row(
        "inference_component_name",
        "InferenceComponentName",
        "X-Amzn-SageMaker-Inference-Component",
        "component--1",
        1,
        63,
        NOT_A_NAME,
    ),
    Row("session_id", "SessionId", "X-Amzn-SageMaker-Session-Id", "NEW_SESSION", 1, 256, ("OLD_SESSION", *NOT_A_NAME)),
    Row("prefix_aware_id", "PrefixAwareId", "X-Amzn-SageMaker-Prefix-Aware-Id", "prompt 7", 1, 64, SPACE_FIRST),
)

QUEUED_MEMBERS = (
    Row("content_type", "ContentType", "X-Amzn-SageMaker-Content-Type", "text/csv", 0, 1024),
    Row("accept", "Accept", "X-Amzn-SageMaker-Accept", "application/json", 0, 1024),
    Row("custom_attributes", "CustomAttributes", "X-Amzn-SageMaker-Custom-Attributes", "trace=1; model=3", 0, 1024),
    Row("inference_id", "InferenceId", "X-Amzn-SageMaker-Inference-Id", "iris 0001", 1, 64, SPACE_FIRST),
    Row(
        "input_location",
        "InputLocation",
        "X-Amzn-SageMaker-InputLocation",
        "s3://bucket/iris.csv",
        1,
        1024,
        (
            "bucket/iris.csv",
            "http://bucket/iris.csv",
            "S3://bucket/iris.csv",
            "s3:/bucket",
            "s3://",
            "s3:///x",
            " s3://b",
        ),
    ),
    Row(
        "s3_output_path_extension",
        "S3OutputPathExtension",
        "X-Amzn-SageMaker-S3OutputPathExtension",
        "2026/11-20_(a)!.*'",
        1,
        512,
        ("s3:", "s3://bucket/x", "https://bucket/x", "a b", "a&b", "a\\b", "a:b"),
    ),
    Row(
        "filename",
        "Filename",
        "X-Amzn-SageMaker-Filename",
        "iris_1-a.csv",
        1,
        32,
        (".iris", "_iris", "-iris", "iris.tar.gz", "a/b", "a b"),
    ),
    Row("request_ttl_seconds", "RequestTTLSeconds", "X-Amzn-SageMaker-RequestTTLSeconds", 60, 60, 21_600),
    Row(
        "invocation_timeout_seconds",
        "InvocationTimeoutSeconds",
        "X-Amzn-SageMaker-InvocationTimeoutSeconds",
        3_600,
        1,
        3_600,
    ),
)

REAL_TIME_LIMIT = 25 * 1024 * 1024
"""Bytes of a real-time request's body."""
QUEUED_LIMIT = 128_000
"""Bytes of a queued request's inline body."""

OPERATIONS: tuple[tuple[type[Record], tuple[Row, ...]], ...] = (
    (InvokeEndpointInput, REAL_TIME_MEMBERS),
    (InvokeEndpointAsyncInput, QUEUED_MEMBERS),
)
EACH_MEMBER = [(kind, row) for kind, rows in OPERATIONS for row in rows]


def id_of(value: object) -> str | None:
    """Return a parameter's name in a test's id."""
    if isinstance(value, Row):
        return value.name
    return value.__name__.removesuffix("Input") if isinstance(value, type) else None


def record_of(kind: type[Record], **members: Any) -> Record:
    """Return a request with what it must have, unless it is given, and these members."""
    if kind is InvokeEndpointInput:
        return InvokeEndpointInput(**{"endpoint_name": "iris", "body": b"x", **members})
    if members.get("input_location") is None:
        members = {"body": b"x", **members}
    return InvokeEndpointAsyncInput(**{"endpoint_name": "iris", **members})


def full_record(kind: type[Record]) -> Record:
    """Return a request with every member that may stand beside the others."""
    rows = REAL_TIME_MEMBERS if kind is InvokeEndpointInput else QUEUED_MEMBERS
    return record_of(kind, **{row.attribute: row.example for row in rows})
