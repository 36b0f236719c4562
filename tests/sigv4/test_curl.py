"""Requests as curl command lines: read as curl reads them, and written so that curl sends exactly the request."""

import shlex
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigv4 import UNSIGNED, Headers, Request, RequestError, SigningError
from sigv4.curl import read_curl, write_curl
from tests.sigv4.examples import INVOKE
from tests.sigv4.test_properties import bounded

URL = "https://example.amazonaws.com/path"
HOST = ("Host", "example.amazonaws.com")
FORM = ("Content-Type", "application/x-www-form-urlencoded")
FILES = {"body": b"a\r\nb\0c\n", "-": b"from stdin\n", "a b": b"x"}


def read(*words: str) -> Request:
    """Read a command line of these words after ``curl``."""
    return read_curl(["curl", *words], FILES.__getitem__)


def test_a_url_alone_is_a_get() -> None:
    """With the URL's host, path and query; a URL without a scheme is http, as curl has it."""
    assert Request("GET", "/path", "a=1", [HOST]) == read(f"{URL}?a=1")
    assert Request("GET", "/path", "", [HOST]) == read("--url", URL)
    assert Request("GET", "/", "", [("Host", "localhost:8080")], scheme="http") == read("localhost:8080")


@pytest.mark.parametrize("words", [["-X", "PUT"], ["-XPUT"], ["--request", "PUT"], ["-X", "put"]])
def test_the_method_is_that_of_the_option(words: Sequence[str]) -> None:
    """Joined to its value or not."""
    assert read(*words, URL).method == "PUT"


def test_data_makes_a_post_of_a_form() -> None:
    """With the content type that curl adds; another one, and another method, count instead."""
    assert Request("POST", "/path", "", [HOST, FORM], b"a=1") == read("-d", "a=1", URL)
    assert read("-X", "PUT", "-d", "a=1", URL).method == "PUT"
    assert read("-d", "a=1", "-H", "content-type: text/csv", URL).headers == (HOST, ("content-type", "text/csv"))


def test_several_data_are_joined_by_ampersands() -> None:
    """Of all kinds, in their order."""
    words = ["-d", "a=1", "--data", "b=2", "-dc=3", "--data-raw", "d=4", "--data-binary", "e=5", "--data-ascii", "f=6"]

    assert read(*words, URL).payload == b"a=1&b=2&c=3&d=4&e=5&f=6"


@pytest.mark.parametrize(
    ("words", "body"),
    [
        (["-d", "@body"], b"abc"),
        (["--data-ascii", "@body"], b"abc"),
        (["--data-binary", "@body"], FILES["body"]),
        (["--data-raw", "@body"], b"@body"),
        (["--json", "@body"], FILES["body"]),
        (["-d", "@-"], b"from stdin"),
        (["--data-binary", "@-"], b"from stdin\n"),
        (["-d", "@a b"], b"x"),
        (["-d", "é"], "é".encode()),
        (["-d", "\udcff"], b"\xff"),
        (["-d", ""], b""),
    ],
)
def test_data_may_come_from_a_file(words: Sequence[str], body: bytes) -> None:
    """Line ends and zero bytes are dropped from a text, nothing from binary data and JSON; raw data is never a file."""
    assert body == read(*words, URL).payload
    assert read(*words, URL).method == "POST"


@pytest.mark.parametrize("text", ["-X", "-Xa", "-data", "-mean,5.1", "--json", "-"])
def test_a_value_may_look_like_an_option(text: str) -> None:
    """The word after an option that takes a value is its value, whatever it is."""
    assert text.encode() == read("--data-raw", text, URL).payload
    assert read("-H", f"A: {text}", URL).headers == (HOST, ("A", text))


def test_short_options_may_be_joined() -> None:
    """As curl takes them, the last one's value included."""
    assert read("-sSvXPUT", URL) == read("-X", "PUT", URL)
    assert read("-sSd", "a=1", URL) == read("-d", "a=1", URL)


def test_data_may_go_into_the_query() -> None:
    """With -G, after the query that the URL has; the request is a GET without a body or content type."""
    assert Request("GET", "/path", "a=1&b=2", [HOST]) == read("-G", "-d", "a=1", "-d", "b=2", URL)
    assert read("--get", "-d", "b=2", f"{URL}?a=1").query == "a=1&b=2"
    assert read("-G", "-X", "DELETE", "-d", "a=1", URL).method == "DELETE"


def test_data_for_the_query_stands_before_a_fragment() -> None:
    """Which is not sent."""
    assert read("-G", "-d", "a=1", f"{URL}#fragment").query == "a=1"


