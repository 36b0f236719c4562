"""No whole answer came: one error for all that a transport may raise; it says whether the request can have arrived."""

import math
import ssl
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType

import httpx
import pytest

from runtime import (
    Client,
    Clock,
    ConfigError,
    ConnectError,
    ConnectTimeoutError,
    Credentials,
    CredentialsError,
    Error,
    FirstByteTimeoutError,
    InvokeEndpointOutput,
    ServiceError,
    Timeouts,
    TransportError,
    UnexpectedAnswerError,
)
from tests.runtime.examples import (
    CREDENTIALS,
    QUEUED,
    REAL_TIME,
    TEMPORARY,
    TIME,
    URL,
    Parts,
    answering,
    client_of,
    sent,
    socket_client,
    success,
)
from tests.runtime.one_shot import one_shot, refused_url, silent_url

NOT_SENT = {"ConnectError", "ConnectTimeout", "PoolTimeout"}


def httpx_errors() -> list[type[Exception]]:
    """Return every exception class of httpx below the three bases that a transport may raise."""
    found: dict[str, type[Exception]] = {}
    waiting: list[type[Exception]] = [httpx.HTTPError, httpx.StreamError, httpx.InvalidURL]
    while waiting:
        kind = waiting.pop()
        if kind.__module__.partition(".")[0] == "httpx":
            found[kind.__name__] = kind
            waiting.extend(kind.__subclasses__())
    return [found[name] for name in sorted(found)]


def made(kind: type[Exception]) -> Exception:
    """Return an error of a class, however it wants to be made."""
    request = httpx.Request("POST", URL)
    makings: Mapping[str, Callable[[], Exception]] = {
        "HTTPStatusError": lambda: httpx.HTTPStatusError("words", request=request, response=httpx.Response(500)),
        "StreamConsumed": httpx.StreamConsumed,
        "StreamClosed": httpx.StreamClosed,
        "ResponseNotRead": httpx.ResponseNotRead,
        "RequestNotRead": httpx.RequestNotRead,
    }
    return makings.get(kind.__name__, lambda: kind("words"))()


OS_ERRORS = [
    OSError("words"),
    ConnectionRefusedError(111, "Connection refused"),
    ConnectionResetError(104, "Connection reset by peer"),
    BrokenPipeError(32, "Broken pipe"),
    TimeoutError("words"),
    ssl.SSLError(1, "words"),
]
ERRORS = [made(kind) for kind in httpx_errors()] + OS_ERRORS

each_error = pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)


def failure(client: Client) -> TransportError:
    """Return the error of a call."""
    with pytest.raises(TransportError) as caught:
        client.send(REAL_TIME)
    return caught.value


def failing_client(error: Exception) -> Client:
    """Return a client whose transport raises."""
    router = answering()
    router.routes[0].mock(side_effect=error)
    return client_of(router)


class Watch:
    """A clock that stands still until a test turns it on."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.clock = Clock(now=lambda: TIME, monotonic=lambda: self.seconds)


def test_the_list_of_httpx_errors_is_complete() -> None:
    """Every public exception of httpx is in it but one, which no transport raises: a conflict between cookies."""
    public: ModuleType = httpx
    exceptions = {
        name
        for name in public.__all__
        if isinstance(found := getattr(public, name), type) and issubclass(found, Exception)
    }

    assert exceptions - {"CookieConflict"} == {kind.__name__ for kind in httpx_errors()}


@each_error
def test_an_error_of_a_transport_becomes_a_transport_error(error: Exception) -> None:
    """Its class and words are told; only an error of connecting says that nothing was sent."""
    with failing_client(error) as client:
        found = failure(client)

    name = type(error).__name__
    assert ("not_sent" if name in NOT_SENT else "unknown") == found.delivery
    assert f"{name}: {error}" == found.args[0]
    assert f"{name}: {error} (delivery: {found.delivery}, 0.000 s)" == str(found)
    assert (found.attempts, found.elapsed, found.partial) == (1, 0.0, b"")


@each_error
def test_a_transport_error_has_no_cause(error: Exception) -> None:
    """The frames of a transport hold the signed headers."""
    with failing_client(error) as client:
        found = failure(client)

    assert found.__cause__ is None
    assert found.__context__ is None


def test_an_error_without_words_is_told_by_its_class() -> None:
    """No colon without anything behind it."""
    with failing_client(httpx.ReadTimeout("")) as client:
        assert str(failure(client)) == "ReadTimeout (delivery: unknown, 0.000 s)"


@each_error
def test_an_error_while_the_body_is_read_keeps_what_had_arrived(error: Exception) -> None:
    """Status and headers came, so the request was answered, whatever the error's class is."""

    def cut_short() -> Iterator[bytes]:
        yield b"5.1,"
        yield b"3.5"
        raise error

    with client_of(answering(httpx.Response(200, stream=Parts(cut_short)))) as client:
        found = failure(client)

    assert (found.delivery, found.partial) == ("answered", b"5.1,3.5")


