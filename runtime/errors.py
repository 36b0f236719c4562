"""What can go wrong, as one tree; nothing else leaves this package.

::

    Error(Exception)
    ├── InputError             members outside their limits: all of them at once, before anything is sent
    ├── ConfigError            a setting that makes no sense
    │   └── NoRegionError          nothing names a region
    ├── CredentialsError       credentials that are of no use
    │   └── NoCredentialsError     there are none
    ├── TransportError         no whole answer came; ``delivery`` says whether the request can have arrived
    │   ├── ConnectError           no connection
    │   ├── ConnectTimeoutError    no connection in time
    │   ├── ProxyError             the proxy did not open a way
    │   ├── PoolTimeoutError       every connection was in use for too long
    │   ├── WriteTimeoutError      the other side did not take the request
    │   ├── FirstByteTimeoutError  the request left and no answer began
    │   ├── StallTimeoutError      the answer stopped coming
    │   ├── DeadlineError          the whole call took too long
    │   ├── ConnectionLostError    the connection ended before the answer
    │   └── ProtocolError          what came is no HTTP/1.1, or more than is allowed
    └── ServiceError           an answer that says no; AWS's names stand below it in ``service_errors``
        └── UnexpectedAnswerError   an answer that says yes and lacks what it must hold

Every error can be pickled. No text of one holds a secret, a session token, a body or a header's value.
"""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from sigv4 import Headers

Delivery = Literal["not_sent", "unknown", "answered"]
"""What became of a failed request: its last byte never left; nobody can tell; a status line and headers came."""


class Error(Exception):
    """Base of everything that this package raises."""


@frozen
class Problem:
    """One member that may not be sent.

    Attributes:
        member: AWS's name of it, such as ``EndpointName``.
        problem: what was found, what was expected and what to do.
    """

    member: str
    problem: str

    def __str__(self) -> str:
        return f"{self.member} {self.problem}"


class InputError(Error, ValueError):
    """A request was refused before anything was sent.

    Attributes:
        operation: AWS's name of the operation, such as ``InvokeEndpoint``.
        problems: every problem that was found, in the order of the members.
    """

    def __init__(self, operation: str, problems: tuple[Problem, ...]) -> None:
        super().__init__(operation, problems)
        self.operation = operation
        self.problems = problems

    def __str__(self) -> str:
        return f"{self.operation} was not sent: " + "; ".join(str(problem) for problem in self.problems)


class ConfigError(Error):
    """A setting is missing or makes no sense; the text names it, where it came from and what to do."""


class NoRegionError(ConfigError):
    """Nothing names a region."""


class CredentialsError(Error):
    """There are credentials, and they are of no use; the text names where they came from."""


class NoCredentialsError(CredentialsError):
    """No source has credentials; the text names each source that was asked."""


class TransportError(Error):
    """No whole answer came.

    Attributes:
        delivery: ``not_sent``, ``unknown`` or ``answered``.
        attempts: how often the request was sent, this time included.
        elapsed: seconds since the call began.
        partial: the part of the answer's body that had arrived.
        bytes_sent: of the request, its head included, that left; None where the transport does not say.
        bytes_received: of the answer, its head included, that came; None where the transport does not say.
    """

    def __init__(
        self,
        message: str,
        *,
        delivery: Delivery = "unknown",
        attempts: int = 1,
        elapsed: float = 0.0,
        partial: bytes = b"",
        bytes_sent: int | None = None,
        bytes_received: int | None = None,
    ) -> None:
        super().__init__(message)
        self.bytes_sent = bytes_sent
        self.bytes_received = bytes_received
        self.delivery: Delivery = delivery
        self.attempts = attempts
        self.elapsed = elapsed
        self.partial = partial

    def __str__(self) -> str:
        return f"{self.args[0]} (delivery: {self.delivery}, {self.elapsed:.3f} s)"


class ConnectError(TransportError):
    """There is no connection: a name without an address, a port that nobody listens at, a certificate refused."""


class ConnectTimeoutError(TransportError):
    """The connection did not stand in time (``Timeouts.connect``)."""


class ProxyError(TransportError):
    """The proxy did not open a way to the endpoint."""


class PoolTimeoutError(TransportError):
    """Every connection was in use for too long."""


class WriteTimeoutError(TransportError):
    """The other side did not take the request (``Timeouts.write``)."""


class FirstByteTimeoutError(TransportError):
    """The request left and no answer began (``Timeouts.first_byte``); the model may have run, or may still."""


class StallTimeoutError(TransportError):
    """The answer stopped coming (``Timeouts.stall``)."""


class DeadlineError(TransportError):
    """The whole call took too long (``Timeouts.total``)."""


class ConnectionLostError(TransportError):
    """The connection ended before the answer did."""


class ProtocolError(TransportError):
    """What came is no HTTP/1.1, or more than is allowed."""


class ServiceError(Error):
    """The service answered with an error.

    Attributes:
        code: AWS's name of the error, such as ``ThrottlingException``; the status as text where there is none.
        message: the service's own words.
        operation: AWS's name of the operation.
        status_code: the HTTP status.
        request_id: AWS's id of the request, to be given to AWS's support; ``None`` where the answer had none.
        headers: the answer's headers, as they came.
        body: the answer's body, as it came.
        attempts: how often the request was sent.
        elapsed: seconds since the call began.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        operation: str = "",
        status_code: int = 0,
        request_id: str | None = None,
        headers: Headers | None = None,
        body: bytes = b"",
        attempts: int = 1,
        elapsed: float = 0.0,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.operation = operation
        self.status_code = status_code
        self.request_id = request_id
        self.headers = Headers() if headers is None else headers
        self.body = body
        self.attempts = attempts
        self.elapsed = elapsed

    def __str__(self) -> str:
        return f"An error occurred ({self.code}) when calling the {self.operation} operation: {self.message}"


class UnexpectedAnswerError(ServiceError):
    """The answer says that it succeeded and lacks what a success must hold, or is in a form that cannot be read."""
