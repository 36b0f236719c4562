"""The server's side: make the signature again from what arrived, and compare.

The checks stand in one list, and all of them run before anything of the request is used. Under :data:`STRICT`:

1. exactly one ``Authorization`` header in the exact form, and no credentials in the query;
2. exactly one ``X-Amz-Date``, its day the scope's day, its time within five minutes of the server's;
3. a known key id, and the session token that belongs to it or none;
4. the scope's region, service and terminator exactly as expected;
5. a sorted list of signed headers with ``host``, ``x-amz-date``, ``content-type`` where there is one, and **every
   x-amz header that arrived**: a header that arrived unsigned could have been added by anybody on the way;
6. a path in normal form, so that what is verified is what is routed;
7. ``X-Amz-Content-SHA256``, where it arrived, is the hash of the body that arrived;
8. the signature, compared in constant time.

A wrong secret and an altered request are refused in the same words.

Source: IAM User Guide, "Elements of an AWS API request signature" and "Troubleshoot signed requests for AWS API
operations"; AWS's "Common errors" page for codes and texts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from hmac import compare_digest
from urllib.parse import unquote

from attrs import evolve, frozen

from sigv4.canonical import SECURITY_TOKEN, CanonicalRequest
from sigv4.credentials import Credentials
from sigv4.errors import RequestError, ScopeError, VerificationError
from sigv4.header_auth import CONTENT_SHA256
from sigv4.headers import canonical_fields
from sigv4.keys import SigningKey
from sigv4.payload import payload_hash
from sigv4.request import Headers, Request
from sigv4.rules import GENERIC, Rules
from sigv4.scope import TERMINATOR, Scope, parse_timestamp, require_utc
from sigv4.string_to_sign import HMAC_SHA256, StringToSign

FindSecret = Callable[[str], Credentials | None]
"""Given an access key id, return its credentials (with the session token that must come with them), or ``None``."""

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 "
    r"Credential=(?P<key_id>[!-+\--.0-<>-~]+)/(?P<date>[0-9]{8})/(?P<region>[^/, ]+)/"
    r"(?P<service>[^/, ]+)/(?P<terminator>[^/, ]+), ?"
    r"SignedHeaders=(?P<signed_headers>[^, ]+), ?"
    r"Signature=(?P<signature>[0-9a-f]{64})"
)
_NORMAL_PATH = re.compile(
    r"(?:/(?!\.{1,2}(?:/|\Z))(?:[A-Za-z0-9_.~!$&'()*+,;=:@-]|%(?!2[EeFf]|[0-1]|7[Ff])[0-9A-Fa-f]{2})+)*/?"
)
_MAY_ARRIVE_UNSIGNED = frozenset({"x-amzn-trace-id", CONTENT_SHA256})
"""The trace id is written on the way; the content hash is the canonical request's last line, which is signed."""


@frozen
class VerifyPolicy:
    """What a server demands.

    Attributes:
        region: the one region whose scope is accepted; ``None`` accepts any.
        service: the one signing name that is accepted; ``None`` accepts any.
        rules: how the service's requests are signed.
        clock_tolerance: how far the request's time may be from the server's, either way.
        require_signed_amz_headers: refuse x-amz headers and a content type that arrived unsigned.
        require_normal_path: refuse dot segments, doubled slashes and bytes that should be percent-encoded.
    """

    region: str | None = None
    service: str | None = None
    rules: Rules = GENERIC
    clock_tolerance: timedelta = timedelta(minutes=5)
    require_signed_amz_headers: bool = True
    require_normal_path: bool = True

    def for_scope(self, region: str, service: str) -> VerifyPolicy:
        """Return this policy for one region and one service."""
        return evolve(self, region=region, service=service)


STRICT = VerifyPolicy()
"""What a server should demand. Give it a region and a service with ``for_scope``."""

SPECIFICATION = VerifyPolicy(require_signed_amz_headers=False, require_normal_path=False)
"""What the specification allows and AWS's test suite needs: an unsigned session token, paths not in normal form."""


