"""Classes of forged requests: each makes variants of a good signed request, all of which must be refused.

A class is a function from the good request to pairs of a label and the bytes to send. Those of one altered byte alter
each byte of their part. A change that leaves the canonical request as it was is no forgery; such changes stand in
``GOOD_VARIANTS``, and must be accepted.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from datetime import timedelta

from attrs import evolve

from tests.emulator.signing import (
    DAY,
    FLOWER,
    KEY_ID,
    NOW,
    REAL_TIME,
    REGION,
    SERVICE,
    STAMP,
    Raw,
    presigned,
    signed,
    signed_by_hand,
    unsigned,
)

Variants = Iterator[tuple[str, bytes]]
ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
TOKEN = "X-Amz-Security-Token"  # noqa: S105 - a header's name
CONTENT_SHA256 = "X-Amz-Content-SHA256"
NAMES = ("accept", "content-type", "host", "x-amz-date", "x-amzn-sagemaker-custom-attributes")


def good(url: str) -> Raw:
    """Return the request that is altered: a query, a body, and signed headers of several kinds."""
    return signed(bare(url))


def bare(url: str) -> Raw:
    """Return the same request without its signature."""
    return unsigned(
        url,
        query="first=1&second=two",
        headers=(("Content-Type", "text/csv"), ("Accept", "application/json"), (ATTRIBUTES, "one two")),
    )


def _without_signature(raw: Raw) -> Raw:
    return raw.without_header("Authorization").without_header("X-Amz-Date")


def altered(text: str, alphabet: str) -> Iterator[str]:
    """Yield a text with each of its characters replaced, once by the next one of the alphabet and once by a far one."""
    for place, character in enumerate(text):
        for step in (1, len(alphabet) // 2):
            other = alphabet[(alphabet.find(character) + step) % len(alphabet)]
            if other != character:
                yield text[:place] + other + text[place + 1 :]


LETTERS = "abcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"
HEX = "0123456789abcdef"


def _authorizations(raw: Raw, pattern: str, alphabet: str) -> Variants:
    """Alter each character of that part of Authorization which the pattern's group names."""
    value = raw.header("Authorization")
    found = re.search(pattern, value)
    assert found is not None
    begin, end = found.span(1)
    for other in altered(found[1], alphabet):
        yield other, raw.with_header("Authorization", value[:begin] + other + value[end:]).wire()


def a_byte_of_the_method(raw: Raw) -> Variants:
    """Another method, of the same length too."""
    for method in (*altered(raw.method, LETTERS.upper()), "PUT", "GET", "POSTS"):
        yield method, evolve(raw, method=method).wire()


def a_byte_of_the_path(raw: Raw) -> Variants:
    """Each byte of the path but its slashes, and bytes more and less."""
    for place, character in enumerate(raw.path):
        if character != "/":
            for other in altered(character, LETTERS):
                path = raw.path[:place] + other + raw.path[place + 1 :]
                yield path, evolve(raw, path=path).wire()
    for path in (raw.path[:-1], f"{raw.path}s", f"{raw.path}/", raw.path.replace("invocations", "async-invocations")):
        yield path, evolve(raw, path=path).wire()


def a_byte_of_the_query(raw: Raw) -> Variants:
    """Each byte of each key and value, and parameters more and less."""
    for query in altered(raw.query, LETTERS + DIGITS):
        yield query, evolve(raw, query=query).wire()
    for query in (
        "",
        "first=1",
        "second=two",
        f"{raw.query}&third",
        f"{raw.query}&first=1",
        f"{raw.query}=",
        "first=1&second=Two",
    ):
        yield query, evolve(raw, query=query).wire()


def a_byte_of_a_signed_header_s_name(raw: Raw) -> Variants:
    """Each byte of each signed name."""
    for place, (name, value) in enumerate(raw.headers):
        if name.lower() in NAMES:
            for other in altered(name.lower(), LETTERS):
                headers = (*raw.headers[:place], (other, value), *raw.headers[place + 1 :])
                yield other, evolve(raw, headers=headers).wire()


