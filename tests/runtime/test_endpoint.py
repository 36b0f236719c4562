"""Where requests go: the hosts of every partition, endpoint URLs, and nothing that builds a foreign host."""

from collections.abc import Mapping

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime import Client, ConfigError, Endpoint, resolve_endpoint
from tests.runtime.examples import CREDENTIALS, REAL_TIME, answering, client_of, sent

# The hosts of each partition: plain, FIPS, dual-stack, both. {R} is the region.
# Source: the partitions and endpoint rules that AWS's SDKs publish for SageMaker Runtime.
HOSTS: Mapping[str, tuple[tuple[str, ...], tuple[str, str, str, str]]] = {
    "aws": (
        (
            "us-east-1",
            "us-west-2",
            "eu-west-1",
            "ap-southeast-7",
            "sa-east-1",
            "ca-west-1",
            "me-central-1",
            "af-south-1",
            "il-central-1",
            "mx-central-1",
        ),
        (
            "runtime.sagemaker.{R}.amazonaws.com",
            "runtime-fips.sagemaker.{R}.amazonaws.com",
            "runtime.sagemaker.{R}.api.aws",
            "runtime.sagemaker-fips.{R}.api.aws",
        ),
    ),
    "aws-us-gov": (
        ("us-gov-west-1", "us-gov-east-1"),
        (
            "runtime.sagemaker.{R}.amazonaws.com",
            "runtime.sagemaker.{R}.amazonaws.com",
            "runtime.sagemaker.{R}.api.aws",
            "runtime.sagemaker-fips.{R}.api.aws",
        ),
    ),
    "aws-cn": (
        ("cn-north-1", "cn-northwest-1"),
        (
            "runtime.sagemaker.{R}.amazonaws.com.cn",
            "runtime.sagemaker-fips.{R}.amazonaws.com.cn",
            "runtime.sagemaker.{R}.api.amazonwebservices.com.cn",
            "runtime.sagemaker-fips.{R}.api.amazonwebservices.com.cn",
        ),
    ),
    "aws-eusc": (
        ("eusc-de-east-1",),
        (
            "runtime.sagemaker.{R}.amazonaws.eu",
            "runtime.sagemaker-fips.{R}.amazonaws.eu",
            "runtime.sagemaker.{R}.api.amazonwebservices.eu",
            "runtime.sagemaker-fips.{R}.api.amazonwebservices.eu",
        ),
    ),
    "aws-iso": (
        ("us-iso-east-1", "us-iso-west-1"),
        (
            "runtime.sagemaker.{R}.c2s.ic.gov",
            "runtime.sagemaker-fips.{R}.c2s.ic.gov",
            "runtime.sagemaker.{R}.api.aws.ic.gov",
            "runtime.sagemaker-fips.{R}.api.aws.ic.gov",
        ),
    ),
    "aws-iso-b": (
        ("us-isob-east-1", "us-isob-west-1"),
        (
            "runtime.sagemaker.{R}.sc2s.sgov.gov",
            "runtime.sagemaker-fips.{R}.sc2s.sgov.gov",
            "runtime.sagemaker.{R}.api.aws.scloud",
            "runtime.sagemaker-fips.{R}.api.aws.scloud",
        ),
    ),
    "aws-iso-e": (
        ("eu-isoe-west-1",),
        (
            "runtime.sagemaker.{R}.cloud.adc-e.uk",
            "runtime.sagemaker-fips.{R}.cloud.adc-e.uk",
            "runtime.sagemaker.{R}.api.cloud-aws.adc-e.uk",
            "runtime.sagemaker-fips.{R}.api.cloud-aws.adc-e.uk",
        ),
    ),
    "aws-iso-f": (
        ("us-isof-south-1", "us-isof-east-1"),
        (
            "runtime.sagemaker.{R}.csp.hci.ic.gov",
            "runtime.sagemaker-fips.{R}.csp.hci.ic.gov",
            "runtime.sagemaker.{R}.api.aws.hci.ic.gov",
            "runtime.sagemaker-fips.{R}.api.aws.hci.ic.gov",
        ),
    ),
    "a region that is not announced yet": (
        ("xx-atlantis-1", "ap-southeast-99", "us-new-east-1"),
        (
            "runtime.sagemaker.{R}.amazonaws.com",
            "runtime-fips.sagemaker.{R}.amazonaws.com",
            "runtime.sagemaker.{R}.api.aws",
            "runtime.sagemaker-fips.{R}.api.aws",
        ),
    ),
}
VARIANTS = {
    "plain": (False, False),
    "FIPS": (True, False),
    "dual-stack": (False, True),
    "FIPS and dual-stack": (True, True),
}
CASES = [
    pytest.param(region, *VARIANTS[variant], host.format(R=region), id=f"{region}, {variant}")
    for regions, hosts in HOSTS.values()
    for region in regions
    for variant, host in zip(VARIANTS, hosts, strict=True)
]
SUFFIXES = sorted({host.partition("{R}")[2] for _, hosts in HOSTS.values() for host in hosts})


