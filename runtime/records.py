"""What goes in and what comes out: one frozen record for each request and each answer.

Attribute names are AWS's member names in snake case. A member that is ``None`` is not sent, and is ``None`` in an
answer whose header did not come. Which header carries which member is said in ``operations``.

Source: SageMaker Runtime API reference (2017-05-13), InvokeEndpoint and InvokeEndpointAsync.
"""

from __future__ import annotations

import json
from typing import Any

from attrs import field, frozen

from sigv4 import Headers

Body = bytes | bytearray | memoryview | str
"""A request's body; a ``str`` is sent as UTF-8."""


def _length(value: object) -> str:
    """Show a body by its length; whatever it is, nothing of it is shown."""
    if isinstance(value, str):
        return f"<{len(value)} characters>"
    if isinstance(value, memoryview):
        return f"<{value.nbytes} bytes>"
    return f"<{len(value)} bytes>" if isinstance(value, bytes | bytearray) else _hidden(value)


def _hidden(value: object) -> str:
    return "None" if value is None else "<hidden>"


@frozen
class Metadata:
    """How an answer came.

    Attributes:
        status_code: the HTTP status, 200 or 202.
        request_id: AWS's id of the request, to be given to AWS's support; ``None`` where the answer had none.
        headers: the answer's headers as they came.
        attempts: how often the request was sent.
        elapsed: seconds from the call's beginning to the last byte of the answer.
    """

    status_code: int
    request_id: str | None
    headers: Headers = field(repr=False)
    attempts: int
    elapsed: float


@frozen(kw_only=True)
class InvokeEndpointInput:
    """A request to a model, answered with the model's own answer.

    Attributes:
        endpoint_name: the endpoint, 1 to 63 letters, digits and hyphens.
        body: what the model takes; 25 MiB at the most.
        content_type: the media type of ``body``; none is sent where this is left out.
        accept: the media type wanted for the answer.
        custom_attributes: up to 1,024 characters of visible ASCII that the model's container reads.
        target_model: the artifact to use on a multi-model endpoint.
        target_variant: the production variant to use, whatever the traffic split.
        target_container_hostname: the container to use on a multi-container endpoint.
        inference_id: an id of your own that captured data and monitoring name; not an idempotency key.
        enable_explanations: a JMESPath expression that says which records SageMaker Clarify explains.
        inference_component_name: the inference component to use.
        session_id: the stateful session; ``NEW_SESSION`` opens one.
        prefix_aware_id: requests with the same id go to the same instance, for the sake of its prompt cache.
    """

    endpoint_name: str
    body: Body = field(repr=_length)
    content_type: str | None = None
    accept: str | None = None
    custom_attributes: str | None = field(default=None, repr=_hidden)
    target_model: str | None = None
    target_variant: str | None = None
    target_container_hostname: str | None = None
    inference_id: str | None = None
    enable_explanations: str | None = None
    inference_component_name: str | None = None
    session_id: str | None = None
    prefix_aware_id: str | None = None


@frozen(kw_only=True)
class InvokeEndpointOutput:
    """A model's answer.

    Attributes:
        body: the answer as it came; nothing is decoded.
        content_type: its media type.
        invoked_production_variant: the variant that answered.
        custom_attributes: what the model's container wants to say beside the answer.
        new_session_id: ``<id>; Expires=<time>`` where a session was opened.
        closed_session_id: the id of a session that was closed.
        metadata: status code, request id, headers, attempts and elapsed time.
    """

    body: bytes = field(repr=_length)
    content_type: str | None = None
    invoked_production_variant: str | None = None
    custom_attributes: str | None = field(default=None, repr=_hidden)
    new_session_id: str | None = None
    closed_session_id: str | None = None
    metadata: Metadata

    def json(self) -> Any:
        """Return the body read as JSON; ValueError where it is none."""
        return json.loads(self.body)

    def text(self) -> str:
        """Return the body read as UTF-8; bytes that are not UTF-8 become U+FFFD."""
        return self.body.decode("utf-8", "replace")


@frozen(kw_only=True)
class InvokeEndpointAsyncInput:
    """A request to a model that is queued; its answer is written to Amazon S3.

    Exactly one of ``input_location`` and ``body`` is given.

    Attributes:
        endpoint_name: the endpoint, 1 to 63 letters, digits and hyphens.
        input_location: the object that holds the model's input, ``s3://bucket/key``; 1,024 characters at the most.
        body: the model's input itself, 128,000 bytes at the most.
        content_type: the media type of the input.
        accept: the media type wanted for the answer.
        custom_attributes: up to 1,024 characters of visible ASCII that the model's container reads.
        inference_id: an id of your own; SageMaker makes one where this is left out. Not an idempotency key.
        s3_output_path_extension: what is appended to the endpoint's output path.
        filename: the name of the output object; 32 characters at the most.
        request_ttl_seconds: how long the request may wait in the queue, 60 to 21,600 s.
        invocation_timeout_seconds: how long the model may take, 1 to 3,600 s.
    """

    endpoint_name: str
    input_location: str | None = None
    body: Body | None = field(default=None, repr=_length)
    content_type: str | None = None
    accept: str | None = None
    custom_attributes: str | None = field(default=None, repr=_hidden)
    inference_id: str | None = None
    s3_output_path_extension: str | None = None
    filename: str | None = None
    request_ttl_seconds: int | None = None
    invocation_timeout_seconds: int | None = None


@frozen(kw_only=True)
class InvokeEndpointAsyncOutput:
    """Where the answer to a queued request will be.

    Attributes:
        inference_id: the id of the inference.
        output_location: the object that will hold the model's answer, ``s3://bucket/key``.
        failure_location: the object that will hold the reason if there is no answer, ``s3://bucket/key``.
        metadata: status code, request id, headers, attempts and elapsed time.
    """

    inference_id: str | None = None
    output_location: str | None = None
    failure_location: str | None = None
    metadata: Metadata
