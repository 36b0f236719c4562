"""Step 6: the signature's place in the headers.

Before signing, the date, the session token and (where the rules ask for it) the payload's hash become header fields,
so that they are signed too. After it, ``Authorization`` carries the signature.

Source: IAM User Guide, "Create a signed AWS API request", step 6; "Elements of an AWS API request signature".
"""

from __future__ import annotations

from sigv4.canonical import SECURITY_TOKEN
from sigv4.credentials import Credentials
from sigv4.errors import AlreadySignedError, RequestError
from sigv4.headers import UNSIGNED_HEADERS, Fields, canonical_fields
from sigv4.request import Headers, Request
from sigv4.rules import Rules
from sigv4.scope import Scope
from sigv4.string_to_sign import StringToSign
from sigv4.uri import parameter_names

CONTENT_SHA256 = "x-amz-content-sha256"
REGION_SET = "x-amz-region-set"
AUTHENTICATION_HEADERS = frozenset({"authorization", "x-amz-date", SECURITY_TOKEN, REGION_SET})
"""Lower-case names of the headers that signing adds."""
AUTHENTICATION_PARAMETERS = frozenset(
    {
        "x-amz-algorithm",
        "x-amz-credential",
        "x-amz-date",
        "x-amz-expires",
        REGION_SET,
        SECURITY_TOKEN,
        "x-amz-signature",
        "x-amz-signedheaders",
    }
)
"""Lower-case names of the query parameters that signing adds."""


def fields_to_sign(request: Request, payload_hash: str) -> Fields:
    """Return the request's canonical header fields, without those that are left unsigned.

    Raises:
        AlreadySignedError: when the request has a field or a query parameter that signing adds.
        RequestError: without Host, or with an ``X-Amz-Content-SHA256`` that is not the payload's hash.
    """
    fields = canonical_fields(request.headers)
    if not AUTHENTICATION_HEADERS.isdisjoint(fields):
        name = min(AUTHENTICATION_HEADERS.intersection(fields))
        raise AlreadySignedError(f"headers[{name!r}]", "is added by signing; remove it and sign again")
    if request.query and not AUTHENTICATION_PARAMETERS.isdisjoint(parameter_names(request.query)):
        raise AlreadySignedError("query", "holds a parameter that signing adds; remove them all and sign again")
    if "host" not in fields:
        raise RequestError("headers", "lack Host; add the host that the request is sent to, or use Request.from_url")
    if "," in fields["host"]:
        raise RequestError("headers['host']", "is there more than once; a request has one host")
    if fields.get(CONTENT_SHA256, payload_hash) != payload_hash:
        raise RequestError(f"headers[{CONTENT_SHA256!r}]", "differs from the payload's hash; leave it out")
    for name in UNSIGNED_HEADERS.intersection(fields):
        del fields[name]
    return fields


def add_headers_before_signing(
    fields: Fields, credentials: Credentials, scope: Scope, payload_hash: str, rules: Rules
) -> Headers:
    """Put the fields that signing adds among those that are signed, and return them as headers to send."""
    added = [("X-Amz-Date", scope.timestamp)]
    if credentials.session_token is not None and not rules.omit_session_token:
        added.append(("X-Amz-Security-Token", credentials.session_token.reveal()))
    if scope.region_set:
        added.append(("X-Amz-Region-Set", ",".join(scope.region_set)))
    if rules.sign_body_header and CONTENT_SHA256 not in fields:
        added.append(("X-Amz-Content-SHA256", payload_hash))
    for name, value in added:
        fields[name.lower()] = value
    return Headers(added)


def headers_after_signing(
    credentials: Credentials, string_to_sign: StringToSign, signed_headers: str, signature: str, rules: Rules
) -> Headers:
    """Return the headers to add that are not signed: ``Authorization``, and a token where the rules leave it out."""
    authorization = (
        f"{string_to_sign.algorithm} Credential={credentials.access_key_id}/{string_to_sign.scope}, "
        f"SignedHeaders={signed_headers}, Signature={signature}"
    )
    if credentials.session_token is not None and rules.omit_session_token:
        return Headers((("X-Amz-Security-Token", credentials.session_token.reveal()), ("Authorization", authorization)))
    return Headers((("Authorization", authorization),))
