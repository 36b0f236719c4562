"""Requests as raw HTTP text: the reader keeps what general parsers refuse or repair, and the writer loses nothing."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sigv4 import UNSIGNED, Headers, Request, RequestError, SigningError
from sigv4.raw_http import read_request, write_request
from tests.sigv4.examples import INVOKE
from tests.sigv4.test_properties import HEADERS, PATHS, QUERIES, bounded


def read(text: str) -> Request:
    """Read a request from its text."""
    return read_request(text.encode("utf-8", "surrogateescape"))


def test_a_request_without_a_body_needs_no_empty_line() -> None:
    """The test suite's requests without a body end after their last header line."""
    expected = Request("GET", "/", headers=[("Host", "example.amazonaws.com")])

    assert expected == read("GET / HTTP/1.1\nHost:example.amazonaws.com")
    assert expected == read("GET / HTTP/1.1\nHost:example.amazonaws.com\n")
    assert expected == read("GET / HTTP/1.1\nHost:example.amazonaws.com\n\n")
    assert expected == read("GET / HTTP/1.1\r\nHost:example.amazonaws.com\r\n\r\n")


def test_a_request_line_alone_is_a_request() -> None:
    """Signing it fails for want of a host; that is not the reader's business."""
    assert Request("GET", "/") == read("GET / HTTP/1.1")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_body_begins_after_the_first_empty_line(end: str) -> None:
    """Empty lines inside the body belong to it, of either kind, and its bytes are kept as they are."""
    body = "é\n\nx\r\n\r\ny\n"

    assert Request("POST", "/", headers=[("A", "1")], payload=body.encode()) == read(
        f"POST / HTTP/1.1{end}A:1{end}{end}{body}"
    )


def test_a_body_may_be_any_bytes() -> None:
    """It is not text."""
    body = bytes(range(256))

    assert body == read_request(b"POST / HTTP/1.1\r\nA: 1\r\n\r\n" + body).payload


def test_the_last_space_of_the_request_line_separates_the_version() -> None:
    """A target may hold raw spaces and letters outside ASCII."""
    assert Request("GET", "/a b/ሴ", "c d=ሴ") == read("GET /a b/ሴ?c d=ሴ HTTP/1.1\n")


def test_bytes_that_are_not_utf_8_are_kept() -> None:
    """In path, query and header values, as a record carries them."""
    found = read_request(b"GET /\xff?\xfe HTTP/1.1\r\nA: \xfd\r\n\r\n")

    assert Request("GET", "/\udcff", "\udcfe", [("A", "\udcfd")]) == found


def test_only_the_first_question_mark_begins_the_query() -> None:
    """Further ones are part of the query."""
    assert Request("GET", "/", "a=?&b") == read("GET /?a=?&b HTTP/1.1\n")


def test_header_names_and_values_are_kept_as_they_stand() -> None:
    """Spaces inside, colons, letter case, order, repeated names; only spaces and tabs around a value are not of it."""
    expected = Headers((("A", '"a   b"'), ("b", "c:d"), ("A", ""), ("C", "\u00a0e\u2003")))

    assert expected == read('GET / HTTP/1.1\nA: \t"a   b" \nb:c:d\nA:\nC: \u00a0e\u2003\n').headers


def test_folded_lines_are_joined_by_one_space() -> None:
    """A line that begins with a space or a tab continues the header before it."""
    assert read("GET / HTTP/1.1\nA:1\n  2\n\t 3 \nB:4\n").headers == (("A", "1 2 3"), ("B", "4"))


def test_a_folded_line_loses_spaces_and_tabs_alone() -> None:
    """Any other character is of the value, those that Unicode calls spaces too (RFC 9110, section 5.6.3)."""
    assert read("GET / HTTP/1.1\nA:1\n \u00a0b\u2003\n").headers == (("A", "1 \u00a0b\u2003"),)


def test_the_scheme_is_the_callers() -> None:
    """The text does not have it; https unless said otherwise."""
    assert read("GET / HTTP/1.1\n").scheme == "https"
    assert read_request(b"GET / HTTP/1.1\n", "http").scheme == "http"


