"""Random good requests, and the classes of forgeries that are made of them.

A good request is held in pieces (`Good`), so that a forgery is a change to one piece. A change that leaves the
canonical request as it was is no forgery, and none is made here.
"""

import random
import re
import string
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from attrs import evolve, frozen

from sigv4 import GENERIC, UNSIGNED, Credentials, Headers, Request, RequestError, Rules, Scope, presign, sign_headers

INVALID = "InvalidSignatureException"
INCOMPLETE = "IncompleteSignatureException"
UNRECOGNIZED = "UnrecognizedClientException"
UNRESERVED = string.ascii_letters + string.digits + "-._~"
ALPHANUMERIC = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
_SERVICES = ("sagemaker", "s3", "execute-api", "iam", "lambda")
_REGIONS = ("eu-west-1", "us-east-1", "ap-southeast-2", "us-gov-west-1", "cn-north-1")
_NAMES = (
    "Content-Type", "Accept", "X-Amz-Target", "X-Amz-Meta-A", "x-amz-meta-b", "Range", "If-Match",
    "X-Amzn-SageMaker-Custom-Attributes", "X-Amzn-SageMaker-Inference-Id",
)  # fmt: skip
_UNSIGNED_NAMES = ("User-Agent", "X-Amzn-Trace-Id", "Connection", "traceparent")


@frozen
class Good:
    """A signed request in pieces.

    Attributes:
        request: what was signed, without the fields of the signature.
        caller: who signed; the server knows just these credentials.
        scope: for what.
        in_query: whether the signature stands in the query.
        algorithm: and the rest: the fields of the signature, as they are sent.
        key_id: of the caller.
        day: the scope's.
        region: the scope's.
        service: the scope's.
        terminator: the scope's.
        date: the value of X-Amz-Date.
        names: the list of signed headers.
        signature: its digits.
        token: the session token, or None.
        expires: the lifetime, in the query.
    """

    request: Request
    caller: Credentials
    scope: Scope
    in_query: bool
    algorithm: str
    key_id: str
    day: str
    region: str
    service: str
    terminator: str
    date: str
    names: str
    signature: str
    token: str | None
    expires: str

    def sent(self) -> Request:
        """Return the request as it is sent."""
        return self._in_query() if self.in_query else self._in_headers()

    def credential(self) -> str:
        """Return the value of Credential."""
        return f"{self.key_id}/{self.day}/{self.region}/{self.service}/{self.terminator}"

    def _in_headers(self) -> Request:
        authorization = (
            f"{self.algorithm} Credential={self.credential()}, SignedHeaders={self.names}, Signature={self.signature}"
        )
        token = () if self.token is None else (("X-Amz-Security-Token", self.token),)
        added = (("X-Amz-Date", self.date), *token, ("Authorization", authorization))
        return evolve(self.request, headers=(*self.request.headers, *added))

    def _in_query(self) -> Request:
        query = "&".join(f"{name}={quote(value, '')}" for name, value in self.parameters())
        own = self.request.query
        return evolve(self.request, query=f"{own}&{query}" if own else query)

    def parameters(self) -> list[tuple[str, str]]:
        """Return the parameters of the signature in their order."""
        token = [] if self.token is None else [("X-Amz-Security-Token", self.token)]
        return [
            ("X-Amz-Algorithm", self.algorithm),
            ("X-Amz-Credential", self.credential()),
            ("X-Amz-Date", self.date),
            ("X-Amz-Expires", self.expires),
            ("X-Amz-SignedHeaders", self.names),
            *token,
            ("X-Amz-Signature", self.signature),
        ]


@frozen
class Forgery:
    """What arrives, and what the server is like.

    Attributes:
        request: the forged request.
        knows: the credentials that the server has for the key id.
        later: how far its clock is from the time of the signature.
    """

    request: Request
    knows: Credentials
    later: timedelta = timedelta(0)


