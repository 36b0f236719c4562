"""The client: a method for each operation, which builds the record, checks it, sends it and reads the answer."""

from __future__ import annotations

from types import TracebackType
from typing import Self, overload

import httpx

from runtime.client_base import ENVIRONMENT, SYSTEM_CLOCK, ClientBase
from runtime.codec import Input, Output, decode
from runtime.credentials.provider import CredentialsSource
from runtime.http1.tls import Verify
from runtime.http1.transport import Http1Transport, TransportOptions
from runtime.records import (
    Body,
    InvokeEndpointAsyncInput,
    InvokeEndpointAsyncOutput,
    InvokeEndpointInput,
    InvokeEndpointOutput,
)
from runtime.request_builder import Clock
from runtime.sender import Sender
from runtime.timeouts import Timeouts


class Client(ClientBase):
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
        verify: a bundle's path, an ``ssl.SSLContext``, True for certifi's bundle, False for no checks at all; None for
            ``AWS_CA_BUNDLE``, ``REQUESTS_CA_BUNDLE``, else certifi's.
        transport: any ``httpx.BaseTransport``; ``verify`` is then the transport's own business. The default is
            ``Http1Transport``, which goes through the environment's proxies.
        check_members: False sends what the service model would refuse, as long as it is safe.
        max_answer: bytes of an answer's body that are taken; None is no limit.
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
        verify: Verify = None,
        transport: httpx.BaseTransport | None = None,
        check_members: bool = True,
        max_answer: int | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        super().__init__(
            region,
            credentials=credentials,
            endpoint_url=endpoint_url,
            use_fips=use_fips,
            use_dualstack=use_dualstack,
            timeout=timeout,
            check_members=check_members,
            clock=clock,
        )
        transport = transport or Http1Transport(TransportOptions(verify=verify), ENVIRONMENT)
        self._sender = Sender(transport, self._builder, self._current_credentials, clock, max_answer)

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
        operation, request = self._prepare(record)
        response, elapsed = self._sender.send(operation, request, timeout or self._timeout)
        return decode(record, response, attempts=1, elapsed=elapsed)

    def close(self) -> None:
        """Close the connections; a call after it opens one of its own, which is not kept."""
        self._sender.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
