"""Bearer tokens for SageMaker's OpenAI-compatible endpoints: a presigned URL in another coat, verified as one."""

import base64
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime import InputError, mint_bearer_token
from sigv4 import (
    STRICT,
    Credentials,
    Request,
    ScopeError,
    Secret,
    VerificationError,
    Verified,
    parse_timestamp,
    verify,
)
from tests.runtime.examples import CREDENTIALS, REGION, TEMPORARY, TIME

PREFIX = "sagemaker-api-key-"


def decoded(token: Secret) -> str:
    """Return the text inside a token."""
    text = token.reveal()
    assert text.startswith(PREFIX)
    return base64.b64decode(text.removeprefix(PREFIX), validate=True).decode("ascii")


def request_of(token: Secret) -> Request:
    """Return the request that a token stands for: what follows the signature was added after it."""
    url, mark, rest = decoded(token).partition("&Version=1")
    assert (mark, rest) == ("&Version=1", "")
    return Request.from_url("POST", f"https://{url}")


def accepted(token: Secret, credentials: Credentials = CREDENTIALS, later: float = 0, region: str = REGION) -> Verified:
    """Verify a token as the service does, some seconds after it was made."""
    known = {credentials.access_key_id: credentials}
    policy = STRICT.for_scope(region, "sagemaker")
    return verify(request_of(token), known.get, TIME + timedelta(seconds=later), policy)


def parameters(token: Secret) -> dict[str, str]:
    """Return the parameters of the URL in a token."""
    pairs = [part.partition("=") for part in decoded(token).partition("?")[2].split("&")]
    assert len({name for name, _, _ in pairs}) == len(pairs)
    return {unquote(name): unquote(value) for name, _, value in pairs}


@pytest.mark.parametrize("credentials", [CREDENTIALS, TEMPORARY], ids=["long-term", "temporary"])
def test_a_token_is_a_presigned_url(credentials: Credentials) -> None:
    """Of a POST to the service's own host, with the version after the signature and the scheme left out."""
    token = mint_bearer_token(credentials, REGION, TIME)
    token_name = ["X-Amz-Security-Token"] if credentials is TEMPORARY else []

    assert decoded(token).startswith("sagemaker.amazonaws.com/?Action=CallWithBearerToken&X-Amz-Algorithm=")
    assert list(parameters(token)) == [
        "Action", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders",
        *token_name, "X-Amz-Signature", "Version",
    ]  # fmt: skip
    assert parameters(token) | {"X-Amz-Signature": "", "X-Amz-Security-Token": ""} == {
        "Action": "CallWithBearerToken",
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": "AKIDEXAMPLE/20261120/eu-west-1/sagemaker/aws4_request",
        "X-Amz-Date": "20261120T080000Z",
        "X-Amz-Expires": "43200",
        "X-Amz-SignedHeaders": "host",
        "X-Amz-Security-Token": "",
        "X-Amz-Signature": "",
        "Version": "1",
    }


@pytest.mark.parametrize("credentials", [CREDENTIALS, TEMPORARY], ids=["long-term", "temporary"])
def test_a_token_is_verified(credentials: Credentials) -> None:
    """As the request that it stands for, without the version."""
    verified = accepted(mint_bearer_token(credentials, REGION, TIME), credentials)

    assert verified.access_key_id == "AKIDEXAMPLE"
    assert verified.canonical_request.path == "/"
    assert verified.canonical_request.headers == (("host", "sagemaker.amazonaws.com"),)


def test_the_version_is_not_signed() -> None:
    """With it the request is another one."""
    token = mint_bearer_token(CREDENTIALS, REGION, TIME)
    request = Request.from_url("POST", f"https://{decoded(token)}")

    with pytest.raises(VerificationError):
        verify(request, lambda _: CREDENTIALS, TIME, STRICT.for_scope(REGION, "sagemaker"))


def test_a_token_is_for_one_request_of_one_caller() -> None:
    """Another secret, token, method or region is refused."""
    token = mint_bearer_token(TEMPORARY, REGION, TIME)

    for credentials, region in (
        (CREDENTIALS, REGION),
        (Credentials("AKIDEXAMPLE", "wrong", TEMPORARY.session_token), REGION),
        (TEMPORARY, "us-east-1"),
    ):
        with pytest.raises(VerificationError):
            accepted(token, credentials, region=region)
    get = Request.from_url("GET", f"https://{decoded(token).removesuffix('&Version=1')}")
    with pytest.raises(VerificationError):
        verify(get, lambda _: TEMPORARY, TIME)


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "us-gov-west-1", "cn-north-1"])
def test_the_region_stands_in_the_scope_and_not_in_the_host(region: str) -> None:
    """It is that of the endpoint."""
    token = mint_bearer_token(CREDENTIALS, region, TIME)

    assert decoded(token).startswith("sagemaker.amazonaws.com/?")
    assert accepted(token, region=region).scope.region == region


@pytest.mark.parametrize("expires_in", [1, 900, 43_199, 43_200])
def test_a_token_lives_for_as_long_as_was_asked_for(expires_in: int) -> None:
    """To its last second; twelve hours at most."""
    token = mint_bearer_token(CREDENTIALS, REGION, TIME, expires_in)

    assert accepted(token, later=expires_in).scope.region == REGION
    with pytest.raises(VerificationError) as caught:
        accepted(token, later=expires_in + 1)
    assert caught.value.message.startswith("Signature expired: ")


@pytest.mark.parametrize("expires_in", [0, -1, 43_201, 604_800, True, 900.0, "900", None])
def test_any_other_lifetime_is_refused(expires_in: Any) -> None:
    """By an error that says what was given and what may be given."""
    with pytest.raises(InputError) as caught:
        mint_bearer_token(CREDENTIALS, REGION, TIME, expires_in)

    assert f"expires_in is {expires_in!r}; give a whole number of seconds from 1 to 43200" in str(caught.value)


def test_a_token_lives_for_twelve_hours_unless_asked_otherwise() -> None:
    """The longest that there is."""
    token = mint_bearer_token(CREDENTIALS, REGION, TIME)

    assert accepted(token, later=43_200).access_key_id == "AKIDEXAMPLE"


@pytest.mark.parametrize(
    ("region", "time"),
    [
        ("", TIME),
        ("eu west", TIME),
        ("eu-west-1/", TIME),
        (REGION, TIME.replace(tzinfo=None)),
        (REGION, TIME.astimezone(timezone(timedelta(hours=1)))),
    ],
)
def test_a_region_or_time_that_cannot_be_is_refused(region: str, time: datetime) -> None:
    """As the signer does."""
    with pytest.raises(ScopeError):
        mint_bearer_token(CREDENTIALS, region, time)


def test_a_token_is_a_secret() -> None:
    """Whoever has it may call; nothing shows it but ``reveal``."""
    token = mint_bearer_token(TEMPORARY, REGION, TIME)

    assert type(token) is Secret
    assert f"{token} {token!r} {[token]} {token!s}" == "*** Secret('***') [Secret('***')] ***"


@given(
    st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1),
    st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1)),  # noqa: DTZ001 - the zone is added below
)
def test_a_token_is_one_header_value_for_any_caller(session_token: str, time: datetime) -> None:
    """Letters, digits and the four characters of base64, in one line; and it is verified at its time."""
    moment = parse_timestamp(f"{time:%Y%m%dT%H%M%SZ}")
    caller = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI", session_token)

    token = mint_bearer_token(caller, REGION, moment)

    assert token.reveal().isascii()
    assert token.reveal().isprintable()
    assert " " not in token.reveal()
    assert verify(request_of(token), lambda _: caller, moment).scope.time == moment
