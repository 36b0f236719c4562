"""A secret and a session token are shown by nothing: no repr, str or format, no error, no traceback with its locals.

The two markers below are looked for in everything that could be printed. Where a text must hold the token because it is
sent or hashed (``str()`` of the canonical request, ``Signed.headers``), it is the value itself that is asked for.
"""

import copy
import logging
import pickle
import traceback
from collections.abc import Callable
from datetime import timedelta

import pytest
from attrs import evolve

from sigv4 import (
    STRICT,
    Credentials,
    Request,
    Rules,
    Scope,
    Secret,
    Signer,
    SigningKey,
    SigV4Error,
    VerificationError,
    sign_headers,
    verify,
)
from tests.sigv4.examples import INVOKE, SCOPE, TIME, finds, signed_request, with_header, with_value

SECRET = "MARKERsecret/wJalrXUtnFEMI"  # noqa: S105 - what is looked for
TOKEN = "MARKERtoken/AQoDYXdzEPT"  # noqa: S105 - what is looked for
CALLER = Credentials("AKIDEXAMPLE", SECRET, TOKEN)
SENT = signed_request(INVOKE, CALLER)
SIGNED = sign_headers(INVOKE, CALLER, SCOPE)
POLICY = STRICT.for_scope("eu-west-1", "sagemaker")


def signer() -> Signer:
    """Return a signer that has signed, so that it keeps a derived key."""
    used = Signer(CALLER, region="eu-west-1", service="sagemaker")
    used.sign(INVOKE, TIME)
    return used


OBJECTS: dict[str, object] = {
    "secret": Secret(SECRET),
    "credentials": CALLER,
    "credentials in a container": {"keys": [CALLER]},
    "request with a token": SENT,
    "request with a token in its query": evolve(INVOKE, query=f"a=1&X-Amz-Security-Token={TOKEN}"),
    "request with an encoded name": evolve(INVOKE, query=f"x-amz-security%2Dtoken={TOKEN}&a=1"),
    "string to sign": SIGNED.string_to_sign,
    "signer": signer(),
    "signed": SIGNED,
    "scope": SCOPE,
    "verified": verify(SENT, finds(CALLER), TIME, POLICY),
    "policy": POLICY,
}


def assert_no_marker(text: str) -> None:
    """Fail with the beginnings of the lines that hold a marker: the names of the variables, not their values."""
    assert [line.split("MARKER")[0][:60] for line in text.splitlines() if "MARKER" in line] == []


@pytest.mark.parametrize("shown", OBJECTS.values(), ids=OBJECTS)
def test_no_object_shows_a_secret(shown: object) -> None:
    """However it is turned into text, and after a copy or a trip through pickle too."""
    for value in (shown, copy.copy(shown), copy.deepcopy(shown), pickle.loads(pickle.dumps(shown))):  # noqa: S301 - ours
        texts = [repr(value), str(value), format(value), f"{value}", f"{value!r}", f"{value!s}", ascii(value)]
        record = logging.LogRecord("test", logging.INFO, "test", 1, "%s %r", (value, [value]), None)

        assert_no_marker(" ".join([*texts, "%s %r" % (value, value), record.getMessage()]))  # noqa: UP031 - a form to try


def test_the_canonical_request_shows_no_token_in_its_repr() -> None:
    """Its ``str()`` is the exact text, which holds the token; its ``repr()`` and ``redacted()`` do not."""
    canonical_request = SIGNED.canonical_request

    assert TOKEN in str(canonical_request)
    assert_no_marker(repr(canonical_request))
    assert_no_marker(repr([canonical_request]))
    assert_no_marker(canonical_request.redacted())
    assert "x-amz-security-token:***\n" in canonical_request.redacted()


def test_the_derived_key_is_shown_by_nothing() -> None:
    """It signs for a whole day, so it is a secret too."""
    key = SigningKey(b"MARKERkey")

    assert_no_marker(f"{key} {key!r}")


def test_a_secret_is_read_only_by_reveal() -> None:
    """The text is there for who asks for it by name, and two secrets can be compared without showing them."""
    assert Secret(SECRET).reveal() == SECRET
    assert Secret(SECRET) == Secret(SECRET)
    assert Secret(SECRET) != Secret(TOKEN)
    assert Secret(SECRET) != SECRET
    assert hash(Secret(SECRET)) == hash(Secret(SECRET))


