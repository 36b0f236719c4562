"""Random forgeries of every class are refused in AWS's words, and random good requests are accepted, all of them.

Two seeds: one that never changes, and one a day, so that every day tries others. A failure prints the seed.
"""

import os
import random
from datetime import UTC, datetime
from functools import cache
from itertools import islice

import pytest

from sigv4 import STRICT, RequestError, VerificationError, Verified, verify
from tests.sigv4.examples import finds
from tests.sigv4.forgeries import (
    KINDS,
    ON_THE_WIRE_ALONE,
    REFUSED_BY_THE_RECORD,
    Forgery,
    Good,
    forgeries,
    good_request,
    signed_pieces,
)

FIXED = 20150830
TODAY = int(os.environ.get("FORGERY_SEED") or f"{datetime.now(UTC):%Y%m%d}")
"""Set FORGERY_SEED to the seed of a failure to see it again."""
EACH = 1000
"""Forgeries of each class, for each seed."""
TRUE = 10_000
SHARED = 400
"""Good requests of each placement, from which the forgeries are made."""


@cache
def goods(seed: int) -> dict[bool, list[Good]]:
    """Return good requests with the signature in the headers (False) and in the query (True)."""
    rng = random.Random(seed)  # noqa: S311 - a test's choice, not a secret
    return {in_query: [good_request(rng, in_query=in_query) for _ in range(SHARED)] for in_query in (False, True)}


def answer(good: Good, arrived: Forgery) -> Verified:
    """Verify as a strict server of the good request's region and service."""
    policy = STRICT.for_scope(good.scope.region, good.scope.service)
    return verify(arrived.request, finds(arrived.knows), good.scope.time + arrived.later, policy)


def refusal(seed: int, number: int, good: Good, forged: Forgery) -> str:
    """Return the code with which a forgery is refused; anything else fails with what is needed to see it again."""
    try:
        answer(good, forged)
    except VerificationError as error:
        return error.code if error.status == 403 else f"{error.code} with status {error.status}"
    except Exception as error:  # noqa: BLE001 - whatever it is, the failure must name the seed
        pytest.fail(f"seed {seed}, number {number}: {error!r} for {forged!r}")
    pytest.fail(f"seed {seed}, number {number}: accepted: {forged!r} headers {tuple(forged.request.headers)!r}")


@pytest.mark.parametrize("seed", [FIXED, TODAY], ids=["fixed", "today"])
@pytest.mark.parametrize("name", KINDS)
def test_every_forgery_is_refused(name: str, seed: int) -> None:
    """A thousand of each class, each with one of the codes that the class has and no other exception."""
    kind = KINDS[name]
    rng = random.Random(f"{seed} {name}")  # noqa: S311 - a test's choice, not a secret

    for number, (good, forged) in enumerate(islice(forgeries(rng, goods(seed), kind), EACH)):
        code = refusal(seed, number, good, forged)
        assert code in kind.codes, f"seed {seed}, number {number}: {code} for {forged!r}"


@pytest.mark.parametrize("seed", [FIXED, TODAY], ids=["fixed", "today"])
def test_every_true_request_is_accepted(seed: int) -> None:
    """Ten thousand, of each of which the signature is made anew, in the headers and in the query."""
    rng = random.Random(f"{seed} true")  # noqa: S311 - a test's choice, not a secret
    for number in range(TRUE // 2):
        good = good_request(rng, in_query=number % 3 == 0)
        try:
            verified = answer(good, Forgery(good.sent(), good.caller))
        except VerificationError as error:
            pytest.fail(f"seed {seed}, number {number}: {error.check}: {good.request!r}")
        assert verified.scope == good.scope
        assert verified.canonical_request.signed_headers == good.names


def test_the_good_requests_of_which_forgeries_are_made_are_accepted() -> None:
    """Otherwise the refusals would prove nothing."""
    for seed in (FIXED, TODAY):
        for found in goods(seed).values():
            for good in found:
                assert answer(good, Forgery(good.sent(), good.caller)).access_key_id == good.key_id


def test_the_pieces_of_a_good_request_are_those_that_signing_gives() -> None:
    """The same header and the same URL as the signer's."""
    rng = random.Random(FIXED)  # noqa: S311 - a test's choice, not a secret
    for _ in range(50):
        good = good_request(rng, in_query=False)
        url = signed_pieces(rng, good.request, good.caller, good.scope, in_query=True)
        assert good.sent().headers[: len(good.request.headers)] == good.request.headers
        assert good.sent().query == good.request.query
        assert url.sent().query.startswith(good.request.query)
        assert url.sent().headers == good.request.headers


@pytest.mark.parametrize("name", REFUSED_BY_THE_RECORD)
def test_some_forgeries_cannot_even_be_asked_about(name: str) -> None:
    """The record of a request refuses them."""
    rng = random.Random(name)  # noqa: S311 - a test's choice, not a secret
    for _ in range(EACH):
        with pytest.raises(RequestError):
            REFUSED_BY_THE_RECORD[name](rng, rng.choice(goods(FIXED)[False]))


def test_all_sixty_classes_are_named() -> None:
    """Those above and those of bytes that are no part of a record."""
    assert len(KINDS) + len(REFUSED_BY_THE_RECORD) + len(ON_THE_WIRE_ALONE) == 60
