"""From a typed record to a request, and from an answer to a typed record or a typed error.

Both directions follow the tables in ``operations``; members that are left out send nothing.

Source: Smithy 2.0, AWS restJson1 protocol and HTTP binding traits.
"""

from __future__ import annotations

from typing import overload
from urllib.parse import quote

from runtime.errors import UnexpectedAnswerError
from runtime.http import HttpRequest, HttpResponse
from runtime.operations import INVOKE_ENDPOINT, INVOKE_ENDPOINT_ASYNC, Operation
from runtime.records import (
    Body,
    InvokeEndpointAsyncInput,
    InvokeEndpointAsyncOutput,
    InvokeEndpointInput,
    InvokeEndpointOutput,
    Metadata,
)
from runtime.service_errors import request_id, service_error
from sigv4 import Headers

Input = InvokeEndpointInput | InvokeEndpointAsyncInput
Output = InvokeEndpointOutput | InvokeEndpointAsyncOutput

_OPERATIONS: dict[type, Operation] = {
    InvokeEndpointInput: INVOKE_ENDPOINT,
    InvokeEndpointAsyncInput: INVOKE_ENDPOINT_ASYNC,
}
_ERRORS_BEGIN = 300
_SUCCESSES_BEGIN = 200


def operation_of(record: Input) -> Operation:
    """Return the operation that a request record belongs to.

    Raises:
        TypeError: for anything but a request record.
    """
    operation = _OPERATIONS.get(type(record))
    if operation is None:
        names = ", ".join(known.__name__ for known in _OPERATIONS)
        raise TypeError(f"{type(record).__name__} is not a request; give one of {names}")
    return operation


def encode(operation: Operation, record: Input) -> HttpRequest:
    """Make the request: the name in the path, the body as it is, each other member in its header."""
    headers = []
    for member in operation.members:
        if member.header:
            value = getattr(record, member.attribute)
            if value is not None:
                headers.append((member.header, _text(value)))
    # RFC 3986, section 2.3: only unreserved characters stay plain in a label.
    return HttpRequest(
        f"/endpoints/{quote(record.endpoint_name, '')}{operation.suffix}", Headers(headers), _bytes(record.body)
    )


def _text(value: str | int) -> str:
    """Return a member as header text; an enumeration's member by its value, whatever it prints as."""
    return str.__str__(value) if isinstance(value, str) else str(int(value))


def _bytes(body: Body | None) -> bytes | bytearray | memoryview:
    """Return the body as bytes, without a copy where there are bytes already."""
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, memoryview):
        return body.cast("B") if body.nbytes and body.c_contiguous else body.tobytes()
    return body


@overload
def decode(
    record: InvokeEndpointInput, response: HttpResponse, attempts: int, elapsed: float
) -> InvokeEndpointOutput: ...
@overload
def decode(
    record: InvokeEndpointAsyncInput, response: HttpResponse, attempts: int, elapsed: float
) -> InvokeEndpointAsyncOutput: ...
def decode(record: Input, response: HttpResponse, attempts: int, elapsed: float) -> Output:
    """Read an answer.

    Raises:
        ServiceError: the class of AWS's code, for a status of 300 or more.
        UnexpectedAnswerError: for a success that lacks what it must hold.
    """
    operation = operation_of(record)
    if not _SUCCESSES_BEGIN <= response.status_code < _ERRORS_BEGIN:
        raise service_error(operation.name, response, attempts, elapsed)
    metadata = Metadata(response.status_code, request_id(response), response.headers, attempts, elapsed)
    members = _header_members(operation, response)
    if operation is INVOKE_ENDPOINT:
        return InvokeEndpointOutput(body=response.body, metadata=metadata, **members)
    return _async_output(operation, response, members, metadata)


def _header_members(operation: Operation, response: HttpResponse) -> dict[str, str | None]:
    fields = response.fields()
    return {answer.attribute: fields.get(answer.header.lower()) for answer in operation.answers}


def _async_output(
    operation: Operation, response: HttpResponse, members: dict[str, str | None], metadata: Metadata
) -> InvokeEndpointAsyncOutput:
    inference_id = _inference_id(response)
    if inference_id is None and members["output_location"] is None:
        raise UnexpectedAnswerError(
            "the answer has neither OutputLocation nor InferenceId: whether the request was queued is unknown",
            code=str(response.status_code),
            operation=operation.name,
            status_code=response.status_code,
            request_id=metadata.request_id,
            headers=response.headers,
            body=response.body,
            attempts=metadata.attempts,
            elapsed=metadata.elapsed,
        )
    return InvokeEndpointAsyncOutput(inference_id=inference_id, metadata=metadata, **members)


def _inference_id(response: HttpResponse) -> str | None:
    """Return the answer's one member that travels in the body; a body that cannot be read holds none."""
    found = (response.json_object() or {}).get("InferenceId")
    return found if isinstance(found, str) else None