def test_json_is_joined_and_has_two_headers() -> None:
    """Nothing stands between several parts; headers that are given count instead of those that curl adds."""
    types = [("Content-Type", "application/json"), ("Accept", "application/json")]

    assert Request("POST", "/path", "", [HOST, *types], b'{"a":1}') == read("--json", '{"a":', "--json", "1}", URL)
    own = read("--json", "{}", "-H", "accept: text/csv", "-H", "Content-Type: application/x+json", URL)
    assert own.headers == (HOST, ("accept", "text/csv"), ("Content-Type", "application/x+json"))


def test_headers_are_kept_in_order() -> None:
    """Repeated ones too; spaces around a value are dropped, and Host may be given."""
    words = ["-H", "A:  1 ", "-HB:2", "--header", "A: 3", "-A", "agent", "-e", "https://example.com/", "-H", "Host: b"]

    assert read(*words, URL).headers == (
        ("A", "1"), ("B", "2"), ("A", "3"), ("User-Agent", "agent"), ("Referer", "https://example.com/"), ("Host", "b"),
    )  # fmt: skip


def test_a_header_with_a_semicolon_is_empty() -> None:
    """``Name;`` sends the header without a value; ``Name:`` sends none."""
    assert read("-H", "A;", "-H", "B:", "-H", "C: ", URL).headers == (HOST, ("A", ""))


@pytest.mark.parametrize("header", ["Content-Type:", "content-type:", "Content-Type: "])
def test_a_header_that_is_taken_away_is_not_added(header: str) -> None:
    """No content type is added where it is given without a value, as in curl itself."""
    assert read("-H", header, "-d", "a=1", URL).headers == (HOST,)


def test_an_accept_that_is_taken_away_is_not_added() -> None:
    """The same for JSON."""
    assert read("-H", "Accept:", "--json", "{}", URL).headers == (HOST, ("Content-Type", "application/json"))


def test_a_header_loses_spaces_and_tabs_alone() -> None:
    """Any other character is of the value, those that Unicode calls spaces too (RFC 9110, section 5.6.3)."""
    assert read("-H", "A: \t\u00a0b\u2003 ", URL).headers == (HOST, ("A", "\u00a0b\u2003"))


@pytest.mark.parametrize("word", ["-I", "--head"])
def test_a_head_request_is_asked_for(word: str) -> None:
    """By its option, unless another method is named."""
    assert read(word, URL).method == "HEAD"
    assert read("-X", "OPTIONS", word, URL).method == "OPTIONS"


def test_options_about_printing_and_connecting_are_passed_over() -> None:
    """They change nothing in the request; those with a value are passed over with it."""
    words = [
        "-s",
        "-S",
        "-v",
        "--fail",
        "-L",
        "--compressed",
        "-o",
        "file",
        "-m",
        "5",
        "--retry",
        "3",
        "-w%{http_code}",
    ]

    assert read(*words, URL) == read(URL)
    assert read(URL, "-k", "--path-as-is", "-x", "http://proxy", "--aws-sigv4", "aws:amz") == read(URL)


@pytest.mark.parametrize(
    "words",
    [
        ["-F", "a=1"],
        ["--form", "a=1"],
        ["--data-urlencode", "a=1"],
        ["-T", "file"],
        ["-u", "user:password"],
        ["--user", "user:password"],
        ["-b", "cookie"],
        ["-K", "file"],
        ["--next"],
        ["--unknown"],
    ],
)
def test_any_other_option_is_refused_by_name(words: Sequence[str]) -> None:
    """It might change what is sent. Its value is not repeated: it may be a password."""
    with pytest.raises(RequestError) as caught:
        read(*words, URL)

    assert caught.value.where == "curl"
    assert caught.value.problem == f"has the option {words[0]}, which is not understood; remove it"


@pytest.mark.parametrize("word", ["-uAKIDEXAMPLE:wJalrXUtnFEMI", "-bsession=wJalrXUtnFEMI", "--user=wJalrXUtnFEMI"])
def test_a_refused_option_with_its_value_joined_to_it_does_not_show_the_value(word: str) -> None:
    """``-uKEY:SECRET`` is how curl is given keys."""
    with pytest.raises(RequestError) as caught:
        read(word, URL)

    assert "wJalrXUtnFEMI" not in str(caught.value)


@pytest.mark.parametrize("option", ["-X", "-H", "-d", "--url", "--json", "-o", "--data-binary"])
def test_an_option_without_its_value_is_refused(option: str) -> None:
    """At the end of the line, as curl does."""
    with pytest.raises(RequestError, match=r"^curl: "):
        read(URL, option)