@frozen(repr=False)
class Verified:
    """A request whose signature is right.

    Attributes:
        access_key_id: who signed.
        scope: when, and for which region and service.
        headers: the signed headers, as they arrived. A handler should look at no others.
        canonical_request: what both sides signed.
    """

    access_key_id: str
    scope: Scope
    headers: Headers
    canonical_request: CanonicalRequest

    def __repr__(self) -> str:
        return f"Verified({self.access_key_id!r}, {str(self.scope)!r})"


@frozen
class _Authorization:
    """The fields of the Authorization header."""

    key_id: str
    date: str
    region: str
    service: str
    terminator: str
    signed_headers: str
    signature: str


def verify(request: Request, find_secret: FindSecret, now: datetime, policy: VerifyPolicy = STRICT) -> Verified:
    """Verify the signature in a request's headers.

    Args:
        request: what arrived: the raw path and query of the request line, all headers in order, the whole body.
        find_secret: looks up an access key id.
        now: the server's time, aware, UTC.
        policy: what is demanded.

    Raises:
        VerificationError: with AWS's code, status and text for the caller, and the failed check for the operator.
        ScopeError: when ``now`` is not in UTC.
    """
    require_utc("now", now)
    fields = canonical_fields(request.headers)
    authorization = _read_authorization(request)
    scope = _check_scope(authorization, _date_header(request), now, policy)
    credentials = _check_caller(authorization, fields, find_secret)
    signed = _check_signed_headers(authorization.signed_headers, fields, policy)
    if policy.require_normal_path and not _NORMAL_PATH.fullmatch(request.path):
        raise _mismatch("the path is not in normal form")
    hashed_payload = payload_hash(request.payload)
    if fields.get(CONTENT_SHA256, hashed_payload) != hashed_payload:
        raise _mismatch("X-Amz-Content-SHA256 is not the hash of the body that arrived")
    try:
        canonical_request = CanonicalRequest.of(request, signed, hashed_payload, policy.rules)
    except RequestError:
        raise _mismatch("the query holds an invalid percent escape") from None
    string_to_sign = StringToSign.of(canonical_request, scope)
    expected = SigningKey.derive(credentials.secret_access_key, scope).sign(string_to_sign)
    if not compare_digest(expected, authorization.signature):
        raise _mismatch(
            "the signature differs: a wrong secret, or an altered request", canonical_request, string_to_sign
        )
    headers = tuple((name, value) for name, value in request.headers if name.lower() in signed)
    return Verified(authorization.key_id, scope, headers, canonical_request)


def _values(request: Request, wanted: str) -> list[str]:
    return [value for name, value in request.headers if name.lower() == wanted]


def _read_authorization(request: Request) -> _Authorization:
    values = _values(request, "authorization")
    in_query = any(unquote(parameter).lower().startswith("x-amz-") for parameter in request.query.split("&"))
    if not values and not in_query:
        raise VerificationError(
            "MissingAuthenticationTokenException", "Missing Authentication Token", check="no Authorization header"
        )
    if len(values) != 1 or in_query:
        raise _incomplete("more than one signature, or one in the query", "Authorization must be given exactly once.")
    match = _AUTHORIZATION.fullmatch(values[0])
    if match is None:
        raise _incomplete("the Authorization header has another form", _what_is_missing(values[0]))
    return _Authorization(**match.groupdict())


def _what_is_missing(authorization: str) -> str:
    """Say in AWS's words what an Authorization header lacks, without repeating it."""
    if not authorization.startswith(HMAC_SHA256 + " "):
        return f"Authorization header requires the algorithm '{HMAC_SHA256}'."
    missing = [name for name in ("Credential", "Signature", "SignedHeaders") if f"{name}=" not in authorization]
    if missing:
        return " ".join(f"Authorization header requires '{name}' parameter." for name in missing)
    return "Authorization header has a malformed parameter."


def _date_header(request: Request) -> str:
    values = _values(request, "x-amz-date")
    if len(values) != 1:
        raise _incomplete(
            "no X-Amz-Date, or more than one", "Authorization header requires existence of one 'X-Amz-Date' header."
        )
    return values[0]