@frozen
class Kind:
    """A class of forgeries.

    Attributes:
        forge: makes a forgery of a good request; a RequestError means that no record can be made of it, so that the
            verifier cannot even be asked: another one is tried then.
        codes: AWS's codes, one of which every forgery is refused with.
        in_query: where the good request's signature must stand; ``None`` for either.
    """

    forge: Callable[[random.Random, Good], Forgery]
    codes: set[str]
    in_query: bool | None = None


# Good requests


def good_request(rng: random.Random, *, in_query: bool) -> Good:
    """Return a random request that every strict server accepts."""
    scope = Scope(
        datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=rng.randrange(10**9)),
        rng.choice(_REGIONS),
        rng.choice(_SERVICES),
    )
    return signed_pieces(rng, random_request(rng), random_caller(rng), scope, in_query=in_query)


def signed_pieces(
    rng: random.Random, request: Request, caller: Credentials, scope: Scope, *, in_query: bool, rules: Rules = GENERIC
) -> Good:
    """Sign a request and return it in pieces."""
    expires = rng.choice((1, 900, 3600, 604_800))
    if in_query:
        signed = presign(request, caller, scope, expires, rules)
    else:
        signed = sign_headers(request, caller, scope, rules)
    return Good(
        request=request,
        caller=caller,
        scope=scope,
        in_query=in_query,
        algorithm="AWS4-HMAC-SHA256",
        key_id=caller.access_key_id,
        day=scope.date,
        region=scope.region,
        service=scope.service,
        terminator="aws4_request",
        date=scope.timestamp,
        names=signed.canonical_request.signed_headers,
        signature=signed.signature,
        token=caller.session_token.reveal() if caller.session_token else None,
        expires=str(expires),
    )


def random_caller(rng: random.Random) -> Credentials:
    """Return a caller, one in three with a session token."""
    key_id = "AKIA" + _text(rng, string.ascii_uppercase + string.digits, 16)
    token = _text(rng, ALPHANUMERIC + "/+=", 24) if rng.random() < 1 / 3 else None
    return Credentials(key_id, _text(rng, ALPHANUMERIC + "/+é ", 40), token)


def random_request(rng: random.Random) -> Request:
    """Return a request with a path and a query in normal form, and a few headers that may be signed or not."""
    headers = [("Host", _host(rng)), *((name, _words(rng)) for name in rng.sample(_NAMES, rng.randrange(4)))]
    if rng.random() < 1 / 4:
        headers.append((rng.choice(_UNSIGNED_NAMES), _words(rng)))
    rng.shuffle(headers)
    return Request(
        rng.choice(("GET", "POST", "PUT", "DELETE", "PATCH")),
        "/" + "/".join(_segment(rng) for _ in range(rng.randrange(4))),
        "&".join(f"{_escaped(rng)}={_escaped(rng)}" for _ in range(rng.randrange(4))),
        headers,
        rng.randbytes(rng.randrange(40)),
        rng.choice(("https", "http")),
    )


def _text(rng: random.Random, alphabet: str, length: int) -> str:
    return "".join(rng.choices(alphabet, k=length))


def _host(rng: random.Random) -> str:
    name = f"{_text(rng, string.ascii_lowercase, 8)}.amazonaws.com"
    return name if rng.random() < 3 / 4 else f"{name}:{rng.randrange(1024, 65536)}"


def _words(rng: random.Random) -> str:
    return " ".join(_text(rng, ALPHANUMERIC + ";=,/\"'é", rng.randrange(1, 8)) for _ in range(rng.randrange(1, 4)))


def _segment(rng: random.Random) -> str:
    """Return a path segment that is neither empty nor dots, with no escape of a dot, a slash or a control."""
    plain = _text(rng, UNRESERVED, rng.randrange(1, 8)).replace(".", "_")
    return plain + "".join(rng.choices(("", "%20", "%C3%A9", "%25", "!", "(a)", ".b"), k=2))


def _escaped(rng: random.Random) -> str:
    """Return a name or value of a query: never empty, never the name of a parameter of a signature."""
    return quote(_text(rng, UNRESERVED + " /+&=;:é", rng.randrange(1, 6)), "")


# One byte of something


