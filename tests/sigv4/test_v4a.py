"""Signature Version 4a: the key pair, its signatures, region sets, and what happens where cryptography is missing."""

import hmac
import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest
from attrs import evolve
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given

import sigv4
from sigv4 import (
    STRICT,
    Credentials,
    Request,
    Scope,
    ScopeError,
    Signer,
    SigningError,
    VerificationError,
    Verified,
    presign,
    sign_headers,
    verify,
)
from sigv4.keys_v4a import SigningKeyV4a
from tests.sigv4.checks import coordinates
from tests.sigv4.examples import (
    CREDENTIALS,
    INVOKE,
    TEMPORARY,
    TIME,
    finds,
    header,
    signed_request,
    with_header,
    with_value,
)
from tests.sigv4.test_properties import CALLERS, REQUESTS, RULES, bounded

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the curve P-256 (SEC 2, section 2.4.2)."""
EVERYWHERE = Scope.of_regions(TIME, ["*"], "sagemaker")
KEY = SigningKeyV4a.derive(CREDENTIALS)
GOOD = signed_request(scope=EVERYWHERE)
SIGNATURE = header(GOOD, "authorization").rpartition("Signature=")[2]
SHORTEST_DER = "3006020101020101"
"""r = s = 1: a sequence that is no signature of anything here."""


def accept(request: Request, credentials: Credentials = CREDENTIALS, region: str | None = "eu-west-1") -> Verified:
    """Verify as a server of one region."""
    return verify(request, finds(credentials), TIME, evolve(STRICT, region=region, service="sagemaker"))


def refuse(request: Request, credentials: Credentials = CREDENTIALS, region: str = "eu-west-1") -> VerificationError:
    """Return the refusal of a request that must not be accepted."""
    with pytest.raises(VerificationError) as caught:
        accept(request, credentials, region)
    return caught.value


def with_signature(signature: str) -> Request:
    """Return the accepted request with another signature."""
    return with_value(GOOD, "authorization", header(GOOD, "authorization").replace(SIGNATURE, signature))


# The key pair


@pytest.mark.parametrize(
    ("caller", "x", "y"),
    [
        # awslabs/aws-c-auth, tests/key_derivation_tests.c, which agrees with AWS's other implementations
        (
            Credentials("AKISORANDOMAASORANDOM", "q+jcrXGc+0zWN6uzclKVhvMmUsIfRPa4rlRandom"),
            "15d242ceebf8d8169fd6a8b5a746c41140414c3b07579038da06af89190fffcb",
            "0515242cedd82e94799482e4c0514b505afccf2c0c98d6a553bf539f424c5ec0",
        ),
        # the same, tests/sigv4_signing_tests.c, the key of the chunked example
        (
            Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            "18b7d04643359f6ec270dcbab8dce6d169d66ddc9778c75cfb08dfdb701637ab",
            "fa36b35e4fe67e3112261d2e17a956ef85b06e44712d2850bcd3c2161e9993f2",
        ),
        # the same, tests/aws-signing-test-suite/v4a, every case
        (
            CREDENTIALS,
            "b6618f6a65740a99e650b33b6b4b5bd0d43b176d721a3edfea7e7d2d56d936b1",
            "865ed22a7eadc9c5cb9d2cbaca1b3699139fedc5043dc6661864218330c8e518",
        ),
    ],
)
def test_the_key_pair_is_the_published_one(caller: Credentials, x: str, y: str) -> None:
    """By its public half, which AWS's own tests name."""
    assert {"x": x, "y": y} == coordinates(SigningKeyV4a.derive(caller).public_key)


