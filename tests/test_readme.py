"""What the README shows is what happens: its Python runs, and its command lines exist."""

from __future__ import annotations

import asyncio
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime import Client
from runtime.cli import main
from runtime.emulator.server import EXAMPLE_CREDENTIALS, EXAMPLE_KEY_PAIR, LocalEndpoint

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
FLOWER = b"5.1,3.5,1.4,0.2\n"
ELSEWHERE = "amazonaws.com/prod"
"""What is in the one example that calls another service."""


@pytest.fixture
def endpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalEndpoint]:
    """Serve what the examples call; the environment names it and has its keys."""
    with LocalEndpoint(tmp_path / "s3", region="eu-west-1") as served:
        monkeypatch.setenv("AWS_ENDPOINT_URL", served.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", EXAMPLE_KEY_PAIR[0])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", EXAMPLE_KEY_PAIR[1])
        monkeypatch.chdir(tmp_path)
        served.storage.write("s3://bucket/flowers.csv", FLOWER)
        yield served


def test_the_readme_has_examples() -> None:
    """Otherwise nothing below is tested."""
    assert len(BLOCKS) >= 7


@pytest.mark.parametrize("code", BLOCKS, ids=range(len(BLOCKS)))
def test_an_example_runs(endpoint: LocalEndpoint, code: str) -> None:
    """As it stands, with what the text around it takes for granted; what calls elsewhere is only compiled."""
    assert endpoint.url
    if ELSEWHERE in code:
        compile(code, "README.md", "exec")
        return
    with Client("eu-west-1") as client:
        names = {"client": client, "credentials": EXAMPLE_CREDENTIALS, "asyncio": asyncio, "bodies": [FLOWER, FLOWER]}
        if "await" in code:
            exec(f"async def example():\n{textwrap.indent(code, '    ')}", names)  # noqa: S102 - our own README
            asyncio.run(names["example"]())  # type: ignore[operator]
        else:
            exec(code, names)  # noqa: S102 - our own README


@pytest.mark.parametrize("command", sorted(set(re.findall(r"sagemaker-runtime ([a-z-]+) --", README))))
def test_a_command_that_is_shown_exists(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Its help can be asked for."""
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])

    assert ended.value.code == 0
    assert command in capsys.readouterr().out