def other_character(rng: random.Random, text: str, alphabet: str) -> str:
    """Return a text with one character replaced by another one of an alphabet."""
    at = rng.randrange(len(text))
    return text[:at] + rng.choice(alphabet.replace(text[at], "")) + text[at + 1 :]


def _piece(name: str, alphabet: str) -> Callable[[random.Random, Good], Forgery]:
    """Return a class that alters one character of one piece."""

    def forge(rng: random.Random, good: Good) -> Forgery:
        return _with(good, **{name: other_character(rng, getattr(good, name), alphabet)})

    return forge


def _with(good: Good, **changes: Any) -> Forgery:
    """Return the good request with other pieces."""
    return Forgery(evolve(good, **changes).sent(), good.caller)


def _asking(good: Good, **changes: Any) -> Forgery:
    """Return the good request with other parts of the request itself, the signature as it was."""
    return _with(good, request=evolve(good.request, **changes))


def _method(rng: random.Random, good: Good) -> Forgery:
    return _asking(good, method=other_character(rng, good.request.method, string.ascii_uppercase))


def _path(rng: random.Random, good: Good) -> Forgery:
    path = good.request.path
    if len(path) == 1 or rng.random() < 1 / 8:
        return _asking(good, path=path + rng.choice(ALPHANUMERIC))
    return _asking(good, path="/" + other_character(rng, path[1:], ALPHANUMERIC))


def _query(rng: random.Random, good: Good) -> Forgery:
    query = good.request.query
    if not query or rng.random() < 1 / 8:
        return _asking(good, query=f"{query}&{_escaped(rng)}" if query else _escaped(rng))
    altered = query
    while meaning(altered) == meaning(query):
        altered = other_character(rng, query, ALPHANUMERIC)
    return _asking(good, query=altered)


def meaning(query: str) -> list[tuple[bytes, bytes]]:
    """Return what a query says: its parameters, decoded, in order. Two queries that say the same are no forgery."""
    pairs = [part.partition("=") for part in query.split("&") if part]
    return sorted((unquote_to_bytes(name), unquote_to_bytes(value)) for name, _, value in pairs)


def _signed_positions(good: Good, headers: Headers) -> list[int]:
    names = good.names.split(";")
    return [at for at, (name, _) in enumerate(headers) if name.lower() in names]


def _replaced(headers: Headers, at: int, *pairs: tuple[str, str]) -> Headers:
    return Headers((*headers[:at], *pairs, *headers[at + 1 :]))


def _signed_header(
    change: Callable[[random.Random, str, str], tuple[tuple[str, str], ...]],
) -> Callable[[random.Random, Good], Forgery]:
    """Return a class that replaces one of the signed headers, the date and the token among them."""

    def forge(rng: random.Random, good: Good) -> Forgery:
        sent = good.sent()
        at = rng.choice(_signed_positions(good, sent.headers))
        return Forgery(evolve(sent, headers=_replaced(sent.headers, at, *change(rng, *sent.headers[at]))), good.caller)

    return forge


def _header_byte(rng: random.Random, name: str, value: str) -> tuple[tuple[str, str], ...]:
    if rng.random() < 1 / 2 and value:
        return ((name, other_character(rng, value, ALPHANUMERIC)),)
    return ((other_name(rng, name), value),)


def other_name(rng: random.Random, name: str) -> str:
    """Return another header name; letter case makes no difference, so the letters change."""
    at = rng.randrange(len(name))
    others = (string.ascii_lowercase + string.digits + "-").replace(name[at].lower(), "")
    return name[:at] + rng.choice(others) + name[at + 1 :]


def _body(rng: random.Random, good: Good) -> Forgery:
    body = good.request.payload
    assert isinstance(body, bytes)
    if not body or rng.random() < 1 / 4:
        return _asking(good, payload=body[:-1] if body and rng.random() < 1 / 2 else body + rng.randbytes(1))
    at = rng.randrange(len(body))
    return _asking(good, payload=body[:at] + bytes([body[at] ^ 1 << rng.randrange(8)]) + body[at + 1 :])


