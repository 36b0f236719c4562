"""The whole flow, step by step.

::

    Request, Credentials, Scope, Rules
      -> CanonicalRequest -> StringToSign -> SigningKey.sign -> Signed (the headers to add)

Signing is a pure function: the time is an argument, and the request is never changed.
"""

from __future__ import annotations

from datetime import datetime
from typing import final

from attrs import frozen

from sigv4.canonical import CanonicalRequest
from sigv4.credentials import Credentials
from sigv4.header_auth import fields_to_sign, headers_after_signing, headers_before_signing
from sigv4.keys import SigningKey
from sigv4.payload import payload_hash
from sigv4.request import Headers, Request
from sigv4.rules import GENERIC, Rules
from sigv4.scope import Scope
from sigv4.string_to_sign import StringToSign


@frozen(repr=False)
class Signed:
    """A signature with every step that led to it.

    Attributes:
        canonical_request: step 1; ``str()`` is the text.
        string_to_sign: step 3; ``str()`` is the text.
        signature: step 5, 64 lower-case hexadecimal digits.
        headers: step 6, the pairs to add to the request before it is sent, ``Authorization`` among them.
    """

    canonical_request: CanonicalRequest
    string_to_sign: StringToSign
    signature: str
    headers: Headers

    def __repr__(self) -> str:
        """Show the names of the headers only: their values are what a thief would want."""
        names = ", ".join(name for name, _ in self.headers)
        return f"Signed({self.string_to_sign.scope!r}, headers to add: {names})"


def sign_headers(request: Request, credentials: Credentials, scope: Scope, rules: Rules = GENERIC) -> Signed:
    """Sign a request with headers.

    Returns:
        the signature with its steps; add ``.headers`` to the request, then send it unchanged.

    Raises:
        AlreadySignedError: for a request that carries a signature, a date or a session token.
        RequestError: for a request without Host or with an invalid percent escape.
    """
    return _sign(request, credentials, scope, SigningKey.derive(credentials.secret_access_key, scope), rules)


def _sign(request: Request, credentials: Credentials, scope: Scope, key: SigningKey, rules: Rules) -> Signed:
    hashed_payload = payload_hash(request.payload)
    added = headers_before_signing(credentials, scope, hashed_payload, rules)
    fields = fields_to_sign(request, added, hashed_payload)
    canonical_request = CanonicalRequest.of(request, fields, hashed_payload, rules)
    string_to_sign = StringToSign.of(canonical_request, scope)
    signature = key.sign(string_to_sign)
    authorization = headers_after_signing(
        credentials, string_to_sign, canonical_request.signed_headers, signature, rules
    )
    return Signed(canonical_request, string_to_sign, signature, added + authorization)


@final
class Signer:
    """Signs many requests of one caller to one service in one region; the derived key is kept for its day.

    The result is that of :func:`sign_headers`. A signer may be shared by threads.

    Args:
        credentials: who signs.
        region: such as ``eu-west-1``.
        service: the signing name, such as ``sagemaker``.
        rules: how the service wants its requests signed.
    """

    __slots__ = ("_credentials", "_dated_key", "_region", "_rules", "_service")

    def __init__(self, credentials: Credentials, *, region: str, service: str, rules: Rules = GENERIC) -> None:
        self._credentials = credentials
        self._region = region
        self._service = service
        self._rules = rules
        self._dated_key: tuple[str, SigningKey] | None = None

    def sign(self, request: Request, time: datetime) -> Signed:
        """Sign a request as of ``time`` (aware, UTC); see :func:`sign_headers`."""
        scope = Scope(time, self._region, self._service)
        dated_key = self._dated_key
        if dated_key is None or dated_key[0] != scope.date:
            # Replaced as a whole: another thread sees the old pair or the new one, never a mixture.
            dated_key = (scope.date, SigningKey.derive(self._credentials.secret_access_key, scope))
            self._dated_key = dated_key
        return _sign(request, self._credentials, scope, dated_key[1], self._rules)

    def __repr__(self) -> str:
        return f"Signer({self._credentials.access_key_id!r}, region={self._region!r}, service={self._service!r})"
