"""Which way a call goes: directly, through a tunnel, or to a proxy in plain; and that no password is ever shown."""

import base64
import ssl
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme
from attrs import evolve

from runtime import (
    ConfigError,
    ConnectError,
    ConnectTimeoutError,
    DeadlineError,
    InvokeEndpointOutput,
    ProxyError,
    TransportError,
)
from runtime.config import Environment
from runtime.http1.async_transport import AsyncHttp1Transport
from runtime.http1.proxy import Proxies, Proxy, bypasses, parse_proxy, tunnel_head
from runtime.http1.transport import Http1Transport, TransportOptions
from sigv4 import Request, Secret
from sigv4.verify import STRICT, verify
from tests.http1.conftest import MakeDriver
from tests.http1.drivers import CREDENTIALS, PATIENT, REGION, Driver, real_time
from tests.http1.proxy_server import MANNERS, PASSWORD, PASSWORD_IN_URL, USER, ProxyServer, proxy_server
from tests.http1.scripted import Scripted, scripted

CANARY = "canary"
"""Stands in every password here, and in nothing else."""
BASIC = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
LIMIT = 0.2


# A proxy's URL.


@pytest.mark.parametrize(
    ("url", "host", "port", "user_and_password"),
    [
        ("http://proxy.example:3128", "proxy.example", 3128, None),
        ("http://proxy.example:3128/", "proxy.example", 3128, None),
        ("http://proxy.example", "proxy.example", 80, None),
        ("proxy.example:3128", "proxy.example", 3128, None),
        ("proxy_1", "proxy_1", 80, None),
        ("http://127.0.0.1:1", "127.0.0.1", 1, None),
        ("http://[::1]:3128", "::1", 3128, None),
        ("[::1]", "::1", 80, None),
        ("http://user:canary@proxy.example:3128", "proxy.example", 3128, "user:canary"),
        ("user:canary@proxy.example", "proxy.example", 80, "user:canary"),
        ("http://user@proxy.example", "proxy.example", 80, "user:"),
        ("http://:canary@proxy.example", "proxy.example", 80, ":canary"),
        ("http://user:a:b@proxy.example", "proxy.example", 80, "user:a:b"),
        (f"http://{USER}:{PASSWORD_IN_URL}@proxy.example", "proxy.example", 80, f"{USER}:{PASSWORD}"),
        ("http://us%20er:pass%25word@[::1]:8080", "::1", 8080, "us er:pass%word"),
    ],
)
def test_a_proxys_url_is_read(url: str, host: str, port: int, user_and_password: str | None) -> None:
    """User and password are percent-encoded there, and sent as Basic (RFC 7617)."""
    proxy = parse_proxy(url)

    assert (proxy.host, proxy.port) == (host, port)
    if user_and_password is None:
        assert proxy.authorization is None
    else:
        assert proxy.authorization is not None
        scheme, _, encoded = proxy.authorization.reveal().partition(" ")
        assert (scheme, base64.b64decode(encoded).decode()) == ("Basic", user_and_password)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://",
        "http://:3128",
        "https://canary@proxy.example",
        "socks5://user:canary@proxy.example",
        "http://user:canary@proxy.example:0",
        "http://user:canary@proxy.example:65536",
        "http://user:canary@proxy.example:port",
        "http://user:canary@proxy.example/path",
        "http://user:canary@proxy.example?a=b",
        "http://user:canary@proxy example",
        "http://user:canary@proxy.example\r\nX-A: b",
        "http://user:canary@proxy.example\n",
        "http://user:canary/@proxy.example",
        "http://user:canary@[::1",
        "http://user:canary@[a.example]",
    ],
)
def test_a_proxys_url_that_is_none_is_refused_without_being_shown(url: str) -> None:
    """It may hold a password."""
    with pytest.raises(ConfigError) as caught:
        parse_proxy(url)

    assert CANARY not in str(caught.value)
    assert CANARY not in repr(caught.value)


def test_a_proxy_that_is_spoken_to_in_tls_is_refused_in_words() -> None:
    """The text says what to do instead."""
    with pytest.raises(ConfigError, match=r"not supported; name it as http://host:port"):
        parse_proxy("https://proxy.example:3128")


# NO_PROXY.


