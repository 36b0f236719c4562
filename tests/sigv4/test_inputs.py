"""What cannot be signed is refused with a typed error, and what can be is signed without changing it."""

import pickle
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from hashlib import sha256
from typing import Any

import pytest
from attrs import evolve, frozen

from sigv4 import (
    GENERIC,
    S3,
    UNSIGNED,
    AlreadySignedError,
    Credentials,
    CredentialsError,
    Digest,
    Request,
    RequestError,
    Rules,
    Scope,
    ScopeError,
    Signer,
    SigningError,
    SigV4Error,
    parse_timestamp,
    sign_headers,
)
from tests.sigv4.examples import CREDENTIALS, INVOKE, SCOPE, TIME, with_header

HIGH_SURROGATE = "\ud800"
URL = "https://example.amazonaws.com"


@frozen
class Refusal:
    """A call that must be refused, and how.

    Attributes:
        call: what is done.
        error: the exact class of the error.
        where: the error's argument or member at fault.
        problem: a part of its text.
    """

    call: Callable[[], object]
    error: type[SigningError]
    where: str
    problem: str


def credentials_refusals() -> dict[str, Refusal]:
    """Refusals of each member of the credentials."""
    members = {
        "access_key_id": lambda text: Credentials(text, "secret"),
        "secret_access_key": lambda text: Credentials("AKIDEXAMPLE", text),
        "session_token": lambda text: Credentials("AKIDEXAMPLE", "secret", text),
    }
    everywhere = {
        "": "is empty",
        "a\nb": "character 2 of 3 is a line break",
        "ab\r": "character 3 of 3 is a line break",
        "a\0b": "character 2 of 3 is a control character",
        "\tab": "character 1 of 3 is a control character",
        "a\x7f": "character 2 of 2 is a control character",
        "a\x85": "character 2 of 2 is a control character",
        HIGH_SURROGATE: "character 1 of 1 is half of a surrogate pair",
        "a\udc80": "character 2 of 2 is half of a surrogate pair",
    }
    own = {
        "access_key_id": ["a b", "a,b", "a/b", "a=b", "aéb"],
        "secret_access_key": [],
        "session_token": ["a b", "aéb"],
    }
    refusals = {}
    for member, make in members.items():
        texts = everywhere | dict.fromkeys(own[member], "character 2 of 3 is a character that may not stand in it")
        for text, problem in texts.items():
            refusals[f"{member} {text!a}"] = Refusal(
                partial(make, text),
                CredentialsError,
                member,
                problem,
            )
    return refusals


def scope_refusals() -> dict[str, Refusal]:
    """Refusals of each member of the scope, and of the texts of a time."""
    paris = timezone(timedelta(hours=1))
    refusals = {
        "naive time": Refusal(
            lambda: Scope(datetime(2015, 8, 30), "r", "s"),  # noqa: DTZ001 - the missing time zone is the point
            ScopeError,
            "time",
            "has no time zone",
        ),
        "time in another zone": Refusal(
            lambda: Scope(datetime(2015, 8, 30, tzinfo=paris), "r", "s"), ScopeError, "time", "is not in UTC"
        ),
        "a signer's naive time": Refusal(
            lambda: Signer(CREDENTIALS, region="r", service="s").sign(INVOKE, TIME.replace(tzinfo=None)),
            ScopeError,
            "time",
            "has no time zone",
        ),
    }
    for text in ("", " ", "a b", "a/b", "a\n", "a\0", "aé", HIGH_SURROGATE, "a,b", "a=b", "a%2Fb"):
        may_hold = "may hold only letters, digits"
        refusals[f"region {text!a}"] = Refusal(
            partial(Scope, TIME, text, "s"),
            ScopeError,
            "region",
            may_hold,
        )
        refusals[f"service {text!a}"] = Refusal(
            partial(Scope, TIME, "r", text),
            ScopeError,
            "service",
            may_hold,
        )
    for text in (
        "", "20150830T123600", "20150830T123600z", "20150830t123600Z", "2015-08-30T12:36:00Z", "20150830T123600Z\n",
        " 20150830T123600Z", "20150830T123600+0000", "20150830T123600.5Z", "20150830", "00000830T123600Z",
        "20150230T123600Z", "20151330T123600Z", "20150830T246000Z", "20150830T126060Z", "201508\uff13\uff10T123600Z",
    ):  # fmt: skip
        refusals[f"time {text!a}"] = Refusal(
            partial(parse_timestamp, text),
            ScopeError,
            "time",
            "not a time of the form YYYYMMDDTHHMMSSZ",
        )
    return refusals


