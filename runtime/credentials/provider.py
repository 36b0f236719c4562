"""What a client accepts as credentials, and how it makes one snapshot of them for each signature."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, final

from runtime.credentials.environment import KEY_ID, SECRET, credentials_from_environment
from runtime.errors import CredentialsError, NoCredentialsError
from sigv4 import Credentials


@final
class Anonymous:
    """The type of :data:`ANONYMOUS`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ANONYMOUS"

    def __reduce__(self) -> str:
        return "ANONYMOUS"  # pickled by name: there is one


ANONYMOUS: Final = Anonymous()
"""Send requests unsigned."""

CredentialsSource = Credentials | Callable[[], Credentials] | Anonymous | None
"""Keys, a callable that is asked for them before each request, ANONYMOUS, or None for the environment's."""


def current_credentials(source: CredentialsSource, environment: Mapping[str, str]) -> Credentials | None:
    """Return the credentials to sign with now; None for unsigned requests.

    Raises:
        NoCredentialsError: when there are none.
        CredentialsError: when those found cannot be used, or a callable returns something else.
    """
    if isinstance(source, Credentials):
        return source
    if isinstance(source, Anonymous):
        return None
    if source is None:
        found = credentials_from_environment(environment)
        if found is None:
            raise NoCredentialsError(
                f"no credentials: none were given, and {KEY_ID} is not set; "
                f"give credentials=Credentials(key_id, secret), set {KEY_ID} and {SECRET}, "
                "or give ANONYMOUS for unsigned requests"
            )
        return found
    supplied = source()
    if isinstance(supplied, Credentials):
        return supplied
    kind = type(supplied).__name__
    del supplied  # it may be a secret; a traceback that shows local variables must not find it here
    raise CredentialsError(f"the credentials callable returned {kind}; return sigv4.Credentials")