@pytest.mark.parametrize(
    ("no_proxy", "host", "port", "expected"),
    [
        # Names, by their end, whether or not they begin with a dot.
        ("sagemaker.example", "sagemaker.example", 443, True),
        ("sagemaker.example", "runtime.sagemaker.example", 443, True),
        (".sagemaker.example", "runtime.sagemaker.example", 443, True),
        (".sagemaker.example", "sagemaker.example", 443, True),
        ("..sagemaker.example", "runtime.sagemaker.example", 443, True),
        ("SageMaker.Example", "runtime.sagemaker.example", 443, True),
        ("example", "runtime.sagemaker.example", 443, True),
        # requests takes a part of a label for an end; boto does not.
        ("maker.example", "sagemaker.example", 443, False),
        ("sagemaker.example", "notsagemaker.example", 443, False),
        ("sagemaker.example", "sagemaker.example.org", 443, False),
        ("runtime.sagemaker.example", "sagemaker.example", 443, False),
        # Ports.
        ("sagemaker.example:443", "sagemaker.example", 443, True),
        ("sagemaker.example:443", "sagemaker.example", 8443, False),
        (".example:8443", "sagemaker.example", 8443, True),
        ("example:443", "sagemaker.example", 443, True),
        (":443", "sagemaker.example", 443, False),
        ("443", "sagemaker.example", 443, False),
        # Everything.
        ("*", "sagemaker.example", 443, True),
        ("*", "127.0.0.1", 80, True),
        ("*.example", "sagemaker.example", 443, False),
        # Addresses, as text: no networks.
        ("127.0.0.1", "127.0.0.1", 80, True),
        ("127.0.0.1:80", "127.0.0.1", 80, True),
        ("127.0.0.0/8", "127.0.0.1", 80, False),
        ("10.0.0.1", "110.0.0.1", 80, False),
        ("localhost", "127.0.0.1", 80, False),
        ("::1", "::1", 80, True),
        ("[::1]", "::1", 80, True),
        ("[::1]:80", "::1", 80, True),
        ("[::1]:80", "::1", 81, False),
        ("::1", "fe80::1", 80, False),
        # Lists.
        ("a.example,sagemaker.example", "sagemaker.example", 443, True),
        (" a.example , sagemaker.example ", "sagemaker.example", 443, True),
        (",,", "sagemaker.example", 443, False),
        (",", "", 443, False),
        (".", "sagemaker.example", 443, False),
        ("", "sagemaker.example", 443, False),
        ("a.example sagemaker.example", "sagemaker.example", 443, False),
    ],
)
def test_no_proxy_names_targets(no_proxy: str, host: str, port: int, expected: bool) -> None:  # noqa: FBT001 - a table
    """By boto's rules: a comma-separated list of names' ends, with or without a port."""
    assert expected is bypasses(host, port, no_proxy)


# Which proxy.


def hosts_of(environment: dict[str, str]) -> dict[str, str]:
    """Return the host of the proxy for each scheme that has one."""
    return {scheme: proxy.host for scheme, proxy in Proxies.of_environment(environment).by_scheme.items()}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, {}),
        ({"HTTP_PROXY": "a", "HTTPS_PROXY": "b"}, {"http": "a", "https": "b"}),
        ({"http_proxy": "c", "HTTP_PROXY": "a", "https_proxy": "d", "HTTPS_PROXY": "b"}, {"http": "c", "https": "d"}),
        ({"HTTP_PROXY": "a"}, {"http": "a"}),
        ({"HTTPS_PROXY": "b"}, {"https": "b"}),
        ({"HTTPS_PROXY": ""}, {}),
        ({"ALL_PROXY": "a", "all_proxy": "b", "SOCKS_PROXY": "c", "FTP_PROXY": "d", "PROXY": "e"}, {}),
        ({"Https_Proxy": "a"}, {}),
    ],
)
def test_proxies_are_read_from_the_environment(environment: dict[str, str], expected: dict[str, str]) -> None:
    """Two variables for each scheme, lower case first, and no others."""
    assert expected == hosts_of(environment)


def test_a_proxy_that_a_request_may_have_named_is_not_used() -> None:
    """In a CGI program HTTP_PROXY holds the request's header ``Proxy`` (CVE-2016-5385), and REQUEST_METHOD is set."""
    environment = {"REQUEST_METHOD": "GET", "HTTP_PROXY": "attacker.example", "HTTPS_PROXY": "proxy.example"}

    assert hosts_of(environment) == {"https": "proxy.example"}
    assert hosts_of({**environment, "http_proxy": "proxy.example"})["http"] == "proxy.example"