def request_line_refusals() -> dict[str, Refusal]:
    """Refusals of method, scheme, path and query."""
    refusals = {}

    def add(member: str, text: str, problem: str) -> None:
        change: dict[str, Any] = {member: text}
        refusals[f"{member} {text!a}"] = Refusal(lambda: evolve(INVOKE, **change), RequestError, member, problem)

    for method in ("", "get", "Get", "GET ", " GET", "G T", "GET\n", "G\0T", "GÉT", "G/T", "G:T", HIGH_SURROGATE):
        add("method", method, "is not an upper-case HTTP method")
    for scheme in ("", "HTTPS", "ftp", "https:", "https\n"):
        add("scheme", scheme, "is neither 'https' nor 'http'")
    for path in ("", "a", "*", " /", "?", "https://example.amazonaws.com/", "example.amazonaws.com:443"):
        add("path", path, "does not begin with '/'")
    add("path", "/a?b", "holds '?', which would end it")
    add("path", "/a#b", "holds '#', which would end it")
    add("query", "a#b", "holds '#', which would end it")
    for control in [*map(chr, range(0x20)), "\x7f"]:
        add("path", f"/a{control}", "holds a control character; percent-encode it")
        add("query", f"a{control}", "holds a control character; percent-encode it")
    for query in ("%", "a=%", "a=%2", "a=%g0", "%zz=1", "a=1&b=%é", "a=%%20"):
        add("query", query, "'%' without two hexadecimal digits")
    for half in (HIGH_SURROGATE, "\udbff", "\udc00", "\udc7f", "\udd00", "\udfff"):
        add("path", f"/{half}", "holds half of a surrogate pair")
        add("query", half, "holds half of a surrogate pair")
    return refusals


def header_refusals() -> dict[str, Refusal]:
    """Refusals of header names and values; each byte has a test of its own below."""
    names = ["", " ", "a b", "a:", "a\n", "é", "a\0", "(a)", "a/b", HIGH_SURROGATE]
    values = {
        "a\r\nb: c": "control character",
        "a\nb": "control character",
        "a\rb": "control character",
        "\0": "control character",
        HIGH_SURROGATE: "half of a surrogate pair",
        "a\udc00": "half of a surrogate pair",
    }
    refusals = {}
    for name in names:
        refusals[f"header name {name!a}"] = Refusal(
            partial(with_header, INVOKE, name, "a"),
            RequestError,
            f"headers[{name!r}]",
            "is not a header name",
        )
    for value, problem in values.items():
        refusals[f"header value {value!a}"] = Refusal(
            partial(with_header, INVOKE, "X-Test", value),
            RequestError,
            "headers['X-Test']",
            problem,
        )
    return refusals


