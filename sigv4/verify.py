"""The server's side: make the signature again from what arrived, and compare.

Under :data:`STRICT`, in this order:

1. exactly one signature, in the ``Authorization`` header or in the query, in the exact form (``claim``);
2. the scope's day is that of ``X-Amz-Date``; region, service and terminator are exactly those expected;
3. the time is within five minutes of the server's; a presigned URL has not expired;
4. a known key id, and the session token that belongs to it or none;
5. a sorted list of signed headers with ``host``, the date and the region set (unless they stand in the query),
   ``content-type`` where there is one, and **every x-amz header that arrived**: one that arrived unsigned could have
   been added by anybody on the way;
6. a path and a query in normal form, so that what is verified is what is routed and read;
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
from fnmatch import fnmatchcase

from attrs import evolve, frozen

from sigv4.canonical import CanonicalRequest
from sigv4.claim import Claim, incomplete, read_claim
from sigv4.credentials import Credentials, Secret
from sigv4.errors import ScopeError, VerificationError
from sigv4.header_auth import CONTENT_SHA256, REGION_SET
from sigv4.headers import Fields, canonical_fields
from sigv4.payload import payload_hash
from sigv4.request import Headers, Request
from sigv4.rules import GENERIC, Rules
from sigv4.scope import ECDSA_P256_SHA256, TERMINATOR, Scope, format_timestamp, parse_timestamp, require_utc
from sigv4.signer import derive_key
from sigv4.string_to_sign import StringToSign

FindSecret = Callable[[str], Credentials | None]
"""Given an access key id, return its credentials (with the session token that must come with them), or ``None``."""

_AMBIGUOUS_IN_QUERY = re.compile(r"[+;]")
"""A plus sign is signed as ``%2B``, but a form decoder takes it for a space; a semicolon was once a separator."""
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
        require_normal_form: refuse a path with dot segments, doubled slashes or bytes that should be percent-encoded,
            and a query that two readers may understand differently.
    """

    region: str | None = None
    service: str | None = None
    rules: Rules = GENERIC
    clock_tolerance: timedelta = timedelta(minutes=5)
    require_signed_amz_headers: bool = True
    require_normal_form: bool = True

    def for_scope(self, region: str, service: str) -> VerifyPolicy:
        """Return this policy for one region and one service."""
        return evolve(self, region=region, service=service)


STRICT = VerifyPolicy()
"""What a server should demand. Give it a region and a service with ``for_scope``."""

SPECIFICATION = VerifyPolicy(require_signed_amz_headers=False, require_normal_form=False)
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


def verify(request: Request, find_secret: FindSecret, now: datetime, policy: VerifyPolicy = STRICT) -> Verified:
    """Verify the signature of a request, in its headers or its query, Version 4 or 4a.

    Args:
        request: what arrived: the raw path and query of the request line, all headers in order, the whole body. A body
            that the server does not look at is given as the value of :class:`Unhashed` that it is announced with.
        find_secret: looks up an access key id.
        now: the server's time, aware, UTC.
        policy: what is demanded.

    Raises:
        VerificationError: with AWS's code, status and text for the caller, and the failed check for the operator.
        ScopeError: when ``now`` is not in UTC.
        MissingExtraError: for Signature Version 4a where cryptography is missing.
    """
    require_utc("now", now)
    claim = read_claim(request, token_is_signed=not policy.rules.omit_session_token)
    scope = _check_scope(claim, policy)
    _check_time(claim, scope, now, policy)
    credentials = _check_caller(claim, find_secret)
    fields = _check_signed_headers(claim, canonical_fields(request.headers), policy)
    canonical_request = _check_request(request, claim, fields, policy)
    string_to_sign = StringToSign.of(canonical_request, scope)
    if not derive_key(credentials, scope).verify(str(string_to_sign), claim.signature):
        raise _mismatch(
            "the signature differs: a wrong secret, or an altered request", canonical_request, string_to_sign
        )
    headers = Headers((name, value) for name, value in request.headers if name.lower() in fields)
    return Verified(claim.access_key_id, scope, headers, canonical_request)