@pytest.mark.parametrize("text", ["", "\n", "\r\n\r\n", "GET /\n", "GET / \n", "GET / FTP/1.1\n", "GET", "HTTP/1.1"])
def test_a_text_without_a_request_line_is_refused(text: str) -> None:
    """Method, target and version must be there."""
    with pytest.raises(RequestError, match=r"request line: is not of the form METHOD /path HTTP/1\.1"):
        read(text)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("GET HTTP/1.1\n", "path"),
        ("GET example.com/ HTTP/1.1\n", "path"),
        ("GET https://example.com/ HTTP/1.1\n", "path"),
        (" / HTTP/1.1\n", "method"),
        ("get / HTTP/1.1\n", "method"),
        ("GET /\t HTTP/1.1\n", "path"),
        ("GET /# HTTP/1.1\n", "path"),
        ("GET /?%zz HTTP/1.1\n", "query"),
        ("GET / HTTP/1.1\nHost\n", "headers"),
        ("GET / HTTP/1.1\n folded: first\nA: 1\n", "headers[' folded']"),
        ("GET / HTTP/1.1\nA : 1\n", "headers['A ']"),
        ("GET / HTTP/1.1\n: 1\n", "headers['']"),
        ("GET / HTTP/1.1\nA: 1\r2\n", "headers['A']"),
        ("GET / HTTP/1.1\nA: 1\0\n", "headers['A']"),
    ],
)
def test_what_may_not_stand_in_a_request_is_refused_by_its_place(text: str, where: str) -> None:
    """The message names the place and never the value."""
    with pytest.raises(RequestError) as caught:
        read(text)

    assert where == caught.value.where


@bounded
@given(
    st.binary(max_size=80)
    | st.text("GET /HTP1.\r\n: \tAa?%é\udcff", max_size=60).map(lambda t: t.encode("utf-8", "surrogateescape"))
)
@example(b"GET / HTTP/1.1\r\n\r\r\n\n")
@example(b"GET / HTTP/1.1\r\nA: 1\r\n\nbody")
@example(b"GET / HTTP/1.1\nA: 1\n\r\nbody")
@example(b"\r\n\n\n")
def test_any_bytes_are_a_request_or_are_refused(data: bytes) -> None:
    """By a SigningError, whatever they are."""
    try:
        read_request(data)
    except SigningError:
        return
    assert data.split(b" ")[0].isascii()


def test_a_request_is_written_line_by_line() -> None:
    """Request line, the request's headers, the added ones, and the length of the body."""
    assert write_request(INVOKE, [("Authorization", "a")]).decode() == (
        "POST /endpoints/iris/invocations?a=1&b=x%20y HTTP/1.1\r\n"
        "Host: runtime.sagemaker.eu-west-1.amazonaws.com\r\n"
        "Content-Type: text/csv\r\n"
        "X-Amzn-SageMaker-Custom-Attributes: tenant=a\r\n"
        "Authorization: a\r\n"
        "Content-Length: 16\r\n"
        "\r\n"
        "5.1,3.5,1.4,0.2\n"
    )


def test_the_length_is_written_only_where_it_is_needed() -> None:
    """Not without a body, and not beside a Content-Length that is there, in any letters."""
    host = [("Host", "a")]

    assert write_request(Request("GET", "/", headers=host)) == b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    assert write_request(Request("PUT", "/", headers=[("content-LENGTH", "1")], payload=b"x")) == (
        b"PUT / HTTP/1.1\r\ncontent-LENGTH: 1\r\n\r\nx"
    )


@pytest.mark.parametrize("body", [b"a\n", bytearray(b"a\n"), memoryview(b"a\n")])
def test_a_body_of_any_kind_of_bytes_is_written(body: bytes | bytearray | memoryview) -> None:
    """A payload that is not bytes is left out: its bytes are elsewhere."""
    assert write_request(Request("PUT", "/", payload=body)).endswith(b"Content-Length: 2\r\n\r\na\n")
    assert write_request(Request("PUT", "/", payload=UNSIGNED)) == b"PUT / HTTP/1.1\r\n\r\n"


@bounded
@given(
    st.builds(
        Request,
        method=st.sampled_from(["GET", "POST"]),
        path=PATHS,
        query=QUERIES,
        headers=HEADERS.map(lambda pairs: [(name, value.strip(" \t")) for name, value in pairs]),
        payload=st.binary(max_size=40),
    )
)
def test_what_was_written_is_read_back(request: Request) -> None:
    """Every byte of it; the length that the writer added comes last, and is not added again."""
    written = write_request(request)

    found = read_request(written)

    added = [("Content-Length", str(len(as_bytes(request))))] if as_bytes(request) else []
    assert written == write_request(found)
    assert as_bytes(request) == as_bytes(found)
    assert [bytes_of(*pair) for pair in (*request.headers, *added)] == [bytes_of(*pair) for pair in found.headers]
    assert bytes_of(request.path, request.query) == bytes_of(found.path, found.query)


def as_bytes(request: Request) -> bytes:
    """Return a body that is bytes."""
    assert isinstance(request.payload, bytes)
    return request.payload


def bytes_of(*texts: str) -> list[bytes]:
    """Return wire texts as bytes: two texts may stand for the same ones."""
    return [text.encode("utf-8", "surrogateescape") for text in texts]