def derived_by_hand(caller: Credentials) -> ec.EllipticCurvePublicKey:
    """Derive the key pair once more: NIST SP 800-108 in counter mode, drawn again until it fits, with whole numbers."""
    secret = b"AWS4A" + caller.secret_access_key.reveal().encode()
    for counter in count(1):
        text = b"AWS4-ECDSA-P256-SHA256\0" + caller.access_key_id.encode() + bytes([counter])
        number = int(hmac.new(secret, b"\0\0\0\1" + text + b"\0\0\1\0", "sha256").hexdigest(), 16)
        if number <= ORDER - 2:
            return ec.derive_private_key(number + 1, ec.SECP256R1()).public_key()
    raise AssertionError


@bounded
@given(CALLERS)
def test_the_key_pair_is_that_of_the_specification(caller: Credentials) -> None:
    """For any key id and secret; the session token plays no part."""
    expected = coordinates(derived_by_hand(caller))

    assert expected == coordinates(SigningKeyV4a.derive(caller).public_key)
    assert expected == coordinates(SigningKeyV4a.derive(evolve(caller, session_token=None)).public_key)


def test_the_key_pair_is_the_same_for_every_scope() -> None:
    """Whoever verifies keeps one public key for a caller; a signer keeps one pair for a day."""
    signer = Signer(CREDENTIALS, service="sagemaker", region_set=["us-*", "eu-west-1"])
    sent = evolve(INVOKE, headers=INVOKE.headers + signer.sign(INVOKE, TIME).headers)

    assert accept(sent).scope == Scope.of_regions(TIME, ["us-*", "eu-west-1"], "sagemaker")


# Its signatures


@bounded
@given(REQUESTS, CALLERS, RULES)
def test_what_was_signed_is_verified(request: Request, caller: Credentials, rules: sigv4.Rules) -> None:
    """Any request, caller and rules that the signer takes, in the headers and as a URL."""
    policy = evolve(sigv4.SPECIFICATION, rules=rules, region="eu-west-1", service="sagemaker")
    url = presign(request, caller, EVERYWHERE, 60, rules).url

    in_headers = verify(signed_request(request, caller, EVERYWHERE, rules), finds(caller), TIME, policy)
    in_query = verify(evolve(request, query=url.partition("?")[2]), finds(caller), TIME, policy)

    assert EVERYWHERE == in_headers.scope == in_query.scope


def deterministic_signing_is_there() -> bool:
    """Return whether cryptography's OpenSSL can sign by RFC 6979."""
    try:
        ec.ECDSA(SHA256(), deterministic_signing=True)
    except UnsupportedAlgorithm:
        return False
    return True


def test_a_signature_is_the_same_each_time_where_cryptography_offers_it() -> None:
    """Elsewhere it is another one each time, and right all the same."""
    first, second = (sign_headers(INVOKE, CREDENTIALS, EVERYWHERE) for _ in range(2))

    assert (first.signature == second.signature) == deterministic_signing_is_there()
    assert KEY.verify(str(first.string_to_sign), second.signature)


def test_a_signature_is_that_of_rfc_6979() -> None:
    """Appendix A.2.5, P-256 with SHA-256, the message ``sample``; where random, it is right for that key."""
    private = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
    key = SigningKeyV4a(ec.derive_private_key(private, ec.SECP256R1()))
    expected = encode_dss_signature(
        0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716,
        0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8,
    ).hex()

    assert key.verify("sample", expected)
    assert key.verify("sample", key.sign("sample"))
    assert (key.sign("sample") == expected) == deterministic_signing_is_there()


def test_signatures_are_random_where_rfc_6979_is_not_offered() -> None:
    """An older OpenSSL says that it cannot; signing goes on without, and the signatures are right."""
    program = """
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
class WithoutRfc6979(ec.ECDSA):
    def __init__(self, algorithm, deterministic_signing=False):
        if deterministic_signing:
            raise UnsupportedAlgorithm("not here")
        super().__init__(algorithm)
ec.ECDSA = WithoutRfc6979
from sigv4 import Credentials
from sigv4.keys_v4a import SigningKeyV4a
key = SigningKeyV4a.derive(Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))
signatures = [key.sign("text") for _ in range(3)]
print(len(set(signatures)), [key.verify("text", signature) for signature in signatures])
"""
    assert run(program) == "3 [True, True, True]\n"


