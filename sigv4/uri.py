"""The path and the query in canonical form.

Source: IAM User Guide, "Create a signed AWS API request", step 1, CanonicalUri and CanonicalQueryString; RFC 3986,
sections 2.3 (unreserved characters) and 5.2.4 (dot segments).
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote_to_bytes

from sigv4.rules import Rules

_PLAIN_PATH = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)*/?")
"""A path that no rule changes: plain characters only, no empty segment and none that begins with a dot."""

_ON_THE_WIRE = "/!$&'()*+,;=:@%"
"""With the unreserved characters, those that may stand in a path on the wire (RFC 3986, section 3.3)."""


def canonical_path(path: str, rules: Rules) -> str:
    """Return the CanonicalUri of a wire path.

    ``/a%20b/./c//d`` becomes ``/a%2520b/c/d`` under GENERIC and stays as it is under S3.
    """
    if _PLAIN_PATH.fullmatch(path):
        return path
    if rules.normalize_path:
        path = remove_dot_segments(path)
    return quote(path, "/" if rules.encode_path_twice else _ON_THE_WIRE, "utf-8", "surrogateescape")


def remove_dot_segments(path: str) -> str:
    """Resolve ``.`` and ``..`` (RFC 3986, section 5.2.4) and make one slash of several.

    A path that ends in a slash, ``.`` or ``..`` names a folder and keeps its final slash: ``/a/b/..`` is ``/a/``.
    """
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    is_folder = segments[-1] in ("", ".", "..")
    return "/" + "/".join(kept) + ("/" if kept and is_folder else "")


def canonical_query(query: str) -> str:
    """Return the CanonicalQueryString of a wire query.

    Every parameter is decoded and encoded again, so that one value has one form, then sorted by encoded name and value.
    ``b=2&a=x+y&&c`` becomes ``a=x%2By&b=2&c=``: a plus sign is a plus sign, a missing value is an empty one, and
    nothing between two ``&`` is no parameter.
    """
    if not query:
        return ""
    pairs = sorted(canonical_parameter(parameter) for parameter in query.split("&") if parameter)
    return "&".join(f"{name}={value}" for name, value in pairs)


def parameter_names(query: str) -> set[str]:
    """Return the decoded names of a wire query's parameters in lower case."""
    return {decode(parameter.partition("=")[0]).lower() for parameter in query.split("&")}


def decode(text: str) -> str:
    """Return a part of a wire query without its percent escapes."""
    return unquote_to_bytes(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")


def canonical_parameter(parameter: str) -> tuple[str, str]:
    """Return one parameter's name and value, percent-encoded with only the unreserved characters left plain."""
    name, _, value = parameter.partition("=")
    return _encode_again(name), _encode_again(value)


def _encode_again(text: str) -> str:
    return quote(unquote_to_bytes(text.encode("utf-8", "surrogateescape")), "")
