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
_DATA = frozenset({"-d", "--data", "--data-ascii", "--data-binary", "--data-raw", "--json"})
_WITH_VALUE = _DATA | _PASSED_OVER_WITH_VALUE | {
    "-X", "--request", "-H", "--header", "-A", "--user-agent", "-e", "--referer", "--url",
}
# fmt: on
_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"


@define
class _Command:
    """What a command line has said so far."""

    method: str = ""
    url: str = ""
    headers: list[tuple[str, str]] = field(factory=list)
    removed: set[str] = field(factory=set)
    data: list[bytes] = field(factory=list)
    in_query: bool = False
    is_json: bool = False


def read_curl(arguments: Sequence[str], read_file: ReadFile) -> Request:
    """Read a curl command line.

    Args:
        arguments: split into words, the first of them ``curl``.
        read_file: reads what ``@name`` stands for.

    Raises:
        RequestError: for an option that is not understood or lacks its value, and for a command line without exactly
            one URL.
    """
    if not arguments or arguments[0].rpartition("/")[2] != "curl":
        raise RequestError("curl", "is not the first word of the command line")
    command = _Command()
    words = iter(arguments[1:])
    for word in words:
        _take(command, word, words, read_file)
    if not command.url:
        raise RequestError("curl", "names no URL")
    return _request(command)


def write_curl(request: Request, url: str, added: Pairs = ()) -> str:
    """Return a curl command line that sends exactly this request.

    Raises:
        RequestError: for a body that is not UTF-8 text, which no command line can hold, and for a URL with a space.
    """
    if " " in url:
        raise RequestError("url", "holds a space, which curl does not take; percent-encode it, or ask for raw HTTP")
    method = ["--head"] if request.method == "HEAD" else ["-X", request.method]
    words = ["curl", "--path-as-is", "--globoff", *method]
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


def _take(command: _Command, word: str, words: Iterator[str], read_file: ReadFile) -> None:
    if not word.startswith("-") or word == "-":
        _take_url(command, word)
    elif word.startswith("--"):
        _take_option(command, word.partition("=")[0], word.partition("=")[1], words, read_file)
    else:
        # Short options may be joined, and the last one's value too: -sXPOST.
        for position, letter in enumerate(word[1:], start=2):
            if _take_option(command, f"-{letter}", word[position:], words, read_file):
                return


def _take_option(command: _Command, option: str, joined: str, words: Iterator[str], read_file: ReadFile) -> bool:
    """Take one option; return whether what is joined to it was its value."""
    if option in _PASSED_OVER:
        return False
    if option in ("-G", "--get"):
        command.in_query = True
        return False
    if option in ("-I", "--head"):
        command.method = command.method or "HEAD"
        return False
    _take_with_value(command, option, joined, words, read_file)
    return True


def _take_with_value(command: _Command, option: str, joined: str, words: Iterator[str], read_file: ReadFile) -> None:
    if option not in _WITH_VALUE or (joined and option.startswith("--")):
        raise RequestError("curl", f"has the option {option}, which is not understood; remove it")
    value = joined or next(words, None)
    if value is None:
        raise RequestError("curl", f"has the option {option} without its value")
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
    elif option in _DATA:
        command.is_json = command.is_json or option == "--json"
        command.data.append(_data(option, value, read_file))


def _take_url(command: _Command, value: str) -> None:
    if command.url:
        raise RequestError("curl", "names more than one URL; sign one request at a time")
    command.url = value


def _take_header(command: _Command, value: str) -> None:
    name, colon, content = value.partition(":")
    content = content.strip(" \t")
    if colon and content:
        command.headers.append((name, content))
    elif colon:
        command.removed.add(name.lower())
    elif name.endswith(";"):
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
        before, mark, fragment = url.partition("#")
        text = body.decode("utf-8", "surrogateescape")
        url = f"{before}{'&' if '?' in before else '?'}{text}{mark}{fragment}"
        return Request.from_url(command.method or "GET", url, command.headers)
    headers = [*command.headers, *_added_headers(command)]
    return Request.from_url(command.method or ("POST" if command.data else "GET"), url, headers, body)


def _added_headers(command: _Command) -> list[tuple[str, str]]:
    """Return the headers that curl adds to a body, unless they were given or taken away."""
    if not command.data:
        return []
    names = {name.lower() for name, _ in command.headers} | command.removed
    added = [("Content-Type", _JSON), ("Accept", _JSON)] if command.is_json else [("Content-Type", _FORM)]
    return [(name, value) for name, value in added if name.lower() not in names]
