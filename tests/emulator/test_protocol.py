"""The server behind a real socket: refusals in AWS's form, connections kept and closed as HTTP/1.1 has it."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from attrs import evolve

from runtime.emulator.protocol import BODY_SECONDS, HEAD_SECONDS, StrictProtocol
from runtime.emulator.server import LocalEndpoint
from tests.emulator.conftest import Station
from tests.emulator.connection import Answer, Caller, Connection
from tests.emulator.refused_heads import FIELDS, REFUSED_HEADS, RefusedHead
from tests.emulator.signing import CREDENTIALS, FLOWER, NOW, Raw, signed, unsigned

VIRGINICA = b"6.3,3.3,6.0,2.5\n"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class ImpatientForHeads(StrictProtocol):
    """Waits a fifth of a second for a head, where the real one waits many."""

    head_seconds = 0.2


class ImpatientForBodies(StrictProtocol):
    """Waits a fifth of a second for a body, where the real one waits many."""

    body_seconds = 0.2


def endpoint_with(protocol: type[StrictProtocol], folder: Path) -> LocalEndpoint:
    """Return an endpoint of the tests' time and keys whose connections speak this protocol."""
    return LocalEndpoint(folder, credentials=CREDENTIALS, now=lambda: NOW, protocol=protocol)


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEndpoint]:
    """An endpoint that waits a fifth of a second for a head."""
    with endpoint_with(ImpatientForHeads, tmp_path_factory.mktemp("heads")) as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def impatient_for_bodies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEndpoint]:
    """An endpoint that waits a fifth of a second for a body."""
    with endpoint_with(ImpatientForBodies, tmp_path_factory.mktemp("bodies")) as endpoint:
        yield endpoint


def good(url: str, body: bytes = FLOWER) -> Raw:
    """Return a signed InvokeEndpoint."""
    return signed(unsigned(url, body=body))


def assert_refused(answer: Answer, status: int, code: str) -> None:
    """Assert that an answer has AWS's error form and says that the connection ends."""
    assert (status, code) == (answer.status, answer.headers["x-amzn-errortype"])
    assert UUID.fullmatch(answer.headers["x-amzn-requestid"])
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["connection"] == "close"
    assert list(answer.json()) == ["message"]


@pytest.mark.parametrize("case", REFUSED_HEADS, ids=lambda case: case.name)
def test_a_bad_head_is_answered_in_the_form_of_aws_and_the_connection_closed(
    station: Station, case: RefusedHead
) -> None:
    """Status, x-amzn-ErrorType, x-amzn-RequestId and a JSON body; then the end, with no operation run."""
    with Connection(station.url) as connection:
        connection.send(case.head)

        assert_refused(connection.read_answer(), case.status, case.code)
        assert connection.is_closed_by_the_server()
    assert station.calls == []


def test_every_refusal_has_a_request_id_of_its_own(station: Station) -> None:
    """Two refusals can be told apart."""
    ids = set()
    for _ in range(2):
        with Connection(station.url) as connection:
            connection.send(b"\n")
            ids.add(connection.read_answer().headers["x-amzn-requestid"])

    assert len(ids) == 2


def test_an_oversized_body_is_refused_before_it_is_sent(station: Station) -> None:
    """The announcement is enough: 413 comes although not a byte of the body did."""
    raw = evolve(good(station.url, b""), length=25 * 1024 * 1024 + 1)
    with Connection(station.url) as connection:
        connection.send(raw.wire())

        assert_refused(connection.read_answer(), 413, "RequestEntityTooLargeException")
        assert connection.is_closed_by_the_server()


def test_a_connection_serves_one_request_after_another(station: Station) -> None:
    """A connection stays open after an answer, after a refused signature too."""
    requests = (good(station.url), unsigned(station.url), good(station.url, VIRGINICA), good(station.url))
    with Connection(station.url) as connection:
        answers = []
        for request in requests:
            connection.send(request.wire())
            answers.append(connection.read_answer())

    assert [answer.status for answer in answers] == [200, 403, 200, 200]
    assert [answers[place].body for place in (0, 2, 3)] == [b"setosa\n", b"virginica\n", b"setosa\n"]


