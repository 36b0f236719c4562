"""Whom the transport trusts, and what it says when it does not; the server has a certificate authority of its own.

The environment is an argument, so no variable of the machine takes part.
"""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import certifi
import pytest
import trustme
from attrs import evolve, frozen

from runtime import (
    Client,
    ConfigError,
    ConnectError,
    ConnectTimeoutError,
    DeadlineError,
    InvokeEndpointOutput,
    ServiceError,
    TransportError,
)
from runtime.http1.async_transport import AsyncHttp1Transport
from runtime.http1.tls import Verify, find_verify, tls_context
from runtime.http1.transport import Http1Transport, TransportOptions
from tests.http1.conftest import MakeDriver
from tests.http1.drivers import BOUND, CREDENTIALS, PATIENT, Driver, make_driver, real_time
from tests.http1.scripted import CUT_SHORT, PART, Scripted, scripted

NO_PROXIES = TransportOptions(proxies={})
LIMIT = 0.2


@frozen
class Authority:
    """A certificate authority and what it has signed, in files.

    Attributes:
        authority: it can sign more.
        bundle: the file of its own certificate.
        client: the file with a client's certificate and key.
        client_certificate: the same client's certificate alone.
        client_key: the same client's key alone.
    """

    authority: trustme.CA
    bundle: str
    client: str
    client_certificate: str
    client_key: str

    def server_context(self, *names: str) -> ssl.SSLContext:
        """Return a server's context with a certificate for these names."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(*names).configure_cert(context)
        return context


def make_authority(folder: Path) -> Authority:
    """Make an authority whose files are in a folder."""
    authority = trustme.CA()
    client = authority.issue_cert("client.example", common_name="client.example")
    files = {
        "bundle": authority.cert_pem.bytes(),
        "client": client.private_key_and_cert_chain_pem.bytes(),
        "client_certificate": client.cert_chain_pems[0].bytes(),
        "client_key": client.private_key_pem.bytes(),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return Authority(authority, **{name: str(folder / name) for name in files})


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The authority that signs the servers' certificates."""
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority that has signed nothing of the servers'."""
    return make_authority(tmp_path_factory.mktemp("stranger"))


@pytest.fixture
def tls_server(authority: Authority) -> Iterator[Scripted]:
    """A server whose certificate is for ``localhost`` and the two loopback addresses."""
    with scripted(context=authority.server_context("localhost", "127.0.0.1", "::1")) as running:
        yield running


def named(server: Scripted, name: str = "localhost") -> str:
    """Return a server's URL with a name instead of its address."""
    return server.url.replace("127.0.0.1", name)


def trusting(verify: Any, **more: Any) -> TransportOptions:
    """Return options that trust something."""
    return evolve(NO_PROXIES, verify=verify, **more)


def is_answered(driver: Driver) -> bool:
    """Return whether a call is answered."""
    output = driver.call(real_time("echo", b"5.1"))
    return isinstance(output, InvokeEndpointOutput) and output.body == b"5.1"


def refusal(driver: Driver) -> str:
    """Return what is said when the other side is refused: nothing was sent."""
    with pytest.raises(ConnectError) as caught:
        driver.call(real_time("echo"))
    assert (caught.value.delivery, caught.value.bytes_sent) == ("not_sent", 0)
    return str(caught.value)


# Whom it trusts.


def test_a_bundle_is_trusted_by_its_path(make: MakeDriver, tls_server: Scripted, authority: Authority) -> None:
    """The connection carries several calls."""
    driver = make(named(tls_server), trusting(authority.bundle))

    assert [is_answered(driver) for _ in range(3)] == [True] * 3
    assert (tls_server.connections, tls_server.requests) == (1, 3)


def test_a_context_is_used_as_it_is(make: MakeDriver, tls_server: Scripted, authority: Authority) -> None:
    """Such as one of truststore's."""
    context = ssl.create_default_context(cafile=authority.bundle)

    assert is_answered(make(named(tls_server), trusting(context)))
    assert tls_context(context) is context