def url_refusals() -> dict[str, Refusal]:
    """Refusals of URLs, and of what a URL holds."""
    form, user, host = "is not of the form https://host", "holds user information before '@'", "its host is missing"
    texts = {
        "": form,
        "/": form,
        "example.amazonaws.com": form,
        "//example.amazonaws.com/": form,
        "ftp://example.amazonaws.com/": form,
        "file:///etc": form,
        "https:/example.amazonaws.com/": form,
        "https:example.amazonaws.com/": form,
        " https://example.amazonaws.com/": form,
        "HTTPS://example.amazonaws.com/": form,
        "https://user:password@example.amazonaws.com/": user,
        "https://user@example.amazonaws.com/": user,
        "https://@example.amazonaws.com/": user,
        "https://example.amazonaws.com\\@example.com/": user,
        "https://": host,
        "https:///a": host,
        "https://?a": host,
        "https://:443/": host,
        "https://bücher.example/": host,
        "https://example.amazonaws.com\u3002/": host,
        "https://exam ple.amazonaws.com/": host,
        "https://example.amazonaws.com\n/": host,
        "https://example.amazonaws.com%00/": host,
        "https://example.amazonaws.com:/": host,
        "https://example.amazonaws.com:port/": host,
        "https://example.amazonaws.com:123456/": host,
        "https://example.amazonaws.com:443:443/": host,
        "https://[::1/": host,
        "https://[]/": host,
        "https://::1/": host,
    }
    refusals = {
        f"url {url!a}": Refusal(
            partial(Request.from_url, "GET", url),
            RequestError,
            "url",
            problem,
        )
        for url, problem in texts.items()
    }
    for method in ("po\u017ft", "\u00df", "get "):  # upper() makes POST and SS of the first two
        refusals[f"url with method {method!a}"] = Refusal(
            partial(Request.from_url, method, URL),
            RequestError,
            "method",
            "is not an upper-case HTTP method",
        )
    refusals["a URL's path"] = Refusal(
        lambda: Request.from_url("GET", f"{URL}/a\n"), RequestError, "path", "holds a control character"
    )
    refusals["a URL's query"] = Refusal(
        lambda: Request.from_url("GET", f"{URL}/?a\n"), RequestError, "query", "holds a control character"
    )
    return refusals


def signing_refusals() -> dict[str, Refusal]:
    """Refusals of requests that can be made but not signed, and of ready digests."""
    refusals = {}

    def add(name: str, request: Request, error: type[SigningError], where: str, problem: str) -> None:
        refusals[name] = Refusal(lambda: sign_headers(request, CREDENTIALS, SCOPE), error, where, problem)

    for name in ("Authorization", "X-Amz-Date", "X-Amz-Security-Token"):
        for spelling in (name, name.lower(), name.upper()):
            where = f"headers[{name.lower()!r}]"
            add(f"signed: {spelling}", with_header(INVOKE, spelling, ""), AlreadySignedError, where, "remove it")
    add("no host", evolve(INVOKE, headers=()), RequestError, "headers", "lack Host")
    for value in ("0" * 64, "UNSIGNED-PAYLOAD", ""):
        add(
            f"content hash {value[:9]!r}",
            with_header(INVOKE, "X-Amz-Content-SHA256", value),
            RequestError,
            "headers['x-amz-content-sha256']",
            "differs from the payload's hash",
        )
    for digest in ("", "0" * 63, "0" * 65, "A" * 64, "g" * 64, "0" * 64 + "\n", "\uff10" * 64):
        refusals[f"digest {ascii(digest)[:12]} of {len(digest)}"] = Refusal(
            partial(Digest, digest),
            RequestError,
            "payload",
            "64 lower-case hexadecimal digits",
        )
    return refusals


REFUSALS = (
    credentials_refusals()
    | scope_refusals()
    | request_line_refusals()
    | header_refusals()
    | url_refusals()
    | signing_refusals()
)


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_what_cannot_be_signed_is_refused(refusal: Refusal) -> None:
    """The error is of its own class, a ValueError, says where and what, and survives pickling."""
    with pytest.raises(SigV4Error) as caught:
        refusal.call()

    error = caught.value
    assert type(error) is refusal.error
    assert isinstance(error, SigningError)
    assert isinstance(error, ValueError)
    assert refusal.where == error.where
    assert refusal.problem in error.problem
    assert f"{error.where}: {error.problem}" == str(error)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (type(error), error.where, error.problem, str(error)) == (
        type(again),
        again.where,
        again.problem,
        str(again),
    )


def test_the_base_of_the_errors_survives_pickling() -> None:
    """A process pool carries any of them back."""
    again = pickle.loads(pickle.dumps(SigningError("path", "is wrong")))  # noqa: S301 - our own bytes

    assert (SigningError, "path", "is wrong") == (type(again), again.where, again.problem)


def accepted_bytes(make: Callable[[str], object]) -> set[int]:
    """Return the bytes with which a call is not refused; a byte above 0x7F is carried as surrogateescape does."""
    accepted = set()
    for byte in range(256):
        try:
            make(bytes([byte]).decode("ascii", "surrogateescape"))
        except RequestError:
            continue
        accepted.add(byte)
    return accepted