def a_byte_of_a_signed_header_s_value(raw: Raw) -> Variants:
    """Each byte of each signed value; letter case counts."""
    for name, value in raw.headers:
        if name.lower() in NAMES:
            for other in (*altered(value, LETTERS + DIGITS), value[:-1], f"{value}x", ""):
                yield f"{name}: {other}", raw.with_header(name, other).wire()
            if value.swapcase() != value:
                yield f"{name} in other letters", raw.with_header(name, value.swapcase()).wire()


def a_byte_of_the_body(raw: Raw) -> Variants:
    """Each byte of the body, and bytes more and less."""
    for place in range(len(raw.body)):
        for bit in (1, 0x80):
            body = bytes([*raw.body[:place], raw.body[place] ^ bit, *raw.body[place + 1 :]])
            yield f"byte {place}", evolve(raw, body=body).wire()
    for body in (b"", raw.body[:-1], raw.body + b"\n", raw.body * 2):
        yield f"{len(body)} bytes", evolve(raw, body=body).wire()


def a_byte_of_the_date(raw: Raw) -> Variants:
    """Each byte of X-Amz-Date, those within five minutes too."""
    for date in altered(STAMP, DIGITS):
        yield date, raw.with_header("X-Amz-Date", date).wire()


def a_byte_of_the_scope_s_date(raw: Raw) -> Variants:
    """Each digit of the scope's day."""
    yield from _authorizations(raw, f"/({DAY})/", DIGITS)


def a_byte_of_the_region(raw: Raw) -> Variants:
    """Each byte of the scope's region."""
    yield from _authorizations(raw, f"/({REGION})/", LETTERS)


def a_byte_of_the_service(raw: Raw) -> Variants:
    """Each byte of the scope's service."""
    yield from _authorizations(raw, f"/({SERVICE})/", LETTERS)


def a_byte_of_the_terminator(raw: Raw) -> Variants:
    """Each byte of the scope's last field."""
    yield from _authorizations(raw, "/(aws4_request),", LETTERS)


def a_byte_of_the_key_id(raw: Raw) -> Variants:
    """Each byte of the access key id."""
    yield from _authorizations(raw, f"({KEY_ID})", LETTERS.upper())


def a_nibble_of_the_signature(raw: Raw) -> Variants:
    """Each of the 64 digits, digits more and less, and the same digits in upper case."""
    yield from _authorizations(raw, "Signature=(.*)", HEX)
    value = raw.header("Authorization")
    right = value.rpartition("=")[2]
    for other in (
        "",
        right[:-1],
        f"{right}0",
        right.upper(),
        f" {right}",
        right[::-1],
        "0" * 64,
        f"{right},",
        f'"{right}"',
    ):
        yield other, raw.with_header("Authorization", value.replace(right, other)).wire()


def a_byte_of_the_list_of_signed_headers(raw: Raw) -> Variants:
    """Each byte of SignedHeaders."""
    yield from _authorizations(raw, "SignedHeaders=(.*?),", LETTERS)


def another_list_of_signed_headers(raw: Raw) -> Variants:
    """A name dropped, added, doubled, in upper case, or the list unsorted; with the signature as it was."""
    value = raw.header("Authorization")
    listed = ";".join(NAMES)
    lists = [
        *(";".join(name for name in NAMES if name != dropped) for dropped in NAMES),
        *(";".join(sorted((*NAMES, added))) for added in ("accept", "content-length", "host", "zzz", "x-amz-target")),
        ";".join(reversed(NAMES)),
        listed.upper(),
        listed.replace("host", "Host"),
        listed.replace(";", ","),
        listed.replace(";", "; "),
        f"{listed};",
        f";{listed}",
        listed.replace(";", ";;", 1),
        "",
    ]
    for other in lists:
        yield other, raw.with_header("Authorization", value.replace(listed, other)).wire()


