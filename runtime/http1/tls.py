"""TLS: which certificates are trusted, in one context that is built when it is first needed and then shared.

Building a context takes tens of milliseconds, most of it for reading the bundle.

Source: AWS SDKs and Tools Reference Guide, "General configuration" (ca_bundle); AWS CLI's order of sources.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from functools import lru_cache

import certifi

from runtime.errors import ConfigError

Verify = bool | str | ssl.SSLContext | None
"""A bundle's path, a context of your own, True for certifi's bundle, False for no checks, None for the
environment's."""

Certificate = str | tuple[str, str] | None
"""A client certificate: a PEM file with both certificate and key, or the two files."""

_VARIABLES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE")


def find_verify(verify: Verify, ca_bundle: str | None, environment: Mapping[str, str]) -> Verify:
    """Return what to trust: the argument, AWS_CA_BUNDLE, the profile's ca_bundle, REQUESTS_CA_BUNDLE, or True."""
    if verify is not None:
        return verify
    return environment.get(_VARIABLES[0]) or ca_bundle or environment.get(_VARIABLES[1]) or True


def tls_context(verify: Verify, certificate: Certificate = None) -> ssl.SSLContext:
    """Return the context to use; the same one for the same settings.

    Raises:
        ConfigError: for a bundle or a certificate that cannot be read, and for a certificate beside a ready context.
    """
    if isinstance(verify, ssl.SSLContext):
        if certificate is not None:
            raise ConfigError("a client certificate beside an SSL context of your own: load it into the context")
        return verify
    return _build(verify if isinstance(verify, str) else bool(verify or verify is None), certificate)


@lru_cache(maxsize=16)
def _build(verify: bool | str, certificate: Certificate) -> ssl.SSLContext:  # noqa: FBT001 - as ssl and httpx have it
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        bundle = certifi.where() if verify is True else verify
        _load(f"the certificate bundle {bundle!r}", lambda: context.load_verify_locations(cafile=bundle))
    if certificate is not None:
        files = (certificate,) if isinstance(certificate, str) else certificate
        _load(f"the client certificate {files[0]!r}", lambda: context.load_cert_chain(*files))
    return context


def _load(what: str, load: Callable[[], None]) -> None:
    try:
        load()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigError(f"{what} cannot be used: {reason}; give a file in PEM form") from None