# The list of signed headers


def _names(change: Callable[[random.Random, Good, list[str]], list[str]]) -> Callable[[random.Random, Good], Forgery]:
    def forge(rng: random.Random, good: Good) -> Forgery:
        return _with(good, names=";".join(change(rng, good, good.names.split(";"))))

    return forge


def _dropped(rng: random.Random, _good: Good, names: list[str]) -> list[str]:
    at = rng.randrange(len(names))
    return [*names[:at], *names[at + 1 :]]


def _added(rng: random.Random, good: Good, names: list[str]) -> list[str]:
    """Add a name that came unsigned, or one that did not come."""
    arrived = [name.lower() for name, _ in good.sent().headers if name.lower() not in names]
    return sorted([*names, rng.choice([*arrived, _text(rng, string.ascii_lowercase, 5)])])


def _unsorted(rng: random.Random, _good: Good, names: list[str]) -> list[str]:
    others = [*names, "x-amz-zz"] if len(names) == 1 else list(names)
    right = list(others)
    while others == right:
        rng.shuffle(others)
    return others


def _capital(rng: random.Random, _good: Good, names: list[str]) -> list[str]:
    at = rng.randrange(len(names))
    return [*names[:at], rng.choice((names[at].upper(), names[at].title())), *names[at + 1 :]]


def _twice(rng: random.Random, _good: Good, names: list[str]) -> list[str]:
    at = rng.randrange(len(names))
    return [*names[: at + 1], *names[at:]]


def _lacking(wanted: str) -> Callable[[random.Random, Good], Forgery]:
    """Return a class whose requests lack a header that must be there; the list names it, or does not."""

    def forge(rng: random.Random, good: Good) -> Forgery:
        if rng.random() < 1 / 2:
            good = evolve(good, names=";".join(name for name in good.names.split(";") if name != wanted) or "a")
        sent = good.sent()
        return Forgery(evolve(sent, headers=[pair for pair in sent.headers if pair[0].lower() != wanted]), good.caller)

    return forge


# Headers that were added or changed on the way


def _adding(good: Good, *pairs: tuple[str, str]) -> Forgery:
    sent = good.sent()
    return Forgery(evolve(sent, headers=(*sent.headers, *pairs)), good.caller)


def _extra(rng: random.Random, good: Good) -> Forgery:
    name = rng.choice(("X-Amz-", "x-amz-acl-", "X-AMZN-SageMaker-")) + _text(rng, string.ascii_lowercase, 5)
    return _adding(good, (name, rng.choice(("", _words(rng)))))


def _extra_token(rng: random.Random, good: Good) -> Forgery:
    return _adding(good, ("X-Amz-Security-Token", rng.choice(("", "a", good.token or "b"))))


def _extra_target(rng: random.Random, good: Good) -> Forgery:
    """Add a target, or a second one."""
    return _adding(good, (rng.choice(("X-Amz-Target", "x-amz-TARGET")), _words(rng)))


def _doubled(rng: random.Random, name: str, value: str) -> tuple[tuple[str, str], ...]:
    other = (rng.choice((name, name.upper())), rng.choice((value, "", _words(rng))))
    return rng.choice((((name, value), other), (other, (name, value))))


def _underscore(rng: random.Random, name: str, value: str) -> tuple[tuple[str, str], ...]:
    """Write an underscore for a hyphen; a name without one is written twice, once with an underscore in it."""
    if "-" not in name:
        return (((other_name(rng, name)), value),)
    return ((name.replace("-", "_", rng.choice((1, -1))), value),)


def _host_value(change: Callable[[random.Random, str], str]) -> Callable[[random.Random, Good], Forgery]:
    def forge(rng: random.Random, good: Good) -> Forgery:
        headers = [(name, change(rng, value) if name == "Host" else value) for name, value in good.request.headers]
        return _asking(good, headers=headers)

    return forge


def _final_dot(_rng: random.Random, value: str) -> str:
    name, colon, port = value.partition(":")
    return f"{name}.{colon}{port}"