@pytest.mark.parametrize("status", [200, 202, 424, 503])
def test_an_error_answer_that_is_cut_short_is_a_transport_error(status: int) -> None:
    """A part of an error's body is not an error of the service."""

    def cut_short() -> Iterator[bytes]:
        yield b'{"Mess'
        raise httpx.RemoteProtocolError("peer closed connection")

    with client_of(answering(httpx.Response(status, stream=Parts(cut_short)))) as client:
        assert failure(client).partial == b'{"Mess'


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nsetos",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nsetos\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nsetos\r\nzz\r\n",
        b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 10\r\n\r\nsetos",
    ],
    ids=["length", "chunks without an end", "chunks with garbage", "an error's length"],
)
def test_a_truncated_answer_over_a_socket_was_answered_and_keeps_its_part(answer: bytes) -> None:
    """The connection ended, or its framing broke, before the body did."""
    with one_shot([answer]) as server, socket_client(server.url) as client:
        found = failure(client)

    assert (found.delivery, found.partial) == ("answered", b"setos")
    assert len(server.received) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\nContent-",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nBad Header\r\n\r\n",
    ],
    ids=["nothing", "half a status line", "half a head", "garbage", "a bad header"],
)
def test_without_a_whole_head_nobody_knows_whether_the_request_ran(answer: bytes) -> None:
    """The request arrived; the model may have run. It is sent once."""
    with one_shot([answer, success_answer()]) as server, socket_client(server.url) as client:
        found = failure(client)

    assert (found.delivery, found.partial) == ("unknown", b"")
    assert len(server.received) == 1


def success_answer() -> bytes:
    """Return a raw answer that would be taken for a success."""
    return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def test_a_refused_connection_was_not_sent() -> None:
    """Nothing listens there."""
    with refused_url() as url, socket_client(url) as client:
        found = failure(client)

    assert found.delivery == "not_sent"
    assert type(found) is ConnectError


def test_a_tls_handshake_that_does_not_end_was_not_sent_anything() -> None:
    """The request leaves only after the handshake."""
    with (
        silent_url() as url,
        socket_client(url.replace("http:", "https:"), timeout=Timeouts(connect=0.05)) as client,
    ):
        found = failure(client)

    assert found.delivery == "not_sent"
    assert type(found) is ConnectTimeoutError


def test_a_silent_server_is_given_up_after_the_limit() -> None:
    """The model may be running, so the fate of the request is unknown."""
    with silent_url() as url, socket_client(url, timeout=Timeouts(first_byte=0.05)) as client:
        found = failure(client)

    assert found.delivery == "unknown"
    assert type(found) is FirstByteTimeoutError
    assert 0.05 <= found.elapsed < 5


def test_the_total_limit_ends_a_silent_wait() -> None:
    """It holds where it is shorter than the limit of the part."""
    with silent_url() as url, socket_client(url) as client, pytest.raises(TransportError) as caught:
        client.send(REAL_TIME, timeout=Timeouts(total=0.05))

    assert 0.05 <= caught.value.elapsed < 5


@pytest.mark.parametrize("host", ["a..b", "a" * 64, f"{'a' * 64}.example", ".example"])
@pytest.mark.filterwarnings("ignore::runtime.PlainHttpWarning")
def test_a_host_that_has_no_form_in_dns_is_a_typed_error(host: str) -> None:
    """Refused as a setting, or as a connection that cannot be made; the name is never looked up."""
    with pytest.raises(Error), socket_client(f"http://{host}") as client:
        client.send(REAL_TIME)