@pytest.mark.parametrize("variable", ["no_proxy", "NO_PROXY"])
def test_what_no_proxy_names_is_reached_directly(variable: str) -> None:
    """Lower case first here too."""
    environment = {"HTTPS_PROXY": "proxy.example", "NO_PROXY": "b.example", variable: "a.example"}
    proxies = Proxies.of_environment(environment)

    assert proxies.find("https", "a.example", 443) is None
    assert proxies.find("https", "c.example", 443) is not None
    assert proxies.find("http", "c.example", 80) is None


def test_proxies_that_are_given_ignore_the_environment(server: Scripted, make: MakeDriver) -> None:
    """NO_PROXY too; an empty mapping is no proxy at all."""
    environment = {"HTTP_PROXY": "http://127.0.0.1:1", "NO_PROXY": "*"}
    proxies = Proxies.given({"http": "a.example"})

    assert proxies.find("http", "b.example", 80) == Proxy("a.example", 80)
    assert proxies.find("https", "b.example", 443) is None
    assert is_answered(make(server.url, TransportOptions(proxies={}), environment))


@pytest.mark.parametrize("variable", ["http_proxy", "HTTPS_PROXY"])
def test_a_proxy_of_the_environment_that_cannot_be_used_is_told_at_once(kind: str, variable: str) -> None:
    """When the transport is made, and without the password."""
    transport: Callable[..., object] = Http1Transport if kind == "blocking" else AsyncHttp1Transport
    with pytest.raises(ConfigError) as caught:
        transport(TransportOptions(), {variable: "socks5://user:canary@proxy.example"})

    assert CANARY not in str(caught.value)


# The way through.


@pytest.fixture
def proxy() -> Iterator[ProxyServer]:
    """A proxy that does its work."""
    with proxy_server() as running:
        yield running


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Scripted, str]]:
    """A server in TLS for ``localhost``, and the bundle that it is trusted by."""
    authority = trustme.CA()
    bundle = tmp_path_factory.mktemp("tls") / "bundle.pem"
    bundle.write_bytes(authority.cert_pem.bytes())
    with scripted(context=server_context(authority)) as running:
        yield running, str(bundle)


def server_context(authority: trustme.CA) -> ssl.SSLContext:
    """Return a server's context for ``localhost``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


@pytest.fixture
def tls_url(tls: tuple[Scripted, str]) -> str:
    """The URL of the server in TLS."""
    return tls[0].url.replace("127.0.0.1", "localhost")


def is_answered(driver: Driver, body: bytes = b"5.1") -> bool:
    """Return whether a call is answered."""
    output = driver.call(real_time("echo", body))
    return isinstance(output, InvokeEndpointOutput) and output.body == body


def fails(driver: Driver, limits: Any = PATIENT) -> TransportError:
    """Return the error of a call."""
    with pytest.raises(TransportError) as caught:
        driver.call(real_time("echo"), limits)
    return caught.value


def test_tls_goes_through_a_tunnel(
    make: MakeDriver, proxy: ProxyServer, tls: tuple[Scripted, str], tls_url: str
) -> None:
    """The proxy is asked once, with the password, and learns host and port and nothing else of the calls."""
    server, bundle = tls
    before = server.connections
    driver = make(tls_url, TransportOptions(verify=bundle, proxies={"https": proxy.url()}))

    assert all(is_answered(driver, bytes(size)) for size in (1, 10, 1_000_000))
    (asked,) = proxy.asked
    assert (asked.method, asked.target) == ("CONNECT", f"localhost:{server.port}")
    assert asked.headers == {"host": f"localhost:{server.port}", "proxy-authorization": f"Basic {BASIC}"}
    assert server.connections == before + 1
    assert server.received[-1].header("proxy-authorization") is None


def test_the_environments_proxy_is_used(
    make: MakeDriver, proxy: ProxyServer, tls: tuple[Scripted, str], tls_url: str
) -> None:
    """Unless NO_PROXY names the target."""
    options = TransportOptions(verify=tls[1])
    environment = {"HTTPS_PROXY": proxy.url(), "ALL_PROXY": "http://127.0.0.1:1"}

    assert is_answered(make(tls_url, options, environment))
    assert len(proxy.asked) == 1
    for no_proxy in ("localhost", "*", f"localhost:{tls[0].port}"):
        assert is_answered(make(tls_url, options, {**environment, "NO_PROXY": no_proxy}))
    assert len(proxy.asked) == 1


def test_plain_http_goes_to_the_proxy_with_its_signature(
    make: MakeDriver, proxy: ProxyServer, server: Scripted
) -> None:
    """The request line has the whole URL (RFC 9112, 3.2.2); what is signed is what the endpoint gets."""
    driver = make(server.url, TransportOptions(proxies={"http": proxy.url()}))

    assert is_answered(driver, b"signed")
    (asked,) = proxy.asked
    assert (asked.method, asked.target) == ("POST", f"{server.url}/endpoints/echo/invocations")
    assert asked.headers["proxy-authorization"] == f"Basic {BASIC}"
    (request,) = server.received
    verified = verify(
        Request("POST", request.target, "", request.headers, request.body, "http"),
        lambda _key_id: CREDENTIALS,
        datetime.now(UTC),
        STRICT.for_scope(REGION, "sagemaker"),
    )
    assert verified.access_key_id == "AKIDEXAMPLE"
    assert "proxy-authorization" not in {name.lower() for name, _ in request.headers}
    assert "proxy-authorization" not in asked.headers["authorization"].lower()


def test_plain_http_through_a_proxy_reuses_its_connection(
    make: MakeDriver, proxy: ProxyServer, server: Scripted
) -> None:
    """The proxy is told the password with each request, as it asks."""
    driver = make(server.url, TransportOptions(proxies={"http": proxy.url()}))

    assert all(is_answered(driver, b"%d" % number) for number in range(3))
    assert [f"Basic {BASIC}"] * 3 == [asked.headers["proxy-authorization"] for asked in proxy.asked]
    assert driver.free() == 1


@pytest.mark.parametrize("variable", ["ALL_PROXY", "all_proxy", "FTP_PROXY", "HTTPS_PROXY", "SOCKS_PROXY"])
def test_other_variables_lead_nowhere(
    make: MakeDriver, proxy: ProxyServer, server: Scripted, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither where the transport is told of them, nor where the process has them."""
    monkeypatch.setenv(variable, proxy.url())

    assert is_answered(make(server.url, TransportOptions(), {variable: proxy.url()}))
    assert proxy.asked == []