def _check_scope(claim: Claim, policy: VerifyPolicy) -> Scope:
    try:
        regions = tuple(claim.region_set.split(",")) if claim.algorithm == ECDSA_P256_SHA256 else ()
        scope = Scope(parse_timestamp(claim.timestamp), claim.region, claim.service, regions)
    except ScopeError:
        raise incomplete("the date or the scope has another form", "Date must be in ISO-8601 'basic format'.") from None
    expectations = (
        ("date", scope.date, claim.date),
        ("service", policy.service or claim.service, claim.service),
        ("terminator", TERMINATOR, claim.terminator),
    )
    for what, expected, found in expectations:
        if found != expected:
            raise _refused(f"Credential should be scoped to {what} '{expected}', not '{found}'.", f"scope: {what}")
    if policy.region and not any(fnmatchcase(policy.region, region) for region in regions or (claim.region,)):
        found = claim.region_set or claim.region
        raise _refused(f"Credential should be scoped to region '{policy.region}', not '{found}'.", "scope: region")
    return scope


def _check_time(claim: Claim, scope: Scope, now: datetime, policy: VerifyPolicy) -> None:
    tolerance = policy.clock_tolerance
    past = tolerance if claim.expires_in is None else timedelta(seconds=claim.expires_in)
    if now - scope.time > past:
        text = f"Signature expired: {scope.timestamp} is now earlier than {format_timestamp(now - past)}"
        raise _refused(f"{text} ({format_timestamp(now)} - {_span(past)})", "the request's time is too far in the past")
    if scope.time - now > tolerance:
        text = f"Signature not yet current: {scope.timestamp} is still later than {format_timestamp(now + tolerance)}"
        raise _refused(f"{text} ({format_timestamp(now)} + {_span(tolerance)})", "the request's time is in the future")


def _check_caller(claim: Claim, find_secret: FindSecret) -> Credentials:
    credentials = find_secret(claim.access_key_id)
    if credentials is None:
        raise _unrecognized("the access key id is unknown")
    nothing = Secret("")
    if claim.session_token == nothing or (claim.session_token or nothing) != (credentials.session_token or nothing):
        raise _unrecognized("the session token is not the one that belongs to the access key id")
    return credentials


def _check_signed_headers(claim: Claim, arrived: Fields, policy: VerifyPolicy) -> Fields:
    """Return the fields that are signed."""
    names = claim.signed_headers.split(";")
    if names != sorted(set(names)) or claim.signed_headers != claim.signed_headers.lower():
        raise _refused("SignedHeaders must be in lower case, sorted, and each named once.", "signed headers: form")
    for required in _always_signed(claim):
        if required not in names:
            raise _must_be_signed(required)
    for name in names:
        if name not in arrived:
            raise _mismatch(f"a signed header did not arrive: {name}")
    if policy.require_signed_amz_headers:
        for name in sorted(arrived.keys() - set(names) - _MAY_ARRIVE_UNSIGNED):
            if name == "content-type" or name.startswith("x-amz"):
                raise _must_be_signed(name)
    return Fields({name: arrived[name] for name in names})


def _always_signed(claim: Claim) -> tuple[str, ...]:
    if claim.expires_in is not None:
        return ("host",)
    return ("host", "x-amz-date", REGION_SET) if claim.region_set else ("host", "x-amz-date")


def _check_request(request: Request, claim: Claim, fields: Fields, policy: VerifyPolicy) -> CanonicalRequest:
    if policy.require_normal_form:
        if "," in fields["host"]:
            raise _mismatch("there is more than one Host")
        if not _NORMAL_PATH.fullmatch(request.path):
            raise _mismatch("the path is not in normal form")
        if _AMBIGUOUS_IN_QUERY.search(request.query):
            raise _mismatch("the query holds a plus sign or a semicolon")
    hashed_payload = payload_hash(request.payload, claim.algorithm)
    announced = [value for name, value in request.headers if name.lower() == CONTENT_SHA256]
    if announced not in ([], [hashed_payload]):
        raise _mismatch("X-Amz-Content-SHA256 is not the hash of the body that arrived")
    return CanonicalRequest.of(request, claim.query.reveal(), fields, hashed_payload, policy.rules)


def _span(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    return f"{seconds} s" if seconds % 60 else f"{seconds // 60} min."


def _refused(message: str, check: str) -> VerificationError:
    return VerificationError("InvalidSignatureException", message, check=check)


def _must_be_signed(name: str) -> VerificationError:
    message = f"'{name}' must be a 'SignedHeader' in the AWS Authorization."
    return _refused(message, f"a header is not signed: {name}")


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
