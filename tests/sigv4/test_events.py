"""Event streams that are signed message by message: decoded here by a small decoder of its own, their chain rebuilt."""

import hmac
from binascii import crc32
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256

import pytest
from attrs import frozen
from hypothesis import example, given
from hypothesis import strategies as st

from sigv4 import Credentials, Request, Scope, ScopeError, Signed, Unhashed, sign_events, sign_headers
from sigv4.keys_v4a import SigningKeyV4a
from tests.sigv4.examples import CREDENTIALS, TEMPORARY, TIME
from tests.sigv4.test_properties import TIMES, bounded

SCOPE = Scope(TIME, "us-east-1", "transcribe")
EVERYWHERE = Scope.of_regions(TIME, ["*"], "transcribe")
POST = Request.from_url("POST", "https://example.amazonaws.com/stream", payload=Unhashed.SIGNED_EVENTS)
SECOND = timedelta(seconds=1)
MESSAGES = [(TIME, b"first"), (TIME + SECOND, b"second"), (TIME + 2 * SECOND, b"third")]


def seed(scope: Scope = SCOPE, credentials: Credentials = CREDENTIALS) -> Signed:
    """Return the signature of the request, with which the chain begins."""
    return sign_headers(POST, credentials, scope)


def signed_events(messages: Iterable[tuple[datetime, bytes]], scope: Scope = SCOPE) -> list[bytes]:
    """Return the signed messages."""
    return list(sign_events(seed(scope), CREDENTIALS, scope, messages))


@frozen
class Message:
    """One message of an event stream.

    Attributes:
        headers: names with the kind and the bytes of their values, in order.
        payload: the inner message.
        date_header: the bytes of the first header as they stand.
    """

    headers: tuple[tuple[str, int, bytes], ...]
    payload: bytes
    date_header: bytes

    @property
    def date(self) -> datetime:
        """The value of ``:date``: whole milliseconds since 1970."""
        (found,) = [value for name, kind, value in self.headers if (name, kind) == (":date", 8)]
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int.from_bytes(found, "big", signed=True))

    @property
    def signature(self) -> str:
        """The value of ``:chunk-signature`` in hexadecimal digits."""
        (found,) = [value for name, kind, value in self.headers if (name, kind) == (":chunk-signature", 6)]
        return found.hex()


def decoded(frame: bytes) -> Message:
    """Take one message apart, with both checksums (Smithy, "Amazon Event Stream specification")."""
    total, length = int.from_bytes(frame[:4], "big"), int.from_bytes(frame[4:8], "big")
    assert total == len(frame)
    assert int.from_bytes(frame[8:12], "big") == crc32(frame[:8])
    assert int.from_bytes(frame[-4:], "big") == crc32(frame[:-4])
    raw, payload = frame[12 : 12 + length], frame[12 + length : -4]
    headers, ends, at = [], [], 0
    while at < len(raw):
        end = at + 1 + raw[at]
        name, kind = raw[at + 1 : end].decode(), raw[end]
        if kind == 8:
            begin, size = end + 1, 8
        else:
            assert kind == 6
            begin, size = end + 3, int.from_bytes(raw[end + 1 : end + 3], "big")
        at = begin + size
        headers.append((name, kind, raw[begin:at]))
        ends.append(at)
    assert at == len(raw)
    return Message(tuple(headers), payload, raw[: ends[0]])


def hmac_of(text: str, day: str = "20150830") -> str:
    """Return the signature of a text for a day of `SCOPE`, by the specification's chain of HMACs."""
    key = b"AWS4" + CREDENTIALS.secret_access_key.reveal().encode()
    for part in (day, "us-east-1", "transcribe", "aws4_request", text):
        key = hmac.digest(key, part.encode(), "sha256")
    return key.hex()


def text_to_sign(message: Message, previous: str, scope: str, algorithm: str = "AWS4-HMAC-SHA256") -> str:
    """Return the string to sign of a message; the scope without its day, which is that of the message."""
    stamp = f"{message.date:%Y%m%dT%H%M%SZ}".rjust(16, "0")
    hashes = sha256(message.date_header).hexdigest(), sha256(message.payload).hexdigest()
    return "\n".join((f"{algorithm}-PAYLOAD", stamp, f"{stamp[:8]}/{scope}", previous, *hashes))


def test_each_message_is_wrapped_and_an_empty_one_ends_the_stream() -> None:
    """With the date and the signature for headers, and the message itself for a payload."""
    found = [decoded(frame) for frame in signed_events(MESSAGES)]

    assert [message.payload for message in found] == [b"first", b"second", b"third", b""]
    assert [message.date for message in found] == [TIME, TIME + SECOND, TIME + 2 * SECOND, TIME + 2 * SECOND]
    for message in found:
        assert [(name, kind) for name, kind, _ in message.headers] == [(":date", 8), (":chunk-signature", 6)]
        assert len(message.headers[1][2]) == 32


def test_a_message_is_laid_out_byte_by_byte() -> None:
    """Two lengths, their checksum, the headers, the payload, the checksum of all; numbers in network order."""
    signed = seed()
    date = b"\x05:date\x08" + int(TIME.timestamp() * 1000).to_bytes(8, "big")
    lines = (
        "AWS4-HMAC-SHA256-PAYLOAD",
        "20150830T123600Z",
        "20150830/us-east-1/transcribe/aws4_request",
        signed.signature,
        sha256(date).hexdigest(),
        sha256(b"inner").hexdigest(),
    )
    headers = date + b"\x10:chunk-signature\x06\x00\x20" + bytes.fromhex(hmac_of("\n".join(lines)))
    prelude = (16 + len(headers) + 5).to_bytes(4, "big") + len(headers).to_bytes(4, "big")
    head = prelude + crc32(prelude).to_bytes(4, "big") + headers + b"inner"

    frames = sign_events(signed, CREDENTIALS, SCOPE, [(TIME, b"inner")])

    assert head + crc32(head).to_bytes(4, "big") == next(frames)