def _port(rng: random.Random, value: str) -> str:
    name, _, port = value.partition(":")
    other = str(rng.randrange(1, 65536))
    return name if port and rng.random() < 1 / 2 else f"{name}:{other if other != port else '443'}"


# More than one signature


def _two_authorizations(rng: random.Random, good: Good) -> Forgery:
    authorization = dict(good.sent().headers)["Authorization"]
    value = rng.choice((authorization, "", "Bearer a", evolve(good, signature="0" * 64).sent().headers[-1][1]))
    return _adding(good, (rng.choice(("Authorization", "authorization", "AUTHORIZATION")), value))


def _two_algorithms(rng: random.Random, good: Good) -> Forgery:
    other = rng.choice(("AWS4-ECDSA-P256-SHA256", "AWS4-HMAC-SHA1", "AWS4-HMAC-SHA256"))
    return _with(good, algorithm=rng.choice((f"{good.algorithm} {other}", f"{other},{good.algorithm}")))


def _query_and_header(rng: random.Random, good: Good) -> Forgery:
    """Put parameters of a signature, all or one of them, beside the header."""
    in_query = signed_pieces(rng, good.request, good.caller, good.scope, in_query=True)
    parameters = in_query.parameters()
    chosen = rng.choice((parameters, [rng.choice(parameters)]))
    query = "&".join(f"{name}={quote(value, '')}" for name, value in chosen)
    sent = good.sent()
    return Forgery(evolve(sent, query=f"{sent.query}&{query}" if sent.query else query), good.caller)


def _parameters(
    change: Callable[[random.Random, str, str], list[str]],
) -> Callable[[random.Random, Good], Forgery]:
    """Return a class that writes one of the signature's parameters in another way."""

    def forge(rng: random.Random, good: Good) -> Forgery:
        parameters = good.parameters()
        at = rng.randrange(len(parameters))
        written = [[f"{name}={quote(value, '')}"] for name, value in parameters]
        written[at] = change(rng, *parameters[at])
        own = [good.request.query] if good.request.query else []
        query = "&".join([*own, *(part for parts in written for part in parts)])
        return Forgery(evolve(good.request, query=query), good.caller)

    return forge


def _doubled_parameter(rng: random.Random, name: str, value: str) -> list[str]:
    right = f"{name}={quote(value, '')}"
    other = rng.choice((right, name, f"{name}=", f"{name}={_escaped(rng)}", f"%58{name[1:]}={quote(value, '')}"))
    return rng.choice(([right, other], [other, right]))


def _cased_parameter(rng: random.Random, name: str, value: str) -> list[str]:
    spelling = rng.choice((name.lower(), name.upper(), name.swapcase(), name.replace("Amz", "amz")))
    return [f"{spelling}={quote(value, '')}"]


def _empty_value(rng: random.Random, good: Good) -> Forgery:
    """Leave one of the signature's fields empty."""
    names = ["algorithm", "key_id", "day", "region", "service", "terminator", "date", "names", "signature"]
    names += ["expires"] if good.in_query else []
    return _with(good, **{rng.choice(names): ""})


# The date


def _clock(sign: int) -> Callable[[random.Random, Good], Forgery]:
    """Return a class whose requests arrive too late or too early, by a second or by much."""

    def forge(rng: random.Random, good: Good) -> Forgery:
        seconds = rng.choice((301, rng.randrange(301, 1000), rng.randrange(301, 10**6)))
        if good.in_query and sign > 0:
            seconds += int(good.expires) - 300
        return Forgery(good.sent(), good.caller, timedelta(seconds=sign * seconds))

    return forge


def _date_format(rng: random.Random, good: Good) -> Forgery:
    time = good.scope.time
    forms = (
        f"{time:%Y-%m-%dT%H:%M:%SZ}", f"{time:%Y%m%dT%H%M%S}", f"{time:%Y%m%dT%H%M%S}+0000", f"{time:%Y%m%d}",
        f"{time:%a, %d %b %Y %H:%M:%S GMT}", str(int(time.timestamp())), good.date.lower(), f"{good.date}Z",
        f"{time:%Y%m%dT%H%M%S}.000Z", f"{good.date[:4]}13{good.date[6:]}", f"{good.date[:9]}24{good.date[11:]}",
        good.date.replace("T", " "),
    )  # fmt: skip
    return _with(good, date=rng.choice(forms))