def a_list_of_signed_headers_that_is_rightly_signed(raw: Raw) -> Variants:
    """Signed by the right secret over too few headers, or over a list in another form."""
    plain = _without_signature(raw)
    for dropped in ("host", "x-amz-date", "content-type", "x-amzn-sagemaker-custom-attributes"):
        names = tuple(name for name in NAMES if name != dropped)
        yield f"without {dropped}", signed_by_hand(plain, names).wire()
    for names in (
        tuple(reversed(NAMES)),
        (*NAMES, NAMES[-1]),
        ("host", *NAMES),
        (*NAMES, "x-amzn-sagemaker-target-model"),
    ):
        yield ";".join(names), signed_by_hand(plain, names).wire()
    yield "upper case", signed_by_hand(plain, NAMES, listed=";".join(NAMES).upper()).wire()


def an_unsigned_amz_header(raw: Raw) -> Variants:
    """A header of AWS's that anybody could have added on the way."""
    for name in (
        TOKEN,
        "X-Amz-Target",
        "X-Amz-Date2",
        "x-amz-meta-a",
        "X-Amzn-SageMaker-Target-Model",
        "X-Amzn-SageMaker-Target-Variant",
        "X-Amzn-SageMaker-Session-Id",
        "x-amzn-sagemaker-inputlocation",
        "X-AMZN-SAGEMAKER-FILENAME",
        "x-amz",
    ):
        for value in ("AllTraffic", ""):
            yield f"{name}: {value}", raw.adding((name, value)).wire()
    without_type = signed(evolve(bare("http://" + raw.header("Host")), headers=(("Host", raw.header("Host")),)))
    yield "Content-Type", without_type.adding(("Content-Type", "text/csv")).wire()


def a_doubled_header(raw: Raw) -> Variants:
    """A signed header once more: before, after, with the same value or another, in other letters."""
    for name, value in raw.headers:
        if name.lower() in (*NAMES, "authorization"):
            for twin in ((name, value), (name.upper(), value), (name.lower(), "x"), (name, "")):
                yield f"{twin[0]} after", raw.adding(twin).wire()
                yield f"{twin[0]} before", evolve(raw, headers=(twin, *raw.headers)).wire()


def a_nul_in_a_value(raw: Raw) -> Variants:
    """A NUL at the begin, within and at the end of each value."""
    for name, value in raw.headers:
        for place in (0, 1, len(value)):
            yield name, raw.with_header(name, f"{value[:place]}\0{value[place:]}").wire()


def an_underscore_for_a_hyphen(raw: Raw) -> Variants:
    """Servers that take X_Amz_Date for X-Amz-Date are fooled by it: instead of the header, and beside it."""
    for name, value in raw.headers:
        if "-" in name:
            twin = (name.replace("-", "_"), value)
            yield f"{twin[0]} instead", raw.without_header(name).adding(twin).wire()
    token = raw.adding(("X_Amz_Security_Token", "abc")).with_header("Authorization", "")
    yield "a token by another name", token.wire()


def another_host(raw: Raw) -> Variants:
    """The host with a dot, another port, no port, in the target, or another one altogether."""
    host = raw.header("Host")
    name, _, port = host.partition(":")
    others = (
        f"{name}.",
        f"{name}.:{port}",
        name,
        f"{name}:{int(port) ^ 1}",
        f"{name}:0{port}",
        f"{name}:",
        "localhost",
    )
    for other in (*others, f"localhost:{port}", "example.com", host.replace("1", "2", 1), ""):
        yield other, raw.with_header("Host", other).wire()
    for scheme in ("http", "https"):
        yield "absolute-form target", evolve(raw, path=f"{scheme}://{host}{raw.path}").wire()
    yield "absolute-form target of another host", evolve(raw, path=f"http://example.com{raw.path}").wire()
    yield "no Host", raw.without_header("Host").wire()


