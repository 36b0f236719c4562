"""The command line: options of an operation come from the operation's own table.

What a command does is loaded when it is chosen, so that ``--help`` stays quick and ``serve`` can be missing.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, NoReturn

from runtime.cli.failure import USAGE
from runtime.operations import INVOKE_ENDPOINT, INVOKE_ENDPOINT_ASYNC, Blob, Member, Number, Operation
from sigv4 import __version__

_BODY_HELP = (
    "the body: base64 text; with --cli-binary-format raw-in-base64-out the text itself; file://PATH the same from a "
    "file; fileb://PATH a file's bytes; - standard input's bytes"
)
_MOST_DIGITS = 7
_LAST_PORT = 65_535
_EXAMPLES = """examples:
  sagemaker-runtime serve --port 8080
  sagemaker-runtime invoke-endpoint --endpoint-name iris --body fileb://flowers.csv --content-type text/csv answer.csv
  sagemaker-runtime invoke-endpoint --endpoint-name iris --body - --content-type text/csv < flowers.csv
  sagemaker-runtime invoke-endpoint-async --endpoint-name iris --input-location s3://bucket/flowers.csv
"""


class _Parser(argparse.ArgumentParser):
    """Ends with AWS CLI v2's code for a command line that cannot be read."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"\n{self.prog}: {message}\nsee: {self.prog} --help\n")


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = _Parser(
        prog="sagemaker-runtime",
        description="Call SageMaker endpoints; requests are signed with AWS Signature Version 4. No boto.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"sigv4-runtime/{__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_operation(commands, "invoke-endpoint", INVOKE_ENDPOINT, "send a body to a model and write its answer")
    _add_operation(
        commands, "invoke-endpoint-async", INVOKE_ENDPOINT_ASYNC, "queue a request, and print where its answer will be"
    )
    _add_serve(commands)
    return parser


def _add_operation(commands: Any, name: str, operation: Operation, summary: str) -> None:
    parser = commands.add_parser(name, help=summary, description=f"{operation.name}: {summary}.")
    members = parser.add_argument_group("members of the request")
    for member in operation.members:
        members.add_argument(
            f"--{member.attribute.replace('_', '-')}",
            dest=member.attribute,
            required=member.required,
            type=int if isinstance(member.limits, Number) else str,
            metavar=_metavar(member),
            help=_help(member),
        )
    if operation is INVOKE_ENDPOINT:
        parser.add_argument(
            "outfile",
            nargs="?",
            default="-",
            help="where the body of the answer goes; standard output when left out or -",
        )
    _add_global_options(parser)
    parser.set_defaults(load=_load_invoke, operation=operation)


def _add_global_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("global options")
    group.add_argument("--region", help="such as eu-west-1; else AWS_REGION, AWS_DEFAULT_REGION")
    group.add_argument("--endpoint-url", metavar="URL", help="an endpoint of your own, such as http://127.0.0.1:8080")
    group.add_argument("--no-sign-request", action="store_true", help="send the request unsigned")
    group.add_argument("--no-verify-ssl", action="store_true", help="do not check the server's certificate")
    group.add_argument("--ca-bundle", metavar="PATH", help="certificates to trust instead of certifi's")
    group.add_argument(
        "--cli-connect-timeout", type=_seconds, default=60, metavar="SECONDS", help="0 is no limit; default 60"
    )
    group.add_argument(
        "--cli-read-timeout", type=_seconds, default=60, metavar="SECONDS", help="0 is no limit; default 60"
    )
    group.add_argument(
        "--cli-binary-format",
        choices=("base64", "raw-in-base64-out"),
        default="base64",
        help="how --body text is read; default base64, as in AWS CLI v2",
    )


def _add_serve(commands: Any) -> None:
    summary = "serve a local endpoint that verifies signatures (needs the extra 'serve')"
    parser = commands.add_parser(
        "serve",
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}. It hosts the endpoint 'iris', accepts the key pair of its own "
        "environment (AWS's published example pair where there is none), and prints its URL on standard output.",
    )
    parser.add_argument(
        "--port", type=_port, default=0, help="the port on 127.0.0.1; 0 (the default) takes any free one"
    )
    parser.add_argument("--region", help="the one region that signatures may name; else the environment's, us-east-1")
    parser.add_argument(
        "--s3-folder", metavar="PATH", help="the folder that plays Amazon S3; a temporary one when left out"
    )
    parser.set_defaults(load=_load_serve)


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds; 0 is no limit")
    return int(text)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS and int(text) <= _LAST_PORT):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 0 to {_LAST_PORT}")
    return int(text)


def _load_invoke() -> Callable[[argparse.Namespace], int]:
    from runtime.cli.invoke import run  # noqa: PLC0415 - loaded when it is chosen

    return run


def _load_serve() -> Callable[[argparse.Namespace], int]:
    from runtime.cli.serve import run  # noqa: PLC0415 - loaded when it is chosen

    return run


def _metavar(member: Member) -> str:
    return "SECONDS" if isinstance(member.limits, Number) else "VALUE"


def _help(member: Member) -> str:
    limits = member.limits
    if isinstance(limits, Blob):
        return f"{_BODY_HELP}; at most {limits.limit:,} bytes"
    if isinstance(limits, Number):
        return f"{limits.least} to {limits.greatest} seconds"
    return f"at most {limits.longest} characters: {limits.described}"
