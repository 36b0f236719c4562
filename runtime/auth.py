"""Signing for anyone's own httpx client: an ``httpx.Auth`` that is also a plain callable.

httpx asks for it when a request is finished, so what is signed is what is sent; each try is signed anew.

Do not follow redirects with it. httpx takes ``Authorization`` off a request that goes to another host, but not the
session token beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from datetime import UTC, datetime

import httpx

from sigv4 import GENERIC, UNSIGNED, Credentials, Request, Rules, Signer, Unhashed

_ADDED_BEFORE = ("authorization", "x-amz-date", "x-amz-security-token", "x-amz-region-set")


def _machine_time() -> datetime:
    return datetime.now(UTC)


class SigV4Auth(httpx.Auth):
    """Signs requests with AWS Signature Version 4, or 4a with a region set.

    ``httpx.Client(auth=SigV4Auth(…))`` and ``httpx.AsyncClient(auth=SigV4Auth(…))`` sign every request;
    ``SigV4Auth(…)(request)`` signs one ``httpx.Request`` whose body is in memory.

    Args:
        credentials: the keys, or a callable that returns them and is asked before each signature.
        service: the signing name, such as ``sagemaker`` or ``execute-api``.
        region: such as ``eu-west-1``; left out with a region set.
        region_set: regions, or patterns with ``*``, for Signature Version 4a.
        rules: how the service wants its requests signed.
        payload: ``UNSIGNED`` leaves the body out of the signature, so that it can be streamed; only Amazon S3 takes
        that. now: the time, aware, UTC.

    Raises:
        SigningError: when used on a request that cannot be signed.
    """

    def __init__(
        self,
        credentials: Credentials | Callable[[], Credentials],
        *,
        service: str,
        region: str = "",
        region_set: Iterable[str] = (),
        rules: Rules = GENERIC,
        payload: Unhashed | None = None,
        now: Callable[[], datetime] = _machine_time,
    ) -> None:
        self._credentials = credentials
        self._service = service
        self._region = region
        self._region_set = tuple(region_set)
        self._rules = rules
        self._payload = payload
        self._now = now
        self._signer: tuple[Credentials, Signer] | None = None
        self.requires_request_body = payload is not UNSIGNED

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign the request that httpx is about to send."""
        yield self(request)

    def __call__(self, request: httpx.Request) -> httpx.Request:
        """Sign a request in place, in the stead of any earlier signature, and return it."""
        for name in _ADDED_BEFORE:
            request.headers.pop(name, None)
        path, _, query = request.url.raw_path.decode("ascii").partition("?")
        headers = tuple(
            (name.decode("ascii"), value.decode("utf-8", "surrogateescape")) for name, value in request.headers.raw
        )
        payload = request.content if self._payload is None else self._payload
        to_sign = Request(request.method, path, query, headers, payload, request.url.scheme)
        request.headers.update(self._signer_for(self._current()).sign(to_sign, self._now()).headers)
        return request

    def __repr__(self) -> str:
        return f"SigV4Auth({self._service!r}, {','.join(self._region_set) or self._region!r})"

    def _current(self) -> Credentials:
        return self._credentials if isinstance(self._credentials, Credentials) else self._credentials()

    def _signer_for(self, credentials: Credentials) -> Signer:
        kept = self._signer
        if kept is None or kept[0] is not credentials:
            signer = Signer(
                credentials, service=self._service, region=self._region, region_set=self._region_set, rules=self._rules
            )
            kept = (credentials, signer)
            self._signer = kept
        return kept[1]
