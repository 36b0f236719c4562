"""How a command ends when it cannot do its work."""

from __future__ import annotations

USAGE = 252
CONFIGURATION = 253
SERVICE = 254
GENERAL = 255
INTERRUPTED = 130


class CommandError(Exception):
    """A command cannot do its work; the text is for the user.

    Attributes:
        exit_code: what the process ends with.
    """

    def __init__(self, message: str, exit_code: int = GENERAL) -> None:
        super().__init__(message)
        self.exit_code = exit_code
