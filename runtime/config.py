"""Settings from the environment, each with the order in which its sources are asked.

The environment is an argument; an empty value counts as none.

Source: AWS SDKs and Tools Reference Guide, "AWS Region" and "Service-specific endpoints".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from runtime.errors import NoRegionError

_REGION_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")
_ENDPOINT_VARIABLES = ("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", "AWS_ENDPOINT_URL")


class Environment(Mapping[str, str]):
    """The environment's variables, read when they are asked for; ``repr`` shows none of them."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def __getitem__(self, name: str) -> str:
        return self._variables[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)

    def __repr__(self) -> str:
        return "<environment>"


def find_region(argument: str | None, environment: Mapping[str, str]) -> str:
    """Return the region: the argument, ``AWS_REGION``, ``AWS_DEFAULT_REGION``.

    Raises:
        NoRegionError: when none of them names one.
    """
    region = argument or _first(environment, _REGION_VARIABLES)
    if not region:
        raise NoRegionError(
            "no region: it is signed, so one is needed with every endpoint; "
            "give region='eu-west-1' (or yours), or set AWS_REGION or AWS_DEFAULT_REGION"
        )
    return region


def find_endpoint_url(argument: str | None, environment: Mapping[str, str]) -> str | None:
    """Return the endpoint URL: the argument, ``AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME``, ``AWS_ENDPOINT_URL``, or None.

    ``AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true`` passes over the variables.
    """
    if argument:
        return argument
    if environment.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return None
    return _first(environment, _ENDPOINT_VARIABLES)


def _first(environment: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((environment[name] for name in names if environment.get(name)), None)
