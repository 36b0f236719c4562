"""What both clients have in common: the settings, and what is done before and after a request is sent."""

from __future__ import annotations

import os
import time
import warnings
from datetime import UTC, datetime
from ipaddress import ip_address

import httpx

from runtime.check import check_members, check_safety
from runtime.codec import Input, encode, operation_of
from runtime.config import Environment, find_endpoint_url, find_region
from runtime.credentials.provider import CredentialsSource, current_credentials
from runtime.endpoint import Endpoint, resolve_endpoint
from runtime.errors import ConfigError
from runtime.http import HttpRequest
from runtime.request_builder import Clock, RequestBuilder
from runtime.timeouts import Timeouts
from sigv4 import Credentials

SYSTEM_CLOCK = Clock(now=lambda: datetime.now(UTC), monotonic=time.monotonic)
"""The machine's own time."""

ENVIRONMENT = Environment(os.environ)
"""The process's own variables."""


class PlainHttpWarning(UserWarning):
    """An endpoint URL sends requests unencrypted to another machine."""


class ClientBase:
    """The settings of a client, and the steps that need no transport."""

    def __init__(
        self,
        region: str | None,
        *,
        credentials: CredentialsSource,
        endpoint_url: str | None,
        use_fips: bool,
        use_dualstack: bool,
        timeout: Timeouts | None,
        check_members: bool,
        clock: Clock,
    ) -> None:
        url = find_endpoint_url(endpoint_url, ENVIRONMENT)
        self.endpoint = resolve_endpoint(find_region(region, ENVIRONMENT), use_fips, use_dualstack, url)
        _warn_of_plain_http(self.endpoint)
        self._credentials = credentials
        self._timeout = timeout or Timeouts()
        self._check_members = check_members
        self._builder = RequestBuilder(self.endpoint, clock.now)

    def __repr__(self) -> str:
        endpoint = getattr(self, "endpoint", None)  # a client that could not be made has none
        name = type(self).__name__
        return f"{name}({endpoint and endpoint.signing_region!r}, endpoint_url={endpoint and endpoint.url!r})"

    def _prepare(self, record: Input) -> tuple[str, HttpRequest]:
        """Check a record and make its request; return the operation's name with it."""
        operation = operation_of(record)
        (check_members if self._check_members else check_safety)(operation, record)
        return operation.name, encode(operation, record)

    def _current_credentials(self) -> Credentials | None:
        return current_credentials(self._credentials, ENVIRONMENT)


def _warn_of_plain_http(endpoint: Endpoint) -> None:
    scheme, host = _scheme_and_host(endpoint.url)
    if scheme == "http" and not _is_loopback(host):
        text = f"requests to {endpoint.url} are not encrypted: the session token and the body can be read on the way"
        warnings.warn(text, PlainHttpWarning, stacklevel=4)


def _scheme_and_host(url: str) -> tuple[str, str]:
    try:
        parsed = httpx.URL(url)
        host = parsed.host
    except (httpx.InvalidURL, ValueError, IndexError):  # the last two from idna, for a broken xn-- name
        raise ConfigError("the endpoint URL's host is no name that can be looked up") from None
    return parsed.scheme, host


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