def test_the_key_is_shown_by_nothing() -> None:
    """It signs for ever, so it is a secret."""
    assert f"{KEY} {KEY!r}" == "SigningKeyV4a(***) SigningKeyV4a(***)"


# What the verifier makes of them


def test_the_same_signature_in_the_second_form_is_right() -> None:
    """ECDSA has two for every text: s and n - s. Neither says anything that was not signed."""
    r, s = decode_dss_signature(bytes.fromhex(SIGNATURE))

    assert accept(with_signature(encode_dss_signature(r, ORDER - s).hex())).scope == EVERYWHERE


@pytest.mark.parametrize("bit", range(8))
def test_every_bit_of_the_signature_counts(bit: int) -> None:
    """Each flipped alone makes a forgery, or no signature at all."""
    raw = bytes.fromhex(SIGNATURE)
    for place, byte in enumerate(raw):
        altered = raw[:place] + bytes([byte ^ 1 << bit]) + raw[place + 1 :]
        assert refuse(with_signature(altered.hex())).code == "InvalidSignatureException"


@pytest.mark.parametrize(
    "signature",
    [
        SHORTEST_DER,
        "30060201000201000000",
        encode_dss_signature(0, 0).hex(),
        encode_dss_signature(ORDER, ORDER).hex(),
        encode_dss_signature(ORDER - 1, ORDER - 1).hex(),
        encode_dss_signature(1, ORDER).hex(),
        "00" * 72,
        "ff" * 72,
        "30" * 71,
        "3045" + "00" * 60,
        SIGNATURE[:-2],
        f"{SIGNATURE[:-2]}00"[:144],
        "0" * 64,
    ],
)
def test_a_signature_of_another_text_or_no_signature_at_all_differs(signature: str) -> None:
    """However it is built, it is refused as a wrong HMAC is."""
    error = refuse(with_signature(signature))

    assert (error.code, error.status) == ("InvalidSignatureException", 403)
    assert error.check == "the signature differs: a wrong secret, or an altered request"


@pytest.mark.parametrize(
    "signature",
    ["", "30", "3006020101", "0" * 15, "0" * 17, "00" * 73, SIGNATURE.upper(), f"{SIGNATURE}0", "zz" * 32, "é" * 32],
)
def test_a_signature_of_another_form_is_refused(signature: str) -> None:
    """It is 8 to 72 bytes in lower-case hexadecimal digits."""
    assert refuse(with_signature(signature)).code == "IncompleteSignatureException"


@pytest.mark.parametrize(
    "signature", ["", "3", "3045", "zz", "é", "\udcff", "\u0663" * 8, "00" * 500, "ff" * 8, " 30 45"]
)
def test_the_key_takes_any_text_for_a_signature(signature: str) -> None:
    """And says that it is none, without an error of its own."""
    assert KEY.verify("text", signature) is False


def test_an_altered_request_is_refused() -> None:
    """Each part is signed: the region set too."""
    altered = [
        evolve(GOOD, method="PUT"),
        evolve(GOOD, path="/endpoints/other/invocations"),
        evolve(GOOD, query="a=2&b=x%20y"),
        evolve(GOOD, payload=b"other"),
        with_value(GOOD, "content-type", "text/plain"),
        with_value(GOOD, "x-amz-region-set", "eu-west-1"),
        with_value(GOOD, "x-amz-date", "20150830T123601Z"),
    ]
    for request in altered:
        assert refuse(request).check == "the signature differs: a wrong secret, or an altered request"
    assert refuse(GOOD, Credentials("AKIDEXAMPLE", "wrong")).check == refuse(altered[0]).check
    assert refuse(GOOD, Credentials("AKIAIOSFODNN7EXAMPLE", "wrong")).code == "UnrecognizedClientException"