@pytest.mark.parametrize(("region", "use_fips", "use_dualstack", "host"), CASES)
def test_each_partition_has_its_hosts(region: str, host: str, *, use_fips: bool, use_dualstack: bool) -> None:
    """Over https, signed for the region and the service ``sagemaker``."""
    assert Endpoint(f"https://{host}", region, "sagemaker") == resolve_endpoint(region, use_fips, use_dualstack)


@pytest.mark.usefixtures("bare_environment")
@pytest.mark.parametrize(("region", "use_fips", "use_dualstack", "host"), CASES)
def test_a_client_sends_to_that_host(region: str, host: str, *, use_fips: bool, use_dualstack: bool) -> None:
    """The flags are the client's own."""
    router = answering()
    options = {"endpoint_url": None, "use_fips": use_fips, "use_dualstack": use_dualstack}

    with client_of(router, region=region, **options) as client:
        client.send(REAL_TIME)

    assert f"https://{host}/endpoints/iris/invocations" == str(sent(router).url)


URLS = {
    "https://sagemaker.example": "https://sagemaker.example",
    "https://sagemaker.example/": "https://sagemaker.example",
    "https://sagemaker.example///": "https://sagemaker.example",
    "https://sagemaker.example:8443": "https://sagemaker.example:8443",
    "https://sagemaker.example/stage/v1/": "https://sagemaker.example/stage/v1",
    "http://localhost:8080": "http://localhost:8080",
    "http://127.0.0.1": "http://127.0.0.1",
    "http://[::1]:8080": "http://[::1]:8080",
    "http://model_server:8080": "http://model_server:8080",
    "https://vpce-0123.runtime.sagemaker.eu-west-1.vpce.amazonaws.com": (
        "https://vpce-0123.runtime.sagemaker.eu-west-1.vpce.amazonaws.com"
    ),
}


@pytest.mark.parametrize(("given_url", "expected"), URLS.items(), ids=list(URLS))
def test_an_endpoint_url_is_taken_as_it_is_without_a_final_slash(given_url: str, expected: str) -> None:
    """Scheme, host, port and path stay; the region is only signed."""
    assert Endpoint(expected, "eu-west-1", "sagemaker") == resolve_endpoint("eu-west-1", endpoint_url=given_url)


@pytest.mark.parametrize("region", ["local", "LOCAL", "a1", "us-east-1", "a" * 63, "x-y", "1a"])
def test_with_an_endpoint_url_any_host_label_is_a_region(region: str) -> None:
    """A server of one's own has names of its own."""
    assert region == resolve_endpoint(region, endpoint_url="http://127.0.0.1").signing_region


