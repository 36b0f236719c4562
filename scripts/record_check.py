#!/usr/bin/env python3
"""Compares every installed file with the hash that its distribution's RECORD has for it.

In: site-packages folders as arguments. Out: one line on stdout with the count, or one line on stderr for each file
that is missing or other than recorded, naming file and distribution, and exit status 1. A package that overwrites
another's files changes what a comparison measures, and nothing else shows it.

RECORD is read as the packaging specification "Recording installed projects" has it: rows of path, hash and size; the
hash is `name=value`, urlsafe base64 without padding. Passed over: rows without a hash (RECORD itself), `.pyc` files.
"""

import base64
import csv
import hashlib
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path


def recorded_files(distribution: Distribution) -> Iterator[tuple[Path, str]]:
    """Yields each file of a distribution's RECORD that has a hash, with that hash.

    The rows are read here because `Distribution.files` leaves missing files out from Python 3.12 on.

    Raises:
        FileNotFoundError: the distribution has no RECORD.
    """
    record = distribution.read_text("RECORD")
    if record is None:
        raise FileNotFoundError("RECORD")
    for path, recorded_hash, _size in csv.reader(record.splitlines()):
        if recorded_hash and not path.endswith(".pyc"):
            yield Path(str(distribution.locate_file(path))), recorded_hash


def problem_of(file: Path, recorded_hash: str) -> str | None:
    """Says what is wrong with one file, or None when it is as recorded."""
    algorithm, _, expected = recorded_hash.partition("=")
    try:
        digest = hashlib.new(algorithm, file.read_bytes()).digest()
    except FileNotFoundError:
        return "is missing"
    actual = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return None if actual == expected else "is not the file that was recorded"


def check(site_packages: list[str]) -> tuple[int, list[str]]:
    """Checks all distributions in the given folders.

    Returns:
        The number of files that have a recorded hash, and one sentence per problem.
    """
    count = 0
    problems = []
    for distribution in distributions(path=site_packages):
        name = f"{distribution.name} {distribution.version}"
        try:
            files = list(recorded_files(distribution))
        except FileNotFoundError:
            problems.append(f"{name} has no RECORD")
            continue
        for file, recorded_hash in files:
            count += 1
            if problem := problem_of(file, recorded_hash):
                problems.append(f"{file} of {name} {problem}")
    return count, problems


def main(site_packages: list[str]) -> int:
    """Prints the outcome and returns the exit status; finding nothing to check is a failure too."""
    count, problems = check(site_packages)
    if not count:
        problems.append(f"no recorded file in {site_packages}")
    if problems:
        sys.stderr.write("".join(f"{problem}\n" for problem in problems))
        return 1
    sys.stdout.write(f"{count} installed files are as their RECORD has them\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
