"""The whole flow, step by step.

::

    Request, Credentials, Scope, Rules
      -> CanonicalRequest -> StringToSign -> key.sign -> Signed (headers to add, or a URL)

Signing is a pure function: the time is an argument, and the request is never changed. Signature Version 4 and 4a
differ in the key and the names that the scope gives; the flow is one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol, final

from attrs import field, frozen

from sigv4.canonical import CanonicalRequest, signed_headers
from sigv4.credentials import Credentials
from sigv4.errors import MissingExtraError
from sigv4.header_auth import add_headers_before_signing, fields_to_sign, headers_after_signing
from sigv4.keys import SigningKey
from sigv4.payload import payload_hash
from sigv4.query_auth import check_expiry, query_after_signing, query_before_signing
from sigv4.request import Headers, Request
from sigv4.rules import GENERIC, Rules
from sigv4.scope import Scope
from sigv4.string_to_sign import StringToSign


class Key(Protocol):
    """What signs and verifies: a :class:`SigningKey`, or the key pair of Signature Version 4a."""

    def sign(self, string_to_sign: str) -> str:
        """Return the signature in hexadecimal digits."""

    def verify(self, string_to_sign: str, signature: str) -> bool:
        """Return whether the signature is this key's."""


@frozen(repr=False)
class Signed:
    """A signature with every step that led to it.

    Attributes:
        canonical_request: step 1; ``str()`` is the text.
        string_to_sign: step 3; ``str()`` is the text.
        signature: step 5, lower-case hexadecimal digits: 64, or for Signature Version 4a about 142.
        headers: step 6, the pairs to add to the request before it is sent, ``Authorization`` among them.
        url: step 6 for a presigned URL, the whole URL; ``""`` where the signature goes into the headers.
    """

    canonical_request: CanonicalRequest
    string_to_sign: StringToSign
    signature: str
    headers: Headers = field(factory=Headers)
    url: str = ""

    def __repr__(self) -> str:
        """Show where the signature goes, but neither a header's value nor the URL: a thief would want both."""
        place = ", ".join(name for name, _ in self.headers) if self.headers else "a presigned URL"
        return f"Signed({self.string_to_sign.scope!r}, {place})"


def sign_headers(request: Request, credentials: Credentials, scope: Scope, rules: Rules = GENERIC) -> Signed:
    """Sign a request with headers.

    Returns:
        the signature with its steps; add ``.headers`` to the request, then send it unchanged.

    Raises:
        AlreadySignedError: for a request that carries a signature, a date or a session token.
        RequestError: for a request without Host.
        MissingExtraError: for a region set where cryptography is missing.
    """
    return sign_headers_with(derive_key(credentials, scope), request, credentials, scope, rules)


def presign(
    request: Request, credentials: Credentials, scope: Scope, expires_in: int, rules: Rules = GENERIC
) -> Signed:
    """Sign a request with its query, as a URL.

    Args:
        request: whoever uses the URL must send the same method, headers and payload. Amazon S3 takes
            ``payload=UNSIGNED``; the other services want the body's hash.
        credentials: who signs.
        scope: when, where and for which service.
        expires_in: seconds from the scope's time on, 1 to 604,800.
        rules: how the service wants its requests signed; ``sign_body_header`` plays no part here.

    Returns:
        the signature with its steps; ``.url`` is what to use.

    Raises:
        ExpiryError: for a lifetime out of range.
        AlreadySignedError, RequestError, MissingExtraError: as :func:`sign_headers`.
    """
    check_expiry(expires_in)
    hashed_payload = payload_hash(request.payload, scope.algorithm)
    fields = fields_to_sign(request, hashed_payload)
    query = query_before_signing(request.query, credentials, scope, expires_in, signed_headers(fields), rules)
    canonical_request = CanonicalRequest.of(request, query, fields, hashed_payload, rules)
    string_to_sign = StringToSign.of(canonical_request, scope)
    signature = derive_key(credentials, scope).sign(str(string_to_sign))
    query = query_after_signing(query, credentials, signature, rules)
    url = f"{request.scheme}://{fields['host']}{request.path}?{query}"
    return Signed(canonical_request, string_to_sign, signature, url=url)


def derive_key(credentials: Credentials, scope: Scope) -> Key:
    """Step 4: derive the key that a scope asks for.

    Raises:
        MissingExtraError: for a region set where cryptography is missing.
    """
    if not scope.region_set:
        return SigningKey.derive(credentials, scope)
    try:
        from sigv4.keys_v4a import SigningKeyV4a  # noqa: PLC0415 - cryptography is an extra, loaded when it is needed
    except ModuleNotFoundError as error:
        raise MissingExtraError(error.name or "cryptography") from None
    return SigningKeyV4a.derive(credentials)


def sign_headers_with(key: Key, request: Request, credentials: Credentials, scope: Scope, rules: Rules) -> Signed:
    """Sign a request with headers and a key that was derived before; see :func:`sign_headers`."""
    hashed_payload = payload_hash(request.payload, scope.algorithm)
    fields = fields_to_sign(request, hashed_payload)
    added = add_headers_before_signing(fields, credentials, scope, hashed_payload, rules)
    canonical_request = CanonicalRequest.of(request, request.query, fields, hashed_payload, rules)
    string_to_sign = StringToSign.of(canonical_request, scope)
    signature = key.sign(str(string_to_sign))
    authorization = headers_after_signing(
        credentials, string_to_sign, canonical_request.signed_headers, signature, rules
    )
    return Signed(canonical_request, string_to_sign, signature, Headers(added + authorization))


@final
class Signer:
    """Signs many requests of one caller to one service; what does not change between them is kept.

    That is the derived key for its day, and the scope for its second: a time stamp has no fractions.

    The result is that of :func:`sign_headers`. A signer may be shared by threads.

    Args:
        credentials: who signs.
        region: such as ``eu-west-1``; left out with a region set.
        service: the signing name, such as ``sagemaker``.
        rules: how the service wants its requests signed.
        region_set: regions, or patterns with ``*``, for Signature Version 4a.
    """

    __slots__ = ("_credentials", "_kept", "_region", "_region_set", "_rules", "_service")

    def __init__(
        self,
        credentials: Credentials,
        *,
        service: str,
        region: str = "",
        rules: Rules = GENERIC,
        region_set: Iterable[str] = (),
    ) -> None:
        self._credentials = credentials
        self._region = region
        self._region_set = tuple(region_set)
        self._service = service
        self._rules = rules
        self._kept: tuple[Scope, Key] | None = None

    def sign(self, request: Request, time: datetime) -> Signed:
        """Sign a request as of ``time`` (aware, UTC); see :func:`sign_headers`."""
        kept = self._kept
        second = time.replace(microsecond=0)
        if kept is None or kept[0].time != second or kept[0].time.tzinfo is not time.tzinfo:
            # Replaced as a whole: another thread sees the old pair or the new one, never a mixture.
            kept = self._keep(Scope(second, self._region, self._service, self._region_set), kept)
        return sign_headers_with(kept[1], request, self._credentials, kept[0], self._rules)

    def _keep(self, scope: Scope, before: tuple[Scope, Key] | None) -> tuple[Scope, Key]:
        """Keep a scope for its second, and the key for its day."""
        is_same_day = before is not None and before[0].date == scope.date
        kept = (scope, before[1] if before is not None and is_same_day else derive_key(self._credentials, scope))
        self._kept = kept
        return kept

    def __repr__(self) -> str:
        where = ",".join(self._region_set) or self._region
        return f"Signer({self._credentials.access_key_id!r}, {where!r}, {self._service!r})"
