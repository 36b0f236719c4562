"""Random requests, callers and scopes, thousands a second: hypothesis finds small examples, this finds rare ones.

What is left out is what the rivals are known to sign in another way; the tests list it, with what decides.
"""

import random
import string
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from sigv4 import Credentials, Request, Scope

PATH_PARTS = (
    "/", "/", "//", ".", "..", "/./", "/../", "%20", "%2F", "%2f", "%e1%88%b4", "%25", "+", "~", "a", "=&", ":@", "é",
    "ሴ", "%", " ",
)  # fmt: skip
HEADER_NAMES = (
    "Content-Type", "content-type", "Content-Length", "Accept", "X-Amz-Target", "x-amz-meta-a", "User-Agent", "TE",
    "X-Amzn-Trace-Id", "Connection", "Transfer-Encoding", "X-Amzn-SageMaker-Custom-Attributes", "traceparent", "Expect",
)  # fmt: skip
HOSTS = ("runtime.sagemaker.eu-west-1.amazonaws.com", "127.0.0.1:8080", "[::1]:8080", "Example.com")
PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
_SPACES_AND_CONTROLS = {"Cs", "Cc", "Zs", "Zl", "Zp"}


def letters(rng: random.Random, most: int, also: str = "") -> str:
    """Return a text of any letters but controls, surrogates and Unicode's spaces, and of those that are given."""
    found = []
    for _ in range(rng.randrange(most + 1)):
        choice = rng.random()
        if choice < 0.5:
            found.append(rng.choice(also or PRINTABLE))
        elif choice < 0.9:
            found.append(rng.choice(PRINTABLE))
        else:
            character = chr(rng.randrange(0x110000))
            found.append("ሴ" if unicodedata.category(character) in _SPACES_AND_CONTROLS else character)
    return "".join(found)


def path(rng: random.Random, parts: tuple[str, ...] = PATH_PARTS) -> str:
    """Return a path, normal or not; it never ends in a dot segment."""
    while True:
        found = "/" + "".join(
            rng.choice(parts) if rng.random() < 0.8 else quote(letters(rng, 3), "") for _ in range(rng.randrange(10))
        )
        if not found.endswith(("/.", "/..")):
            return found


def query(rng: random.Random, *, repeated: bool = True) -> str:
    """Return a query whose names and values are encoded as the specification has it; names may be repeated."""
    pairs = [(encoded(rng), encoded(rng)) for _ in range(rng.randrange(5))]
    if repeated and pairs and rng.random() < 0.2:
        pairs.append((pairs[0][0], encoded(rng)))
    if not repeated:
        pairs = [*dict(pairs).items()]
    return "&".join(f"{name}={value}" for name, value in pairs)


def encoded(rng: random.Random) -> str:
    """Return a name or value of a query."""
    return quote(letters(rng, 6, "aA0-_.~ /+%=&?;:@é"), "")


def headers(rng: random.Random) -> list[tuple[str, str]]:
    """Return headers, some of them twice, with spaces of all sorts; Host is among them."""
    found = []
    for _ in range(rng.randrange(6)):
        name = rng.choice(HEADER_NAMES) if rng.random() < 0.7 else _name(rng)
        found.append((name, letters(rng, 12, ' \t,;:="aB')))
    return [*found, ("Host", rng.choice(HOSTS))]


def _name(rng: random.Random) -> str:
    return "".join(rng.choices("abcXYZ019-_.!~", k=rng.randrange(1, 7)))


def request(rng: random.Random, **parts: Any) -> Request:
    """Return a request; parts that are given are taken."""
    made: dict[str, Any] = {
        "method": rng.choice(("GET", "POST", "PUT", "DELETE")),
        "path": path(rng),
        "query": query(rng),
        "headers": headers(rng),
        "payload": rng.randbytes(rng.randrange(40)),
        "scheme": rng.choice(("https", "http")),
    }
    return Request(**{**made, **parts})


def caller(rng: random.Random) -> Credentials:
    """Return a caller, with or without a session token."""
    key_id = "".join(rng.choices([letter for letter in PRINTABLE if letter not in ",/="], k=rng.randrange(1, 21)))
    token = "".join(rng.choices(PRINTABLE, k=rng.randrange(1, 60))) if rng.random() < 0.5 else None
    return Credentials(key_id, letters(rng, 40) or "a", token)


def scope(rng: random.Random) -> Scope:
    """Return a scope at any second since 1970."""
    names = string.ascii_lowercase + string.digits + "-"
    time = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=rng.randrange(4 * 10**9))
    return Scope(time, *("".join(rng.choices(names, k=rng.randrange(1, 12))) for _ in range(2)))