def test_exactly_one_url_is_named() -> None:
    """With several, curl sends several requests."""
    with pytest.raises(RequestError, match="curl: names no URL"):
        read("-X", "PUT")
    with pytest.raises(RequestError, match="curl: names more than one URL"):
        read(URL, URL)
    with pytest.raises(RequestError, match="curl: names more than one URL"):
        read(URL, "--url", URL)


@bounded
@given(
    st.lists(
        st.sampled_from(["-d", "-H", "-X", "-G", "-I", "--json", "-s", "-o", "--", "-", "", "@body", URL, "A: 1", "A;"])
        | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="@"), max_size=8),
        max_size=6,
    )
)
def test_any_words_are_a_request_or_are_refused(words: list[str]) -> None:
    """By a SigningError, whatever they are."""
    try:
        read_curl(["curl", *words], lambda _: b"")
    except SigningError:
        return


def test_a_request_is_written_as_a_command() -> None:
    """Words that a shell takes as they are; the host stands in the URL, and curl counts the body itself."""
    url = "https://runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/iris/invocations?a=1&b=x%20y"

    command = write_curl(INVOKE, url, [("Authorization", "it's"), ("Content-Length", "16")])

    assert shlex.split(command) == [
        "curl", "--path-as-is", "--globoff", "-X", "POST", "-H", "Content-Type: text/csv",
        "-H", "X-Amzn-SageMaker-Custom-Attributes: tenant=a", "-H", "Authorization: it's",
        "--data-raw", "5.1,3.5,1.4,0.2\n", url,
    ]  # fmt: skip


def test_curl_must_not_add_a_content_type() -> None:
    """A body without one is written with the option that takes curl's own away."""
    assert "-H Content-Type: --data-raw x" in write_curl(Request("PUT", "/", payload=b"x"), URL).replace("'", "")


def test_a_header_without_a_value_is_written_with_a_semicolon() -> None:
    """With a colon curl would leave it out."""
    assert "'A;'" in write_curl(Request("GET", "/", headers=[("A", "")]), URL)


def test_a_head_request_is_written_so_that_curl_waits_for_no_body() -> None:
    """``-X HEAD`` alone makes curl wait for a body that never comes (curl's manual page, option -X)."""
    words = shlex.split(write_curl(Request("HEAD", "/"), URL))

    assert {"-I", "--head"} & set(words)


@pytest.mark.parametrize("body", [b"\xff", b"a\0b"])
def test_a_body_that_no_command_line_can_hold_is_refused(body: bytes) -> None:
    """With what to ask for instead."""
    with pytest.raises(RequestError, match=r"payload: is not text, .*ask for raw HTTP instead"):
        write_curl(Request("PUT", "/", payload=body), URL)


@pytest.mark.parametrize("body", [bytearray(b"x"), memoryview(b"x")])
def test_a_body_of_any_kind_of_bytes_is_written(body: bytearray | memoryview) -> None:
    """A payload that is not bytes is left out: its bytes are elsewhere."""
    assert "--data-raw x" in write_curl(Request("PUT", "/", payload=body), URL)
    assert "--data-raw" not in write_curl(Request("PUT", "/", payload=UNSIGNED), URL)


NAMES = st.text("abcXYZ019-_.!~", min_size=1, max_size=6).filter(lambda name: name.lower() != "host")
VALUES = st.text(
    st.characters(min_codepoint=0x21, exclude_characters="\x7f", exclude_categories=["Cs", "Zs"]), max_size=8
)
TARGETS = st.text("abc-._~%/=&+'\"$!*é", max_size=8).map(lambda text: text.replace("%", "%25"))


@pytest.mark.parametrize("url", ["https://example.amazonaws.com/a b", "https://example.amazonaws.com/?a=b c"])
def test_a_url_with_a_space_is_not_written(url: str) -> None:
    """A real one refuses it; what was signed as ``%20`` is sent as ``%20`` by whoever encodes it first."""
    with pytest.raises(RequestError, match="space"):
        write_curl(Request.from_url("GET", url), url)


@bounded
@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    TARGETS,
    TARGETS,
    st.lists(st.tuples(NAMES, VALUES), max_size=4),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12),
)
def test_what_was_written_is_read_back(
    method: str, path: str, query: str, headers: list[tuple[str, str]], body: str
) -> None:
    """The reader understands what the writer writes, and finds the same request in it."""
    request = Request(method, f"/{path}", query, [HOST, *headers], body.encode())
    url = f"https://example.amazonaws.com{request.path}" + (f"?{query}" if query else "")

    found = read_curl(shlex.split(write_curl(request, url)), FILES.__getitem__)

    assert Headers(request.headers) == found.headers
    assert request == found