def _year_0(rng: random.Random, good: Good) -> Forgery:
    return _with(good, date=f"0000{good.date[4:]}", day=rng.choice((good.day, f"0000{good.day[4:]}")))


def _day(rng: random.Random, good: Good) -> Forgery:
    """Alter the day in one of the two places where it stands."""
    day = f"{good.scope.time + timedelta(days=rng.choice((-1, 1, rng.randrange(2, 400)))):%Y%m%d}"
    return _with(good, date=day + good.date[8:]) if rng.random() < 1 / 2 else _with(good, day=day)


# The payload's hash


def _payload_hash(make: Callable[[random.Random, Good], str]) -> Callable[[random.Random, Good], Forgery]:
    """Return a class that says of the body what is not so: on the way, or rightly signed for what it says."""

    def forge(rng: random.Random, good: Good) -> Forgery:
        text = make(rng, good)
        if text == "UNSIGNED-PAYLOAD" and rng.random() < 1 / 2:
            unhashed = evolve(good.request, payload=UNSIGNED)
            rules = Rules(sign_body_header=True)
            added = sign_headers(unhashed, good.caller, good.scope, rules).headers
            return Forgery(evolve(good.request, headers=good.request.headers + added), good.caller)
        return _adding(good, (rng.choice(("X-Amz-Content-SHA256", "x-amz-content-sha256")), text))

    return forge


def _streaming(rng: random.Random, _good: Good) -> str:
    return rng.choice(
        (
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
            "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
            "STREAMING-AWS4-HMAC-SHA256-EVENTS",
        )
    )


def _hash_of(good: Good) -> str:
    assert isinstance(good.request.payload, bytes)
    return sha256(good.request.payload).hexdigest()


def _wrong_hash(rng: random.Random, good: Good) -> str:
    return rng.choice((other_character(rng, _hash_of(good), HEX), sha256(rng.randbytes(8)).hexdigest()))


# The path


def _path_with(change: Callable[[random.Random, str], str]) -> Callable[[random.Random, Good], Forgery]:
    """Return a class that writes the path in another way: in place of the good one, or rightly signed as it is."""

    def forge(rng: random.Random, good: Good) -> Forgery:
        request = evolve(good.request, path=change(rng, good.request.path))
        if rng.random() < 1 / 2:
            return _with(good, request=request)
        return Forgery(signed_pieces(rng, request, good.caller, good.scope, in_query=good.in_query).sent(), good.caller)

    return forge


def _slash(rng: random.Random, path: str) -> int:
    """Return the place of one of the slashes."""
    return rng.choice([match.start() for match in re.finditer("/", path)])


def _inserting(*texts: str) -> Callable[[random.Random, str], str]:
    def change(rng: random.Random, path: str) -> str:
        at = _slash(rng, path)
        return path[:at] + rng.choice(texts) + path[at:]

    return change


def _encoded_slash(rng: random.Random, path: str) -> str:
    at = _slash(rng, path[1:]) + 1 if "/" in path[1:] else len(path)
    return path[:at] + rng.choice(("%2F", "%2f")) + path[at + 1 :]


def _encoded_once(rng: random.Random, good: Good) -> Forgery:
    """Sign a path that has escapes as Amazon S3 would: encoded once."""
    request = evolve(good.request, path=f"{good.request.path.rstrip('/')}/a%20b")
    rules = Rules(encode_path_twice=False)
    return Forgery(
        signed_pieces(rng, request, good.caller, good.scope, in_query=good.in_query, rules=rules).sent(), good.caller
    )


