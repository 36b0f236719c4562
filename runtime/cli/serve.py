"""``serve``: the local endpoint in the foreground."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

from runtime.cli.failure import USAGE, CommandError
from runtime.cli.output import write_text
from runtime.config import find_region
from runtime.credentials.environment import credentials_from_environment
from runtime.errors import NoRegionError


def run(options: argparse.Namespace) -> int:
    """Serve until interrupted; the URL goes to standard output, the log to standard error."""
    try:
        from runtime.emulator import server  # noqa: PLC0415 - the extra may be missing
    except ModuleNotFoundError as error:
        raise CommandError(
            f"{error.name} is missing; install it with: pip install 'sigv4-runtime[serve]'", USAGE
        ) from None
    found = credentials_from_environment(os.environ)
    credentials = found or server.EXAMPLE_CREDENTIALS
    region = _region(options.region)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("runtime.emulator").setLevel(logging.INFO)
    with tempfile.TemporaryDirectory(prefix="sagemaker-runtime-s3-") as temporary:
        folder = Path(options.s3_folder or temporary)
        # uvicorn ends in order and then hands the signal on, which must not skip the removal of the folder.
        signal.signal(signal.SIGTERM, _end)
        endpoint = server.LocalEndpoint(folder, credentials=credentials, region=region, port=options.port)
        write_text(endpoint.url, sys.stdout)
        source = "of the environment" if found else "of AWS's documentation"
        log = logging.getLogger("runtime.emulator")
        log.info("hosting endpoint iris in %s; s3:// is %s", region, folder)
        log.info("accepting signatures of %s, the key pair %s", credentials.access_key_id, source)
        log.info("to call it: export AWS_ENDPOINT_URL=%s AWS_REGION=%s", endpoint.url, region)
        if not found:
            log.info("and: export AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s", *server.EXAMPLE_KEY_PAIR)
        log.info("Ctrl-C ends it")
        endpoint.serve()
    return 0


def _region(argument: str | None) -> str:
    """Return the region to accept: found as the client finds its own, else the one of AWS's examples."""
    try:
        return find_region(argument, os.environ)
    except NoRegionError:
        return "us-east-1"


def _end(_signal: int, _frame: object) -> NoReturn:
    raise SystemExit(0)