# The deadline over the whole call, on a clock that the test turns.


def body_that_takes(watch: Watch, *parts: tuple[float, bytes]) -> httpx.Response:
    """Return an answer whose parts arrive after so many seconds each."""

    def arriving() -> Iterator[bytes]:
        for seconds, part in parts:
            watch.seconds += seconds
            yield part

    return httpx.Response(200, stream=Parts(arriving))


def test_an_answer_within_the_deadline_is_an_answer() -> None:
    """To the very second; the elapsed time is the clock's."""
    watch = Watch()
    router = answering(body_that_takes(watch, (4, b"5.1"), (6, b",3.5")))

    with client_of(router, clock=watch.clock, timeout=Timeouts(total=10)) as client:
        output = client.send(REAL_TIME)

    assert (output.body, output.metadata.elapsed) == (b"5.1,3.5", 10.0)


def test_an_answer_that_runs_over_the_deadline_is_given_up_and_keeps_its_part() -> None:
    """The part that arrived too late is kept too; nothing more is read."""
    watch = Watch()
    router = answering(body_that_takes(watch, (4, b"5.1"), (7, b",3.5"), (1, b",never read")))

    with client_of(router, clock=watch.clock, timeout=Timeouts(total=10)) as client:
        found = failure(client)

    assert (found.delivery, found.partial, found.elapsed) == ("answered", b"5.1,3.5", 11.0)
    assert found.args[0] == "the whole call took longer than the 10 s allowed"


def test_an_answer_without_a_body_that_comes_after_the_deadline_is_given_up() -> None:
    """The deadline holds for every answer, not only for those that have a body."""
    watch = Watch()
    router = answering()

    def late(_request: httpx.Request) -> httpx.Response:
        watch.seconds += 11
        return body_that_takes(watch)

    router.routes[0].mock(side_effect=late)
    with client_of(router, clock=watch.clock, timeout=Timeouts(total=10)) as client:
        assert failure(client).delivery == "answered"


def test_a_deadline_that_has_passed_before_sending_sends_nothing() -> None:
    """The time that credentials take counts; a model that nobody waits for must not run."""
    watch = Watch()
    router = answering()

    def slow_credentials() -> Credentials:
        watch.seconds += 11
        return CREDENTIALS

    options = {"clock": watch.clock, "credentials": slow_credentials, "timeout": Timeouts(total=10)}
    with client_of(router, **options) as client:
        found = failure(client)

    assert found.delivery == "not_sent"
    assert not router.calls


def test_a_calls_own_limits_take_the_place_of_the_clients() -> None:
    """All of them, not only those that differ."""
    router = answering()

    with client_of(router, timeout=Timeouts(connect=1, total=1)) as client:
        client.send(REAL_TIME, timeout=Timeouts(connect=2, write=3, first_byte=4))

    assert sent(router).extensions["timeout"] == {"connect": 2, "pool": 2, "write": 3, "read": 4}


def test_no_single_wait_is_longer_than_the_deadline() -> None:
    """The transport is given the shorter of each limit and the deadline; None is no limit."""
    router = answering()

    with client_of(router) as client:
        client.send(REAL_TIME, timeout=Timeouts(connect=9, write=None, first_byte=1, total=5))
        client.send(REAL_TIME, timeout=Timeouts(connect=None, write=None, first_byte=None))

    first, second = (call.request.extensions["timeout"] for call in router.calls)
    assert first == {"connect": 5, "pool": 5, "write": 5, "read": 1}
    assert dict.fromkeys(("connect", "pool", "write", "read")) == second


def test_the_limits_are_those_that_are_documented() -> None:
    """70 s to the first byte, because a model has 60."""
    assert Timeouts(connect=10, write=20, first_byte=70, stall=70, total=None) == Timeouts()


@pytest.mark.parametrize("seconds", [0, -1, -0.0, math.nan, -math.inf, math.inf, 1e20], ids=repr)
@pytest.mark.parametrize("name", ["connect", "write", "first_byte", "stall", "total"])
def test_a_limit_that_is_no_length_of_time_is_refused(name: str, seconds: float) -> None:
    """No socket takes it, so it would be another error in the middle of a call; None is how to have no limit."""
    with pytest.raises(ValueError, match=f"{name} is "):
        Timeouts(**{name: seconds})


