"""``sigv4``: sign, presign and verify requests on the command line.

The keys come from ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY`` and ``AWS_SESSION_TOKEN``, never from an argument:
other users of the machine can read a command line. Results go to standard output, reasons to standard error. Exit
codes: 0 done, 1 refused by ``verify``, 2 a command line or a request that makes no sense.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from attrs import evolve

from sigv4._version import __version__
from sigv4.credentials import Credentials
from sigv4.curl import read_curl, write_curl
from sigv4.errors import CredentialsError, RequestError, SigV4Error, VerificationError
from sigv4.payload import UNSIGNED
from sigv4.raw_http import read_request, write_request
from sigv4.request import Request
from sigv4.rules import GENERIC, S3
from sigv4.scope import Scope, parse_timestamp
from sigv4.signer import Signed, presign, sign_headers
from sigv4.verify import SPECIFICATION, STRICT, verify

REFUSED = 1
USAGE = 2

_RULES = {"generic": GENERIC, "s3": S3}
_POLICIES = {"strict": STRICT, "specification": SPECIFICATION}
_EXAMPLES = """examples:
  sigv4 sign --region eu-west-1 --service sagemaker --url https://example.amazonaws.com/ --output curl
  sigv4 sign --region us-east-1 --service s3 --rules s3 -- curl -X PUT -d @file https://bucket.s3.amazonaws.com/key
  sigv4 presign --region us-east-1 --service s3 --rules s3 --url https://bucket.s3.amazonaws.com/key --unsigned-payload
  sigv4 verify --region eu-west-1 --service sagemaker --request request.http

