"""What a request says about its own signature, read from wherever it stands; nothing of it is believed yet.

There is exactly one place: the ``Authorization`` header, or the query. Two of them, or a field given twice or in
other letters, are refused here, because the next reader might choose the other one.

Source: IAM User Guide, "Elements of an AWS API request signature".
"""

from __future__ import annotations

import re

from attrs import field, frozen

from sigv4.canonical import SECURITY_TOKEN
from sigv4.credentials import Secret
from sigv4.errors import VerificationError
from sigv4.header_auth import AUTHENTICATION_PARAMETERS, REGION_SET
from sigv4.query_auth import LONGEST_EXPIRY
from sigv4.request import Request
from sigv4.scope import ECDSA_P256_SHA256, HMAC_SHA256
from sigv4.uri import decode, parameter_names

_PART = r"([!-+\--.0-~]+)"
"""Visible ASCII without the comma and the slash, which separate parts."""
_CREDENTIAL = re.compile(rf"([!-+\--.0-<>-~]+)/([0-9]{{8}})/(?:{_PART}/)?{_PART}/{_PART}")
_AUTHORIZATION = re.compile(r"([!-~]+) Credential=([!-+\--~]+), ?SignedHeaders=([!-+\--~]+), ?Signature=([!-+\--~]+)")
_CREDENTIAL_PARTS = ("access_key_id", "date", "region", "service", "terminator")
_SIGNED_HEADERS = re.compile(r"[!-+\--~]+")
_SIGNATURES = {HMAC_SHA256: re.compile(r"[0-9a-f]{64}"), ECDSA_P256_SHA256: re.compile(r"(?:[0-9a-f]{2}){8,72}")}
_EXPIRES = re.compile(r"[1-9][0-9]{0,5}")
_PARAMETER_MESSAGE = "Query-string authentication requires each of its parameters exactly once."
_PARAMETERS = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-Region-Set",
    "X-Amz-Security-Token",
    "X-Amz-Signature",
    "X-Amz-SignedHeaders",
)


@frozen(repr=False, kw_only=True)
class Claim:
    """What a request says: who signed, when, for what, and with which result.

    Attributes:
        algorithm: one of the two that there are.
        credential: the key id and the scope, ``KEYID/YYYYMMDD/REGION/SERVICE/aws4_request``.
        timestamp: the value of X-Amz-Date.
        signed_headers: the value of SignedHeaders.
        signature: hexadecimal digits.
        session_token: the token that came, or None.
        region_set: the value of X-Amz-Region-Set, or "".
        expires_in: seconds, for a presigned URL; else None.
        query: the wire query that was signed; it may hold the session token.

    Raises:
        VerificationError: IncompleteSignatureException for a part that has another form.
    """

    algorithm: str
    credential: str
    timestamp: str
    signed_headers: str
    signature: str
    session_token: Secret | None
    region_set: str
    expires_in: int | None
    query: Secret

    access_key_id: str = field(init=False)
    date: str = field(init=False)
    region: str = field(init=False)
    """The scope's region; "" under Signature Version 4a."""
    service: str = field(init=False)
    terminator: str = field(init=False)

    def __attrs_post_init__(self) -> None:
        form = _SIGNATURES.get(self.algorithm)
        if form is None:
            names = " or ".join(f"'{known}'" for known in _SIGNATURES)
            raise incomplete("the algorithm is another one", f"Authorization requires the algorithm {names}.")
        has_region_set = self.algorithm == ECDSA_P256_SHA256
        match = _CREDENTIAL.fullmatch(self.credential)
        if match is None or bool(match[3]) == has_region_set or bool(self.region_set) != has_region_set:
            message = "Credential must be KEYID/YYYYMMDD/REGION/SERVICE/aws4_request."
            raise incomplete("the credential has another form", message)
        if not _SIGNED_HEADERS.fullmatch(self.signed_headers):
            raise incomplete("the list of signed headers has another form", "SignedHeaders must be joined by ';'.")
        if not form.fullmatch(self.signature):
            raise incomplete("the signature has another form", "Signature must be lower-case hexadecimal digits.")
        for name, value in zip(_CREDENTIAL_PARTS, match.groups(""), strict=True):
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        return f"Claim({self.credential!r})"