def two_signatures(raw: Raw) -> Variants:
    """Two Authorization headers, two algorithms, or header and query together; each of them right by itself."""
    value = raw.header("Authorization")
    algorithm, _, rest = value.partition(" ")
    for other in (value, value.replace(KEY_ID, "AKIDEXAMPLE"), "Bearer abc", ""):
        yield "before", evolve(raw, headers=(("Authorization", other), *raw.headers)).wire()
        yield "after", raw.adding(("Authorization", other)).wire()
        yield "other letters", raw.adding(("authorization", other)).wire()
    for twice in (f"{value}, {value}", f"{value},{value}", f"{algorithm} {value}", f"{value} {value}"):
        yield "twice in one", raw.with_header("Authorization", twice).wire()
    for other in (
        "AWS4-HMAC-SHA512",
        "AWS4-HMAC-SHA1",
        "AWS4-ECDSA-P256-SHA256",
        "aws4-hmac-sha256",
        "AWS4",
        "AWS",
        "",
        "none",
    ):
        yield other, raw.with_header("Authorization", f"{other} {rest}").wire()
    query = presigned(bare("http://" + raw.header("Host"))).query
    yield "header and query", evolve(raw, query=f"{raw.query}&{query}").wire()
    plain = bare("http://" + raw.header("Host"))
    yield "header and query, all signed", signed_by_hand(evolve(plain, query=query), NAMES).wire()


def credentials_in_the_query(raw: Raw) -> Variants:
    """Parameters of a presigned URL beside the header, alone, doubled, in other letters, escaped or empty."""
    plain = bare("http://" + raw.header("Host"))
    for name in ("Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature", "Security-Token"):
        for spelled in (
            f"X-Amz-{name}",
            f"x-amz-{name}".lower(),
            f"X-AMZ-{name}".upper(),
            f"X%2DAmz%2D{name}",
            f"%58-Amz-{name}",
        ):
            for parameter in (f"{spelled}=abc", spelled, f"{spelled}="):
                yield parameter, signed_by_hand(evolve(plain, query=f"{plain.query}&{parameter}"), NAMES).wire()
    right = presigned(plain)
    for parameter in right.query.split("&"):
        name = parameter.partition("=")[0]
        yield f"{name} doubled", evolve(right, query=f"{right.query}&{parameter}").wire()
        yield f"{name} emptied", evolve(right, query=right.query.replace(parameter, f"{name}=")).wire()
        yield f"{name} in other letters", evolve(right, query=right.query.replace(name, name.lower())).wire()
        yield f"{name} missing", evolve(right, query=right.query.replace(parameter, "")).wire()


def an_authorization_in_another_form(raw: Raw) -> Variants:
    """Fields missing, empty, doubled, in another order, in other letters, with quotation marks."""
    value = raw.header("Authorization")
    algorithm, credential, listed, made = re.split(r",? ", value)
    forms = (
        "",
        " ",
        algorithm,
        f"{algorithm} ",
        f"{algorithm} {credential}",
        f"{algorithm} {listed}, {made}",
        f"{algorithm} {credential}, {made}",
        f"{algorithm} {credential}, {listed}",
        f"{algorithm} {made}, {listed}, {credential}",
        f"{algorithm} {listed}, {credential}, {made}",
        f"{algorithm} {credential}, {credential}, {listed}, {made}",
        f"{algorithm} {credential}, {listed}, {listed}, {made}",
        f"{algorithm} {credential}, {listed}, {made}, {made}",
        f"{algorithm} {credential}, {listed}, {made}, Extra=1",
        f"{algorithm} {credential}; {listed}; {made}",
        f"{algorithm} {credential} {listed} {made}",
        f"{algorithm}  {credential}, {listed}, {made}",
        f"{algorithm} {credential},  {listed}, {made}",
        f"{algorithm}\t{credential}, {listed}, {made}",
        value.replace("Credential", "credential"),
        value.replace("SignedHeaders", "Signedheaders"),
        value.replace("Signature", "SIGNATURE"),
        value.replace("Credential=", "Credential = "),
        value.replace(credential, "Credential="),
        value.replace(listed, "SignedHeaders="),
        value.replace(made, "Signature="),
        value.replace("/aws4_request", ""),
        value.replace("/aws4_request", "/aws4_request/"),
        value.replace(f"{KEY_ID}/", ""),
        value.replace(f"{KEY_ID}/", "/"),
        value.replace(f"{KEY_ID}/", f"{KEY_ID}//"),
        value.replace(f"/{DAY}/", "/"),
        value.replace(f"/{REGION}/", "//"),
        value.replace("Credential=", 'Credential="').replace("/aws4_request", '/aws4_request"'),
        value + "\u00e9",
    )
    for form in forms:
        yield form, raw.with_header("Authorization", form).wire()


