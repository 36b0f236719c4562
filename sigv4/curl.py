"""Requests as curl command lines, read and written.

Only the options that make a request are understood; those that change how curl prints or connects are passed over,
and any other is refused by name, because it might change what is sent.

Source: curl's manual page.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence

from attrs import define, field

from sigv4.errors import RequestError
from sigv4.request import Pairs, Request

ReadFile = Callable[[str], bytes]
"""Given a file's name, or ``-`` for standard input, return its bytes."""

# fmt: off
_PASSED_OVER = frozenset(
    (
        "-s", "--silent", "-S", "--show-error", "-v", "--verbose", "-i", "--include", "-k", "--insecure", "-f",
        "--fail", "--fail-with-body", "-L", "--location", "-N", "--no-buffer", "-g", "--globoff",
        "--compressed", "--path-as-is", "--http1.1", "-#", "--progress-bar",
    )
)
_PASSED_OVER_WITH_VALUE = frozenset(
    (
        "-o", "--output", "-m", "--max-time", "--connect-timeout", "--retry", "-w", "--write-out", "-x",
        "--proxy", "--cacert", "--aws-sigv4",
    )
)
# fmt: on
_SHORT_WITH_VALUE = ("-X", "-H", "-d", "-o", "-m", "-w", "-x", "-A", "-e")
_FORM = "application/x-www-form-urlencoded"


@define
class _Command:
    """What a command line has said so far."""

    method: str = ""
    url: str = ""
    headers: list[tuple[str, str]] = field(factory=list)
    data: list[bytes] = field(factory=list)
    in_query: bool = False
    is_json: bool = False


def read_curl(arguments: Sequence[str], read_file: ReadFile) -> Request:
    """Read a curl command line.

    Args:
        arguments: split into words, the first of them ``curl``.
        read_file: reads what ``@name`` stands for.

    Raises:
        RequestError: for an option that is not understood, or a command line without exactly one URL.
    """
    command = _Command()
    words = iter(_split_short_options(arguments[1:]))
    for word in words:
        _take(command, word, words, read_file)
    if not command.url:
        raise RequestError("curl", "names no URL")
    return _request(command)


def write_curl(request: Request, url: str, added: Pairs = ()) -> str:
    """Return a curl command line that sends exactly this request.

    Raises:
        RequestError: for a body that is not UTF-8 text, which no command line can hold.
    """
    words = ["curl", "--path-as-is", "--globoff", "-X", request.method]
    headers = [
        (name, value) for name, value in (*request.headers, *added) if name.lower() not in ("host", "content-length")
    ]
    names = {name.lower() for name, _ in headers}
    for name, value in headers:
        # An empty value is written with a semicolon; with a colon curl would leave the header out.
        words += ["-H", f"{name}: {value}" if value else f"{name};"]
    body = request.payload if isinstance(request.payload, bytes | bytearray | memoryview) else b""
    if len(body):
        if "content-type" not in names:
            words += ["-H", "Content-Type:"]
        words += ["--data-raw", _body_text(bytes(body))]
    return shlex.join([*words, url])


def _body_text(body: bytes) -> str:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise RequestError("payload", "is not text, which a curl command line could hold; ask for raw HTTP instead")
    return text


def _split_short_options(words: Sequence[str]) -> Iterator[str]:
    """Separate ``-XPOST`` into ``-X`` and ``POST``, as curl takes both."""
    for word in words:
        if word[:2] in _SHORT_WITH_VALUE and len(word) > 2 and not word.startswith("--"):  # noqa: PLR2004 - "-X" has two
            yield word[:2]
            yield word[2:]
        else:
            yield word


def _take(command: _Command, word: str, words: Iterator[str], read_file: ReadFile) -> None:
    if word in _PASSED_OVER:
        return
    if not word.startswith("-") or word == "-":
        _take_url(command, word)
    elif word in ("-G", "--get"):
        command.in_query = True
    elif word in ("-I", "--head"):
        command.method = command.method or "HEAD"
    else:
        _take_with_value(command, word, next(words, ""), read_file)


def _take_with_value(command: _Command, option: str, value: str, read_file: ReadFile) -> None:
    if option in ("-X", "--request"):
        command.method = value
    elif option in ("-H", "--header"):
        _take_header(command, value)
    elif option in ("-A", "--user-agent"):
        command.headers.append(("User-Agent", value))
    elif option in ("-e", "--referer"):
        command.headers.append(("Referer", value))
    elif option == "--url":
        _take_url(command, value)
    elif option in ("-d", "--data", "--data-ascii", "--data-binary", "--data-raw", "--json"):
        command.is_json = command.is_json or option == "--json"
        command.data.append(_data(option, value, read_file))
    elif option not in _PASSED_OVER_WITH_VALUE:
        raise RequestError("curl", f"has the option {option}, which is not understood; remove it")


def _take_url(command: _Command, value: str) -> None:
    if command.url:
        raise RequestError("curl", "names more than one URL; sign one request at a time")
    command.url = value


def _take_header(command: _Command, value: str) -> None:
    name, colon, content = value.partition(":")
    if colon and content.strip():
        command.headers.append((name, content.strip()))
    elif not colon and name.endswith(";"):
        command.headers.append((name[:-1], ""))


def _data(option: str, value: str, read_file: ReadFile) -> bytes:
    if option == "--data-raw" or not value.startswith("@"):
        return value.encode("utf-8", "surrogateescape")
    data = read_file(value[1:])
    return data if option in ("--data-binary", "--json") else data.translate(None, b"\r\n\0")


def _request(command: _Command) -> Request:
    body = (b"" if command.is_json else b"&").join(command.data)
    url = command.url if "://" in command.url else f"http://{command.url}"
    if command.in_query:
        text = body.decode("utf-8", "surrogateescape")
        return Request.from_url(command.method or "GET", f"{url}{'&' if '?' in url else '?'}{text}", command.headers)
    headers = list(command.headers)
    if command.data:
        names = {name.lower() for name, _ in headers}
        media_type = "application/json" if command.is_json else _FORM
        headers += [("Content-Type", media_type)] if "content-type" not in names else []
        headers += [("Accept", media_type)] if command.is_json and "accept" not in names else []
    return Request.from_url(command.method or ("POST" if command.data else "GET"), url, headers, body)
