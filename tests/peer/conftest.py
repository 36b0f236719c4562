"""Marks the tests of this folder `peer` and gives them the worker that has the rival libraries."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peer.pipe import Peer

HERE = Path(__file__).parent
RIVALS = HERE.parents[1] / ".venv-peers"


@pytest.hookimpl(tryfirst=True)  # before pytest's own hook chooses by marker
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Gives every test below this folder the marker; the list has those of the other folders too."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("peer")


@pytest.fixture(scope="session")
def rivals_python() -> Path:
    """The rivals' interpreter; without a complete environment, tests are skipped, or fail if they must run."""
    python = RIVALS / "bin" / "python"
    if python.exists() and (RIVALS / "installed").exists():
        return python
    reason = "the rival libraries are not installed: run scripts/peers, which makes .venv-peers"
    if os.environ.get("PEERS_REQUIRED") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def peer(rivals_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    """The worker that answers for the rivals, one for all tests."""
    with Peer(rivals_python, tmp_path_factory.mktemp("peer")) as worker:
        yield worker