def test_a_caller_can_ask_for_the_end_of_the_connection(station: Station) -> None:
    """Connection: close is obeyed."""
    with Connection(station.url) as connection:
        connection.send(good(station.url).adding(("Connection", "close")).wire())

        answer = connection.read_answer()
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        assert connection.is_closed_by_the_server()


@pytest.mark.parametrize("count", [2, 20])
def test_pipelined_requests_are_answered_in_order(station: Station, count: int) -> None:
    """Requests that arrive together are answered one after the other, none lost and none doubled."""
    bodies = [(FLOWER, VIRGINICA)[place % 2] for place in range(count)]
    with Connection(station.url) as connection:
        connection.send(b"".join(good(station.url, body).wire() for body in bodies))
        answers = [connection.read_answer() for _ in bodies]

        assert [(b"setosa\n", b"virginica\n")[place % 2] for place in range(count)] == [a.body for a in answers]
        assert not connection.has_something_to_read(0.01)
    assert bodies == [call.body for call in station.calls]


def test_a_pipelined_request_may_come_in_pieces(station: Station) -> None:
    """The beginning of a second request waits for its rest."""
    first, second = good(station.url).wire(), good(station.url, VIRGINICA).wire()
    for cut in (1, 20, len(second) - len(VIRGINICA), len(second) - 1):
        with Connection(station.url) as connection:
            connection.send(first + second[:cut])
            assert connection.read_answer().body == b"setosa\n"
            connection.send(second[cut:])
            assert connection.read_answer().body == b"virginica\n"


@pytest.mark.parametrize("case", FIELDS[:5], ids=lambda case: case.name)
def test_a_bad_request_behind_a_good_one_is_refused_after_the_good_answer(station: Station, case: RefusedHead) -> None:
    """Two answers come, in order: the model's, and the refusal that ends the connection."""
    with Connection(station.url) as connection:
        connection.send(good(station.url).wire() + case.head)

        assert connection.read_answer().status == 200
        assert_refused(connection.read_answer(), case.status, case.code)
        assert connection.is_closed_by_the_server()
    assert len(station.calls) == 1


def test_bytes_behind_a_body_are_no_part_of_it(station: Station) -> None:
    """What follows Content-Length's bytes is the next request, and is held to its form."""
    with Connection(station.url) as connection:
        connection.send(good(station.url).wire() + b"surplus\n")

        assert connection.read_answer().status == 200
        assert_refused(connection.read_answer(), 400, "MalformedHttpRequestException")
    assert [call.body for call in station.calls] == [FLOWER]


def test_nobody_is_upgraded_to_another_protocol(station: Station) -> None:
    """Upgrade is not obeyed: the request is answered as HTTP/1.1, and so is the next one."""
    with Connection(station.url) as connection:
        for upgrade in ("websocket", "h2c"):
            connection.send(good(station.url).adding(("Connection", "Upgrade"), ("Upgrade", upgrade)).wire())
            assert connection.read_answer().status == 200
        connection.send(good(station.url, VIRGINICA).wire())
        assert connection.read_answer().body == b"virginica\n"


def test_an_older_protocol_is_answered_and_closed(station: Station) -> None:
    """HTTP/1.0 is served as HTTP/1.0: one request, one answer, the end."""
    with Connection(station.url) as connection:
        connection.send(good(station.url).wire().replace(b"HTTP/1.1", b"HTTP/1.0"))

        assert connection.read_answer().body == b"setosa\n"
        assert connection.is_closed_by_the_server()