FAILURES: dict[str, Callable[[], object]] = {
    "secret with a line break": lambda: Credentials("AKIDEXAMPLE", Secret(SECRET + "\n")),
    "token with a line break": lambda: Credentials("AKIDEXAMPLE", Secret(SECRET), Secret(TOKEN + "\n")),
    "token with a space": lambda: evolve(CALLER, session_token=Secret(TOKEN + " ")),
    "key id with a line break": lambda: evolve(CALLER, access_key_id="AKIDEXAMPLE\n"),
    "sign: no host": lambda: sign_headers(evolve(INVOKE, headers=()), CALLER, SCOPE),
    "sign: signed already": lambda: sign_headers(SENT, CALLER, SCOPE),
    "sign: has a token": lambda: sign_headers(with_header(INVOKE, "X-Amz-Security-Token", TOKEN), CALLER, SCOPE),
    "sign: other content hash": lambda: sign_headers(with_header(INVOKE, "X-Amz-Content-SHA256", ""), CALLER, SCOPE),
    "signer: signed already": lambda: signer().sign(SENT, TIME),
    "signer: naive time": lambda: signer().sign(INVOKE, TIME.replace(tzinfo=None)),
    "request: bad path beside a token": lambda: evolve(SENT, path="/\n"),
    "request: bad escape beside a token": lambda: evolve(SENT, query="%"),
    "signer: no region": lambda: Signer(CALLER, region="", service="sagemaker").sign(INVOKE, TIME),
}

RECORDS: dict[str, Callable[[], object]] = {
    "request: bad header beside a token": lambda: with_header(SENT, "X-Test", "\n"),
    "request: bad token": lambda: with_value(SENT, "x-amz-security-token", TOKEN + "\n"),
}
"""Here the caller gives the plain token as an argument, so his own frame, and that of the record's construction, hold
it."""


def verifying(
    request: Request, known: Credentials | None = CALLER, later: timedelta = timedelta(0)
) -> Callable[[], object]:
    """Return a call of the verifier."""
    return lambda: verify(request, finds(*[known] if known else []), TIME + later, POLICY)


REFUSALS: dict[str, Callable[[], object]] = {
    "verify: altered body": verifying(evolve(SENT, payload=b"other")),
    "verify: wrong secret": verifying(SENT, Credentials("AKIDEXAMPLE", "MARKERother", TOKEN)),
    "verify: token expected, other arrived": verifying(SENT, Credentials("AKIDEXAMPLE", SECRET, "MARKERother")),
    "verify: no token expected": verifying(SENT, Credentials("AKIDEXAMPLE", SECRET)),
    "verify: other token": verifying(with_value(SENT, "x-amz-security-token", "MARKERother")),
    "verify: token outside ASCII": verifying(with_value(SENT, "x-amz-security-token", "MARKER\udcff")),
    "verify: unknown key": verifying(SENT, None),
    "verify: expired": verifying(SENT, later=timedelta(hours=1)),
    "verify: not yet current": verifying(SENT, later=timedelta(hours=-1)),
    "verify: malformed authorization": verifying(with_value(SENT, "authorization", f"Bearer {TOKEN}")),
    "verify: no authorization": verifying(with_header(INVOKE, "X-Amz-Security-Token", TOKEN)),
    "verify: no date": verifying(
        evolve(SENT, headers=[pair for pair in SENT.headers if pair[0].lower() != "x-amz-date"])
    ),
    "verify: malformed date": verifying(with_value(SENT, "x-amz-date", "today")),
    "verify: other region": verifying(signed_request(INVOKE, CALLER, Scope(TIME, "us-east-1", "sagemaker"))),
    "verify: unsigned header": verifying(with_header(SENT, "X-Amz-Target", "a")),
    "verify: unsigned token": verifying(signed_request(INVOKE, CALLER, SCOPE, Rules(omit_session_token=True))),
    "verify: header missing": verifying(
        evolve(SENT, headers=[pair for pair in SENT.headers if pair[0] != "Content-Type"])
    ),
    "verify: other path": verifying(evolve(SENT, path="//")),
    "verify: other content hash": verifying(with_header(SENT, "X-Amz-Content-SHA256", "")),
    "verify: token in the query": verifying(evolve(SENT, query=f"X-Amz-Security-Token={TOKEN}")),
}


def failure(call: Callable[[], object]) -> SigV4Error:
    """Return what a call raises."""
    with pytest.raises(SigV4Error) as caught:
        call()
    return caught.value


@pytest.mark.parametrize("call", (FAILURES | RECORDS | REFUSALS).values(), ids=FAILURES | RECORDS | REFUSALS)
def test_no_error_shows_a_secret(call: Callable[[], object]) -> None:
    """Neither in its text nor in any of its attributes."""
    error = failure(call)

    assert_no_marker(f"{error} {error!r} {error.args!r} {vars(error)!r} {getattr(error, '__notes__', '')!r}")


@pytest.mark.parametrize("call", (FAILURES | REFUSALS).values(), ids=FAILURES | REFUSALS)
def test_no_traceback_with_its_locals_shows_a_secret(call: Callable[[], object]) -> None:
    """Error reporters print the local variables of every frame, those of the functions that were called among them."""
    error = failure(call)

    assert_no_marker("".join(traceback.TracebackException.from_exception(error, capture_locals=True).format()))


def test_the_text_of_a_mismatch_redacts_the_token() -> None:
    """AWS answers with the canonical request; ours has stars where the token stood."""
    error = failure(REFUSALS["verify: altered body"])

    assert isinstance(error, VerificationError)
    assert "x-amz-security-token:***\n" in error.message
    assert_no_marker(error.message)
