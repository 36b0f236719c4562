"""Step 6: the signature's place in the headers.

Before signing, the date, the session token and (where the rules ask for it) the payload's hash become header fields, so
that they are signed too. After it, ``Authorization`` carries the signature.

Source: IAM User Guide, "Create a signed AWS API request", step 6; "Elements of an AWS API request signature".
"""

from __future__ import annotations

from sigv4.canonical import SECURITY_TOKEN
from sigv4.credentials import Credentials
from sigv4.errors import AlreadySignedError, RequestError
from sigv4.headers import UNSIGNED_HEADERS, canonical_fields
from sigv4.request import Headers, Request
from sigv4.rules import Rules
from sigv4.scope import Scope
from sigv4.string_to_sign import StringToSign

CONTENT_SHA256 = "x-amz-content-sha256"
_ADDED_BY_SIGNING = ("authorization", "x-amz-date", SECURITY_TOKEN)


def headers_before_signing(credentials: Credentials, scope: Scope, payload_hash: str, rules: Rules) -> Headers:
    """Return the headers to add that the signature covers."""
    headers = [("X-Amz-Date", scope.timestamp)]
    if credentials.session_token is not None and not rules.omit_session_token:
        headers.append(("X-Amz-Security-Token", credentials.session_token.reveal()))
    if rules.sign_body_header:
        headers.append(("X-Amz-Content-SHA256", payload_hash))
    return tuple(headers)


def fields_to_sign(request: Request, added: Headers, payload_hash: str) -> dict[str, str]:
    """Return the canonical header fields that are signed: the request's, with those that signing adds.

    Raises:
        AlreadySignedError: when the request has one of the fields that signing adds.
        RequestError: without Host, or with an ``X-Amz-Content-SHA256`` that is not the payload's hash.
    """
    fields = canonical_fields(request.headers)
    for name in _ADDED_BY_SIGNING:
        if name in fields:
            raise AlreadySignedError(f"headers[{name!r}]", "is added by signing; remove it and sign again")
    if "host" not in fields:
        raise RequestError("headers", "lack Host; add the host that the request is sent to, or use Request.from_url")
    claimed = fields.pop(CONTENT_SHA256, payload_hash)
    if claimed != payload_hash:
        raise RequestError(f"headers[{CONTENT_SHA256!r}]", "differs from the payload's hash; leave it out")
    for name in UNSIGNED_HEADERS.intersection(fields):
        del fields[name]
    for name, value in added:
        fields[name.lower()] = value
    return fields


def headers_after_signing(
    credentials: Credentials, string_to_sign: StringToSign, signed_headers: str, signature: str, rules: Rules
) -> Headers:
    """Return the headers to add that are not signed: ``Authorization``, and a token where the rules leave it out."""
    authorization = (
        f"{string_to_sign.algorithm} Credential={credentials.access_key_id}/{string_to_sign.scope}, "
        f"SignedHeaders={signed_headers}, Signature={signature}"
    )
    headers = (("Authorization", authorization),)
    if credentials.session_token is not None and rules.omit_session_token:
        return (("X-Amz-Security-Token", credentials.session_token.reveal()), *headers)
    return headers
