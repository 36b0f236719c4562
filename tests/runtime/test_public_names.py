"""The public surface: every name is listed once, in order, and the example in the documentation is true."""

import doctest
import inspect
from types import ModuleType

import pytest

import runtime
from runtime import Error

# What the first version promises; a name may be added, and none may go.
PROMISED = {
    "ANONYMOUS",
    "AccessDeniedException",
    "Client",
    "ConfigError",
    "Credentials",
    "CredentialsError",
    "Endpoint",
    "Error",
    "ExpiredTokenException",
    "InputError",
    "InternalDependencyException",
    "InternalFailure",
    "InvalidSignatureException",
    "InvokeEndpointAsyncInput",
    "InvokeEndpointAsyncOutput",
    "InvokeEndpointInput",
    "InvokeEndpointOutput",
    "Metadata",
    "ModelError",
    "ModelNotReadyException",
    "NoCredentialsError",
    "NoRegionError",
    "Problem",
    "ServiceError",
    "ServiceUnavailable",
    "ThrottlingException",
    "Timeouts",
    "TransportError",
    "UnrecognizedClientException",
    "ValidationError",
    "__version__",
    "resolve_endpoint",
}


def sort_key(name: str) -> tuple[int, str]:
    """Return the place of a name in ``__all__``: constants, then classes, then the rest, each by name."""
    kind = 0 if name.isupper() else 1 if name[0].isupper() else 2
    return kind, name


def public_names() -> set[str]:
    """Return the names of the package that are neither private nor modules."""
    return {
        name for name, value in vars(runtime).items() if not name.startswith("_") and not isinstance(value, ModuleType)
    }


def test_every_public_name_is_listed() -> None:
    """``__all__`` has all of them and the version, and nothing that is not there."""
    assert public_names() | {"__version__"} == set(runtime.__all__)


def test_the_list_is_in_order_and_names_nothing_twice() -> None:
    """As the linter sorts it."""
    assert sorted(set(runtime.__all__), key=sort_key) == runtime.__all__


def test_the_promised_names_are_there() -> None:
    """Code that imports one of them goes on working."""
    assert set() == PROMISED - set(runtime.__all__)


def test_every_error_is_public() -> None:
    """What can be raised can be caught by name."""
    waiting, found = [Error], set()
    while waiting:
        kind = waiting.pop()
        waiting.extend(kind.__subclasses__())
        if kind.__module__.startswith("runtime.") and not kind.__module__.startswith(
            ("runtime.cli", "runtime.emulator")
        ):
            found.add(kind.__name__)

    assert found <= set(runtime.__all__)


@pytest.mark.parametrize("name", runtime.__all__)
def test_a_public_class_or_function_says_what_it_is(name: str) -> None:
    """Each has a docstring of its own."""
    value = getattr(runtime, name)

    if inspect.isclass(value) or inspect.isfunction(value):
        assert inspect.getdoc(value)


@pytest.mark.usefixtures("bare_environment")
def test_the_example_of_the_package_is_true() -> None:
    """Its lines give what they are said to give."""
    failed, attempted = doctest.testmod(runtime)

    assert failed == 0
    assert attempted > 0
