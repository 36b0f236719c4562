"""What can go wrong, as one tree.

::

    SigV4Error
    ├── SigningError             the input cannot be signed; also a ValueError; nothing was changed
    │   ├── CredentialsError     an empty key, a line break in a token
    │   ├── ScopeError           a time without UTC, a region or service that is no scope field
    │   ├── ExpiryError          a lifetime of a presigned URL outside 1 s to 7 days
    │   ├── RequestError         a method, path, query, header or URL that may not stand on the wire
    │   └── AlreadySignedError   the request carries a signature or a field that signing adds
    ├── MissingExtraError        Signature Version 4a without cryptography; also an ImportError
    └── VerificationError        a request was refused, with AWS's code, status and text

No message holds a secret, a session token or a body.
"""

from __future__ import annotations


class SigV4Error(Exception):
    """Base of everything that this package raises."""


class SigningError(SigV4Error, ValueError):
    """The input cannot be signed.

    Attributes:
        where: the argument or member at fault, such as ``"headers['x-test']"``.
        problem: what was found, what was expected and what to do.
    """

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(where, problem)
        self.where = where
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.where}: {self.problem}"


class CredentialsError(SigningError):
    """A key id, secret or session token that no signature can be made with."""


class ScopeError(SigningError):
    """A time, region or service that cannot stand in a credential scope."""


class ExpiryError(SigningError):
    """A lifetime that no presigned URL can have."""


class RequestError(SigningError):
    """A method, path, query, header or URL that may not stand in an HTTP request."""


class AlreadySignedError(SigningError):
    """The request already carries a field that signing would add; signing it again would send that field twice."""


class MissingExtraError(SigV4Error, ImportError):
    """Signature Version 4a needs a package that is not installed.

    Attributes:
        name: of the package.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return f"Signature Version 4a needs {self.name}; install it with: pip install 'sigv4-runtime[crypto]'"


class VerificationError(SigV4Error):
    """A request was refused by :func:`sigv4.verify`.

    Attributes:
        code: AWS's name of the error, such as ``"InvalidSignatureException"``.
        status: the HTTP status that AWS answers with.
        message: AWS's text for the caller. It never says more than AWS does.
        check: the check that failed, in a few words for the operator's log; not for the caller.
    """

    def __init__(self, code: str, message: str, *, check: str, status: int = 403) -> None:
        super().__init__(code, message, check, status)
        self.code = code
        self.message = message
        self.check = check
        self.status = status

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild_verification_error, (self.code, self.message, self.check, self.status)


def _rebuild_verification_error(code: str, message: str, check: str, status: int) -> VerificationError:
    """Unpickle: ``check`` and ``status`` are keyword arguments."""
    return VerificationError(code, message, check=check, status=status)