@pytest.mark.parametrize(
    "region", ["", "a.b", "a/b", "-a", "a-", "123", "a" * 64, "é", "a\n", "a b", "a_b", "a@b", "a:1", "\u0661a"]
)
def test_with_an_endpoint_url_what_is_no_host_label_is_no_region(region: str) -> None:
    """It stands in the credential scope, between slashes."""
    with pytest.raises(ConfigError):
        resolve_endpoint(region, endpoint_url="http://127.0.0.1")


@pytest.mark.parametrize(("use_fips", "use_dualstack"), [(True, False), (False, True), (True, True)])
def test_an_endpoint_url_excludes_fips_and_dual_stack(*, use_fips: bool, use_dualstack: bool) -> None:
    """Nobody can tell whether an endpoint of one's own is one with validated cryptography."""
    with pytest.raises(ConfigError, match="excludes FIPS and dual-stack"):
        resolve_endpoint("eu-west-1", use_fips, use_dualstack, "https://sagemaker.example")


def test_an_endpoint_url_of_the_environment_excludes_fips_too(bare_environment: pytest.MonkeyPatch) -> None:
    """It is never dropped in silence, and neither is the flag."""
    bare_environment.setenv("AWS_ENDPOINT_URL", "https://sagemaker.example")

    with pytest.raises(ConfigError, match="excludes FIPS"):
        Client("eu-west-1", credentials=CREDENTIALS, use_fips=True)


# Texts that try to build another host. Each must be refused.

CONTROLS = [chr(code) for code in (*range(0x21), 0x7F, 0x85, 0xA0, 0xAD, 0x2028, 0x3000, 0xFEFF)]
FOREIGN_REGIONS = [
    *[f"us-east-1{control}" for control in CONTROLS],
    *[f"{control}us-east-1" for control in CONTROLS],
    *[f"us-{control}east-1" for control in CONTROLS],
    *[f"us-east-1{mark}" for mark in "!\"#$%&'()*+,./:;<=>?@[\\]^_`{|}~-"],
    *[f"us-east-1{mark}evil.example" for mark in ".@/#?:\\;&%"],
    *[f"evil.example{mark}us-east-1" for mark in ".@/#?:\\;&%"],
    *["", "us", "us-east", "us-1", "us--1", "us--east-1", "us-east--1", "us-east-", "us-east-100", "us-east-1a"],
    *["-us-east-1"],
    *["u-east-1", "useast-east-1", "us1-east-1", "us-e4st-1", "US-EAST-1", "Us-east-1", "us_east_1", "us.east.1"],
    *["us-east-١", "us-east-１", "us-east-¹", "us‐east‐1", "us−east−1", "uѕ-east-1", "us-eaſt-1"],  # noqa: RUF001
    *["127.0.0.1", "localhost", "local", "[::1]", "169.254.169.254", "2130706433", "0x7f.1", "aws-global", "*"],
    *["x@host:443/#", "user:pass@host", "//evil.example", "https://evil.example", "../evil", "..", "."],
    *["us-east-1%2f", "us-east-1%00", "us-east-1%0d%0a", "%75s-east-1", "us-east-1\r\nHost: evil.example"],
    *["aa-" + "a" * 60 + "-1", "aa-" + "a" * 300 + "-1", "aa" + "-a" * 40 + "-1"],
]  # fmt: skip
FOREIGN_URLS = [
    *[f"http://h{control}" for control in CONTROLS],
    *[f"{control}http://h" for control in CONTROLS],
    *[f"http://h/{control}" for control in CONTROLS],
    *[f"http://h{mark}evil.example" for mark in "!\"#$%&'()*+,;<=>?@[\\]^`{|}~"],
    *["", "h", "h:80", "//h", "http:h", "http:/h", "http//h", "http:///x", "http://", "https://", "http://:80", "://h"],
    *["ftp://h", "file:///etc/passwd", "javascript:alert(1)", "wss://h", "http+unix://h", "httpss://h", "ttp://h"],
    *["http://user@h", "http://user:pass@h", "http://h:80@evil.example", "http://@h", "http://:@h"],
    *["http://h?x", "http://h#x", "http://h/?x", "http://h/#x", "http://h/x?y#z", "http://h/?", "http://h/#"],
    *["http://h:", "http://h:x", "http://h:-1", "http://h:+1", "http://h: 1", "http://h:1x", "http://h:٨٠", "http://h:1:2"],
    *["http://h:65536", "http://h:99999", "http://h:100000", "http://h:123456789"],
    *["http://ⓗ", "http://é.example", "http://h.例え", "http://%68", "http://h%00", "http://h%2eevil.example"],
    *["http://[::1", "http://::1]", "http://::1", "http://[]", "http://[fe80::1%25eth0]", "http://[v1.x]", "http://[h]"],
    *["http://[::::]", "http://[1.2.3.4]", "http://[12345::]", "http://1.2.3.999", "http://xn--", "http://xn--zzzz.example"],
    *["http://h/é", "http://h/\ud800", "http://h\r\nHost: evil.example", "http://h/x y", "http://h\n.evil.example"],
]  # fmt: skip


