"""What ``sigv4 sign --output curl`` prints, run by a shell with the curl of this machine, arrives as it was signed.

The tests are there only where curl is: it belongs to the machine, not to the rivals' environment.
"""

import random
import shlex
import shutil
import subprocess
from datetime import UTC, datetime
from itertools import repeat
from pathlib import Path

from attrs import evolve

from sigv4 import STRICT, Request, presign, sign_headers, verify
from sigv4.curl import read_curl, write_curl
from tests.peer import random_requests
from tests.peer.test_signing import SEED
from tests.runtime.one_shot import SUCCESS, Received, one_shot

CURL = shutil.which("curl")
PLAIN = ("/", "a", "b.c", "~", "-_", "%20", "%25", "%C3%A9", "=&", ":@", "!$'(*,;")
NUMBER = 25


def random_request(rng: random.Random, host: str) -> Request:
    """Return a request that curl can send: no space in its target, and a body of text."""
    path = "/" + "/".join("".join(rng.choices(PLAIN[1:], k=rng.randrange(1, 4))) for _ in range(rng.randrange(3)))
    pairs = [(f"X-Amz-Meta-{number}", random_requests.letters(rng, 8, "a B;:'\"").strip()) for number in range(3)]
    headers = [("Host", host), *pairs, *rng.choice(([], [("Content-Type", "text/csv")]))]
    method, body = rng.choice(
        (("GET", ""), ("DELETE", ""), ("POST", "@a"), ("PUT", "é'\"$`\\\n"), ("POST", "x" * 2000))
    )
    return Request(method, path, random_requests.query(rng), headers, body.encode(), "http")


def run(command: str, home: Path) -> None:
    """Run a command line in a shell, with nothing of the user's."""
    environment = {"PATH": str(Path(CURL or "").parent), "HOME": str(home), "LANG": "C.UTF-8"}
    done = subprocess.run(  # noqa: S603 - our own command line
        ["/bin/sh", "-c", command], capture_output=True, timeout=20, check=False, env=environment
    )
    assert done.returncode == 0, f"{command}: {done.stderr!r}"


def as_request(arrived: Received) -> Request:
    """Return what arrived as a record; its texts are latin-1, which has every byte."""
    path, _, query = arrived.target.partition("?")
    headers = [(name, value.encode("latin-1").decode("utf-8", "surrogateescape")) for name, value in arrived.headers]
    return Request(arrived.method, path, query, headers, arrived.body, "http")


if CURL is not None:

    def test_curl_sends_exactly_what_was_signed(tmp_path: Path) -> None:
        """Signed with headers and as a URL: what arrives is verified by the strict policy, and our reader agrees."""
        rng = random.Random(f"{SEED} curl")  # noqa: S311 - a test's choice, not a secret
        with one_shot(repeat(SUCCESS)) as server:
            for number in range(NUMBER):
                request = random_request(rng, server.url.removeprefix("http://"))
                caller, scope = random_requests.caller(rng), evolve(random_requests.scope(rng), time=datetime.now(UTC))
                policy = STRICT.for_scope(scope.region, scope.service)
                url = f"{server.url}{request.path}" + (f"?{request.query}" if request.query else "")
                commands = [
                    write_curl(request, url, sign_headers(request, caller, scope).headers),
                    write_curl(request, presign(request, caller, scope, 60).url),
                ]
                for command in commands:
                    run(f"{command} --silent --show-error --max-time 10", tmp_path)
                    arrived = as_request(server.received[-1])
                    known = {caller.access_key_id: caller}
                    verified = verify(arrived, known.get, scope.time, policy)
                    assert verified.access_key_id == caller.access_key_id, f"seed {SEED}, number {number}"
                    read = read_curl(shlex.split(command), lambda _: b"")
                    assert (read.method, read.path, read.query, read.payload) == (
                        arrived.method, arrived.path, arrived.query, arrived.payload,
                    )  # fmt: skip
                    assert set(read.headers) <= set(arrived.headers)
