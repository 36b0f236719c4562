"""Who may import whom, read from the source: pure files stay pure, and there are no cycles."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import sigv4

PACKAGE = Path(__file__).parents[2] / "runtime"
FILES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
# Files that do the input and output: they alone may import httpx. (A folder stands for the files in it.)
MAY_IMPORT_HTTPX = (
    "runtime.auth",
    "runtime.http1",
    "runtime.request_builder",
    "runtime.outcome",
    "runtime.sender",
    "runtime.async_sender",
    "runtime.client_base",
    "runtime.client",
    "runtime.async_client",
    "runtime.s3",
    "runtime.emulator",
    "runtime.cli",
    "runtime.credentials.drive",
)
PURE = (
    "runtime.errors",
    "runtime.records",
    "runtime.operations",
    "runtime.check",
    "runtime.http",
    "runtime.service_errors",
    "runtime.codec",
    "runtime.endpoint",
    "runtime.config",
    "runtime.timeouts",
    "runtime.eventstream",
    "runtime.stream",
    "runtime.retry",
    "runtime.clock",
)
IMPURE_MODULES = {
    "asyncio",
    "http.client",
    "http.server",
    "httpx",
    "io",
    "logging",
    "os",
    "pathlib",
    "random",
    "select",
    "shutil",
    "socket",
    "ssl",
    "subprocess",
    "sys",
    "tempfile",
    "threading",
    "time",
    "urllib.request",
    "uuid",
    "warnings",
}
SERVER_PACKAGES = {"starlette", "uvicorn"}
NOT_SOURCES = {"runtime.credentials", "runtime.credentials.provider", "runtime.credentials.drive"}
"""In the folder of credential sources, what stands above the sources."""

each_file = pytest.mark.parametrize("name", FILES)


def tree_of(name: str) -> ast.Module:
    """Return a file's syntax tree."""
    return ast.parse(FILES[name].read_text("utf-8"))


def imports_of(name: str) -> Iterator[tuple[str, str | None]]:
    """Give each import of a file, wherever it stands: the module, and the name taken from it, None for the module."""
    for node in ast.walk(tree_of(name)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} has a relative import"
            yield from ((node.module or "", alias.name) for alias in node.names)


def modules_of(name: str) -> set[str]:
    """Return the modules that a file imports; a submodule that is taken by name counts as itself."""
    return {f"{module}.{taken}" if f"{module}.{taken}" in FILES else module for module, taken in imports_of(name)}


def below(module: str, packages: tuple[str, ...] | set[str]) -> bool:
    """Tell whether a module is one of these, or inside one of them."""
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def test_the_files_are_found() -> None:
    """Otherwise the tests below would look at nothing."""
    assert {
        "runtime",
        "runtime.client",
        "runtime.credentials.environment",
        "runtime.emulator.app",
        "runtime.cli",
    } <= set(FILES)
    assert {name for name in PURE if name in FILES} >= {"runtime.codec", "runtime.check", "runtime.operations"}


@each_file
def test_httpx_is_imported_only_where_input_and_output_are(name: str) -> None:
    """Everything else can be read, and tested, without a network."""
    imports_httpx = any(below(module, {"httpx", "httpcore"}) for module in modules_of(name))

    assert not imports_httpx or below(name, MAY_IMPORT_HTTPX)


@pytest.mark.parametrize("name", [name for name in PURE if name in FILES])
def test_a_pure_file_imports_nothing_that_does_anything(name: str) -> None:
    """No clock, environment, file, socket, thread or log; other pure files and sigv4 only."""
    modules = modules_of(name)

    assert set() == {module for module in modules if below(module, IMPURE_MODULES)}
    assert set() == {module for module in modules if below(module, {"runtime"}) and module not in PURE}


@each_file
def test_only_public_names_of_sigv4_are_used(name: str) -> None:
    """The signer's files may move without breaking the client."""
    taken = {(module, what) for module, what in imports_of(name) if below(module, {"sigv4"})}
    from_modules = {(module, what) for module, what in taken if module != "sigv4" or what is None}

    # The console script ``sigv4`` is one program with this package's, and its entry is no signer's file.
    assert set() == {pair for pair in from_modules if pair[0] != "sigv4.cli"}
    assert {what for module, what in taken if module == "sigv4"} <= set(sigv4.__all__)


def test_sources_of_credentials_never_import_each_other() -> None:
    """Each can be read alone, and what stands above them puts them in order."""
    sources = {name for name in FILES if name.startswith("runtime.credentials.")} - NOT_SOURCES

    assert sources
    for name in sources:
        assert set() == modules_of(name) & (sources | NOT_SOURCES) - {name}


@each_file
def test_the_servers_packages_are_imported_only_by_the_local_endpoint(name: str) -> None:
    """They come with the extra ``serve``; the client must not need them."""
    assert below(name, ("runtime.emulator",)) or set() == {
        module for module in modules_of(name) if below(module, SERVER_PACKAGES)
    }


@each_file
def test_the_local_endpoint_is_imported_only_by_itself_and_the_command_line(name: str) -> None:
    """A client that is only imported does not load a server."""
    if not below(name, ("runtime.emulator", "runtime.cli")):
        assert set() == {module for module in modules_of(name) if below(module, {"runtime.emulator", "runtime.cli"})}


@each_file
def test_only_the_command_line_prints(name: str) -> None:
    """A library writes to no terminal."""
    calls = {
        node.func.id
        for node in ast.walk(tree_of(name))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }

    assert below(name, ("runtime.cli",)) or not calls & {"print", "input"}


@each_file
def test_there_are_no_star_imports(name: str) -> None:
    """Every name can be found where it comes from."""
    assert "*" not in {taken for _, taken in imports_of(name)}


@each_file
def test_only_declared_packages_are_imported(name: str) -> None:
    """The standard library, what the project declares, and its own two packages."""
    declared = {"attrs", "certifi", "cryptography", "h11", "httpx", "jmespath", "runtime", "sigv4", "tqdm", "yaml"}
    roots = {module.partition(".")[0] for module in modules_of(name)} - {"__future__"}

    assert set() == roots - declared - SERVER_PACKAGES - sys.stdlib_module_names


def test_importing_the_client_loads_nothing_that_an_extra_brings() -> None:
    """Nor a rival: a container that only calls models has none of them."""
    program = (
        "import runtime, sys; print(sorted({name.split('.')[0] for name in sys.modules}"
        " & {'starlette', 'uvicorn', 'cryptography', 'jmespath', 'yaml', 'tqdm', 'boto3', 'botocore'}))"
    )

    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True, cwd=PACKAGE.parent
    )

    assert done.stdout == "[]\n"


def test_no_file_imports_itself_by_way_of_others() -> None:
    """The files can be put in an order in which each imports only earlier ones."""
    graph = {name: {module for module in modules_of(name) if module in FILES} for name in FILES}

    order = list(TopologicalSorter(graph).static_order())

    assert set(FILES) == set(order)