def _check_scope(authorization: _Authorization, date: str, now: datetime, policy: VerifyPolicy) -> Scope:
    try:
        time = parse_timestamp(date)
        scope = Scope(time, authorization.region, authorization.service)
    except ScopeError:
        raise _incomplete(
            "the date or the scope has another form", "Date must be in ISO-8601 'basic format'."
        ) from None
    expectations = (
        ("date", scope.date, authorization.date),
        ("region", policy.region or authorization.region, authorization.region),
        ("service", policy.service or authorization.service, authorization.service),
        ("terminator", TERMINATOR, authorization.terminator),
    )
    for what, expected, found in expectations:
        if found != expected:
            raise _refused(f"Credential should be scoped to {what} '{expected}', not '{found}'.", f"scope: {what}")
    if now - time > policy.clock_tolerance:
        text = f"Signature expired: {date} is now earlier than {_stamp(now - policy.clock_tolerance)}"
        raise _refused(f"{text} ({_stamp(now)} - {_minutes(policy)} min.)", "the request's time is too far in the past")
    if time - now > policy.clock_tolerance:
        text = f"Signature not yet current: {date} is still later than {_stamp(now + policy.clock_tolerance)}"
        raise _refused(f"{text} ({_stamp(now)} + {_minutes(policy)} min.)", "the request's time is in the future")
    return scope


def _check_caller(authorization: _Authorization, fields: dict[str, str], find_secret: FindSecret) -> Credentials:
    credentials = find_secret(authorization.key_id)
    if credentials is None:
        raise _unrecognized("the access key id is unknown")
    expected = "" if credentials.session_token is None else credentials.session_token.reveal()
    arrived = fields.get(SECURITY_TOKEN)
    if arrived == "" or not compare_digest((arrived or "").encode("utf-8", "surrogateescape"), expected.encode()):
        raise _unrecognized("the session token is not the one that belongs to the access key id")
    return credentials


def _check_signed_headers(listed: str, fields: dict[str, str], policy: VerifyPolicy) -> dict[str, str]:
    names = listed.split(";")
    if names != sorted(set(names)) or listed != listed.lower():
        raise _refused("SignedHeaders must be in lower case, sorted, and each named once.", "signed headers: form")
    for required in ("host", "x-amz-date"):
        if required not in names:
            raise _refused(
                f"'{required}' must be a 'SignedHeader' in the AWS Authorization.", f"{required} is not signed"
            )
    for name in names:
        if name not in fields:
            raise _mismatch(f"a signed header did not arrive: {name}")
    if policy.require_signed_amz_headers:
        for name in fields.keys() - set(names) - _MAY_ARRIVE_UNSIGNED:
            if name == "content-type" or name.startswith("x-amz"):
                text = f"'{name}' must be a 'SignedHeader' in the AWS Authorization."
                raise _refused(text, f"a header arrived unsigned: {name}")
    return {name: fields[name] for name in names}


def _stamp(time: datetime) -> str:
    return f"{time:%Y%m%dT%H%M%SZ}"


def _minutes(policy: VerifyPolicy) -> int:
    return int(policy.clock_tolerance.total_seconds() // 60)


def _refused(message: str, check: str) -> VerificationError:
    return VerificationError("InvalidSignatureException", message, check=check)


def _incomplete(check: str, message: str) -> VerificationError:
    return VerificationError("IncompleteSignatureException", message, check=check)


def _unrecognized(check: str) -> VerificationError:
    return VerificationError(
        "UnrecognizedClientException", "The security token included in the request is invalid.", check=check
    )


def _mismatch(
    check: str, canonical_request: CanonicalRequest | None = None, string_to_sign: StringToSign | None = None
) -> VerificationError:
    message = (
        "The request signature we calculated does not match the signature you provided. "
        "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
    )
    if canonical_request is not None:
        message += (
            f"\n\nThe Canonical String for this request should have been\n'{canonical_request.redacted()}'"
            f"\n\nThe String-to-Sign should have been\n'{string_to_sign}'\n"
        )
    return _refused(message, check)
