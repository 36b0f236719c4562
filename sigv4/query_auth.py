"""Step 6 for a presigned URL: the signature's place in the query.

Everything that the headers would have carried becomes a parameter, so the URL alone is enough to send the request,
until it expires. Whoever has the URL can send it: keep it as secret as a key.

Source: IAM User Guide, "Create a signed AWS API request", step 6, "Add the signature to the query string"; Amazon S3
API Reference, "Authenticating requests: Using query parameters".
"""

from __future__ import annotations

from urllib.parse import quote

from sigv4.credentials import Credentials
from sigv4.errors import ExpiryError
from sigv4.rules import Rules
from sigv4.scope import Scope

LONGEST_EXPIRY = 604_800
"""Seconds: seven days, as long as a signing key is good for."""


def check_expiry(expires_in: int) -> None:
    """Refuse a lifetime outside 1 s to 7 days.

    Raises:
        ExpiryError: for anything but a whole number from 1 to 604,800.
    """
    if type(expires_in) is not int or not 1 <= expires_in <= LONGEST_EXPIRY:
        raise ExpiryError("expires_in", f"is {expires_in!r}; give a whole number of seconds from 1 to {LONGEST_EXPIRY}")


def query_before_signing(
    query: str, credentials: Credentials, scope: Scope, expires_in: int, signed_headers: str, rules: Rules
) -> str:
    """Return the request's wire query with the parameters that the signature covers."""
    parameters = [
        ("X-Amz-Algorithm", scope.algorithm),
        ("X-Amz-Credential", f"{credentials.access_key_id}/{scope}"),
        ("X-Amz-Date", scope.timestamp),
        ("X-Amz-Expires", str(expires_in)),
        ("X-Amz-SignedHeaders", signed_headers),
    ]
    if credentials.session_token is not None and not rules.omit_session_token:
        parameters.append(("X-Amz-Security-Token", credentials.session_token.reveal()))
    if scope.region_set:
        parameters.append(("X-Amz-Region-Set", ",".join(scope.region_set)))
    return _join(query, parameters)


def query_after_signing(query: str, credentials: Credentials, signature: str, rules: Rules) -> str:
    """Return the wire query with what is not signed: the signature, and a token where the rules leave it out."""
    parameters = []
    if credentials.session_token is not None and rules.omit_session_token:
        parameters.append(("X-Amz-Security-Token", credentials.session_token.reveal()))
    parameters.append(("X-Amz-Signature", signature))
    return _join(query, parameters)


def _join(query: str, parameters: list[tuple[str, str]]) -> str:
    encoded = "&".join(f"{name}={quote(value, '')}" for name, value in parameters)
    return f"{query}&{encoded}" if query else encoded
