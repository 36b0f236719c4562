"""Credentials from the environment: which variables count, and what is an error instead of nothing."""

import pickle
from collections.abc import Mapping

import pytest

from runtime import ANONYMOUS, Anonymous, Credentials, CredentialsError, Error, NoCredentialsError
from runtime.credentials.environment import credentials_from_environment
from runtime.credentials.provider import current_credentials

KEY_ID = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE"}
SECRET = {"AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
PAIR = KEY_ID | SECRET
WITHOUT_TOKEN = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")


def with_token(token: str) -> Credentials:
    """Return the same keys with a session token."""
    return Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token)


FOUND: Mapping[str, tuple[dict[str, str], Credentials | None]] = {
    "nothing": ({}, None),
    "other variables": ({"AWS_PROFILE": "iris", "AWS_REGION": "eu-west-1"}, None),
    "a secret alone": (SECRET, None),
    "a token alone": ({"AWS_SESSION_TOKEN": "token"}, None),
    "an empty key id": (PAIR | {"AWS_ACCESS_KEY_ID": ""}, None),
    "a pair": (PAIR, WITHOUT_TOKEN),
    "a session token": (PAIR | {"AWS_SESSION_TOKEN": "token"}, with_token("token")),
    "a security token": (PAIR | {"AWS_SECURITY_TOKEN": "old"}, with_token("old")),
    "both tokens": (PAIR | {"AWS_SESSION_TOKEN": "token", "AWS_SECURITY_TOKEN": "old"}, with_token("token")),
    "an empty session token": (PAIR | {"AWS_SESSION_TOKEN": "", "AWS_SECURITY_TOKEN": "old"}, with_token("old")),
    "empty tokens": (PAIR | {"AWS_SESSION_TOKEN": "", "AWS_SECURITY_TOKEN": ""}, WITHOUT_TOKEN),
    "names in lower case": ({name.lower(): value for name, value in PAIR.items()}, None),
}


@pytest.mark.parametrize(("environment", "expected"), FOUND.values(), ids=FOUND)
def test_the_environments_credentials_are_found(environment: dict[str, str], expected: Credentials | None) -> None:
    """None where there is no key id; an empty value counts as none."""
    assert expected == credentials_from_environment(environment)


@pytest.mark.parametrize("environment", [KEY_ID, KEY_ID | {"AWS_SECRET_ACCESS_KEY": ""}], ids=["unset", "empty"])
def test_a_key_id_without_a_secret_is_an_error(environment: dict[str, str]) -> None:
    """Half a pair is a mistake, not an absence: it must not send the search on to other keys."""
    with pytest.raises(CredentialsError, match="AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not"):
        credentials_from_environment(environment)


UNFIT: Mapping[str, tuple[dict[str, str], str]] = {
    "a key id with a final line break": ({"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE\n"}, "access_key_id"),
    "a key id with a space": ({"AWS_ACCESS_KEY_ID": "AKID EXAMPLE"}, "access_key_id"),
    "a key id with a slash": ({"AWS_ACCESS_KEY_ID": "AKID/EXAMPLE"}, "access_key_id"),
    "a secret with a final line break": ({"AWS_SECRET_ACCESS_KEY": "marker\r\n"}, "secret_access_key"),
    "a token with a final line break": ({"AWS_SESSION_TOKEN": "marker\n"}, "session_token"),
    "a token outside ASCII": ({"AWS_SESSION_TOKEN": "markér"}, "session_token"),
    "bytes that are not UTF-8": ({"AWS_SECRET_ACCESS_KEY": "marker\udcff"}, "secret_access_key"),
}


@pytest.mark.parametrize(("unfit", "where"), UNFIT.values(), ids=UNFIT)
def test_a_value_that_cannot_be_signed_with_is_an_error_that_names_the_environment(
    unfit: dict[str, str], where: str
) -> None:
    """The member at fault is named; its value is not shown."""
    with pytest.raises(CredentialsError, match=r"^the environment's ") as caught:
        credentials_from_environment(PAIR | unfit)

    assert where in str(caught.value)
    assert "mark" not in f"{caught.value} {caught.value!r}"


def test_given_credentials_are_taken_as_they_are() -> None:
    """The environment is not looked at."""
    given = with_token("token")

    assert given is current_credentials(given, PAIR)


def test_a_callable_is_called() -> None:
    """And its answer is taken as it is."""
    given = with_token("token")

    assert given is current_credentials(lambda: given, PAIR)


def test_anonymous_is_no_credentials_and_no_error() -> None:
    """Even where the environment has some."""
    assert current_credentials(ANONYMOUS, PAIR) is None


def test_anonymous_is_one_thing_everywhere() -> None:
    """It prints as its name and is pickled by it."""
    assert repr(ANONYMOUS) == "ANONYMOUS"
    assert ANONYMOUS is pickle.loads(pickle.dumps(ANONYMOUS))  # noqa: S301 - our own bytes
    assert isinstance(ANONYMOUS, Anonymous)


def test_without_given_credentials_the_environments_are_used() -> None:
    """None means: look there."""
    assert current_credentials(None, PAIR) == WITHOUT_TOKEN


def test_no_credentials_at_all_are_an_error_that_says_what_to_do() -> None:
    """It names the source that was asked, and the ways out."""
    with pytest.raises(NoCredentialsError, match="AWS_ACCESS_KEY_ID is not set") as caught:
        current_credentials(None, {})

    assert "ANONYMOUS" in str(caught.value)
    assert isinstance(caught.value, CredentialsError)
    assert isinstance(caught.value, Error)