def test_a_netrc_file_changes_nothing_on_the_wire(
    make: MakeDriver, server: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The signature stands where its password would be put."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login user password canary\ndefault login u password canary\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))

    assert is_answered(make(server.url, TransportOptions(), {"HOME": str(tmp_path), "NETRC": str(tmp_path / ".netrc")}))
    (request,) = server.received
    assert (request.header("authorization") or "").startswith("AWS4-HMAC-SHA256 ")
    assert request.header("proxy-authorization") is None


# The way barred.


@pytest.mark.parametrize("manner", MANNERS)
def test_a_proxy_that_opens_no_tunnel_was_sent_no_request(make: MakeDriver, tls_url: str, manner: str) -> None:
    """Whatever it says instead; bytes behind its answer would be read as the endpoint's."""
    with proxy_server(manner) as proxy:
        driver = make(tls_url, TransportOptions(proxies={"https": proxy.url()}))
        error = fails(driver)

        assert (ProxyError, "not_sent") == (type(error), error.delivery)
        assert manner not in {"407", "502", "302"} or manner in str(error)
        assert len(proxy.asked) == 1
        assert driver.in_use() == 0


def test_a_wrong_password_is_told_by_the_proxys_status(make: MakeDriver, proxy: ProxyServer, tls_url: str) -> None:
    """Without the password."""
    error = fails(make(tls_url, TransportOptions(proxies={"https": proxy.url("aladdin:canary")})))

    assert (ProxyError, "not_sent") == (type(error), error.delivery)
    assert "407" in str(error)
    assert CANARY not in str(error)


def test_a_proxy_that_refuses_connections_is_told_as_such(make: MakeDriver, server: Scripted, tls_url: str) -> None:
    """It is the proxy that is not there, and the text says so."""
    refused = server.refused_url
    error = fails(make(tls_url, TransportOptions(proxies={"https": refused})))

    assert isinstance(error, ProxyError | ConnectError)
    assert error.delivery == "not_sent"
    assert refused.rpartition(":")[2] in str(error)


@pytest.mark.parametrize("limit", ["connect", "total"])
def test_a_proxy_that_does_not_answer_is_given_up(make: MakeDriver, tls_url: str, limit: str) -> None:
    """The limit of connecting counts for the tunnel, and so does the deadline."""
    with proxy_server("silent") as proxy:
        error = fails(
            make(tls_url, TransportOptions(proxies={"https": proxy.url()})), evolve(PATIENT, **{limit: LIMIT})
        )
        proxy.stopping.set()

    assert type(error) is (ConnectTimeoutError if limit == "connect" else DeadlineError)
    assert error.delivery == "not_sent"
    assert LIMIT <= error.elapsed < LIMIT + 0.25


def test_a_refusal_of_a_plain_request_is_an_answer(make: MakeDriver, proxy: ProxyServer, server: Scripted) -> None:
    """A proxy may refuse it with a status of its own; the endpoint never sees the request."""
    with pytest.raises(Exception, match="407"):
        make(server.url, TransportOptions(proxies={"http": proxy.url("aladdin:canary")})).call(real_time("echo"))

    assert server.requests == 0


# The password.


def everything_of(error: BaseException) -> str:
    """Return all that can be printed of an error: its texts, and its traceback with the variables of each frame."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    frames = [frame for frame in told.stack if "tests" not in Path(frame.filename).parts]
    variables = [f"{name}={value}" for frame in frames for name, value in (frame.locals or {}).items()]
    chained = "".join(everything_of(each) for each in (error.__cause__, error.__context__) if each is not None)
    return "\n".join([str(error), repr(error), repr(error.args), repr(vars(error)), *variables, chained])


def shows_password(text: str) -> bool:
    """Return whether a text holds a proxy's password in any form."""
    return any(form in text for form in (CANARY, PASSWORD, PASSWORD_IN_URL, BASIC, BASIC[8:24]))


def test_the_way_to_find_a_password_finds_it() -> None:
    """Otherwise the tests below would look at nothing."""
    assert shows_password(f"http://{USER}:{PASSWORD_IN_URL}@proxy.example")
    assert shows_password(f"Proxy-Authorization: Basic {BASIC}")
    assert shows_password(repr(tunnel_head(parse_proxy(f"http://{USER}:{PASSWORD_IN_URL}@a"), "b.example", 443)))


def test_a_password_is_in_no_repr() -> None:
    """Of a proxy, of proxies, of the options of a transport, of a transport."""
    url = f"http://{USER}:{PASSWORD_IN_URL}@proxy.example"
    proxies = Proxies.given({"https": url})
    options = TransportOptions(proxies={"https": url, "http": url})
    shown = [parse_proxy(url), proxies, options, Http1Transport(options, {}), AsyncHttp1Transport(options, {})]

    assert [type(each).__name__ for each in shown if shows_password(f"{each!r} {each}")] == []
    assert isinstance(parse_proxy(url).authorization, Secret)


TAKEN_FOR_ANSWERS = {"bare line ends", "surplus", "surplus head"}
"""What a proxy says to a plain request in these manners is a success."""


@pytest.mark.parametrize(
    ("scheme", "manner"),
    [
        *(("https", manner) for manner in ("", *MANNERS, "silent", "refused")),
        *(("http", manner) for manner in ("", *MANNERS, "silent", "refused") if manner not in TAKEN_FOR_ANSWERS),
    ],
)
def test_a_password_is_in_no_error_of_a_call(
    make: MakeDriver, server: Scripted, tls_url: str, manner: str, scheme: str
) -> None:
    """Nor in its traceback, with the variables of every frame of this package and of httpx."""
    with ExitStack() as stack:
        proxy = stack.enter_context(proxy_server("" if manner == "refused" else manner))
        address = server.refused_url.removeprefix("http://") if manner == "refused" else proxy.address
        url = f"http://{USER}:{PASSWORD_IN_URL}@{address}"
        driver = make(server.url if scheme == "http" else tls_url, TransportOptions(proxies={scheme: url}))
        with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever it is
            driver.call(real_time("reset-before"), evolve(PATIENT, connect=LIMIT, first_byte=LIMIT, stall=LIMIT))
        proxy.stopping.set()

    assert not shows_password(everything_of(caught.value))


@pytest.mark.parametrize("url", ["socks5://user:canary@a.example", "http://user:canary@a.example:0"])
@pytest.mark.parametrize("given", [True, False])
def test_a_password_is_in_no_error_of_a_setting(kind: str, url: str, given: bool) -> None:  # noqa: FBT001 - a table
    """Nor in its traceback: programs print it with the variables of every frame."""
    transport: Callable[..., object] = Http1Transport if kind == "blocking" else AsyncHttp1Transport
    options = TransportOptions(proxies={"https": url} if given else None)
    with pytest.raises(ConfigError) as caught:
        transport(options, Environment({"HTTPS_PROXY": url}))

    assert not shows_password(everything_of(caught.value))