def _overlong(rng: random.Random, good: Good) -> Forgery:
    """Put an overlong form of a dot or a slash into the path on the way. Signed as such it is just two odd bytes."""
    at = _slash(rng, good.request.path)
    text = rng.choice(("/%C0%AE", "/%c0%ae%c0%ae", "%C0%AF", "/%E0%80%AE"))
    return _asking(good, path=good.request.path[:at] + text + good.request.path[at:])


# The session token


def _with_token(rng: random.Random, good: Good) -> Good:
    """Return the same request with the token of a caller who has one."""
    caller = evolve(good.caller, session_token=_text(rng, ALPHANUMERIC, 24))
    return signed_pieces(rng, good.request, caller, good.scope, in_query=good.in_query)


def _expired_token(rng: random.Random, good: Good) -> Forgery:
    """The server has another token for the key id by now, or none."""
    caller = evolve(good.caller, session_token=rng.choice((None, _text(rng, ALPHANUMERIC, 24))))
    return Forgery(_with_token(rng, good).sent(), caller)


def _token_of_another(rng: random.Random, good: Good) -> Forgery:
    """The token is another caller's: sent in place of the right one, or rightly signed."""
    right = _with_token(rng, good)
    if rng.random() < 1 / 2:
        return _with(right, token=_text(rng, ALPHANUMERIC, 24))
    return Forgery(_with_token(rng, good).sent(), right.caller)


def _empty_token(rng: random.Random, good: Good) -> Forgery:
    """The token is empty, blank or gone."""
    return _with(_with_token(rng, good), token=rng.choice(("", " ", None)))


_BYTE = {INVALID, INCOMPLETE}
_ANY = {INVALID, INCOMPLETE, UNRECOGNIZED}
_TOKEN = {UNRECOGNIZED, INCOMPLETE}

KINDS: dict[str, Kind] = {
    "a byte of the method": Kind(_method, {INVALID}),
    "a byte of the path": Kind(_path, {INVALID}),
    "a byte of the query": Kind(_query, {INVALID}),
    "a byte of a signed header": Kind(_signed_header(_header_byte), _ANY),
    "a byte of the body": Kind(_body, {INVALID}),
    "a byte of the date": Kind(_piece("date", string.digits), _BYTE),
    "a byte of the scope's day": Kind(_piece("day", string.digits), {INVALID}),
    "a byte of the region": Kind(_piece("region", ALPHANUMERIC), {INVALID}),
    "a byte of the service": Kind(_piece("service", ALPHANUMERIC), {INVALID}),
    "a byte of the terminator": Kind(_piece("terminator", ALPHANUMERIC), {INVALID}),
    "a byte of the key id": Kind(_piece("key_id", string.ascii_uppercase + string.digits), {UNRECOGNIZED}),
    "a nibble of the signature": Kind(_piece("signature", HEX), {INVALID}),
    "a byte of the list of signed headers": Kind(_piece("names", ALPHANUMERIC + ";-"), _BYTE),
    "a name dropped from the list": Kind(_names(_dropped), _BYTE),
    "a name added to the list": Kind(_names(_added), {INVALID}),
    "the list unsorted": Kind(_names(_unsorted), {INVALID}),
    "a name in the list in capitals": Kind(_names(_capital), {INVALID}),
    "a name in the list twice": Kind(_names(_twice), {INVALID}),
    "the host missing": Kind(_lacking("host"), {INVALID}),
    "the date missing": Kind(_lacking("x-amz-date"), {INCOMPLETE}, in_query=False),
    "an unsigned x-amz header": Kind(_extra, {INVALID}),
    "an unsigned token": Kind(_extra_token, _TOKEN),
    "an unsigned target": Kind(_extra_target, {INVALID}),
    "a signed header twice": Kind(_signed_header(_doubled), _BYTE),
    "an underscore for a hyphen": Kind(_signed_header(_underscore), _ANY),
    "a host with a final dot": Kind(_host_value(_final_dot), {INVALID}),
    "a host with another port": Kind(_host_value(_port), {INVALID}),
    "two Authorization headers": Kind(_two_authorizations, {INCOMPLETE}, in_query=False),
    "two algorithms": Kind(_two_algorithms, {INCOMPLETE}),
    "signatures in header and query": Kind(_query_and_header, {INCOMPLETE}, in_query=False),
    "a parameter twice": Kind(_parameters(_doubled_parameter), {INCOMPLETE}, in_query=True),
    "a parameter in other letters": Kind(_parameters(_cased_parameter), {INCOMPLETE}, in_query=True),
    "an empty field": Kind(_empty_value, {INCOMPLETE}),
    "301 seconds late, or more": Kind(_clock(1), {INVALID}),
    "301 seconds early, or more": Kind(_clock(-1), {INVALID}),
    "a date of another form": Kind(_date_format, {INCOMPLETE}),
    "a date of the year 0": Kind(_year_0, {INCOMPLETE}),
    "another day in one place": Kind(_day, {INVALID}),
    "a body that is said to be unsigned": Kind(_payload_hash(lambda *_: "UNSIGNED-PAYLOAD"), {INVALID}, in_query=False),
    "a body that is said to be in chunks": Kind(_payload_hash(_streaming), {INVALID}),
    "a wrong hash of the body": Kind(_payload_hash(_wrong_hash), {INVALID}),
    "the hash of the body in capitals": Kind(_payload_hash(lambda _, good: _hash_of(good).upper()), {INVALID}),
    "an empty hash of the body": Kind(_payload_hash(lambda *_: ""), {INVALID}),
    "two slashes in the path": Kind(_path_with(_inserting("/", "//")), {INVALID}),
    "a dot segment in the path": Kind(_path_with(_inserting("/.", "/./.")), {INVALID}),
    "two dots in the path": Kind(_path_with(_inserting("/..", "/a/..", "/a/../..")), {INVALID}),
    "an encoded dot in the path": Kind(_path_with(_inserting("/%2e", "/%2E%2e", "/a/%2e.", "/.%2E")), {INVALID}),
    "an encoded slash in the path": Kind(_path_with(_encoded_slash), {INVALID}),
    "a path encoded once": Kind(_encoded_once, {INVALID}),
    "overlong UTF-8 in the path": Kind(_overlong, {INVALID}),
    "an expired token": Kind(_expired_token, {UNRECOGNIZED}),
    "a token of another caller": Kind(_token_of_another, {UNRECOGNIZED}),
    "an empty token": Kind(_empty_token, {UNRECOGNIZED}),
}
"""The classes that can be asked about with a record of a request."""