def test_a_caller_that_waits_for_100_is_told_to_continue(station: Station) -> None:
    """Expect: 100-continue is answered before the body comes."""
    head, _, body = good(station.url).adding(("Expect", "100-continue")).wire().partition(b"\r\n\r\n")
    with Connection(station.url) as connection:
        connection.send(head + b"\r\n\r\n")
        assert connection.read_answer(has_body=False).status == 100
        connection.send(body)
        assert connection.read_answer().body == b"setosa\n"


def test_a_caller_that_does_not_wait_for_100_is_answered_too(station: Station) -> None:
    """The body may come at once."""
    with Connection(station.url) as connection:
        connection.send(good(station.url).adding(("Expect", "100-continue")).wire())

        answer = connection.read_answer()
        if answer.status == 100:
            answer = connection.read_answer()
        assert answer.body == b"setosa\n"


def test_the_limits_of_time_are_those_of_the_documentation() -> None:
    """10 s for a head, 60 s for a body."""
    assert (HEAD_SECONDS, BODY_SECONDS) == (10, 60)
    assert (StrictProtocol.head_seconds, StrictProtocol.body_seconds) == (HEAD_SECONDS, BODY_SECONDS)


@pytest.mark.parametrize("begin", [b"", b"G", b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n"])
def test_a_slow_head_is_answered_with_408_and_closed(impatient: LocalEndpoint, begin: bytes) -> None:
    """A connection that does not say its request in time is given up, even if it never says a byte."""
    with Connection(impatient.url) as connection:
        connection.send(begin)

        assert_refused(connection.read_answer(), 408, "RequestTimeoutException")
        assert connection.is_closed_by_the_server()


def test_drops_of_a_head_do_not_buy_time(impatient: LocalEndpoint) -> None:
    """The limit is for the whole head: a byte now and then does not extend it."""
    with Connection(impatient.url) as connection:
        connection.send(b"GET /")
        for _ in range(1000):
            if connection.has_something_to_read(0.01):
                break
            connection.send(b"x")

        assert_refused(connection.read_answer(), 408, "RequestTimeoutException")


def test_a_slow_second_head_is_given_up_too(impatient: LocalEndpoint) -> None:
    """The limit holds for each request of a connection."""
    with Connection(impatient.url) as connection:
        connection.send(good(impatient.url).wire())
        assert connection.read_answer().status == 200
        connection.send(b"POST")

        assert_refused(connection.read_answer(), 408, "RequestTimeoutException")


def test_a_pipelined_beginning_is_given_up_too(impatient: LocalEndpoint) -> None:
    """The limit holds for a head whose first bytes came glued to the request before it."""
    with Connection(impatient.url) as connection:
        connection.send(good(impatient.url).wire() + b"POST")
        assert connection.read_answer().status == 200

        assert_refused(connection.read_answer(), 408, "RequestTimeoutException")


@pytest.mark.parametrize("arrived", [0, 1, len(FLOWER) - 1])
def test_a_slow_body_is_answered_with_408_and_closed(impatient_for_bodies: LocalEndpoint, arrived: int) -> None:
    """A body that does not come in time is given up."""
    url = impatient_for_bodies.url
    wire = good(url).wire()
    with Connection(url) as connection:
        connection.send(wire[: len(wire) - len(FLOWER) + arrived])

        assert_refused(connection.read_answer(), 408, "RequestTimeoutException")
        assert connection.is_closed_by_the_server()


def test_a_body_may_take_longer_than_a_head(impatient: LocalEndpoint) -> None:
    """Once the head is there, its own limit is over."""
    wire = good(impatient.url).wire()
    with Connection(impatient.url) as connection:
        connection.send(wire[:-1])
        assert not connection.has_something_to_read(0.3)
        connection.send(wire[-1:])

        assert connection.read_answer().body == b"setosa\n"


def test_an_open_connection_without_a_request_is_no_slow_head(impatient: LocalEndpoint) -> None:
    """Between two requests a connection may rest for longer than a head may take."""
    with Connection(impatient.url) as connection:
        connection.send(good(impatient.url).wire())
        assert connection.read_answer().status == 200

        assert not connection.has_something_to_read(0.3)
        connection.send(good(impatient.url, VIRGINICA).wire())
        assert connection.read_answer().body == b"virginica\n"


def test_two_hundred_slow_connections_do_not_stop_a_good_request(station: Station, caller: Caller) -> None:
    """Connections that say half a head, or half a body, hold up nobody else."""
    half_a_head, half_a_body = b"POST / HTTP/1.1\r\nHost: ", good(station.url).wire()[:-1]
    with ExitStack() as stack:
        for place in range(200):
            connection = stack.enter_context(Connection(station.url))
            connection.send((half_a_head, half_a_body)[place % 2])

        assert caller.ask(good(station.url).wire()).body == b"setosa\n"


@pytest.mark.parametrize("place", [0, 10, -len(FLOWER), -1])
def test_a_caller_that_goes_away_leaves_the_server_fine(station: Station, caller: Caller, place: int) -> None:
    """A connection that ends in the middle of a head or a body runs no operation and disturbs nobody."""
    with Connection(station.url) as connection:
        connection.send(good(station.url, VIRGINICA).wire()[:place])

    assert caller.ask(good(station.url).wire()).body == b"setosa\n"
    assert [call.body for call in station.calls] == [FLOWER]


@pytest.mark.parametrize("arrived", [b"", FLOWER])
def test_a_body_cut_short_runs_no_operation_even_where_its_part_was_signed(
    station: Station, caller: Caller, arrived: bytes
) -> None:
    """Fewer bytes than Content-Length announced are no request, although the signature fits the bytes that came."""
    with Connection(station.url) as connection:
        connection.send(evolve(good(station.url, arrived), length=len(arrived) + 1).wire())
    with Connection(station.url) as connection:
        connection.send(b"\n")  # a later connection's answer: the server has seen the end of the earlier one
        connection.read_answer()
    for _ in range(5):
        assert caller.ask(unsigned(station.url).wire()).status == 403

    assert station.calls == []


def test_a_body_given_up_as_too_slow_runs_no_operation(
    impatient_for_bodies: LocalEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After 408 the request is over, although the signature fits the bytes that came."""
    ran: list[object] = []
    monkeypatch.setattr("runtime.emulator.iris.IrisModel.invoke", lambda *given: ran.append(given))
    url = impatient_for_bodies.url
    with Connection(url) as connection:
        connection.send(evolve(good(url), length=len(FLOWER) + 1).wire())

        assert connection.read_answer().status == 408
        assert connection.is_closed_by_the_server()
    with Connection(url) as connection:
        for _ in range(5):
            connection.send(unsigned(url).wire())
            assert connection.read_answer().status == 403

    assert ran == []


def test_answers_are_sent_without_delay(tmp_path: Path) -> None:
    """Nagle's algorithm is off on accepted connections: it would hold small answers back for 40 ms."""
    options = []

    class WatchingProtocol(StrictProtocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            accepted = transport.get_extra_info("socket")
            options.append(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            super().connection_made(transport)

    endpoint = endpoint_with(WatchingProtocol, tmp_path)
    with endpoint, Connection(endpoint.url) as connection:
        connection.send(good(endpoint.url).wire())
        assert connection.read_answer().status == 200

    assert [option != 0 for option in options] == [True]


def test_only_this_machine_is_served(station: Station) -> None:
    """The server is bound to 127.0.0.1 alone: another address of this machine refuses the connection."""
    port = int(station.url.rpartition(":")[2])

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port), 1)


def test_the_body_of_a_refusal_is_json_of_one_member(station: Station) -> None:
    """The words stand in ``message``, as AWS's front end has it."""
    with Connection(station.url) as connection:
        connection.send(b"GET / HTTP/1.1\r\n\r\n")

        assert json.loads(connection.read_answer().body) == {"message": "There must be exactly one Host header."}