def another_scope_that_is_rightly_signed(raw: Raw) -> Variants:
    """Signed by the right secret for another region, service, day or terminator."""
    plain = _without_signature(raw)
    for region in ("eu-west-1", "us-east-2", "US-EAST-1", "us-east-1a", "*", "local"):
        yield region, signed_by_hand(plain, NAMES, region=region).wire()
    for service in ("s3", "sts", "SageMaker", "sagemaker-runtime", "runtime.sagemaker"):
        yield service, signed_by_hand(plain, NAMES, service=service).wire()
    for day in ("20150829", "20150831", "20140830", "00000000", "2015083"):
        yield day, signed_by_hand(plain, NAMES, day=day).wire()
    for terminator in ("aws4_Request", "aws3_request", "aws5_request", "x"):
        yield terminator, signed_by_hand(plain, NAMES, terminator=terminator).wire()


def a_date_that_is_rightly_signed(raw: Raw) -> Variants:
    """Signed by the right secret at a time too far off, or with a date in another form."""
    plain = _without_signature(raw)
    for seconds in (-86400 * 365, -86400, -3600, -301, 301, 3600, 86400):
        time = NOW + timedelta(seconds=seconds)
        yield f"{seconds} s", signed(plain, time=time).wire()
    for stamp in (
        "2015-08-30T12:36:00Z",
        "20150830T123600",
        "20150830T123600z",
        "20150830 123600Z",
        "20150830T1236Z",
        "20150830T123600+0000",
        "20150830T123600.0Z",
        "Sun, 30 Aug 2015 12:36:00 GMT",
        "1440938160",
        "00000830T123600Z",
        "20150830T123660Z",
        "20150830T243600Z",
        "20150230T123600Z",
        "20151330T123600Z",
        "",
        "\N{ARABIC-INDIC DIGIT TWO}0150830T123600Z",
    ):
        yield stamp, signed_by_hand(plain, NAMES, stamp=stamp).wire()
    yield "no date", raw.without_header("X-Amz-Date").wire()
    dated = signed_by_hand(plain.adding(("Date", "Sun, 30 Aug 2015 12:36:00 GMT")), (*NAMES[:2], "date", *NAMES[2:]))
    yield "Date instead", dated.without_header("X-Amz-Date").wire()


def a_payload_hash_that_is_not_the_body_s(raw: Raw) -> Variants:
    """X-Amz-Content-SHA256 says something else than the body's hash: unsigned, signed, and signed for what it says."""
    right = hashlib.sha256(FLOWER).hexdigest()
    claims = (
        "UNSIGNED-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        hashlib.sha256(b"").hexdigest(),
        right.upper(),
        right[:-1],
        f"{right}0",
        "",
    )
    plain = _without_signature(raw)
    names = tuple(sorted((*NAMES, CONTENT_SHA256.lower())))
    for claim in claims:
        claiming = plain.adding((CONTENT_SHA256, claim))
        yield f"{claim} unsigned", raw.adding((CONTENT_SHA256, claim)).wire()
        yield f"{claim} signed", signed_by_hand(claiming, names).wire()
        yield f"{claim} signed for", signed_by_hand(claiming, names, payload_hash=claim).wire()
        yield f"{claim} signed for, not sent", signed_by_hand(plain, NAMES, payload_hash=claim).wire()
        other_body = evolve(signed_by_hand(claiming, names, payload_hash=claim), body=b"6.3,3.3,6.0,2.5\n")
        yield f"{claim} with another body", other_body.wire()
    yield "twice", raw.adding((CONTENT_SHA256, right), (CONTENT_SHA256, right)).wire()


