"""What is served: InvokeEndpoint and InvokeEndpointAsync on the endpoint ``iris``.

A handler is given only what the signature covers. For InvokeEndpointAsync the answer goes out first; the model then
runs in the background and leaves its output, or the reason why there is none, in the storage.

Source: SageMaker Runtime API reference; Amazon SageMaker AI Developer Guide, "Asynchronous inference".
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from runtime.emulator.answers import Refusal, success_answer, validation_error
from runtime.emulator.iris import IrisModel, ModelFailure
from runtime.emulator.storage import FolderStorage, StorageError
from runtime.operations import INVOKE_ENDPOINT, INVOKE_ENDPOINT_ASYNC, MAX_ASYNC_BODY, Blob, Number, Operation

LOG = logging.getLogger("runtime.emulator")
ENDPOINT = "iris"
VARIANT = "AllTraffic"
OUTPUT_PREFIX = "s3://iris-async/output"
FAILURE_PREFIX = "s3://iris-async/failures"
_ACCOUNT = "123456789012"
_NUMBER = re.compile(r"[0-9]{1,9}")
_SESSION_LIFE = timedelta(hours=1)
_MULTI_MODEL_MEMBERS = ("TargetModel", "TargetContainerHostname", "InferenceComponentName")


class Service:
    """The operations.

    Args:
        model: what answers.
        storage: where inputs lie and outputs go.
        region: named in the log stream's ARN.
    """

    def __init__(self, model: IrisModel, storage: FolderStorage, region: str) -> None:
        self._model = model
        self._storage = storage
        self._region = region
        self._running: set[asyncio.Task[None]] = set()

    async def invoke_endpoint(self, request: Request) -> Response:
        """Run the model on the body and answer with what it says."""
        members = _members(INVOKE_ENDPOINT, request)
        _require_endpoint(request)
        _require_single_model(members)
        body = await request.body()
        try:
            prediction = await run_in_threadpool(
                self._model.invoke, body, members.get("ContentType"), members.get("Accept")
            )
        except ModelFailure as failure:
            raise self._model_error(failure) from None
        session = members.get("SessionId")
        headers = {
            "Content-Type": prediction.content_type,
            "x-Amzn-Invoked-Production-Variant": VARIANT,
            "X-Amzn-SageMaker-Custom-Attributes": members.get("CustomAttributes"),
            "X-Amzn-SageMaker-New-Session-Id": _new_session() if session == "NEW_SESSION" else None,
        }
        return success_answer(200, prediction.body, headers)

    async def invoke_endpoint_async(self, request: Request) -> Response:
        """Queue the model's run and answer with where its output will be."""
        members = _members(INVOKE_ENDPOINT_ASYNC, request)
        _require_endpoint(request)
        body = await request.body()
        location = members.get("InputLocation")
        if (location is None) == (not body):
            raise validation_error("Exactly one of InputLocation and Body must be given.")
        if len(body) > MAX_ASYNC_BODY:
            raise validation_error(f"Body has {len(body)} bytes; {MAX_ASYNC_BODY} are allowed.")
        inference_id = members.get("InferenceId") or str(uuid4())
        output, failure = _locations(members)
        task = asyncio.create_task(self._run(members, location, body, output, failure))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        headers: dict[str, str | None] = {
            "Content-Type": "application/json",
            "X-Amzn-SageMaker-OutputLocation": output,
            "X-Amzn-SageMaker-FailureLocation": failure,
        }
        return success_answer(202, json.dumps({"InferenceId": inference_id}).encode(), headers)

    async def finish(self) -> None:
        """Wait until no model runs."""
        await asyncio.gather(*self._running)

    async def _run(self, members: dict[str, str], location: str | None, body: bytes, output: str, failure: str) -> None:
        def work() -> None:
            try:
                given = body if location is None else self._storage.read(location)
                prediction = self._model.invoke(given, members.get("ContentType"), members.get("Accept"))
                self._storage.write(output, prediction.body)
            except ModelFailure as error:
                self._fail(failure, error.status, error.message)
            except StorageError as error:
                self._fail(failure, 400, str(error))
            except Exception:
                LOG.exception("the model failed")
                self._fail(failure, 500, "the model failed")

        await run_in_threadpool(work)

    def _fail(self, failure: str, code: int, message: str) -> None:
        """Leave the reason why there is no output."""
        LOG.info("InvokeEndpointAsync failed (%d): %s", code, message)
        try:
            self._storage.write(failure, json.dumps({"ErrorCode": code, "Message": message}).encode())
        except StorageError:
            LOG.exception("the failure object cannot be written")

    def _model_error(self, failure: ModelFailure) -> Refusal:
        kind = "client" if failure.status < 500 else "server"  # noqa: PLR2004 - RFC 9110, section 15
        log_stream = f"log-group:/aws/sagemaker/Endpoints/{ENDPOINT}"
        return Refusal(
            424,
            "ModelError",
            {
                "Message": f'Received {kind} error ({failure.status}) from primary with message "{failure.message}".',
                "OriginalStatusCode": failure.status,
                "OriginalMessage": failure.message,
                "LogStreamArn": f"arn:aws:logs:{self._region}:{_ACCOUNT}:{log_stream}",
            },
        )


def _members(operation: Operation, request: Request) -> dict[str, str]:
    """Return the members that arrived, each held to its limits as the service does.

    Raises:
        Refusal: ValidationError with every problem.
    """
    found: dict[str, str] = {}
    problems = []
    for member in operation.members:
        value = request.headers.get(member.header) if member.header else None
        if value is None:
            continue
        found[member.name] = value
        limits = member.limits
        if isinstance(limits, Number):
            fits = _NUMBER.fullmatch(value) is not None and limits.least <= int(value) <= limits.greatest
        else:
            fits = isinstance(limits, Blob) or (
                limits.shortest <= len(value) <= limits.longest and limits.pattern.fullmatch(value) is not None
            )
        if not fits:
            problems.append(f"Value at '{member.name[0].lower()}{member.name[1:]}' failed to satisfy constraint")
    if problems:
        plural = "s" if len(problems) > 1 else ""
        raise validation_error(f"{len(problems)} validation error{plural} detected: {'; '.join(problems)}")
    return found


def _require_endpoint(request: Request) -> None:
    name = request.path_params["endpoint_name"]
    if name != ENDPOINT:
        raise validation_error(f"Endpoint {name} of account {_ACCOUNT} not found.")


def _require_single_model(members: dict[str, str]) -> None:
    for name in _MULTI_MODEL_MEMBERS:
        if name in members:
            raise validation_error(f"{name} is given, and endpoint {ENDPOINT} hosts one model in one container.")
    if members.get("TargetVariant", VARIANT) != VARIANT:
        raise validation_error(f"Variant {members['TargetVariant']} not found for endpoint {ENDPOINT}.")


def _new_session() -> str:
    return f"{uuid4()}; Expires={datetime.now(UTC) + _SESSION_LIFE:%Y-%m-%dT%H:%M:%SZ}"


def _locations(members: dict[str, str]) -> tuple[str, str]:
    """Return where the output and the failure go: below the endpoint's own paths, as the members ask."""
    run = str(uuid4())
    extension = members.get("S3OutputPathExtension", "").strip("/")
    output = "/".join(part for part in (OUTPUT_PREFIX, extension, members.get("Filename", f"{run}.out")) if part)
    return output, f"{FAILURE_PREFIX}/{run}-error.out"
