"""Is this request fit to be sent? Every member is looked at, and all problems are told at once.

Two measures: :func:`check_members` holds a request to the service model (lengths, patterns, ranges);
:func:`check_safety` refuses only what would make the request unsafe or unroutable: a line break in a header, an
endpoint name that changes the path.
"""

from __future__ import annotations

import re
from typing import Any

from runtime.errors import InputError, Problem
from runtime.operations import Blob, Member, Number, Operation, Text
from runtime.records import Body

_UNSAFE = re.compile(r"[^\t -~]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_EDGE = "begins or ends with white space, which HTTP drops; remove it"


def check_members(operation: Operation, record: Any) -> None:
    """Refuse a record that the service model does not allow.

    Raises:
        InputError: with every problem found.
    """
    problems: list[Problem] = []
    alternatives = 0
    for member in operation.members:
        value = getattr(record, member.attribute)
        if value is None and not member.required:
            continue
        alternatives += member.name in operation.one_of
        problem = _wrong_type(member, value) or _outside_limits(member, value)
        if problem:
            problems.append(Problem(member.name, problem))
    if operation.one_of and alternatives != 1:
        problems.append(Problem(" and ".join(operation.one_of), "exclude each other: give exactly one of them"))
    if problems:
        raise InputError(operation.name, tuple(problems))


def check_safety(operation: Operation, record: Any) -> None:
    """Refuse only what would make the request unsafe or unroutable.

    Raises:
        InputError: with every problem found.
    """
    problems: list[Problem] = []
    for member in operation.members:
        value = getattr(record, member.attribute)
        if value is None and not member.required:
            continue
        problem = _wrong_type(member, value) or _unsafe(member, value)
        if problem:
            problems.append(Problem(member.name, problem))
    if problems:
        raise InputError(operation.name, tuple(problems))


def _wrong_type(member: Member, value: Any) -> str | None:
    if value is None:
        return "is required"
    if isinstance(member.limits, Text):
        return None if isinstance(value, str) else f"is {_kind(value)}; give a str"
    if isinstance(member.limits, Number):
        return None if isinstance(value, int) and not isinstance(value, bool) else f"is {_kind(value)}; give an int"
    return (
        None if isinstance(value, bytes | bytearray | memoryview | str) else f"is {_kind(value)}; give bytes or a str"
    )


def _outside_limits(member: Member, value: Any) -> str | None:
    limits = member.limits
    if isinstance(limits, Text):
        return _unfit_text(limits, value)
    if isinstance(limits, Number):
        fits = limits.least <= value <= limits.greatest
        return None if fits else f"is {value}; give {limits.least} to {limits.greatest} seconds"
    return _unfit_blob(limits, value)


def _unfit_text(limits: Text, value: str) -> str | None:
    if not limits.shortest <= len(value) <= limits.longest:
        return f"has {len(value)} characters; give {limits.shortest} to {limits.longest}"
    unsafe = _UNSAFE.search(value)
    if unsafe:
        return _unsafe_character(unsafe)
    if value != value.strip(" \t"):
        return _EDGE
    if not limits.pattern.fullmatch(value):
        return f"has another form; give {limits.described}"
    return None


def _unfit_blob(limits: Blob, value: Body) -> str | None:
    if isinstance(value, str):
        return _without_bytes(value) or _too_long(limits, len(value.encode()))
    return _too_long(limits, value.nbytes if isinstance(value, memoryview) else len(value))


def _too_long(limits: Blob, size: int) -> str | None:
    return None if size <= limits.limit else f"has {size:,} bytes; {limits.limit:,} are allowed"


def _without_bytes(value: str) -> str | None:
    return "holds half of a surrogate pair, which has no UTF-8 form; give bytes" if _SURROGATE.search(value) else None


def _unsafe(member: Member, value: Any) -> str | None:
    if not isinstance(member.limits, Text):
        return _without_bytes(value) if isinstance(value, str) else None
    unsafe = _UNSAFE.search(value)
    if unsafe:
        return _unsafe_character(unsafe)
    if value != value.strip(" \t"):
        return _EDGE
    if not member.header and value in ("", ".", ".."):
        return "would change the path; give the endpoint's name"
    return None


def _unsafe_character(found: re.Match[str]) -> str:
    """Name the place and kind of a character that may not stand in a header, but not the value around it."""
    character = found.group()
    kind = {"\r": "a carriage return", "\n": "a line feed", "\0": "a NUL"}.get(character)
    if kind is None:
        kind = "a control character" if character.isascii() else "a character outside ASCII"
    return f"holds {kind} at position {found.start() + 1}; give visible ASCII"


def _kind(value: object) -> str:
    return f"of type {type(value).__name__}"
