"""Answers in AWS's form: errors as REST-JSON gives them, and a request id on everything.

Source: Smithy 2.0, AWS restJson1, operation error serialisation; AWS's "Common errors" page.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from starlette.responses import Response


class Refusal(Exception):  # noqa: N818 - it ends a request, and is answered
    """A request is answered with an error.

    Attributes:
        status: the HTTP status.
        code: AWS's name of the error.
        members: what stands in the body.
        check: for the operator's log: why.
    """

    def __init__(self, status: int, code: str, members: dict[str, Any], check: str = "") -> None:
        super().__init__(status, code, members, check)
        self.status = status
        self.code = code
        self.members = members
        self.check = check or next(iter(members.values()), "")


def malformed(message: str) -> Refusal:
    """Return the refusal of bytes that are no proper HTTP request."""
    return Refusal(400, "MalformedHttpRequestException", {"message": message})


def validation_error(message: str) -> Refusal:
    """Return the service's refusal of a request that it understood."""
    return Refusal(400, "ValidationError", {"Message": message})


def error_parts(refusal: Refusal) -> tuple[list[tuple[str, str]], bytes]:
    """Return the headers and the body of an error."""
    body = json.dumps(refusal.members).encode()
    headers = [
        ("x-amzn-RequestId", str(uuid4())),
        ("x-amzn-ErrorType", refusal.code),
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
    ]
    return headers, body


def error_answer(refusal: Refusal) -> Response:
    """Return an error as an answer."""
    headers, body = error_parts(refusal)
    return Response(body, refusal.status, dict(headers))


def success_answer(status: int, body: bytes, headers: dict[str, str | None]) -> Response:
    """Return an answer with a request id; headers without a value are left out."""
    sent = {name: value for name, value in headers.items() if value is not None}
    return Response(body, status, {"x-amzn-RequestId": str(uuid4()), **sent})
