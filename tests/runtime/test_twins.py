"""The blocking client and the asynchronous one differ by ``await`` alone."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

import runtime
from runtime import AsyncClient, Client

PACKAGE = Path(runtime.__file__).parent
OPERATIONS = ("invoke_endpoint", "invoke_endpoint_async", "send")


@pytest.mark.parametrize("name", [*OPERATIONS, "__init__"])
def test_both_clients_take_the_same(name: str) -> None:
    """The same arguments, in the same order, with the same defaults; only the transport is of another kind."""
    blocking, asynchronous = (
        {
            key: (value.kind, value.default, str(value.annotation).replace("Async", ""))
            for key, value in inspect.signature(getattr(client, name)).parameters.items()
        }
        for client in (Client, AsyncClient)
    )

    assert blocking == asynchronous


def code_of(name: str) -> str:
    """Return a file's code without its docstrings and imports, and without what makes it asynchronous."""
    text = (PACKAGE / name).read_text("utf-8")
    text = re.sub(r'"""(?:.|\n)*?"""', "", text)
    text = re.sub(r"^(?:from|import) (?:.*\((?:.|\n)*?\)|.*)$", "", text, flags=re.MULTILINE)
    text = re.sub(r"\b(?:async|await)\b ?", "", text)
    for asynchronous, blocking in (
        ("handle_async_request", "handle_request"),
        ("AsyncSender", "Sender"),
        ("AsyncClient", "Client"),
        ("AsyncHttp1Transport", "Http1Transport"),
        ("AsyncBaseTransport", "BaseTransport"),
        ("AsyncByteStream", "SyncByteStream"),
        ("__aenter__", "__enter__"),
        ("__aexit__", "__exit__"),
        ("aclose", "close"),
        ("a blocking stream; give an httpx.BaseTransport", "an asynchronous stream; give an httpx.BaseTransport"),
    ):
        text = text.replace(asynchronous, blocking)
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("name", ["sender.py", "client.py"])
def test_both_kinds_have_the_same_code(name: str) -> None:
    """A change to the one that is forgotten in the other fails here."""
    assert code_of(name) == code_of(f"async_{name}")