def test_the_region_set_comes_once_and_belongs_to_this_version() -> None:
    """Missing, doubled, empty, or beside a signature of Version 4."""
    without = evolve(GOOD, headers=[pair for pair in GOOD.headers if pair[0] != "X-Amz-Region-Set"])
    forms = "the credential has another form"

    assert refuse(without).check == forms
    assert refuse(with_value(GOOD, "x-amz-region-set", "")).check == forms
    assert refuse(with_header(signed_request(), "X-Amz-Region-Set", "*")).check == forms
    assert refuse(with_header(GOOD, "X-Amz-Region-Set", "*")).check == (
        "a header of the signature is missing or doubled"
    )
    assert refuse(with_value(GOOD, "x-amz-region-set", "*,")).check == "the date or the scope has another form"
    assert refuse(with_value(GOOD, "x-amz-region-set", "[a-z]")).check == "the date or the scope has another form"


def test_the_region_set_must_be_signed() -> None:
    """One that is not in the list could be anybody's."""
    value = header(GOOD, "authorization").replace(";x-amz-region-set", "")

    assert refuse(with_value(GOOD, "authorization", value)).check == "a header is not signed: x-amz-region-set"


def test_a_session_token_is_signed_and_compared() -> None:
    """As under Version 4."""
    sent = signed_request(credentials=TEMPORARY, scope=EVERYWHERE)

    assert accept(sent, TEMPORARY).scope == EVERYWHERE
    assert refuse(sent).code == "UnrecognizedClientException"
    assert refuse(GOOD, TEMPORARY).code == "UnrecognizedClientException"


# Region sets


def test_the_region_set_stands_in_a_field_and_not_in_the_scope() -> None:
    """In the headers as X-Amz-Region-Set, in a URL as the parameter of that name."""
    scope = Scope.of_regions(TIME, ["eu-*", "us-east-1"], "sagemaker")
    signed = sign_headers(INVOKE, CREDENTIALS, scope)
    url = presign(INVOKE, CREDENTIALS, scope, 60).url

    assert str(signed.string_to_sign).split("\n")[:3] == [
        "AWS4-ECDSA-P256-SHA256", "20150830T123600Z", "20150830/sagemaker/aws4_request",
    ]  # fmt: skip
    assert dict(signed.headers)["X-Amz-Region-Set"] == "eu-*,us-east-1"
    assert dict(signed.headers)["Authorization"].startswith(
        "AWS4-ECDSA-P256-SHA256 Credential=AKIDEXAMPLE/20150830/sagemaker/aws4_request, SignedHeaders="
    )
    assert "&X-Amz-Region-Set=eu-%2A%2Cus-east-1&" in url
    assert "&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fsagemaker%2Faws4_request&" in url


@pytest.mark.parametrize(
    ("region_set", "accepted", "refused"),
    [
        (["*"], ["eu-west-1", "us-gov-west-1"], []),
        (["eu-west-1"], ["eu-west-1"], ["eu-west-2", "eu-west-11", "us-east-1"]),
        (["eu-*"], ["eu-west-1", "eu-north-1"], ["us-east-1", "xeu-west-1"]),
        (["*-1"], ["eu-west-1", "us-east-1"], ["us-west-2"]),
        (["us-east-1", "eu-*"], ["us-east-1", "eu-central-2"], ["us-east-2", "ap-south-1"]),
        (["*-west-*"], ["eu-west-1", "us-gov-west-1"], ["us-east-1"]),
    ],
)
def test_a_signature_counts_in_the_regions_of_its_set(
    region_set: list[str], accepted: list[str], refused: list[str]
) -> None:
    """A star stands for any text; a policy without a region accepts any set."""
    scope = Scope.of_regions(TIME, region_set, "sagemaker")
    in_headers = signed_request(scope=scope)
    in_query = evolve(INVOKE, query=presign(INVOKE, CREDENTIALS, scope, 60).url.partition("?")[2])

    for request in (in_headers, in_query):
        for region in accepted:
            assert accept(request, region=region).scope == scope
        for region in refused:
            error = refuse(request, region=region)
            assert (error.code, error.check) == ("InvalidSignatureException", "scope: region")
        assert accept(request, region=None).scope == scope


