"""What must hold for a signing case of any kind: its signature, where the signature is put, and that it is verified."""

from urllib.parse import unquote

from attrs import evolve
from cryptography.hazmat.primitives.asymmetric import ec

from sigv4 import SPECIFICATION, Request, Signed, Verified, verify
from sigv4.keys_v4a import SigningKeyV4a
from tests.sigv4.cases import Case, scope_of
from tests.sigv4.examples import finds


def sent(case: Case, signed: Signed) -> Request:
    """Return what is sent: the case's request with what signing added."""
    if signed.url:
        return evolve(case.request, query=signed.url.partition("?")[2])
    return evolve(case.request, headers=case.request.headers + signed.headers)


def sent_as_expected(case: Case, signed: Signed) -> Request:
    """Return the same with the signature that the case expects, in the form in which the case has it."""
    if case.expected.signed_url is not None:
        return evolve(case.request, query=case.expected.signed_url.partition("?")[2])
    added = {**dict(signed.headers), "Authorization": case.expected.authorization or ""}
    return evolve(case.request, headers=(*case.request.headers, *added.items()))


def verified(case: Case, request: Request) -> Verified:
    """Verify a signed request of a case, with the case's rules, region and service."""
    policy = evolve(SPECIFICATION, rules=case.rules, region=region_of(case), service=case.service)
    return verify(request, finds(case.credentials), case.time, policy)


def region_of(case: Case) -> str:
    """Return a region in which the case's signature must count: the only one, or one that the set's first allows."""
    return case.region or (case.region_set or "").split(",")[0].replace("*", "eu-west-1")


def assert_it_is_verified(case: Case, signed: Signed) -> None:
    """What we sign and what the case has are both verified, as the request that the case expects."""
    for request in (sent(case, signed), sent_as_expected(case, signed)):
        found = verified(case, request)
        assert case.expected.canonical_request == str(found.canonical_request)
        assert scope_of(case) == found.scope


def assert_the_signature_is_right(case: Case, signed: Signed) -> None:
    """An HMAC is the expected one; an ECDSA signature, ours and the expected one, is one of the expected key."""
    if case.expected.public_key is None:
        assert case.expected.signature == signed.signature
        return
    key = SigningKeyV4a.derive(case.credentials)
    assert case.expected.public_key == coordinates(key.public_key)
    assert key.verify(str(signed.string_to_sign), signed.signature)
    assert key.verify(str(signed.string_to_sign), case.expected.signature)


def assert_it_stands_in_its_place(case: Case, signed: Signed) -> None:
    """The header or the URL is the expected one, but for an ECDSA signature, which has another value each time."""
    if case.expected.authorization is not None:
        assert signed.url == ""
        assert unsigned(case.expected.authorization) == unsigned(dict(signed.headers)["Authorization"])
        return
    address, _, query = signed.url.partition("?")
    expected_address, _, expected_query = (case.expected.signed_url or "").partition("?")
    assert signed.headers == ()
    assert expected_address == address
    assert parameters(expected_query) == parameters(query)


def unsigned(text: str) -> str:
    """Return an Authorization header or a query without a signature of ECDSA, which begins as a DER sequence."""
    head, mark, signature = text.rpartition("Signature=")
    return text if len(signature) == 64 else head + mark


def parameters(query: str) -> list[tuple[str, str]]:
    """Return a query's decoded parameters in order, without a signature of ECDSA."""
    pairs = [parameter.partition("=") for parameter in query.split("&")]
    kept = [pair for pair in pairs if pair[0] != "X-Amz-Signature" or len(pair[2]) == 64]
    return sorted((unquote(name), unquote(value)) for name, _, value in kept)


def coordinates(key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    """Return a public key's ``x`` and ``y``, 64 hexadecimal digits each."""
    numbers = key.public_numbers()
    return {"x": f"{numbers.x:064x}", "y": f"{numbers.y:064x}"}
