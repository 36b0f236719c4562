"""Who signs: a key id, a secret and, for temporary credentials, a session token.

The secret and the token are :class:`Secret` values, which no ``repr``, ``str`` or format shows.
They can be read only by a call of ``reveal``, so a search for that word finds every use of them.

Source: IAM User Guide, "AWS security credentials" and "Temporary security credentials in IAM".
"""

from __future__ import annotations

import hmac
from typing import final

from attrs import field, frozen

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
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash(("Secret", self._text))


def _secret(value: str | Secret) -> Secret:
    return value if isinstance(value, Secret) else Secret(value)


def _optional_secret(value: str | Secret | None) -> Secret | None:
    return None if value is None else _secret(value)


@frozen
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
    secret_access_key: Secret = field(converter=_secret)
    session_token: Secret | None = field(converter=_optional_secret, default=None)

    def __attrs_post_init__(self) -> None:
        _refuse("access_key_id", self.access_key_id, forbidden=" ,/=", ascii_only=True)
        _refuse("secret_access_key", self.secret_access_key.reveal(), forbidden="", ascii_only=False)
        if self.session_token is not None:
            _refuse("session_token", self.session_token.reveal(), forbidden=" ", ascii_only=True)


def _refuse(where: str, text: str, *, forbidden: str, ascii_only: bool) -> None:
    if not text:
        raise CredentialsError(where, "is empty; give the value that AWS issued, or leave the credentials out")
    for position, character in enumerate(text, start=1):
        if ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0:  # noqa: PLR2004 - the two control ranges of Unicode
            found = (
                "a line break (was it read from a file with a final newline?)"
                if character in "\r\n"
                else "a control character"
            )
        elif 0xD800 <= ord(character) < 0xE000:  # noqa: PLR2004 - surrogates, which have no UTF-8 form
            found = "half of a surrogate pair"
        elif character in forbidden or (ascii_only and not character.isascii()):
            found = "a character that may not stand in it"
        else:
            continue
        raise CredentialsError(where, f"character {position} of {len(text)} is {found}")
