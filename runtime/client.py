"""The client: a method for each operation, which builds the record, checks it, sends it and reads the answer."""

from __future__ import annotations

import os
import ssl
import time
import warnings
from datetime import UTC, datetime
from ipaddress import ip_address
from types import TracebackType
from typing import Self, overload

import httpx

from runtime.check import check_members, check_safety
from runtime.codec import Input, Output, decode, encode, operation_of
from runtime.config import Environment, find_endpoint_url, find_region
from runtime.credentials.provider import CredentialsSource, current_credentials
from runtime.endpoint import Endpoint, resolve_endpoint
from runtime.errors import ConfigError
from runtime.records import (
    Body,
    InvokeEndpointAsyncInput,
    InvokeEndpointAsyncOutput,
    InvokeEndpointInput,
    InvokeEndpointOutput,
)
from runtime.sender import Clock, Sender
from runtime.timeouts import Timeouts
from sigv4 import Credentials

SYSTEM_CLOCK = Clock(now=lambda: datetime.now(UTC), monotonic=time.monotonic)
"""The machine's own time."""

ENVIRONMENT = Environment(os.environ)


class PlainHttpWarning(UserWarning):
    """An endpoint URL sends requests unencrypted to another machine."""


class Client:
    """Calls SageMaker endpoints. A client may be shared by threads; close it, or use it in a ``with`` statement.

    Args:
        region: such as ``eu-west-1``; else ``AWS_REGION``, ``AWS_DEFAULT_REGION``.
        credentials: :class:`sigv4.Credentials`, a callable that returns them and is asked before each request,
            :data:`runtime.ANONYMOUS`, or None for the environment's.
        endpoint_url: an endpoint of your own, such as ``http://127.0.0.1:8080``; else
            ``AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME``, ``AWS_ENDPOINT_URL``, else the region's.
        use_fips: the region's endpoint with FIPS 140 validated cryptography.
        use_dualstack: the region's endpoint for IPv4 and IPv6.
        timeout: limits in seconds.
        verify: True for certifi's certificates, a bundle's path, an ``ssl.SSLContext``, or False for no checks at all.
        transport: any ``httpx.BaseTransport``; ``verify`` is then the transport's own business.
        check_members: False sends what the service model would refuse, as long as it is safe.
        clock: where the time comes from.

    Raises:
        ConfigError: for a missing region, and for a region or an endpoint URL that is none.
    """

    def __init__(
        self,
        region: str | None = None,
        *,
        credentials: CredentialsSource = None,
        endpoint_url: str | None = None,
        use_fips: bool = False,
        use_dualstack: bool = False,
        timeout: Timeouts | None = None,
        verify: bool | str | ssl.SSLContext = True,
        transport: httpx.BaseTransport | None = None,
        check_members: bool = True,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        url = find_endpoint_url(endpoint_url, ENVIRONMENT)
        self.endpoint = resolve_endpoint(find_region(region, ENVIRONMENT), use_fips, use_dualstack, url)
        _warn_of_plain_http(self.endpoint)
        self._credentials = credentials
        self._timeout = timeout or Timeouts()
        self._check_members = check_members
        self._sender = Sender(transport or _transport(verify), self.endpoint, self._current_credentials, clock)

    def invoke_endpoint(
        self,
        endpoint_name: str,
        body: Body,
        *,
        content_type: str | None = None,
        accept: str | None = None,
        custom_attributes: str | None = None,
        target_model: str | None = None,
        target_variant: str | None = None,
        target_container_hostname: str | None = None,
        inference_id: str | None = None,
        enable_explanations: str | None = None,
        inference_component_name: str | None = None,
        session_id: str | None = None,
        prefix_aware_id: str | None = None,
        timeout: Timeouts | None = None,
    ) -> InvokeEndpointOutput:
        """Send ``body`` to a model and return its answer.

        The members are described at :class:`InvokeEndpointInput`; those left out are not sent.

        Raises:
            InputError: before anything is sent, with every problem of the members.
            CredentialsError: when there is nothing to sign with.
            ServiceError: of AWS's name, such as ModelError, when the service or the model says no.
            TransportError: when no whole answer came.
        """
        record = InvokeEndpointInput(
            endpoint_name=endpoint_name,
            body=body,
            content_type=content_type,
            accept=accept,
            custom_attributes=custom_attributes,
            target_model=target_model,
            target_variant=target_variant,
            target_container_hostname=target_container_hostname,
            inference_id=inference_id,
            enable_explanations=enable_explanations,
            inference_component_name=inference_component_name,
            session_id=session_id,
            prefix_aware_id=prefix_aware_id,
        )
        return self.send(record, timeout=timeout)

    def invoke_endpoint_async(
        self,
        endpoint_name: str,
        *,
        input_location: str | None = None,
        body: Body | None = None,
        content_type: str | None = None,
        accept: str | None = None,
        custom_attributes: str | None = None,
        inference_id: str | None = None,
        s3_output_path_extension: str | None = None,
        filename: str | None = None,
        request_ttl_seconds: int | None = None,
        invocation_timeout_seconds: int | None = None,
        timeout: Timeouts | None = None,
    ) -> InvokeEndpointAsyncOutput:
        """Queue a request to a model and return where its answer will be.

        Exactly one of ``input_location`` and ``body`` is given. The members are described at
        :class:`InvokeEndpointAsyncInput`; those left out are not sent.

        Raises:
            InputError: before anything is sent, with every problem of the members.
            CredentialsError: when there is nothing to sign with.
            ServiceError: of AWS's name, such as ValidationError, when the service says no.
            TransportError: when no whole answer came.
        """
        record = InvokeEndpointAsyncInput(
            endpoint_name=endpoint_name,
            input_location=input_location,
            body=body,
            content_type=content_type,
            accept=accept,
            custom_attributes=custom_attributes,
            inference_id=inference_id,
            s3_output_path_extension=s3_output_path_extension,
            filename=filename,
            request_ttl_seconds=request_ttl_seconds,
            invocation_timeout_seconds=invocation_timeout_seconds,
        )
        return self.send(record, timeout=timeout)

    @overload
    def send(self, record: InvokeEndpointInput, *, timeout: Timeouts | None = None) -> InvokeEndpointOutput: ...
    @overload
    def send(
        self, record: InvokeEndpointAsyncInput, *, timeout: Timeouts | None = None
    ) -> InvokeEndpointAsyncOutput: ...
    def send(self, record: Input, *, timeout: Timeouts | None = None) -> Output:
        """Send a request record; see the operation's own method for what comes back and what is raised."""
        operation = operation_of(record)
        (check_members if self._check_members else check_safety)(operation, record)
        response, elapsed = self._sender.send(operation.name, encode(operation, record), timeout or self._timeout)
        return decode(record, response, attempts=1, elapsed=elapsed)

    def close(self) -> None:
        """Close the connections; the client cannot be used afterwards."""
        self._sender.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        endpoint = getattr(self, "endpoint", None)  # a client that could not be made has none
        return f"Client({endpoint and endpoint.signing_region!r}, endpoint_url={endpoint and endpoint.url!r})"

    def _current_credentials(self) -> Credentials | None:
        return current_credentials(self._credentials, ENVIRONMENT)


def _transport(verify: bool | str | ssl.SSLContext) -> httpx.HTTPTransport:  # noqa: FBT001 - ssl and httpx have it so
    context = _context_of_bundle(verify) if isinstance(verify, str) else verify
    # trust_env would read SSL_CERT_FILE and add proxies of its own choice.
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=10, keepalive_expiry=15)
    return httpx.HTTPTransport(verify=context, trust_env=False, limits=limits)


def _context_of_bundle(path: str) -> ssl.SSLContext:
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cafile=path)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigError(f"verify names {path!r}, which is no bundle of certificates in PEM form: {reason}") from None
    return context


def _warn_of_plain_http(endpoint: Endpoint) -> None:
    scheme, host = _scheme_and_host(endpoint.url)
    if scheme == "http" and not _is_loopback(host):
        text = f"requests to {endpoint.url} are not encrypted: the session token and the body can be read on the way"
        warnings.warn(text, PlainHttpWarning, stacklevel=3)


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