def test_a_header_value_holds_tabs_and_whatever_is_no_control() -> None:
    """Of 256 bytes: the tab, the printable ones of ASCII and, as RFC 9110 allows, those above 0x7F."""
    assert {0x09, *range(0x20, 0x7F), *range(0x80, 0x100)} == accepted_bytes(lambda b: with_header(INVOKE, "A", b))
    assert {0x09, *range(0x20, 0x7F), *range(0x80, 0x100)} == accepted_bytes(
        lambda byte: with_header(INVOKE, "A", f"a{byte}b")
    )


def test_a_header_name_holds_token_characters() -> None:
    """Of 256 bytes, those of RFC 9110, section 5.6.2."""
    token = b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

    assert set(token) == accepted_bytes(lambda byte: with_header(INVOKE, f"a{byte}", "1"))


def test_a_path_holds_whatever_does_not_end_it() -> None:
    """Of 256 bytes, all but controls, the question mark and the number sign."""
    expected = {*range(0x20, 0x7F), *range(0x80, 0x100)} - set(b"?#")

    assert expected == accepted_bytes(lambda byte: evolve(INVOKE, path=f"/{byte}"))


def test_a_query_holds_whatever_does_not_end_it() -> None:
    """Of 256 bytes, all but controls, the number sign and a percent sign without two hexadecimal digits."""
    expected = {*range(0x20, 0x7F), *range(0x80, 0x100)} - set(b"#%")

    assert expected == accepted_bytes(lambda byte: evolve(INVOKE, query=byte))


def test_a_secret_may_hold_letters_outside_ascii() -> None:
    """It is no part of the request; its UTF-8 bytes are the key."""
    signed = sign_headers(INVOKE, Credentials("AKIDEXAMPLE", "sécret ሴ"), SCOPE)

    assert len(signed.signature) == 64


def test_any_zone_with_utcs_offset_is_utc() -> None:
    """What counts is the offset, not the name of the zone."""
    assert Scope(TIME.replace(tzinfo=timezone(timedelta(0), "Z")), "r", "s").timestamp == "20150830T123600Z"


def test_fractions_of_a_second_are_dropped() -> None:
    """They have no place in the time stamp; the next second has not begun."""
    assert Scope(TIME.replace(microsecond=999_999), "r", "s").timestamp == "20150830T123600Z"


@pytest.mark.parametrize(
    "time", [datetime.min.replace(tzinfo=UTC), TIME, datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)]
)
def test_a_time_stamp_reads_back_as_its_time(time: datetime) -> None:
    """Years before 1000 have four digits too."""
    assert time == parse_timestamp(Scope(time, "r", "s").timestamp)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://example.amazonaws.com", "example.amazonaws.com"),
        ("https://Example.AmazonAWS.com:443/", "example.amazonaws.com"),
        ("http://example.amazonaws.com:80/", "example.amazonaws.com"),
        ("http://example.amazonaws.com:443/", "example.amazonaws.com:443"),
        ("https://example.amazonaws.com:8443/", "example.amazonaws.com:8443"),
        ("http://127.0.0.1:8080/", "127.0.0.1:8080"),
        ("http://[::1]:8080/", "[::1]:8080"),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example"),
    ],
)
def test_the_host_is_taken_from_the_url(url: str, host: str) -> None:
    """In lower case; the port stays unless it is the scheme's own."""
    assert (("Host", host),) == Request.from_url("GET", url).headers


def test_a_given_host_is_kept() -> None:
    """Whatever its letter case; it stays where it stood."""
    pairs = (("A", "1"), ("hOST", "Other"))

    assert pairs == Request.from_url("GET", f"{URL}/", pairs).headers


def test_a_url_is_taken_apart_as_it_is_written() -> None:
    """Nothing is decoded, encoded or normalised; only the fragment is dropped, and an empty path is a slash."""
    request = Request.from_url("post", f"{URL}/a%20b/../ሴ?c=%2f&&d?e#f", payload=b"g")

    assert (
        request.method,
        request.path,
        request.query,
        request.payload,
        request.scheme,
    ) == ("POST", "/a%20b/../ሴ", "c=%2f&&d?e", b"g", "https")
    assert (Request.from_url("GET", f"{URL}?a").path, Request.from_url("GET", f"{URL}?a").query) == ("/", "a")


