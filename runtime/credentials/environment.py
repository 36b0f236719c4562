"""Credentials from the environment.

``None`` means that there are none here; an error means that there are some and they are of no use.

Source: AWS SDKs and Tools Reference Guide, "AWS access keys".
"""

from __future__ import annotations

from collections.abc import Mapping

from runtime.errors import CredentialsError
from sigv4 import Credentials, Secret
from sigv4 import CredentialsError as UnfitCredentialsError

KEY_ID = "AWS_ACCESS_KEY_ID"
SECRET = "AWS_SECRET_ACCESS_KEY"  # noqa: S105 - a variable's name
TOKENS = ("AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")


def credentials_from_environment(environment: Mapping[str, str]) -> Credentials | None:
    """Return the credentials of ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY`` and, if set, ``AWS_SESSION_TOKEN``.

    ``AWS_SECURITY_TOKEN`` stands in for the last one. An empty value counts as none.

    Raises:
        CredentialsError: for a key id without a secret, and for values that cannot be signed with.
    """
    key_id = environment.get(KEY_ID)
    if not key_id:
        return None
    # Held as secrets at once: a traceback that shows local variables must not find them here.
    secret, token = Secret(environment.get(SECRET) or ""), _token(environment)
    if secret == Secret(""):
        raise CredentialsError(f"{KEY_ID} is set and {SECRET} is not; set both, or neither")
    try:
        return Credentials(key_id, secret, token)
    except UnfitCredentialsError as error:
        raise CredentialsError(f"the environment's {error}") from None


def _token(environment: Mapping[str, str]) -> Secret | None:
    return next((Secret(environment[name]) for name in TOKENS if environment.get(name)), None)