def test_a_stream_without_messages_is_its_end() -> None:
    """As of the request's time."""
    (message,) = [decoded(frame) for frame in signed_events([])]

    assert (message.payload, message.date) == (b"", TIME)
    assert message.signature == hmac_of(text_to_sign(message, seed().signature, "us-east-1/transcribe/aws4_request"))


@bounded
@given(st.lists(st.tuples(TIMES, st.binary(max_size=40)), max_size=5))
@example([(TIME.replace(hour=23, minute=59, second=59), b"a"), (TIME.replace(day=31, hour=0, minute=0), b"b")])
@example([(TIME.replace(microsecond=999_999), b"a")])
@example([(TIME.replace(year=6326, microsecond=999_985), b"a")])
@example([(TIME.replace(year=1960, microsecond=500_000), b"a")])
def test_every_signature_is_that_of_the_specification(messages: list[tuple[datetime, bytes]]) -> None:
    """Over the one before it, with the day of the message, which may be another one than the request's."""
    found = [decoded(frame) for frame in signed_events(messages)]

    previous = seed().signature
    for message, (time, payload) in zip(found, [*messages, ((messages or [(TIME, b"")])[-1][0], b"")], strict=True):
        assert (message.date, message.payload) == (time.replace(microsecond=0), payload)
        text = text_to_sign(message, previous, "us-east-1/transcribe/aws4_request")
        assert message.signature == hmac_of(text, text.split("\n")[1][:8])
        previous = message.signature


def signatures(messages: Iterable[tuple[datetime, bytes]]) -> list[str]:
    """Return the signatures of a stream, that of its end last."""
    return [decoded(frame).signature for frame in signed_events(messages)]


@pytest.mark.parametrize("at", range(3))
def test_a_changed_message_changes_its_signature_and_all_later_ones(at: int) -> None:
    """By its content or by its time alone."""
    right = signatures(MESSAGES)
    time, payload = MESSAGES[at]
    for other in ((time, b"other"), (time + timedelta(milliseconds=1000), payload)):
        changed = signatures([*MESSAGES[:at], other, *MESSAGES[at + 1 :]])
        assert [one == two for one, two in zip(right, changed, strict=True)] == [True] * at + [False] * (4 - at)


@pytest.mark.parametrize("at", range(3))
def test_a_message_left_out_changes_all_later_signatures(at: int) -> None:
    """The end of the stream too, so that none can be cut off."""
    right, fewer = signatures(MESSAGES), signatures([*MESSAGES[:at], *MESSAGES[at + 1 :]])

    assert right[:at] == fewer[:at]
    assert not set(right[at:]) & set(fewer[at:])


def test_the_session_token_is_in_the_request_alone() -> None:
    """It signs no message."""
    signed = seed(credentials=TEMPORARY)

    with_token = list(sign_events(signed, TEMPORARY, SCOPE, MESSAGES))

    assert with_token == list(sign_events(signed, CREDENTIALS, SCOPE, MESSAGES))


def test_messages_are_asked_for_one_by_one() -> None:
    """They come while the stream is sent; nothing is read ahead."""
    asked: list[bytes] = []

    def messages() -> Iterable[tuple[datetime, bytes]]:
        for time, message in MESSAGES:
            asked.append(message)
            yield time, message

    frames = sign_events(seed(), CREDENTIALS, SCOPE, messages())
    for expected in ([b"first"], [b"first", b"second"]):
        next(frames)
        assert expected == asked


@pytest.mark.parametrize(
    "time",
    [
        TIME.replace(tzinfo=None),
        TIME.astimezone(timezone(timedelta(hours=1))),
        TIME.replace(tzinfo=timezone(-timedelta(seconds=1))),
    ],
)
def test_an_instant_that_is_not_in_utc_is_refused(time: datetime) -> None:
    """When its message's turn comes; those before it were signed."""
    frames = sign_events(seed(), CREDENTIALS, SCOPE, [(TIME, b"a"), (time, b"b")])

    assert decoded(next(frames)).payload == b"a"
    with pytest.raises(ScopeError, match="time: "):
        next(frames)


def test_an_instant_in_another_zone_that_is_utc_is_taken() -> None:
    """What counts is the offset."""
    assert signatures([(TIME.astimezone(timezone.utc), b"a")]) == signatures([(TIME, b"a")])  # noqa: UP017 - a form to try


def test_messages_of_version_4a_have_signatures_of_ecdsa() -> None:
    """As they are, without padding: the header has a length."""
    signed = seed(EVERYWHERE)
    key = SigningKeyV4a.derive(CREDENTIALS)

    found = [decoded(frame) for frame in sign_events(signed, CREDENTIALS, EVERYWHERE, MESSAGES)]

    previous = signed.signature
    for message in found:
        text = text_to_sign(message, previous, "transcribe/aws4_request", "AWS4-ECDSA-P256-SHA256")
        assert key.verify(text, message.signature)
        previous = message.signature
    assert len(found) == 4


@pytest.mark.parametrize("message", [b"", b"a", bytes(70_000)])
def test_a_message_may_have_any_length(message: bytes) -> None:
    """An empty one is no end here: another follows."""
    first, last = (decoded(frame) for frame in signed_events([(TIME, message)]))

    assert (first.payload, last.payload) == (message, b"")
    assert first.signature != last.signature
