"""A bearer token for SageMaker's OpenAI-compatible endpoints, made without any request.

The token is a presigned URL: whoever holds it may do, until it expires, what its maker may do with
``sagemaker:CallWithBearerToken`` and ``sagemaker:InvokeEndpoint``. It never outlives the credentials that signed it.

Source: Amazon SageMaker AI Developer Guide, "Invoke endpoints with OpenAI-compatible APIs"; the token generator of
sagemaker-core 2.23.
"""

from __future__ import annotations

import base64
from datetime import datetime

from runtime.endpoint import SIGNING_NAME
from runtime.errors import InputError, Problem
from sigv4 import Credentials, Request, Scope, Secret, presign

LONGEST_EXPIRY = 43_200
"""Seconds: twelve hours."""

_URL = "https://sagemaker.amazonaws.com/?Action=CallWithBearerToken"
_PREFIX = "sagemaker-api-key-"
_VERSION = "&Version=1"


def mint_bearer_token(
    credentials: Credentials, region: str, time: datetime, expires_in: int = LONGEST_EXPIRY
) -> Secret:
    """Return a token for ``Authorization: Bearer …`` at ``/endpoints/{name}/openai/v1`` of a region's endpoint.

    Args:
        credentials: who calls.
        region: the endpoint's region.
        time: now, aware, UTC.
        expires_in: seconds, 1 to 43,200.

    Returns:
        the token; ``.reveal()`` gives its text.

    Raises:
        InputError: for a lifetime out of range.
        sigv4.ScopeError: for a time that is not in UTC, and a region that is none.
    """
    if type(expires_in) is not int or not 1 <= expires_in <= LONGEST_EXPIRY:
        problem = f"is {expires_in!r}; give a whole number of seconds from 1 to {LONGEST_EXPIRY}"
        raise InputError("CallWithBearerToken", (Problem("expires_in", problem),))
    request = Request.from_url("POST", _URL)
    signed = presign(request, credentials, Scope(time, region, SIGNING_NAME), expires_in)
    text = signed.url.removeprefix("https://") + _VERSION
    return Secret(_PREFIX + base64.b64encode(text.encode()).decode())
