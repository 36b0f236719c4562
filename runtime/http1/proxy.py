"""Which proxy a request goes through, by boto's rules, and how a tunnel through it is asked for.

Only ``HTTP_PROXY``, ``HTTPS_PROXY`` and ``NO_PROXY`` are read, lower case first; ``ALL_PROXY`` and ``.netrc`` are
not. The user information of a proxy's URL is a secret and shown nowhere.

Source: botocore and requests (``should_bypass_proxies``), for people who come from there; RFC 9110, section 9.3.6
(CONNECT).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from urllib.parse import unquote

from attrs import field, frozen

from runtime.errors import ConfigError
from sigv4 import Secret

_URL = re.compile(r"(?:(https?)://)?(?:([^@/]*)@)?([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?/?")
_LAST_PORT = 65_535


@frozen
class Proxy:
    """A proxy for requests.

    Attributes:
        host: a name or an address, IPv6 without brackets.
        port: 80 where its URL names none.
        authorization: the value of ``Proxy-Authorization``, or None.
    """

    host: str
    port: int
    authorization: Secret | None = field(default=None)


def parse_proxy(url: str | Secret) -> Proxy:
    """Read a proxy's URL; one without a scheme is taken for ``http://``.

    Raises:
        ConfigError: for a URL that is none, and for a proxy that is itself spoken to in TLS, which is not supported.
    """
    # Let go of at once: a traceback that shows local variables must not find the password here.
    url = url if isinstance(url, Secret) else Secret(url)
    found = _read(url)
    if isinstance(found, str):
        raise ConfigError(found)
    return found


def _read(url: Secret) -> Proxy | str:
    """Return the proxy, or what is wrong with its URL."""
    match = _URL.fullmatch(url.reveal())
    if match is None or not 1 <= int(match[4] or 1) <= _LAST_PORT:
        return "the proxy's URL is not of the form http://[user:password@]host[:port]"
    scheme, user_information, host, port = match.groups()
    if scheme == "https":
        return "a proxy that is itself reached over https is not supported; name it as http://host:port"
    authorization = None
    if user_information:
        user, _, password = user_information.partition(":")
        encoded = base64.b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode()
        authorization = Secret(f"Basic {encoded}")
    return Proxy(host.strip("[]"), int(port or 80), authorization)


@frozen
class Proxies:
    """Which proxy requests go through.

    Attributes:
        by_scheme: ``http`` and ``https`` targets to their proxies.
        no_proxy: targets that are reached directly, as ``NO_PROXY`` has them.
    """

    by_scheme: Mapping[str, Proxy]
    no_proxy: str = ""

    @classmethod
    def of_environment(cls, environment: Mapping[str, str]) -> Proxies:
        """Read the environment's variables.

        Raises:
            ConfigError: for a proxy's URL that cannot be used.
        """
        urls = {scheme: Secret(_variable(environment, f"{scheme}_proxy")) for scheme in ("http", "https")}
        return cls(_parsed(urls), _variable(environment, "no_proxy"))

    @classmethod
    def given(cls, urls: Mapping[str, str]) -> Proxies:
        """Use these proxies for their schemes, whatever the environment says; an empty mapping is no proxy.

        Raises:
            ConfigError: for a proxy's URL that cannot be used.
        """
        hidden = {scheme: Secret(url) for scheme, url in urls.items()}
        del urls  # a traceback that shows local variables must not find the passwords here
        return cls(_parsed(hidden))

    def find(self, scheme: str, host: str, port: int) -> Proxy | None:
        """Return the proxy for a target, its host in lower case, IPv6 without brackets; or None."""
        proxy = self.by_scheme.get(scheme)
        return None if proxy is None or bypasses(host, port, self.no_proxy) else proxy


def _parsed(urls: Mapping[str, Secret]) -> dict[str, Proxy]:
    return {scheme: parse_proxy(url) for scheme, url in urls.items() if url != Secret("")}


def bypasses(host: str, port: int, no_proxy: str) -> bool:
    """Return whether NO_PROXY names a target: by ``*``, by its name's end, or with its port."""
    bracketed = f"[{host}]" if ":" in host else host
    names = (host, bracketed, f"{bracketed}:{port}")
    for entry in no_proxy.replace(" ", "").lower().split(","):
        ending = entry.lstrip(".")
        if entry == "*" or (ending and any(_ends_with(name, ending) for name in names)):
            return True
    return False


def tunnel_head(proxy: Proxy, host: str, port: int) -> bytes:
    """Return the request that asks a proxy for a tunnel."""
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if proxy.authorization is not None:
        lines.append(f"Proxy-Authorization: {proxy.authorization.reveal()}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


def _ends_with(host: str, name: str) -> bool:
    return host == name or host.endswith(f".{name}")


def _variable(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name)
    if not value and not (name == "http_proxy" and "REQUEST_METHOD" in environment):
        # In a CGI program HTTP_PROXY is what the caller sent as a header named Proxy (httpoxy.org).
        value = environment.get(name.upper())
    return value or ""
