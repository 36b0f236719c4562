"""Who imports whom, what is public, and that the package's own example holds."""

import ast
import doctest
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import sigv4

PACKAGE = Path(sigv4.__file__).parent
FORBIDDEN = {"runtime", "httpx", "os", "time", "logging", "socket", "pathlib"}
OUTSIDE = (sys.stdlib_module_names | {"attrs"}) - FORBIDDEN
ALSO = {"keys_v4a": {"cryptography"}, "cli": {"os", "pathlib"}}
"""The files that may import something else: the key pair of Signature Version 4a and the command line."""
UNLISTED = {"__init__", "__main__", "_version"}
NUMBERED = re.findall(r"\b(\d+)\.\s+``(\w+)``", sigv4.__doc__ or "")
READING_ORDER = [module for _, module in NUMBERED]
NOT_AT_ONCE = {"sigv4.keys_v4a", "sigv4.cli", "cryptography", "httpx", "h11", "certifi", "runtime", "ssl", "argparse"}


def imported_modules(file: Path) -> set[str]:
    """Return the full names of the modules that a file imports, anywhere in it; a relative import keeps its dots."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
    return found


def own_modules(file: Path) -> set[str]:
    """Return the modules of this package that a file imports, without the package's name."""
    return {name.removeprefix("sigv4.") for name in imported_modules(file) if name.split(".")[0] in ("sigv4", "")}


def test_the_reading_order_lists_every_file_once() -> None:
    """So that none is forgotten; the package itself, its version and the way to start it stand outside."""
    files = {file.stem for file in PACKAGE.glob("*.py")} - UNLISTED

    assert len(READING_ORDER) > 10
    assert sorted(files) == sorted(READING_ORDER)


def test_the_reading_order_is_numbered_without_a_gap() -> None:
    """The numbers are those of the list."""
    assert [str(number) for number in range(1, len(NUMBERED) + 1)] == [number for number, _ in NUMBERED]


@pytest.mark.parametrize("module", READING_ORDER)
def test_a_file_imports_only_files_above_it(module: str) -> None:
    """Who reads from the top never meets what he has not read."""
    above = {"_version", *READING_ORDER[: READING_ORDER.index(module)]}

    assert own_modules(PACKAGE / f"{module}.py") <= above


@pytest.mark.parametrize("module", [*READING_ORDER, *sorted(UNLISTED)])
def test_a_file_imports_the_standard_library_and_attrs_alone(module: str) -> None:
    """And of the standard library nothing that reads a clock, a file, the environment or a socket."""
    roots = {name.split(".")[0] for name in imported_modules(PACKAGE / f"{module}.py")} - {"sigv4"}

    assert roots <= OUTSIDE | ALSO.get(module, set())


def test_importing_the_package_loads_neither_cryptography_nor_httpx() -> None:
    """A container that needs only Signature Version 4 has neither; the command line is not loaded either."""
    program = f"import sigv4, sys; print({NOT_AT_ONCE} & sys.modules.keys())"

    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True, cwd=PACKAGE.parent
    )

    assert done.stdout == "set()\n"


def kind_and_name(name: str) -> tuple[int, str]:
    """Return a key that puts constants first, then classes, then the rest, each in the order of ASCII."""
    if name.isupper():
        return 0, name
    return (1 if name[0].isupper() else 2), name


def test_the_list_of_public_names_is_sorted() -> None:
    """Constants, classes, functions."""
    assert sorted(sigv4.__all__, key=kind_and_name) == sigv4.__all__


def test_the_list_of_public_names_is_complete() -> None:
    """It has whatever the package imports for its users, and nothing else."""
    imported = {name for name, value in vars(sigv4).items() if not isinstance(value, ModuleType) and name[0] != "_"}

    assert imported | {"__version__"} == set(sigv4.__all__)


def test_the_example_of_the_package_holds() -> None:
    """What its docstring shows is what happens."""
    results = doctest.testmod(sigv4)

    assert results.attempted > 5
    assert results.failed == 0


def test_the_version_is_that_of_the_file() -> None:
    """One place says it, and the build reads it there."""
    assert f'__version__ = "{sigv4.__version__}"\n' in (PACKAGE / "_version.py").read_text("utf-8")