def forgeries(rng: random.Random, goods: dict[bool, list[Good]], kind: Kind) -> Iterator[tuple[Good, Forgery]]:
    """Give forgeries of a class without end, with the good requests; those that no record takes are left out."""
    while True:
        in_query = rng.random() < 1 / 3 if kind.in_query is None else kind.in_query
        good = rng.choice(goods[in_query])
        try:
            yield good, kind.forge(rng, good)
        except RequestError:
            continue


# Classes that no record can be made of: the record itself refuses them, wherever they come from.


def _nul(rng: random.Random, good: Good) -> Forgery:
    sent = good.sent()
    at = rng.randrange(len(sent.headers))
    name, value = sent.headers[at]
    place = rng.randrange(len(value) + 1)
    return Forgery(
        evolve(sent, headers=_replaced(sent.headers, at, (name, f"{value[:place]}\0{value[place:]}"))), good.caller
    )


def _absolute(rng: random.Random, good: Good) -> Forgery:
    host = rng.choice((dict(good.request.headers)["Host"], "example.com"))
    form = rng.choice(("https://{}{}", "http://{}{}", "{}{}"))
    return _asking(good, path=form.format(host, good.request.path))


REFUSED_BY_THE_RECORD: dict[str, Callable[[random.Random, Good], Forgery]] = {
    "a NUL within a value": _nul,
    "an absolute target": _absolute,
}

ON_THE_WIRE_ALONE = (
    "a length beside chunks",
    "two lengths",
    "a chunk with a bad end",
    "a folded line",
    "a bare line feed",
)
"""Classes of bytes that are no part of a record; the local endpoint is tested with them."""
