"""Who signs: a key id, a secret and, for temporary credentials, a session token.

The secret and the token are :class:`Secret` values, which no ``repr``, ``str`` or format shows. They can be read only
by a call of ``reveal``, so a search for that word finds every use of them.

Source: IAM User Guide, "AWS security credentials" and "Temporary security credentials in IAM".
"""

from __future__ import annotations

import hmac
from typing import final

from attrs import frozen

from sigv4.errors import CredentialsError


@final
class Secret:
    """A text that is not shown by accident.

    ``Secret("x").reveal()`` gives the text; everything else that prints it gives ``***``.
    Two secrets are compared in constant time.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('***')"

    def __str__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(_bytes(self._text), _bytes(other._text))

    def __hash__(self) -> int:
        return hash(("Secret", self._text))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _secret(value: str | Secret) -> Secret:
    return value if isinstance(value, Secret) else Secret(value)


@frozen(init=False, repr=False)
class Credentials:
    """The keys of one caller, as one snapshot: a signature never mixes two of them.

    Args:
        access_key_id: printable ASCII without space, comma, ``=`` or ``/``, which separate fields of the signature.
        secret_access_key: any text without control characters; held as a :class:`Secret`.
        session_token: printable ASCII, sent as ``X-Amz-Security-Token``; ``None`` for long-term keys.

    Raises:
        CredentialsError: for a value that is empty or holds a character that may not stand there. It is not shown.
    """

    access_key_id: str
    secret_access_key: Secret
    session_token: Secret | None

    def __init__(
        self, access_key_id: str, secret_access_key: str | Secret, session_token: str | Secret | None = None
    ) -> None:
        # The plain texts are let go of at once: a traceback that shows local variables must not find them here.
        secret_access_key = _secret(secret_access_key)
        session_token = None if session_token is None else _secret(session_token)
        fault = _fault(access_key_id, " ,/=", ascii_only=True)
        if fault:
            raise CredentialsError("access_key_id", fault)
        fault = _fault(secret_access_key.reveal(), "")
        if fault:
            raise CredentialsError("secret_access_key", fault)
        fault = session_token and _fault(session_token.reveal(), " ", ascii_only=True)
        if fault:
            raise CredentialsError("session_token", fault)
        self.__attrs_init__(access_key_id, secret_access_key, session_token)

    def __repr__(self) -> str:
        key_id = getattr(self, "access_key_id", "")  # credentials that were refused have none
        return f"Credentials({key_id!r}, {'***'!r})"


def _fault(text: str, forbidden: str, *, ascii_only: bool = False) -> str | None:
    """Say what is wrong with a value, without the value."""
    if not text:
        return "is empty; give the value that AWS issued, or leave the credentials out"
    for position, character in enumerate(text, start=1):
        if ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0:  # noqa: PLR2004 - the two control ranges of Unicode
            line_break = "a line break (was it read from a file with a final newline?)"
            found = line_break if character in "\r\n" else "a control character"
        elif 0xD800 <= ord(character) < 0xE000:  # noqa: PLR2004 - surrogates, which have no UTF-8 form
            found = "half of a surrogate pair"
        elif character in forbidden or (ascii_only and not character.isascii()):
            found = "a character that may not stand in it"
        else:
            continue
        return f"character {position} of {len(text)} is {found}"
    return None