# Redirects.


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_error_and_nothing_is_sent_on(status: int) -> None:
    """Neither the body nor the session token goes to another host."""
    with one_shot() as other:
        location = f"{other.url}/endpoints/iris/invocations"
        answer = f"HTTP/1.1 {status} Elsewhere\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()
        with (
            one_shot([answer, answer]) as server,
            socket_client(server.url, credentials=TEMPORARY) as client,
            pytest.raises(ServiceError) as caught,
        ):
            client.send(REAL_TIME)

    assert (status, str(status)) == (caught.value.status_code, caught.value.code)
    assert (len(server.received), len(other.received)) == (1, 0)


def test_a_redirect_to_the_same_server_is_not_followed_either() -> None:
    """A loop would never end."""
    answer = b"HTTP/1.1 308 Permanent Redirect\r\nLocation: /endpoints/iris/invocations\r\nContent-Length: 0\r\n\r\n"
    with (
        one_shot([answer, answer]) as server,
        socket_client(server.url) as client,
        pytest.raises(ServiceError, match="308"),
    ):
        client.send(REAL_TIME)

    assert len(server.received) == 1


# Answers that are whole and yet not to be believed.


def test_an_interim_answer_is_not_the_answer() -> None:
    """103 Early Hints comes before the real one."""
    answer = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsetosa"

    with one_shot([answer]) as server, socket_client(server.url) as client:
        assert client.send(REAL_TIME).body == b"setosa"


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"null", b'{"InferenceId": 7}', b'{"InferenceId', b"\xff", b"[" * 100_000], ids=repr
)
@pytest.mark.parametrize("status", [200, 202, 204])
def test_a_queued_request_whose_answer_names_nothing_is_a_typed_error(status: int, body: bytes) -> None:
    """Without OutputLocation and InferenceId nobody can say where the output will be."""
    words = "neither OutputLocation nor InferenceId"
    router = answering(httpx.Response(status, content=body))
    with client_of(router) as client, pytest.raises(UnexpectedAnswerError, match=words) as caught:
        client.send(QUEUED)

    assert (status, body) == (caught.value.status_code, caught.value.body)


@pytest.mark.parametrize("status", [101, 199, 300, 304, 399, 600, 999])
def test_a_status_outside_200_to_299_is_an_error(status: int) -> None:
    """Whatever the body says."""
    with (
        client_of(answering(httpx.Response(status, content=b"setosa"))) as client,
        pytest.raises(ServiceError) as caught,
    ):
        client.send(REAL_TIME)

    assert (status, str(status), "setosa") == (caught.value.status_code, caught.value.code, caught.value.message)


def test_the_connection_is_given_back_after_every_answer() -> None:
    """The answer's stream is closed after a success, an error and a body that broke."""
    closed = []

    class Closing(Parts):
        def close(self) -> None:
            closed.append(True)

    def broken() -> Iterator[bytes]:
        raise httpx.ReadError("words")
        yield b""

    answers = [
        httpx.Response(200, stream=Closing(lambda: iter([b"x"]))),
        httpx.Response(500, stream=Closing(lambda: iter([b"x"]))),
        httpx.Response(200, stream=Closing(broken)),
    ]
    router = answering()
    router.routes[0].mock(side_effect=answers)

    with client_of(router) as client:
        assert isinstance(client.send(REAL_TIME), InvokeEndpointOutput)
        for kind in (ServiceError, TransportError):
            with pytest.raises(kind):
                client.send(REAL_TIME)

    assert closed == [True] * 3


def test_credentials_that_cannot_be_found_are_no_transport_error() -> None:
    """They are asked for before anything is sent."""
    router = answering(success())

    def failing() -> Credentials:
        raise CredentialsError("no such profile")

    with client_of(router, credentials=failing) as client, pytest.raises(CredentialsError, match="no such profile"):
        client.send(REAL_TIME)

    assert not router.calls


@pytest.mark.parametrize("path", ["", "no-such-bundle.pem", __file__], ids=["empty", "missing", "not a bundle"])
def test_a_certificate_bundle_that_is_none_is_a_typed_error(path: str) -> None:
    """A setting that makes no sense; an empty path does not mean the certificates of the machine."""
    with pytest.raises(ConfigError):
        socket_client(URL, verify=path).close()