def a_path_in_another_form(raw: Raw) -> Variants:
    """Paths that some servers take for the good one: sent in place of it, and rightly signed as they are."""
    plain = bare("http://" + raw.header("Host"))
    endpoint, operation = "/endpoints/iris", "/invocations"
    for path in (
        f"/{REAL_TIME}",
        f"{endpoint}/{operation}",
        f"{REAL_TIME}//",
        f"{endpoint}/.{operation}",
        f"/.{REAL_TIME}",
        f"{REAL_TIME}/.",
        f"{endpoint}/x/..{operation}",
        f"/..{REAL_TIME}",
        f"{REAL_TIME}/..",
        f"{endpoint}/%2e{operation}",
        f"{endpoint}/%2E%2E/iris{operation}",
        f"{endpoint}/%2e.{operation}",
        f"{endpoint}%2Finvocations",
        f"{endpoint}%2finvocations",
        f"/endpoints%2Firis{operation}",
        f"{endpoint}%5Cinvocations".replace("%5C", "\\"),
        f"/endpoints/%C0%AE{operation}",
        f"/endpoints/iris%00{operation}",
        f"/endpoints/iris%0d%0a{operation}",
        f"/endpoints/iris%7F{operation}",
        f"/endpoints/iris%{operation}",
        f"/endpoints/iris%4{operation}",
        f"/endpoints/iris%zz{operation}",
        f'/endpoints/"iris"{operation}',
        f"/endpoints/iris|{operation}",
        f"/endpoints/{{iris}}{operation}",
    ):
        yield f"{path} instead", evolve(raw, path=path).wire()
        if path != "/endpoints/%C0%AE/invocations":
            yield f"{path} signed", signed(evolve(plain, path=path)).wire()
    for path in ("/endpoints/%69ris/invocations", "/endpoints/iris/%69nvocations", "/%65ndpoints/iris/invocations"):
        yield f"{path} instead", evolve(raw, path=path).wire()
    yield "a fragment", evolve(raw, path=f"{REAL_TIME}#a").wire()
    yield "overlong UTF-8", evolve(raw, path=f"{endpoint}%c0%af{operation[1:]}").wire()


def a_query_that_is_no_query(raw: Raw) -> Variants:
    """Invalid escapes and raw bytes that may not stand in a query."""
    for query in ("first=1&second=two%", "first=1&second=%zz", "%", "first=%4", "a#b"):
        yield query, evolve(raw, query=query).wire()


def framing_that_servers_disagree_about(raw: Raw) -> Variants:
    """Length with chunked, two lengths, a folded line, a bare line feed."""
    wire = raw.wire()
    length = f"Content-Length: {len(raw.body)}\r\n".encode()
    assert length in wire
    for name, other in {
        "length and chunked": length + b"Transfer-Encoding: chunked\r\n",
        "chunked": b"Transfer-Encoding: chunked\r\n",
        "chunked by another name": length + b"Transfer-Encoding: xchunked\r\n",
        "chunked with a space before the colon": length + b"Transfer-Encoding : chunked\r\n",
        "two lengths": length + b"Content-Length: 0\r\n",
        "two equal lengths": length + length,
        "two lengths in one": length.replace(b"\r\n", b", 16\r\n"),
        "a signed length": length.replace(b": ", b": +"),
        "a folded line": length + b"X-Note: a\r\n b\r\n",
        "a folded header of AWS": length + b"X-Note: a\r\n X-Amz-Target: b\r\n",
        "a bare line feed": length.replace(b"\r\n", b"\n"),
        "a header behind a bare line feed": length.replace(b"\r\n", b"\nX-Amz-Target: b\r\n"),
        "a header behind a bare carriage return": length.replace(b"\r\n", b"\rX-Amz-Target: b\r\n"),
    }.items():
        yield name, wire.replace(length, other)


