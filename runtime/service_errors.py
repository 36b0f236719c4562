"""AWS's own names of what went wrong, each a class, and the one place where an answer becomes one of them.

::

    ServiceError
    ├── ValidationError                400
    ├── ModelError                     424   with OriginalStatusCode, OriginalMessage, LogStreamArn
    ├── ModelNotReadyException         429
    ├── ThrottlingException            400, 429
    ├── InternalFailure                500
    ├── ServiceUnavailable             503
    ├── InternalDependencyException    530
    ├── AccessDeniedException          403
    └── SignatureError                 403   the signature or the credentials were refused
        ├── ExpiredTokenException
        ├── IncompleteSignatureException
        ├── InvalidSignatureException
        ├── MissingAuthenticationTokenException
        └── UnrecognizedClientException

A code that is not in the list makes a plain ``ServiceError`` that keeps it.

Source: SageMaker Runtime API reference, "Errors" of each operation; "Common errors"; Smithy 2.0, AWS restJson1,
operation error serialisation.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any, TypeVar

from runtime.errors import ServiceError
from runtime.http import HttpResponse

MAX_MESSAGE = 64 * 1024
"""Characters of an error's text that are kept; the answer's body is kept whole."""

_T = TypeVar("_T")
_PAGE = re.compile(rb"\s*(\Z|<html|<!doctype html)", re.IGNORECASE)
"""Nothing, or a page that some server on the way wrote for people."""
_PRIVATE = re.compile(r"(x-amz-security-token:|x-amzn-sagemaker-custom-attributes:)[^\n]*", re.IGNORECASE)


class ValidationError(ServiceError):
    """The service found the request wrong; its message says how."""


class InternalFailure(ServiceError):  # noqa: N818 - AWS's name
    """Something failed inside the service."""


class ServiceUnavailable(ServiceError):  # noqa: N818 - AWS's name
    """The service cannot take the request now."""


class ModelNotReadyException(ServiceError):  # noqa: N818 - AWS's name
    """The model is being loaded, or is shut down for lack of use: a later try may succeed."""


class InternalDependencyException(ServiceError):  # noqa: N818 - AWS's name
    """Something that the service depends on failed."""


class ThrottlingException(ServiceError):  # noqa: N818 - AWS's name
    """Too many requests."""


class AccessDeniedException(ServiceError):  # noqa: N818 - AWS's name
    """The caller may not do this: the signature was right, the permission is missing."""


class SignatureError(ServiceError):
    """The signature or the credentials were refused; nothing ran."""


class ExpiredTokenException(SignatureError):  # noqa: N818 - AWS's name
    """The session token has run out."""


class IncompleteSignatureException(SignatureError):  # noqa: N818 - AWS's name
    """The Authorization header is not in the form that AWS asks for."""


class InvalidSignatureException(SignatureError):  # noqa: N818 - AWS's name
    """The signature does not match, or it names another time, region or service."""


class MissingAuthenticationTokenException(SignatureError):  # noqa: N818 - AWS's name
    """The request was not signed."""


class UnrecognizedClientException(SignatureError):  # noqa: N818 - AWS's name
    """The access key id is unknown, or the session token does not belong to it."""


class ModelError(ServiceError):
    """The model's container failed; the message holds its words.

    Attributes:
        original_status_code: the status that the container answered with.
        original_message: what the container said.
        log_stream_arn: where its log is.
    """

    def __init__(
        self,
        message: str,
        *,
        original_status_code: int | None = None,
        original_message: str | None = None,
        log_stream_arn: str | None = None,
        **facts: Any,
    ) -> None:
        super().__init__(message, **facts)
        self.original_status_code = original_status_code
        self.original_message = original_message
        self.log_stream_arn = log_stream_arn


_CLASSES: dict[str, type[ServiceError]] = {
    known.__name__: known
    for known in (
        AccessDeniedException,
        ExpiredTokenException,
        IncompleteSignatureException,
        InternalDependencyException,
        InternalFailure,
        InvalidSignatureException,
        MissingAuthenticationTokenException,
        ModelError,
        ModelNotReadyException,
        ServiceUnavailable,
        ThrottlingException,
        UnrecognizedClientException,
        ValidationError,
    )
}


def service_error(operation: str, response: HttpResponse, attempts: int, elapsed: float) -> ServiceError:
    """Return the error that an answer tells of.

    The code is that of the ``x-amzn-ErrorType`` header, else of the body, else the status as text; whatever the body
    is, a typed error comes of it.
    """
    found = response.json_object()
    members = found or {}
    code = _code(response, members)
    known = _CLASSES.get(code, ServiceError)
    extra: dict[str, Any] = {}
    if known is ModelError:
        extra = {
            "original_status_code": _member(members, "OriginalStatusCode", int),
            "original_message": _cut(_member(members, "OriginalMessage", str)),
            "log_stream_arn": _member(members, "LogStreamArn", str),
        }
    return known(
        _message(response, found),
        code=code,
        operation=operation,
        status_code=response.status_code,
        request_id=request_id(response),
        headers=response.headers,
        body=response.body,
        attempts=attempts,
        elapsed=elapsed,
        **extra,
    )


def request_id(response: HttpResponse) -> str | None:
    """Return AWS's id of the request."""
    return response.header("x-amzn-RequestId") or response.header("x-amz-request-id")


def _member(members: dict[str, Any], name: str, kind: type[_T]) -> _T | None:
    value = members.get(name)
    return value if isinstance(value, kind) and not isinstance(value, bool) else None


def _code(response: HttpResponse, members: dict[str, Any]) -> str:
    sources = (response.header("x-amzn-ErrorType"), members.get("code"), members.get("Code"), members.get("__type"))
    for source in sources:
        if isinstance(source, str) and source.strip():
            # "namespace#Code:http://…" names Code.
            return source.split(":", 1)[0].rsplit("#", 1)[-1].strip()
    return str(response.status_code)


def _message(response: HttpResponse, members: dict[str, Any] | None) -> str:
    """Return the service's words: of the JSON object, else the text as it came, else the status's own phrase."""
    if members is not None:
        text = _member(members, "message", str) or _member(members, "Message", str) or ""
    elif _PAGE.match(response.body):
        text = _phrase(response.status_code)
    else:
        text = response.body.decode("utf-8", "replace")
    # The service repeats the canonical request of a wrong signature, with the session token in it.
    return _cut(_PRIVATE.sub(r"\1***", text)) or ""


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else ""


def _cut(text: str | None) -> str | None:
    return text if text is None or len(text) <= MAX_MESSAGE else text[:MAX_MESSAGE] + "…"
