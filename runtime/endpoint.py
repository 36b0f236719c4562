"""Where a region's endpoint is: a table of AWS's partitions and three forms of host name. Pure: nothing is looked up.

Source: AWS General Reference, "Amazon SageMaker AI endpoints and quotas"; the partitions and endpoint rules that
AWS's SDKs publish.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address

from attrs import frozen

from runtime.errors import ConfigError

SIGNING_NAME = "sagemaker"
"""The service's name in the credential scope: neither ``sagemaker-runtime`` nor ``runtime.sagemaker``."""

_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}")
_HOST_LABEL = re.compile(r"(?![0-9]+\Z)(?!-)[a-zA-Z0-9-]{1,63}(?<!-)")
_URL = re.compile(r"https?://(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::([0-9]{1,5}))?(?:/[!\"$->@-~]*)?")
_HOST = re.compile(r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(?:\.(?!\Z)|\Z))+")
_LOOKS_LIKE_IPV4 = re.compile(r"[0-9.]+")
_LONGEST_LABEL = 63
_LONGEST_HOST = 253
_LAST_PORT = 65_535


@frozen
class Endpoint:
    """A place to send requests to, and the scope to sign them for.

    Attributes:
        url: scheme, host and, where there is one, port and path; no slash at the end.
        signing_region: the region in the credential scope.
        signing_name: the service in the credential scope.
    """

    url: str
    signing_region: str
    signing_name: str = SIGNING_NAME


@frozen
class _Partition:
    regions: re.Pattern[str]
    dns_suffix: str
    dual_stack_suffix: str
    fips_host: str = "runtime.sagemaker-fips"


_PARTITIONS = (
    _Partition(
        re.compile(r"(us|eu|ap|sa|ca|me|af|il|mx)-\w+-\d+", re.ASCII),
        "amazonaws.com",
        "api.aws",
        "runtime-fips.sagemaker",
    ),
    _Partition(re.compile(r"cn-\w+-\d+", re.ASCII), "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
    _Partition(re.compile(r"eusc-de-\w+-\d+", re.ASCII), "amazonaws.eu", "api.amazonwebservices.eu"),
    _Partition(re.compile(r"us-iso-\w+-\d+", re.ASCII), "c2s.ic.gov", "api.aws.ic.gov"),
    _Partition(re.compile(r"us-isob-\w+-\d+", re.ASCII), "sc2s.sgov.gov", "api.aws.scloud"),
    _Partition(re.compile(r"eu-isoe-\w+-\d+", re.ASCII), "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
    _Partition(re.compile(r"us-isof-\w+-\d+", re.ASCII), "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
    _Partition(re.compile(r"us-gov-\w+-\d+", re.ASCII), "amazonaws.com", "api.aws", "runtime.sagemaker"),
)


def resolve_endpoint(
    region: str,
    use_fips: bool = False,  # noqa: FBT001, FBT002 - the names that AWS's endpoint rules give these parameters
    use_dualstack: bool = False,  # noqa: FBT001, FBT002
    endpoint_url: str | None = None,
) -> Endpoint:
    """Return the endpoint of SageMaker Runtime in a region.

    Args:
        region: such as ``eu-west-1``; a region that AWS has not announced belongs to the partition ``aws``.
        use_fips: the endpoint with FIPS 140 validated cryptography.
        use_dualstack: the endpoint that is reached over IPv4 and IPv6.
        endpoint_url: an endpoint of your own; the region is then only signed, and may be any host label.

    Raises:
        ConfigError: for a region or a URL that is none, and for a URL together with FIPS or dual-stack.
    """
    if endpoint_url is not None:
        return _custom_endpoint(region, use_fips or use_dualstack, endpoint_url)
    if len(region) > _LONGEST_LABEL or not _REGION.fullmatch(region):
        raise ConfigError(f"{region!r} is not the name of an AWS region; give one such as 'eu-west-1'")
    partition = next((known for known in _PARTITIONS if known.regions.fullmatch(region)), _PARTITIONS[0])
    if use_dualstack:
        host = f"runtime.sagemaker{'-fips' if use_fips else ''}.{region}.{partition.dual_stack_suffix}"
    else:
        host = f"{partition.fips_host if use_fips else 'runtime.sagemaker'}.{region}.{partition.dns_suffix}"
    return Endpoint(f"https://{host}", region)


def _custom_endpoint(region: str, has_variant: bool, endpoint_url: str) -> Endpoint:  # noqa: FBT001 - private
    if has_variant:
        raise ConfigError("an endpoint URL excludes FIPS and dual-stack: name the variant's own host in the URL")
    if not _HOST_LABEL.fullmatch(region):
        raise ConfigError(f"{region!r} is not the name of a region; give letters, digits and hyphens")
    match = _URL.fullmatch(endpoint_url)
    if match is None or not _is_host(match[1], match[2]) or not 1 <= int(match[3] or 1) <= _LAST_PORT:
        raise ConfigError("the endpoint URL is not of the form https://host[:port][/path], or http://…")
    return Endpoint(endpoint_url.rstrip("/"), region)


def _is_host(ipv6: str | None, name: str) -> bool:
    try:
        if ipv6 is not None:
            IPv6Address(ipv6)
        elif _LOOKS_LIKE_IPV4.fullmatch(name):
            IPv4Address(name)
        else:
            for label in name.lower().split("."):
                label.removeprefix("xn--").encode("ascii").decode("punycode" if label.startswith("xn--") else "ascii")
            return len(name) <= _LONGEST_HOST and _HOST.fullmatch(name) is not None
    except ValueError:
        return False
    return True