@pytest.mark.parametrize(
    "region_set", [[], [""], ["eu-west-1", ""], ["a b"], ["a,b"], ["[ab]"], ["a?"], ["é"], ["a\n"]]
)
def test_a_region_set_that_cannot_be_is_refused(region_set: list[str]) -> None:
    """Letters, digits, ``-``, ``_``, ``.`` and ``*``; at least one region."""
    with pytest.raises(ScopeError):
        Scope.of_regions(TIME, region_set, "sagemaker")


def test_a_region_excludes_a_region_set() -> None:
    """Version 4 has the one, 4a the other."""
    with pytest.raises(ScopeError, match="excludes a region set"):
        Scope(TIME, "eu-west-1", "sagemaker", ["*"])
    with pytest.raises(ScopeError, match="excludes a region set"):
        Signer(CREDENTIALS, service="sagemaker", region="eu-west-1", region_set=["*"]).sign(INVOKE, TIME)


# Without cryptography

WITHOUT_CRYPTOGRAPHY = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "cryptography":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
from datetime import UTC, datetime
from attrs import evolve
from sigv4 import *
time = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
credentials = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
request = Request.from_url("GET", "https://example.amazonaws.com/")
everywhere = Scope.of_regions(time, ["*"], "service")
here = Scope(time, "us-east-1", "service")
arrived = evolve(request, headers=[
    *request.headers,
    ("X-Amz-Date", "20150830T123600Z"),
    ("X-Amz-Region-Set", "*"),
    ("Authorization", "AWS4-ECDSA-P256-SHA256 Credential=AKIDEXAMPLE/20150830/service/aws4_request, "
     "SignedHeaders=host;x-amz-date;x-amz-region-set, Signature=3006020101020101"),
])
"""


def run(program: str) -> str:
    """Run a program in a process of its own and return what it prints."""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        cwd=Path(sigv4.__file__).parents[1],
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "call",
    [
        "sign_headers(request, credentials, everywhere)",
        "presign(request, credentials, everywhere, 60)",
        "Signer(credentials, service='service', region_set=['*']).sign(request, time)",
        "next(sign_chunks(sign_headers(request, credentials, here), credentials, everywhere, [b'a']))",
        "next(sign_events(sign_headers(request, credentials, here), credentials, everywhere, [(time, b'a')]))",
        "verify(arrived, lambda _: credentials, time)",
    ],
)
def test_without_cryptography_the_error_names_the_extra(call: str) -> None:
    """A MissingExtraError, which is an ImportError too."""
    program = f"""{WITHOUT_CRYPTOGRAPHY}
try:
    {call}
except MissingExtraError as error:
    print(isinstance(error, ImportError), error)
"""
    expected = "Signature Version 4a needs cryptography; install it with: pip install 'sigv4-runtime[crypto]'"
    assert run(program) == f"True {expected}\n"


def test_without_cryptography_version_4_works() -> None:
    """Signing, presigning and verifying."""
    program = f"""{WITHOUT_CRYPTOGRAPHY}
signed = sign_headers(request, credentials, here)
print(signed.signature)
print(presign(request, credentials, here, 3600).signature)
print(verify(evolve(request, headers=request.headers + signed.headers), lambda _: credentials, time).scope)
"""
    assert run(program).split() == [
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        "e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d",
        "20150830/us-east-1/service/aws4_request",
    ]


def test_a_wrong_input_is_a_signing_error_here_too() -> None:
    """A request that is signed already."""
    with pytest.raises(SigningError):
        sign_headers(GOOD, CREDENTIALS, EVERYWHERE)
