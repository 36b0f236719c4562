"""The help: every command has it, every option stands in it, and it needs nothing but the program."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from runtime import __version__
from tests.cli.conftest import Run
from tests.cli.running import BOUND, clean_environment

GLOBAL_OPTIONS = (
    "--region",
    "--endpoint-url",
    "--no-sign-request",
    "--no-verify-ssl",
    "--ca-bundle",
    "--cli-connect-timeout",
    "--cli-read-timeout",
    "--cli-binary-format",
)
OPTIONS = {
    "invoke-endpoint": (
        "--endpoint-name",
        "--body",
        "--content-type",
        "--accept",
        "--custom-attributes",
        "--target-model",
        "--target-variant",
        "--target-container-hostname",
        "--inference-id",
        "--enable-explanations",
        "--inference-component-name",
        "--session-id",
        "--prefix-aware-id",
        "outfile",
        *GLOBAL_OPTIONS,
    ),
    "invoke-endpoint-async": (
        "--endpoint-name",
        "--body",
        "--content-type",
        "--accept",
        "--custom-attributes",
        "--inference-id",
        "--input-location",
        "--s3-output-path-extension",
        "--filename",
        "--request-ttl-seconds",
        "--invocation-timeout-seconds",
        *GLOBAL_OPTIONS,
    ),
    "serve": ("--port", "--region", "--s3-folder"),
}
"""What each command takes: the members of the service model in AWS CLI's spelling, and more."""
BLOCKING = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocker())
from runtime.cli import main
sys.exit(main({arguments!r}))
"""
"""A program that runs a command as if these packages were not installed."""


def run_without(packages: tuple[str, ...], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command as if these packages were not installed."""
    program = BLOCKING.format(blocked=packages, arguments=list(arguments))
    return subprocess.run(  # noqa: S603 - the program under test
        [sys.executable, "-c", program],
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=BOUND,
        check=False,
    )


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_the_program_s_help_names_its_commands_and_shows_examples(run: Run, flag: str) -> None:
    """On standard output, with exit code 0."""
    outcome = run(flag)

    text = outcome.stdout.decode()
    assert (outcome.code, outcome.stderr) == (0, b"")
    assert text.startswith("usage: sagemaker-runtime")
    assert all(re.search(rf"^    {command}( |$)", text, re.MULTILINE) for command in OPTIONS)
    assert "examples:" in text


@pytest.mark.parametrize("command", OPTIONS)
def test_a_command_s_help_names_every_option(run: Run, command: str) -> None:
    """Each once in the usage and once with its explanation."""
    outcome = run(command, "--help")

    usage, _, explained = outcome.stdout.decode().partition("\n\n")
    assert (outcome.code, outcome.stderr) == (0, b"")
    assert usage.startswith(f"usage: sagemaker-runtime {command} ")
    assert [option for option in OPTIONS[command] if option not in usage] == []
    assert [option for option in OPTIONS[command] if f"\n  {option}" not in explained] == []


@pytest.mark.parametrize("command", OPTIONS)
def test_a_command_has_no_option_that_nobody_knows_of(run: Run, command: str) -> None:
    """The options of the help are those of the table above."""
    explained = run(command, "--help").stdout.decode().partition("\n\n")[2]

    found = {line.split()[0].rstrip(",") for line in explained.splitlines() if line.startswith("  -")}
    assert {option for option in OPTIONS[command] if option.startswith("--")} | {"-h"} == found


def test_the_help_says_how_the_body_is_read(run: Run) -> None:
    """The one thing that surprises everybody stands where it is looked for."""
    text = " ".join(run("invoke-endpoint", "--help").stdout.decode().split())

    assert all(word in text for word in ("base64", "raw-in-base64-out", "file://", "fileb://", "standard input"))


def test_the_version_is_that_of_the_distribution(run: Run) -> None:
    """One line on standard output."""
    outcome = run("--version")

    assert (0, f"sigv4-runtime/{__version__}\n".encode()) == (outcome.code, outcome.stdout)


@pytest.mark.parametrize("missing", ["starlette", "uvicorn"])
def test_serving_without_its_extra_says_what_to_install(missing: str) -> None:
    """One line that can be copied; the code is that of a command line that cannot be obeyed."""
    done = run_without((missing,), "serve")

    assert (done.returncode, done.stdout) == (252, "")
    assert f"\n{missing} is missing; install it with: pip install 'sigv4-runtime[serve]'\n" == done.stderr


def test_invoking_needs_no_extra() -> None:
    """Neither starlette nor uvicorn, nor any other package of an extra, is needed for the client's commands."""
    extras = ("starlette", "uvicorn", "anyio_unknown", "cryptography", "jmespath", "yaml", "tqdm")

    done = run_without(extras, "invoke-endpoint", "--endpoint-name", "iris", "--body", "", "--region", "local")

    assert (done.returncode, done.stdout) == (255, "")
    assert "'local' is not the name of an AWS region" in done.stderr
