"""What ``client`` is, for asyncio; the two differ by ``await`` alone."""

from __future__ import annotations

from types import TracebackType
from typing import Self, overload

import httpx

from runtime.async_sender import AsyncSender
from runtime.client_base import ENVIRONMENT, SYSTEM_CLOCK, ClientBase
from runtime.codec import Input, Output, decode
from runtime.credentials.provider import CredentialsSource
from runtime.http1.async_transport import AsyncHttp1Transport
from runtime.http1.tls import Verify
from runtime.http1.transport import TransportOptions
from runtime.records import (
    Body,
    InvokeEndpointAsyncInput,
    InvokeEndpointAsyncOutput,
    InvokeEndpointInput,
    InvokeEndpointOutput,
)
from runtime.request_builder import Clock
from runtime.timeouts import Timeouts


class AsyncClient(ClientBase):
    """Calls SageMaker endpoints on an asyncio event loop, the one on which it is first used.

    Close it, or use it in an ``async with`` statement. Under trio give ``transport=httpx.AsyncHTTPTransport()``.

    Args:
        transport: any ``httpx.AsyncBaseTransport``; the default is ``AsyncHttp1Transport``.
        others: as for :class:`runtime.Client`.

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
        transport: httpx.AsyncBaseTransport | None = None,
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
        transport = transport or AsyncHttp1Transport(TransportOptions(verify=verify), ENVIRONMENT)
        self._sender = AsyncSender(transport, self._builder, self._current_credentials, clock, max_answer)

    async def invoke_endpoint(
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
        """Send ``body`` to a model and return its answer; see :meth:`runtime.Client.invoke_endpoint`."""
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
        return await self.send(record, timeout=timeout)

    async def invoke_endpoint_async(
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
        """Queue a request and return where its answer will be; see :meth:`runtime.Client.invoke_endpoint_async`."""
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
        return await self.send(record, timeout=timeout)

    @overload
    async def send(self, record: InvokeEndpointInput, *, timeout: Timeouts | None = None) -> InvokeEndpointOutput: ...
    @overload
    async def send(
        self, record: InvokeEndpointAsyncInput, *, timeout: Timeouts | None = None
    ) -> InvokeEndpointAsyncOutput: ...
    async def send(self, record: Input, *, timeout: Timeouts | None = None) -> Output:
        """Send a request record; see the operation's own method for what comes back and what is raised."""
        operation, request = self._prepare(record)
        response, elapsed = await self._sender.send(operation, request, timeout or self._timeout)
        return decode(record, response, attempts=1, elapsed=elapsed)

    async def aclose(self) -> None:
        """Close the connections; a call after it opens one of its own, which is not kept."""
        await self._sender.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()