def test_there_are_enough_attacks_to_speak_of() -> None:
    """Two hundred and more, each another one."""
    assert len(FOREIGN_REGIONS) + len(FOREIGN_URLS) == len({*FOREIGN_REGIONS}) + len({*FOREIGN_URLS}) >= 200


@pytest.mark.parametrize("region", FOREIGN_REGIONS, ids=ascii)
def test_a_region_that_would_build_another_host_is_refused(region: str) -> None:
    """A region is lower-case ASCII words and a number, and fits into a host's label."""
    with pytest.raises(ConfigError):
        resolve_endpoint(region)


@pytest.mark.filterwarnings("ignore::runtime.PlainHttpWarning")
@pytest.mark.parametrize("url", FOREIGN_URLS, ids=ascii)
def test_a_url_that_is_none_is_refused(url: str) -> None:
    """By the client too, with the same kind of error; an empty one is none, and the region's endpoint is used."""
    if url:
        with pytest.raises(ConfigError):
            Client("us-east-1", credentials=CREDENTIALS, endpoint_url=url)
    with pytest.raises(ConfigError):
        resolve_endpoint("us-east-1", endpoint_url=url)


def test_the_refusal_of_a_url_does_not_show_its_password() -> None:
    """The URL's own text is not repeated."""
    with pytest.raises(ConfigError) as caught:
        resolve_endpoint("us-east-1", endpoint_url="https://user:MarkerPassword@sagemaker.example")

    assert "MarkerPassword" not in f"{caught.value} {caught.value!r}"


REGIONS = st.from_regex(r"[a-z]{1,5}(-[a-z]{0,4}){0,4}-?[0-9]{0,3}", fullmatch=True)
MUTATED = st.builds(
    lambda region, at, text: region[: at % len(region)] + text + region[at % len(region) :],
    st.sampled_from([region for regions, _ in HOSTS.values() for region in regions]),
    st.integers(0, 99),
    st.text(max_size=3) | st.sampled_from(["/", "@", "#", "?", ":", "\\", ".", "..", "%2f", "\n"]),
)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(region=REGIONS | MUTATED | st.text(max_size=20), variant=st.sampled_from(list(VARIANTS.values())))
def test_a_region_is_refused_or_its_host_ends_in_a_partitions_suffix(region: str, variant: tuple[bool, bool]) -> None:
    """The host is this project's text around the region, and nothing else of the URL comes from it."""
    try:
        endpoint = resolve_endpoint(region, *variant)
    except ConfigError:
        return

    url = httpx.URL(endpoint.url)
    assert (url.scheme, url.port, url.userinfo.decode(), url.path, url.query) == ("https", None, "", "/", b"")
    begin, _, suffix = url.host.partition(f".{region}.")
    assert begin in {"runtime.sagemaker", "runtime-fips.sagemaker", "runtime.sagemaker-fips"}
    assert f".{suffix}" in SUFFIXES
    assert region.isascii()
    assert region == endpoint.signing_region
