"""How long it takes to sign one small request, against the libraries that people use for it, in one run.

Run it with the interpreter that has the rivals: ``.venv-peers/bin/python benchmarks/signing.py`` (``scripts/peers``
makes it). Rounds alternate between the signers, so that a busy machine disturbs all of them alike; the figures are
medians. Each rival is used as its documentation shows: a new request each time, its body hashed, the signed headers
at hand at the end. Exits with 1 where a ratio is worse than the project's target.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import io
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from sigv4 import Credentials, Request, Scope, Signer, sign_headers

KEY_ID = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"  # noqa: S105 - AWS's published example
REGION = "eu-west-1"
SERVICE = "sagemaker"
HOST = "runtime.sagemaker.eu-west-1.amazonaws.com"
PATH = "/endpoints/iris/invocations"
URL = f"https://{HOST}{PATH}"
BODY = b'{"instances": [[5.1, 3.5, 1.4, 0.2]]}'
HEADERS = (("Content-Type", "application/json"), ("Accept", "application/json"))
ROUNDS = 25
CALLS = 400
TARGETS = {"awscrt": 1.0, "botocore": 0.3}
"""The greatest share of the rival's time that this project allows itself, with the key kept."""
COLD_TARGET = 2.0
"""The greatest multiple of the time with the key kept that a cold key may take."""

Sign = Callable[[], object]


def ours() -> Sign:
    """Sign with this project, the key kept for its day."""
    signer = Signer(Credentials(KEY_ID, SECRET), region=REGION, service=SERVICE)
    return lambda: signer.sign(Request.from_url("POST", URL, HEADERS, BODY), datetime.now(UTC)).headers


def ours_cold() -> Sign:
    """Sign with this project, the key derived each time."""
    credentials = Credentials(KEY_ID, SECRET)
    return lambda: (
        sign_headers(
            Request.from_url("POST", URL, HEADERS, BODY), credentials, Scope(datetime.now(UTC), REGION, SERVICE)
        ).headers
    )


def botocore() -> Sign:
    """Sign with botocore's SigV4Auth."""
    auth = importlib.import_module("botocore.auth")
    request = importlib.import_module("botocore.awsrequest").AWSRequest
    credentials = importlib.import_module("botocore.credentials").Credentials(KEY_ID, SECRET)
    signer = auth.SigV4Auth(credentials, SERVICE, REGION)

    def sign() -> object:
        made = request("POST", URL, headers=dict(HEADERS), data=BODY)
        signer.add_auth(made)
        return made.headers

    return sign


def awscrt() -> Sign:
    """Sign with AWS's C library."""
    auth = importlib.import_module("awscrt.auth")
    http = importlib.import_module("awscrt.http")
    provider = auth.AwsCredentialsProvider.new_static(KEY_ID, SECRET)

    def sign() -> object:
        headers = http.HttpHeaders([("Host", HOST), *HEADERS])
        request = http.HttpRequest("POST", PATH, headers, io.BytesIO(BODY))
        config = auth.AwsSigningConfig(
            algorithm=auth.AwsSigningAlgorithm.V4,
            signature_type=auth.AwsSignatureType.HTTP_REQUEST_HEADERS,
            credentials_provider=provider,
            region=REGION,
            service=SERVICE,
            date=datetime.now(UTC),
        )
        signed: Any = auth.aws_sign_request(request, config).result()
        return signed.headers

    return sign


def requests_aws4auth() -> Sign:
    """Sign with requests-aws4auth."""
    requests = importlib.import_module("requests")
    auth = importlib.import_module("requests_aws4auth").AWS4Auth(KEY_ID, SECRET, REGION, SERVICE)

    def sign() -> object:
        prepared = requests.Request("POST", URL, headers=dict(HEADERS), data=BODY).prepare()
        return auth(prepared).headers

    return sign


def httpx_auth() -> Sign:
    """Sign with httpx-auth."""
    httpx = importlib.import_module("httpx")
    module = importlib.import_module("httpx_auth")
    auth = module.AWS4Auth(KEY_ID, SECRET, REGION, SERVICE)

    def sign() -> object:
        request = httpx.Request("POST", URL, headers=list(HEADERS), content=BODY)
        return next(auth.auth_flow(request)).headers

    return sign


SIGNERS: dict[str, Callable[[], Sign]] = {
    "sigv4": ours,
    "sigv4, cold key": ours_cold,
    "awscrt": awscrt,
    "botocore": botocore,
    "requests-aws4auth": requests_aws4auth,
    "httpx-auth": httpx_auth,
}


def measure(signers: dict[str, Sign]) -> dict[str, float]:
    """Return the median microseconds of one signature for each signer."""
    times: dict[str, list[float]] = {name: [] for name in signers}
    for _ in range(ROUNDS):
        for name, sign in signers.items():
            begin = time.perf_counter()
            for _ in range(CALLS):
                sign()
            times[name].append((time.perf_counter() - begin) / CALLS * 1e6)
    return {name: median(found) for name, found in times.items()}


def main() -> int:
    """Measure, print the table, and compare with the targets."""
    found = measure({name: make() for name, make in SIGNERS.items()})
    base = found["sigv4"]
    print(f"{'signer':24}{'version':>10}{'µs':>8}{'ours / it':>12}")
    for name, microseconds in found.items():
        print(f"{name:24}{_version(name):>10}{microseconds:8.1f}{base / microseconds:12.2f}")
    missed = [
        f"{name}: {base / found[name]:.2f} > {share}" for name, share in TARGETS.items() if base > share * found[name]
    ]
    if found["sigv4, cold key"] > COLD_TARGET * base:
        missed.append(f"cold key: {found['sigv4, cold key'] / base:.2f} > {COLD_TARGET}")
    print("targets: " + ("; ".join(missed) if missed else "all met"))
    return 1 if missed else 0


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


if __name__ == "__main__":
    sys.exit(main())
