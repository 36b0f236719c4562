"""The reader of raw request text keeps what general parsers refuse or repair."""

import pytest

from sigv4 import Request
from tests.sigv4.raw_request import read_raw_request


def test_a_request_without_a_body_needs_no_empty_line() -> None:
    """The suite's requests without a body end after their last header line."""
    expected = Request("GET", "/", headers=[("Host", "example.amazonaws.com")])

    assert expected == read_raw_request("GET / HTTP/1.1\nHost:example.amazonaws.com\n")
    assert expected == read_raw_request("GET / HTTP/1.1\nHost:example.amazonaws.com\n\n")


def test_the_body_begins_after_the_first_empty_line() -> None:
    """Empty lines inside the body belong to it, and text outside ASCII stands for its UTF-8 bytes."""
    assert Request("POST", "/", headers=[("A", "1")], payload="é\n\nx\n".encode()) == read_raw_request(
        "POST / HTTP/1.1\nA:1\n\né\n\nx\n"
    )


def test_the_last_space_of_the_request_line_separates_the_version() -> None:
    """A target may hold raw spaces and letters outside ASCII."""
    assert Request("GET", "/a b/ሴ", "c d=ሴ") == read_raw_request("GET /a b/ሴ?c d=ሴ HTTP/1.1\n")


def test_only_the_first_question_mark_begins_the_query() -> None:
    """Further ones are part of the query."""
    assert Request("GET", "/", "a=?&b") == read_raw_request("GET /?a=?&b HTTP/1.1\n")


def test_header_values_are_kept_as_they_stand() -> None:
    """Spaces, colons, letter case, order and repeated names are kept."""
    expected = (("A", ' "a   b" '), ("b", "c:d"), ("A", ""))

    assert expected == read_raw_request('GET / HTTP/1.1\nA: "a   b" \nb:c:d\nA:\n').headers


def test_folded_lines_are_joined_by_one_space() -> None:
    """A line that begins with a space or a tab continues the header before it."""
    assert read_raw_request("GET / HTTP/1.1\nA:1\n  2\n\t 3 \nB:4\n").headers == (("A", "1 2 3"), ("B", "4"))


@pytest.mark.parametrize("text", ["", "GET /\n", "GET HTTP/1.1\n", "GET / \n", "GET / FTP/1.1\n"])
def test_a_text_without_a_request_line_is_refused(text: str) -> None:
    """Method, target and version must be there."""
    with pytest.raises(ValueError, match="not a request line"):
        read_raw_request(text)


@pytest.mark.parametrize("line", ["Host", " folded:first"])
def test_a_line_that_is_no_header_is_refused(line: str) -> None:
    """A line needs a colon, and a folded one needs a header before it."""
    with pytest.raises(ValueError, match="not a header line"):
        read_raw_request(f"GET / HTTP/1.1\n{line}\nA:1\n")