CLASSES: dict[str, Callable[[Raw], Variants]] = {
    function.__name__.replace("_", " "): function
    for function in (
        a_byte_of_the_method,
        a_byte_of_the_path,
        a_byte_of_the_query,
        a_byte_of_a_signed_header_s_name,
        a_byte_of_a_signed_header_s_value,
        a_byte_of_the_body,
        a_byte_of_the_date,
        a_byte_of_the_scope_s_date,
        a_byte_of_the_region,
        a_byte_of_the_service,
        a_byte_of_the_terminator,
        a_byte_of_the_key_id,
        a_nibble_of_the_signature,
        a_byte_of_the_list_of_signed_headers,
        another_list_of_signed_headers,
        a_list_of_signed_headers_that_is_rightly_signed,
        an_unsigned_amz_header,
        a_doubled_header,
        a_nul_in_a_value,
        an_underscore_for_a_hyphen,
        another_host,
        two_signatures,
        credentials_in_the_query,
        an_authorization_in_another_form,
        another_scope_that_is_rightly_signed,
        a_date_that_is_rightly_signed,
        a_payload_hash_that_is_not_the_body_s,
        a_path_in_another_form,
        a_query_that_is_no_query,
        framing_that_servers_disagree_about,
    )
}


def _letters(raw: Raw) -> list[bytes]:
    headers = [(change(name), value) for change in (str.upper, str.lower) for name, value in raw.headers]
    half = len(raw.headers)
    return [evolve(raw, headers=tuple(headers[begin : begin + half])).wire() for begin in (0, half)]


def _spaces(raw: Raw) -> list[bytes]:
    names = ("Content-Type", "Accept", ATTRIBUTES)
    padded = [raw.with_header(name, f" \t {raw.header(name)}  ").wire() for name in names]
    return [*padded, raw.with_header(ATTRIBUTES, "one    two").wire(), raw.wire().replace(b": ", b":")]


def _order(raw: Raw) -> list[bytes]:
    return [evolve(raw, headers=raw.headers[::-1]).wire(), evolve(raw, query="second=two&first=1").wire()]


def _escapes(raw: Raw) -> list[bytes]:
    queries = ("first=%31&second=two", "%66irst=1&second=tw%6f", "first=1&&second=two&")
    return [evolve(raw, query=query).wire() for query in queries]


def _unsigned_headers(raw: Raw) -> list[bytes]:
    extra = ("User-Agent", "X-Amzn-Trace-Id", "Cookie", "X-Forwarded-For", "Accept-Encoding")
    return [raw.adding((name, "a")).wire() for name in extra]


def _commas(raw: Raw) -> list[bytes]:
    return [raw.with_header("Authorization", raw.header("Authorization").replace(", ", ",")).wire()]


def _content_hashes(raw: Raw) -> list[bytes]:
    right = hashlib.sha256(raw.body).hexdigest()
    plain = _without_signature(raw).adding((CONTENT_SHA256, right))
    names = tuple(sorted((*NAMES, CONTENT_SHA256.lower())))
    return [raw.adding((CONTENT_SHA256, right)).wire(), signed_by_hand(plain, names).wire()]


GOOD_VARIANTS: dict[str, Callable[[Raw], list[bytes]]] = {
    "nothing altered": lambda raw: [raw.wire(), raw.wire()],
    "signed by hand": lambda raw: [signed_by_hand(_without_signature(raw), NAMES).wire()],
    "letter case of names": _letters,
    "spaces around and within values": _spaces,
    "order of headers and parameters": _order,
    "escapes in the query": _escapes,
    "headers that need no signature": _unsigned_headers,
    "no spaces after the commas": _commas,
    "the body's hash in a header": _content_hashes,
}