The keys are those of AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for temporary ones, AWS_SESSION_TOKEN.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: the command line without the program's name; the process's own when left out.

    Returns:
        the exit code.
    """
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except VerificationError as error:
        print(f"refused: {error.check}\n{error.status} {error.code}: {error.message}", file=sys.stderr)
        return REFUSED
    except (SigV4Error, OSError) as error:
        print(f"sigv4: {error}", file=sys.stderr)
        return USAGE


def _sign(options: argparse.Namespace) -> int:
    request = _read(options)
    signed = sign_headers(_to_sign(options, request), _credentials(), _scope(options), _RULES[options.rules])
    _write(options.output, request, signed, _url(request))
    return 0


def _presign(options: argparse.Namespace) -> int:
    request = _read(options)
    to_sign = _to_sign(options, request)
    signed = presign(to_sign, _credentials(), _scope(options), options.expires_in, _RULES[options.rules])
    if options.output == "url":
        print(signed.url)
    else:
        _write(options.output, evolve(request, query=signed.url.partition("?")[2]), signed, signed.url)
    return 0


def _verify(options: argparse.Namespace) -> int:
    credentials = _credentials()
    policy = evolve(
        _POLICIES[options.policy], region=options.region, service=options.service, rules=_RULES[options.rules]
    )
    verified = verify(
        _to_sign(options, _read(options)),
        lambda key_id: credentials if key_id == credentials.access_key_id else None,
        _time(options),
        policy,
    )
    print(f"verified: {verified.access_key_id} {verified.scope.timestamp} {verified.scope}")
    return 0


def _read(options: argparse.Namespace) -> Request:
    sources = [bool(options.request), bool(options.curl or options.words), bool(options.url)]
    if sum(sources) != 1:
        raise RequestError("request", "is to be given once: as --request, as a curl command line, or as --url")
    if options.request:
        request = read_request(_read_file(options.request), options.scheme)
    elif options.url:
        request = Request.from_url(options.method, options.url, _headers(options.header), _data(options.data))
    else:
        request = read_curl(options.words or _words(options.curl), _read_file)
    return request


def _to_sign(options: argparse.Namespace, request: Request) -> Request:
    return evolve(request, payload=UNSIGNED) if options.unsigned_payload else request


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError as error:
        raise RequestError("curl", f"is no command line: {error}") from None


def _headers(lines: Sequence[str]) -> list[tuple[str, str]]:
    pairs = [line.partition(":") for line in lines]
    for name, colon, _ in pairs:
        if not colon:
            raise RequestError("--header", f"{name!r} is not of the form 'Name: value'")
    return [(name, value.strip(" \t")) for name, _, value in pairs]


def _data(value: str) -> bytes:
    return _read_file(value[1:]) if value.startswith("@") else value.encode("utf-8", "surrogateescape")


def _read_file(name: str) -> bytes:
    return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()


def _credentials() -> Credentials:
    values = [os.environ.get(f"AWS_{name}") or "" for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN")]
    if not values[0] or not values[1]:
        raise CredentialsError("environment", "lacks AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY; set both")
    return Credentials(values[0], values[1], values[2] or None)


def _time(options: argparse.Namespace) -> datetime:
    return parse_timestamp(options.time) if options.time else datetime.now(UTC)


def _scope(options: argparse.Namespace) -> Scope:
    region_set = options.region_set.split(",") if options.region_set else ()
    return Scope(_time(options), options.region or "", options.service, region_set)


def _url(request: Request) -> str:
    host = next(value for name, value in request.headers if name.lower() == "host")
    query = f"?{request.query}" if request.query else ""
    return f"{request.scheme}://{host}{request.path}{query}"


def _write(output: str, request: Request, signed: Signed, url: str) -> None:
    if output == "headers":
        print("\n".join(f"{name}: {value}" for name, value in signed.headers))
    elif output == "curl":
        print(write_curl(request, url, signed.headers))
    elif output == "http":
        sys.stdout.buffer.write(write_request(request, signed.headers))
        sys.stdout.buffer.flush()
    else:
        steps = {
            "canonical_request": str(signed.canonical_request),
            "string_to_sign": str(signed.string_to_sign),
            "signature": signed.signature,
            "headers": dict(signed.headers),
            "url": url,
        }
        print(json.dumps(steps, indent=2))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sigv4",
        description="Sign, presign and verify requests with AWS Signature Version 4 and 4a.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"sigv4-runtime/{__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    sign = _add_command(commands, "sign", _sign, "sign a request with headers")
    presign_parser = _add_command(commands, "presign", _presign, "sign a request as a URL")
    verify_parser = _add_command(commands, "verify", _verify, "verify a request's signature")
    for signing in (sign, presign_parser):
        signing.add_argument("--service", required=True, help="the signing name, such as sagemaker or s3")
        signing.add_argument("--region", help="such as eu-west-1")
        signing.add_argument(
            "--region-set", metavar="REGIONS", help="sign with Version 4a for these regions: a comma list, * for all"
        )
    sign.add_argument(
        "--output", choices=("headers", "curl", "http", "json"), default="headers", help="default headers"
    )
    presign_parser.add_argument("--output", choices=("url", "curl", "http", "json"), default="url", help="default url")
    presign_parser.add_argument(
        "--expires-in", type=int, default=3600, metavar="SECONDS", help="1 to 604800; default 3600"
    )
    verify_parser.add_argument("--service", help="the one service that is accepted; any when left out")
    verify_parser.add_argument("--region", help="the one region that is accepted; any when left out")
    verify_parser.add_argument("--policy", choices=tuple(_POLICIES), default="strict", help="default strict")
    return parser


def _add_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    command: Callable[[argparse.Namespace], int],
    summary: str,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    parser.set_defaults(command=command)
    request = parser.add_argument_group("the request, in one of three forms")
    request.add_argument("--request", metavar="FILE", help="raw HTTP text in a file; - is standard input")
    request.add_argument("--scheme", choices=("https", "http"), default="https", help="of a raw request; default https")
    request.add_argument("--curl", metavar="COMMAND", help="a curl command line as one argument")
    request.add_argument("words", nargs="*", metavar="curl …", help="a curl command line after --")
    request.add_argument("--url", help="with --method, --header and --data")
    request.add_argument("--method", default="GET", help="default GET")
    request.add_argument("--header", action="append", default=[], metavar="NAME: VALUE", help="may be repeated")
    request.add_argument("--data", default="", help="the body; @FILE reads it from a file")
    parser.add_argument(
        "--rules", choices=tuple(_RULES), default="generic", help="how the path is treated; default generic"
    )
    parser.add_argument("--time", metavar="YYYYMMDDTHHMMSSZ", help="the instant of the signature; now when left out")
    parser.add_argument("--unsigned-payload", action="store_true", help="leave the body out of the signature")
    return parser