@pytest.mark.parametrize("variable", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"])
def test_a_bundle_is_trusted_by_the_environment(
    make: MakeDriver, tls_server: Scripted, authority: Authority, variable: str
) -> None:
    """AWS's variable, and that of requests."""
    assert is_answered(make(named(tls_server), NO_PROXIES, {variable: authority.bundle}))


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE"])
def test_other_variables_are_not_read(
    make: MakeDriver,
    tls_server: Scripted,
    authority: Authority,
    variable: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither where the transport is told of them, nor where the process has them."""
    value = authority.bundle if variable != "SSL_CERT_DIR" else str(Path(authority.bundle).parent)
    monkeypatch.setenv(variable, value)
    tls_context.__globals__["_build"].cache_clear()

    assert "certificate" in refusal(make(named(tls_server), NO_PROXIES, {variable: value}))


@pytest.mark.parametrize(
    ("verify", "ca_bundle", "environment", "expected"),
    [
        (None, None, {}, True),
        ("a", "p", {"AWS_CA_BUNDLE": "e", "REQUESTS_CA_BUNDLE": "r"}, "a"),
        (True, "p", {"AWS_CA_BUNDLE": "e", "REQUESTS_CA_BUNDLE": "r"}, True),
        (False, "p", {"AWS_CA_BUNDLE": "e", "REQUESTS_CA_BUNDLE": "r"}, False),
        (None, "p", {"AWS_CA_BUNDLE": "e", "REQUESTS_CA_BUNDLE": "r"}, "e"),
        (None, "p", {"REQUESTS_CA_BUNDLE": "r"}, "p"),
        (None, None, {"REQUESTS_CA_BUNDLE": "r"}, "r"),
        (None, None, {"AWS_CA_BUNDLE": "", "REQUESTS_CA_BUNDLE": "r"}, "r"),
        (None, None, {"AWS_CA_BUNDLE": "", "REQUESTS_CA_BUNDLE": ""}, True),
        (None, None, {"SSL_CERT_FILE": "s", "CURL_CA_BUNDLE": "c"}, True),
    ],
)
def test_what_is_trusted_is_found_in_this_order(
    verify: Verify, ca_bundle: str | None, environment: dict[str, str], expected: Verify
) -> None:
    """The argument, AWS_CA_BUNDLE, the profile's bundle, REQUESTS_CA_BUNDLE, certifi's; empty is none."""
    assert expected == find_verify(verify, ca_bundle, environment)


def test_the_argument_goes_before_the_environment(
    make: MakeDriver, tls_server: Scripted, authority: Authority, stranger: Authority
) -> None:
    """In both directions; True is certifi's bundle, whatever the variables say."""
    environment = {"AWS_CA_BUNDLE": authority.bundle}

    assert is_answered(make(named(tls_server), trusting(authority.bundle), {"AWS_CA_BUNDLE": stranger.bundle}))
    assert refusal(make(named(tls_server), trusting(stranger.bundle), environment))
    assert refusal(make(named(tls_server), trusting(True), environment))  # noqa: FBT003 - as httpx has it


def test_no_checks_at_all_are_made_where_that_is_asked_for(make: MakeDriver, tls_server: Scripted) -> None:
    """Neither of who signed nor of the name."""
    driver = make(named(tls_server), trusting(False), {"AWS_CA_BUNDLE": "nowhere"})  # noqa: FBT003 - as httpx has it

    assert is_answered(driver)


def test_without_anything_said_certifis_bundle_is_trusted() -> None:
    """Whole, and nothing else."""
    expected = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    expected.load_verify_locations(certifi.where())

    assert expected.cert_store_stats() == tls_context(None).cert_store_stats()


def test_a_client_passes_its_own_setting_on(
    tls_server: Scripted, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``verify`` of the client, and the process's variables."""
    for name in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    with make_client(tls_server, verify=authority.bundle) as client:
        assert client.invoke_endpoint("echo", b"5.1").body == b"5.1"
    monkeypatch.setenv("AWS_CA_BUNDLE", authority.bundle)
    with make_client(tls_server) as client:
        assert client.invoke_endpoint("echo", b"5.1").body == b"5.1"


def make_client(server: Scripted, **settings: Any) -> Client:
    """Return a client with the transport that it makes itself."""
    return Client("eu-west-1", credentials=CREDENTIALS, endpoint_url=named(server), timeout=PATIENT, **settings)


# Whom it refuses.


def test_an_unknown_authority_is_refused_with_the_reason(
    make: MakeDriver, tls_server: Scripted, stranger: Authority
) -> None:
    """The text says that it is the certificate, and why."""
    text = refusal(make(named(tls_server), trusting(stranger.bundle)))

    assert "TLS: " in text
    assert "unable to get local issuer certificate" in text
    assert "localhost" in text
    assert tls_server.requests == 0


def test_a_certificate_for_another_name_is_refused_with_the_reason(make: MakeDriver, authority: Authority) -> None:
    """The name that was asked for stands in the text."""
    with scripted(context=authority.server_context("other.example")) as server:
        text = refusal(make(named(server), trusting(authority.bundle)))

    assert "not valid for 'localhost'" in text
    assert server.requests == 0


def test_a_certificate_for_another_address_is_refused(make: MakeDriver, authority: Authority) -> None:
    """An address is checked like a name."""
    with scripted(context=authority.server_context("localhost")) as server:
        assert "127.0.0.1" in refusal(make(server.url, trusting(authority.bundle)))


def test_a_version_before_1_2_is_refused(make: MakeDriver, authority: Authority) -> None:
    """Also where no checks of certificates are made."""
    context = authority.server_context("localhost")
    with pytest.warns(DeprecationWarning, match="deprecated"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="deprecated"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with scripted(context=context) as server:
        for verify in (authority.bundle, False):
            assert "TLS: " in refusal(make(named(server), trusting(verify)))
    assert server.requests == 0


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_versions_from_1_2_are_taken(make: MakeDriver, authority: Authority, version: ssl.TLSVersion) -> None:
    """Both that there are."""
    context = authority.server_context("localhost")
    context.minimum_version = context.maximum_version = version
    with scripted(context=context) as server:
        driver = make(named(server), trusting(authority.bundle))

        assert [is_answered(driver) for _ in range(3)] == [True] * 3
        assert server.connections == 1


@contextmanager
def plain_speaker() -> Iterator[str]:
    """Give the URL of a port where the answer to everything is a page in plain HTTP."""

    def speak(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            connection.settimeout(BOUND)
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(BOUND)
        thread = threading.Thread(target=speak, args=(listening,))
        thread.start()
        yield f"https://localhost:{listening.getsockname()[1]}"
        thread.join(BOUND)


def test_a_server_that_speaks_no_tls_was_not_sent_anything(make: MakeDriver, authority: Authority) -> None:
    """The text says that it is TLS that fails."""
    with plain_speaker() as url:
        assert "TLS: " in refusal(make(url, trusting(authority.bundle)))


@contextmanager
def silent() -> Iterator[str]:
    """Give the URL of a port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"https://localhost:{listening.getsockname()[1]}"


@pytest.mark.parametrize("limit", ["connect", "total"])
def test_a_handshake_that_does_not_end_was_not_sent_anything(
    make: MakeDriver, authority: Authority, limit: str
) -> None:
    """The limit of connecting holds for it, and so does the deadline."""
    with silent() as url, pytest.raises(TransportError) as caught:
        make(url, trusting(authority.bundle)).call(real_time("ok"), evolve(PATIENT, **{limit: LIMIT}))

    assert type(caught.value) is (ConnectTimeoutError if limit == "connect" else DeadlineError)
    assert caught.value.delivery == "not_sent"
    assert LIMIT <= caught.value.elapsed < LIMIT + 0.25


@pytest.mark.parametrize("which", ["bundle", "certificate", "pair"])
@pytest.mark.parametrize("content", [None, b"", b"no PEM at all"], ids=["missing", "empty", "junk"])
def test_a_file_that_cannot_be_used_is_told_at_once(
    kind: str, tmp_path: Path, authority: Authority, which: str, content: bytes | None
) -> None:
    """When the transport is made; the text names the file."""
    path = tmp_path / "file.pem"
    if content is not None:
        path.write_bytes(content)
    options = {
        "bundle": trusting(str(path)),
        "certificate": trusting(authority.bundle, certificate=str(path)),
        "pair": trusting(authority.bundle, certificate=(str(path), authority.client_key)),
    }[which]

    with pytest.raises(ConfigError, match=r"file\.pem"):
        (Http1Transport if kind == "blocking" else AsyncHttp1Transport)(options, {})


def test_a_bundle_of_the_environment_that_cannot_be_used_is_told_by_the_call(
    make: MakeDriver, tls_server: Scripted
) -> None:
    """Once it is needed: a call in plain http does without it."""
    driver = make(named(tls_server), NO_PROXIES, {"AWS_CA_BUNDLE": "/nowhere.pem"})

    for _ in range(2):
        with pytest.raises(ConfigError, match=r"/nowhere\.pem"):
            driver.call(real_time("echo"))

        assert driver.in_use() == 0
    assert tls_server.connections == 0


# What the server sees.


def test_the_server_is_told_the_name(make: MakeDriver, tls_server: Scripted, authority: Authority) -> None:
    """It may have several certificates (RFC 6066, section 3); an address is no name."""
    is_answered(make(named(tls_server), trusting(authority.bundle)))
    is_answered(make(tls_server.url, trusting(authority.bundle)))

    assert tls_server.server_names == ["localhost", None]


@pytest.mark.parametrize("form", ["one file", "two files"])
def test_a_client_certificate_is_given_where_it_is_asked_for(make: MakeDriver, authority: Authority, form: str) -> None:
    """In one file with its key, or in two."""
    certificate = authority.client if form == "one file" else (authority.client_certificate, authority.client_key)
    context = authority.server_context("localhost")
    context.verify_mode = ssl.CERT_REQUIRED
    authority.authority.configure_trust(context)
    with scripted(context=context) as server:
        assert is_answered(make(named(server), trusting(authority.bundle, certificate=certificate)))
        assert server.client_subjects == ["client.example"]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_server_that_misses_the_client_certificate_answers_nothing(
    make: MakeDriver, authority: Authority, version: ssl.TLSVersion
) -> None:
    """Before version 1.3 the handshake fails; with it the client believes that the connection stands."""
    context = authority.server_context("localhost")
    context.minimum_version = context.maximum_version = version
    context.verify_mode = ssl.CERT_REQUIRED
    authority.authority.configure_trust(context)
    with scripted(context=context) as server:
        driver = make(named(server), trusting(authority.bundle))
        with pytest.raises(TransportError) as caught:
            driver.call(real_time("echo"))

        assert server.requests == 0
        assert driver.in_use() == 0
    expected = {"not_sent"} if version is ssl.TLSVersion.TLSv1_2 else {"not_sent", "unknown"}
    assert caught.value.delivery in expected


# One context.


def test_a_context_is_built_once_and_shared(authority: Authority) -> None:
    """By every transport with the same settings; building one takes tens of milliseconds."""
    assert tls_context(authority.bundle) is tls_context(authority.bundle)
    assert tls_context(None) is tls_context(verify=True)
    assert tls_context(authority.bundle) is not tls_context(None)
    assert tls_context(authority.bundle, authority.client) is not tls_context(authority.bundle)


def test_a_context_is_built_when_it_is_first_needed(
    make: MakeDriver, server: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client of plain http never builds one."""

    def refuse(*_arguments: object) -> ssl.SSLContext:
        raise AssertionError("a context is built")

    monkeypatch.setattr(ssl, "SSLContext", refuse)
    driver = make(server.url, NO_PROXIES, {"AWS_CA_BUNDLE": "/nowhere.pem"})

    assert is_answered(driver)


# The same faults inside TLS.


@pytest.mark.parametrize("fault", ["reset-before", "close-before", "truncated-length", "stall-body", "garbage"])
def test_faults_inside_tls_are_told_like_those_outside(
    make: MakeDriver, tls_server: Scripted, server: Scripted, authority: Authority, fault: str
) -> None:
    """The error's class, what became of the request, the part that is kept, the bytes that were counted."""
    limits = evolve(PATIENT, stall=LIMIT)
    told = []
    for driver in (make(named(tls_server), trusting(authority.bundle)), make(server.url)):
        with pytest.raises(TransportError) as caught:
            driver.call(real_time(fault), limits)
        error = caught.value
        told.append((type(error), error.delivery, error.partial, error.bytes_received))

    assert told[1] == told[0]
    assert tls_server.bodies == 1


def test_a_large_request_inside_tls_that_is_refused_early_is_answered(
    make: MakeDriver, tls_server: Scripted, authority: Authority
) -> None:
    """Though the rest of it is never read."""
    driver = make(named(tls_server), trusting(authority.bundle))
    begin = time.monotonic()
    with pytest.raises(ServiceError) as caught:
        driver.call(real_time("early-413-open", bytes(8_000_000)))

    assert caught.value.status_code == 413
    assert time.monotonic() - begin < 1


def test_a_reset_in_the_middle_of_a_request_inside_tls_was_not_sent(
    make: MakeDriver, tls_server: Scripted, authority: Authority
) -> None:
    """The server cannot hold a whole request."""
    driver = make(named(tls_server), trusting(authority.bundle))
    for _ in range(5):
        with pytest.raises(TransportError) as caught:
            driver.call(real_time("reset-mid-request", bytes(8_000_000)))

        assert caught.value.delivery == "not_sent"


@pytest.mark.parametrize("fault", ["desync", "desync-late", "stale-fin"])
def test_an_idle_connection_inside_tls_is_looked_at_before_it_is_used(
    make: MakeDriver, tls_server: Scripted, authority: Authority, fault: str
) -> None:
    """Session tickets that lie on it do no harm; an answer that nobody asked for, or its end, do."""
    driver = make(named(tls_server), trusting(authority.bundle))
    for number in range(4):
        tls_server.go_on.clear()
        tls_server.late.clear()
        driver.call(real_time(fault, b"true"))
        tls_server.go_on.set()
        assert fault == "desync" or tls_server.late.wait(BOUND)
        output = driver.call(real_time("echo", b"%d" % number))

        assert isinstance(output, InvokeEndpointOutput)
        assert output.body == b"%d" % number
    assert tls_server.requests == 8


def test_a_large_answer_inside_tls_is_whole(make: MakeDriver, tls_server: Scripted, authority: Authority) -> None:
    """And a large request."""
    driver = make(named(tls_server), trusting(authority.bundle))
    body = bytes(range(256)) * 20_000
    output = driver.call(real_time("echo", body))

    assert isinstance(output, InvokeEndpointOutput)
    assert output.body == body


def test_an_answer_that_is_cut_short_inside_tls_is_no_answer(
    make: MakeDriver, tls_server: Scripted, authority: Authority
) -> None:
    """Neither a length that is not reached nor chunks without an end pass for whole."""
    for fault in ("truncated-length", "chunked-no-end"):
        with pytest.raises(TransportError) as caught:
            make(named(tls_server), trusting(authority.bundle)).call(real_time(fault))

        assert (caught.value.delivery, caught.value.partial) == ("answered", PART)
        assert len(CUT_SHORT[fault]) == caught.value.bytes_received


def test_threads_share_one_context(tls_server: Scripted, authority: Authority) -> None:
    """Sixteen handshakes at a time."""
    start = threading.Barrier(16)
    driver = make_driver("blocking", named(tls_server), trusting(authority.bundle))

    def call(number: int) -> bool:
        start.wait(BOUND)
        output = driver.call(real_time("echo", b"%d" % number))
        return isinstance(output, InvokeEndpointOutput) and output.body == b"%d" % number

    with closing(driver), ThreadPoolExecutor(16) as threads:
        assert all(threads.map(call, range(16)))


# Addresses.


def test_ipv6_is_spoken(make: MakeDriver, authority: Authority) -> None:
    """To an address in brackets, plain and in TLS."""
    with scripted("::1") as plain, scripted("::1", authority.server_context("::1")) as tls:
        assert is_answered(make(plain.url))
        assert is_answered(make(tls.url, trusting(authority.bundle)))
        assert plain.received[0].header("host") == plain.url.removeprefix("http://")


AddressInfo = tuple[int, int, int, str, tuple[Any, ...]]


def resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: tuple[int, tuple[Any, ...]]) -> list[str]:
    """Let every name have these addresses; return the list of names that were looked up."""
    asked: list[str] = []

    def look_up(host: str, *_arguments: Any, **_more: Any) -> list[AddressInfo]:
        asked.append(host)
        return [(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", address) for family, address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def test_the_addresses_of_a_name_are_tried_in_turn(
    make: MakeDriver, server: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first two take no connection; the third does."""
    refused = int(server.refused_url.rpartition(":")[2])
    asked = resolve_to(
        monkeypatch,
        (socket.AF_INET6, ("::1", refused, 0, 0)),
        (socket.AF_INET, ("127.0.0.1", refused)),
        (socket.AF_INET, ("127.0.0.1", server.port)),
    )

    assert is_answered(make("http://localhost:81"))
    assert asked == ["localhost"]
    assert server.connections == 1


def test_a_name_none_of_whose_addresses_takes_the_connection_was_not_sent(
    make: MakeDriver, server: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text tells the name, and why the last one failed."""
    refused = int(server.refused_url.rpartition(":")[2])
    resolve_to(
        monkeypatch,
        (socket.AF_INET6, ("::1", refused, 0, 0)),
        (socket.AF_INET, ("127.0.0.1", refused)),
    )
    text = refusal(make("http://localhost:81"))

    assert "localhost:81" in text
    assert "Connection refused" in text


def test_a_name_without_addresses_was_not_sent(make: MakeDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty list is no connection."""
    resolve_to(monkeypatch)

    assert "no address" in refusal(make("http://localhost:81"))


def test_addresses_of_a_kind_that_the_machine_lacks_are_passed_over(
    make: MakeDriver, server: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name with an IPv6 address is reached where there is no IPv6."""
    resolve_to(monkeypatch, (99, ("::1", 80, 0, 0)), (socket.AF_INET, ("127.0.0.1", server.port)))

    assert is_answered(make("http://localhost:81"))