@pytest.mark.parametrize("rules", [GENERIC, S3, Rules(sign_body_header=True), Rules(omit_session_token=True)])
def test_signing_changes_nothing(rules: Rules) -> None:
    """The request, its list of headers and its body are afterwards what they were; the result is what to add."""
    headers = [*INVOKE.headers, ("X-Test", "  a  ")]
    body = bytearray(b"body")
    request = evolve(INVOKE, headers=headers, payload=body)
    before = deepcopy((request, headers, body))

    signed = sign_headers(request, CREDENTIALS, SCOPE, rules)

    assert before == (request, headers, body)
    assert not {name.lower() for name, _ in signed.headers} & {name.lower() for name, _ in headers}


def test_headers_that_are_changed_on_the_way_are_not_signed() -> None:
    """Those of the connection, of tracing and the user agent, in any letter case; all others are signed."""
    names = [
        "Connection", "Expect", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Trailer", "Upgrade",
        "Transfer-Encoding", "baggage", "traceparent", "tracestate", "X-Amzn-Trace-Id", "User-Agent",
    ]  # fmt: skip
    request = evolve(INVOKE, headers=[("Host", "a"), ("Accept", "b"), ("Date", "c"), *((name, "d") for name in names)])

    canonical_request = sign_headers(request, CREDENTIALS, SCOPE).canonical_request

    assert canonical_request.signed_headers == "accept;date;host;x-amz-date"


def test_bytes_that_are_no_text_are_signed_as_they_are() -> None:
    """Two requests that differ in one byte never have the same hash."""
    one, other = (
        sign_headers(with_header(INVOKE, "A", value), CREDENTIALS, SCOPE).canonical_request
        for value in ("\udcfe", "\udcff")
    )

    assert sha256(str(one).encode("utf-8", "surrogateescape")).hexdigest() == one.hash()
    assert b"\na:\xfe\n" in str(one).encode("utf-8", "surrogateescape")
    assert one.hash() != other.hash()


def test_the_kinds_of_payload_have_their_hash() -> None:
    """Bytes in any holder and their ready digest are signed alike; an unsigned payload is signed as such."""
    body = b"5.1,3.5,1.4,0.2\n"
    digest = "ab" * 32

    def last_line(payload: bytes | bytearray | memoryview | Digest) -> str:
        return sign_headers(evolve(INVOKE, payload=payload), CREDENTIALS, SCOPE).canonical_request.payload_hash

    for same in (bytearray(body), memoryview(body), Digest(last_line(body))):
        assert last_line(body) == last_line(same)
    assert digest == last_line(Digest(digest))
    unsigned = sign_headers(evolve(INVOKE, payload=UNSIGNED), CREDENTIALS, SCOPE)
    assert unsigned.canonical_request.payload_hash == "UNSIGNED-PAYLOAD"


@pytest.mark.parametrize("rules", [GENERIC, S3])
def test_a_right_content_hash_that_the_request_has_is_not_sent_twice(rules: Rules) -> None:
    """It is accepted, so the additions must not repeat it: a repeated field is another value."""
    name = "X-Amz-Content-SHA256"
    body_hash = sign_headers(INVOKE, CREDENTIALS, SCOPE).canonical_request.payload_hash
    request = with_header(INVOKE, name, body_hash)

    added = sign_headers(request, CREDENTIALS, SCOPE, rules).headers

    assert [name] == [found for found, _ in request.headers + added if found.lower() == name.lower()]


def test_a_right_content_hash_that_the_request_has_is_signed() -> None:
    """The specification wants every x-amz header that is sent among the signed ones."""
    body_hash = sign_headers(INVOKE, CREDENTIALS, SCOPE).canonical_request.payload_hash
    request = with_header(INVOKE, "X-Amz-Content-SHA256", body_hash)

    signed_headers = sign_headers(request, CREDENTIALS, SCOPE).canonical_request.signed_headers

    assert "x-amz-content-sha256" in signed_headers.split(";")
