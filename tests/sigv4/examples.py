"""A caller, a scope and a request for the tests, and small changes to requests."""

from collections.abc import Callable
from datetime import UTC, datetime

from attrs import evolve

from sigv4 import GENERIC, Credentials, Request, Rules, Scope, sign_headers

TIME = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
SCOPE = Scope(TIME, "eu-west-1", "sagemaker")
CREDENTIALS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
TEMPORARY = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "AQoDYXdzEPT//wEXAMPLE==")
INVOKE = Request(
    "POST",
    "/endpoints/iris/invocations",
    "a=1&b=x%20y",
    [
        ("Host", "runtime.sagemaker.eu-west-1.amazonaws.com"),
        ("Content-Type", "text/csv"),
        ("X-Amzn-SageMaker-Custom-Attributes", "tenant=a"),
    ],
    b"5.1,3.5,1.4,0.2\n",
)


def signed_request(
    request: Request = INVOKE, credentials: Credentials = CREDENTIALS, scope: Scope = SCOPE, rules: Rules = GENERIC
) -> Request:
    """Return the request with the headers that signing adds: what is sent."""
    added = sign_headers(request, credentials, scope, rules).headers
    return evolve(request, headers=request.headers + added)


def finds(*known: Credentials) -> Callable[[str], Credentials | None]:
    """Return a lookup that knows these callers and no others."""
    return {credentials.access_key_id: credentials for credentials in known}.get


def header(request: Request, name: str) -> str:
    """Return the value of a header that comes once."""
    (value,) = [value for found, value in request.headers if found.lower() == name]
    return value


def with_header(request: Request, name: str, value: str) -> Request:
    """Return the request with one header more, after the others."""
    return evolve(request, headers=(*request.headers, (name, value)))


def with_value(request: Request, name: str, value: str) -> Request:
    """Return the request with another value in the header of this lower-case name."""
    header(request, name)  # it is there, once
    pairs = [(found, value if found.lower() == name else old) for found, old in request.headers]
    return evolve(request, headers=pairs)


def renamed(request: Request, old: str, new: str) -> Request:
    """Return the request with another name for the header of this lower-case name."""
    header(request, old)
    return evolve(request, headers=[(new if name.lower() == old else name, value) for name, value in request.headers])