def read_claim(request: Request, *, token_is_signed: bool) -> Claim:
    """Read the one signature of a request.

    Args:
        request: what arrived.
        token_is_signed: whether a session token in the query belongs to what was signed.

    Raises:
        VerificationError: MissingAuthenticationTokenException where there is no signature,
            IncompleteSignatureException where there are two or one has another form.
    """
    in_header = len(_values(request, "authorization"))
    in_query = bool(request.query) and not AUTHENTICATION_PARAMETERS.isdisjoint(parameter_names(request.query))
    if not in_header and not in_query:
        raise VerificationError(
            "MissingAuthenticationTokenException", "Missing Authentication Token", check="there is no signature"
        )
    if in_header + in_query > 1:
        raise incomplete("there is more than one signature", "Authorization must be given exactly once.")
    return _from_query(request, token_is_signed) if in_query else _from_headers(request)


def incomplete(check: str, message: str) -> VerificationError:
    """Return the refusal of a signature that is not in the form that AWS asks for."""
    return VerificationError("IncompleteSignatureException", message, check=check)


def _from_headers(request: Request) -> Claim:
    match = _AUTHORIZATION.fullmatch(_values(request, "authorization")[0])
    if match is None:
        raise incomplete("the Authorization header has another form", _what_is_missing(request))
    algorithm, credential, signed_headers, signature = match.groups()
    dates, region_sets = _values(request, "x-amz-date"), _values(request, REGION_SET)
    tokens = [Secret(value) for value in _values(request, SECURITY_TOKEN)]
    if len(dates) != 1 or len(tokens) > 1 or len(region_sets) > 1:
        message = "Authorization header requires existence of one 'X-Amz-Date' header."
        raise incomplete("a header of the signature is missing or doubled", message)
    return Claim(
        algorithm=algorithm,
        credential=credential,
        timestamp=dates[0],
        signed_headers=signed_headers,
        signature=signature,
        session_token=tokens[0] if tokens else None,
        region_set=region_sets[0] if region_sets else "",
        expires_in=None,
        query=Secret(request.query),
    )


def _from_query(request: Request, token_is_signed: bool) -> Claim:  # noqa: FBT001 - private
    names = [name for name in _parameter_names(request.query) if name.lower() in AUTHENTICATION_PARAMETERS]
    if len(names) != len(set(names)) or not set(names).issubset(_PARAMETERS):
        raise incomplete("a parameter of the signature is doubled or in other letters", _PARAMETER_MESSAGE)
    if any(_values(request, name) for name in ("x-amz-date", SECURITY_TOKEN, REGION_SET)):
        raise incomplete("headers of a signature beside one in the query", _PARAMETER_MESSAGE)

    found = _parameters(request.query)

    def text(name: str) -> str:
        return found[name].reveal() if name in found else ""

    expires = text("X-Amz-Expires")
    if not _EXPIRES.fullmatch(expires) or int(expires) > LONGEST_EXPIRY:
        raise incomplete("X-Amz-Expires is no lifetime", f"X-Amz-Expires must be from 1 to {LONGEST_EXPIRY} seconds.")
    return Claim(
        algorithm=text("X-Amz-Algorithm"),
        credential=text("X-Amz-Credential"),
        timestamp=text("X-Amz-Date"),
        signed_headers=text("X-Amz-SignedHeaders"),
        signature=text("X-Amz-Signature"),
        session_token=found.get("X-Amz-Security-Token"),
        region_set=text("X-Amz-Region-Set"),
        expires_in=int(expires),
        query=_signed_query(request.query, token_is_signed),
    )


def _parameter_names(query: str) -> list[str]:
    return [decode(parameter.partition("=")[0]) for parameter in query.split("&")]


def _parameters(query: str) -> dict[str, Secret]:
    pairs = [parameter.partition("=") for parameter in query.split("&")]
    return {decode(name): Secret(decode(value)) for name, _, value in pairs}


def _signed_query(query: str, token_is_signed: bool) -> Secret:  # noqa: FBT001 - private
    unsigned = ("X-Amz-Signature",) if token_is_signed else ("X-Amz-Signature", "X-Amz-Security-Token")
    parameters = zip(_parameter_names(query), query.split("&"), strict=True)
    return Secret("&".join([parameter for name, parameter in parameters if name not in unsigned]))


def _values(request: Request, wanted: str) -> list[str]:
    return [value for name, value in request.headers if name.lower() == wanted]


def _what_is_missing(request: Request) -> str:
    """Say in AWS's words what an Authorization header lacks, without repeating it."""
    authorization = _values(request, "authorization")[0]
    missing = [name for name in ("Credential", "Signature", "SignedHeaders") if f"{name}=" not in authorization]
    if missing:
        return " ".join(f"Authorization header requires '{name}' parameter." for name in missing)
    return "Authorization header has a malformed parameter."
