"""``sagemaker-runtime``: what ``aws sagemaker-runtime`` does, in the same words, and a local endpoint.

Standard output carries the answer, or the answer's metadata where the body goes to a file; everything else goes to
standard error. Exit codes are those of AWS CLI v2: 0; 130 interrupted; 252 a wrong command line or member; 253 no
region or no credentials; 254 the service said no; 255 anything else.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from runtime.cli.failure import CONFIGURATION, GENERAL, INTERRUPTED, SERVICE, USAGE, CommandError
from runtime.cli.output import complain
from runtime.cli.parser import make_parser
from runtime.errors import Error, InputError, NoCredentialsError, NoRegionError, ServiceError
from runtime.service_errors import ModelError

_WORDS_WITH_HELP = 2
_NO_REGION = (
    "You must specify a region: --region, AWS_REGION or AWS_DEFAULT_REGION. "
    "It is signed, so it is needed with every endpoint."
)
_NO_CREDENTIALS = (
    "Unable to locate credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN for "
    "temporary ones), or send the request unsigned with --no-sign-request."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: the command line without the program's name; the process's own when left out.

    Returns:
        the exit code.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[-1:] == ["help"] and len(words) <= _WORDS_WITH_HELP:
        words[-1] = "--help"  # AWS's CLI knows the word alone
    options = make_parser().parse_args(words)
    try:
        run = options.load()
        return int(run(options))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return GENERAL
    except (CommandError, Error) as error:
        complain(f"\n{_text(error)}")
        return _exit_code(error)


def _exit_code(error: CommandError | Error) -> int:
    if isinstance(error, CommandError):
        return error.exit_code
    codes = (
        (InputError, USAGE),
        (NoRegionError, CONFIGURATION),
        (NoCredentialsError, CONFIGURATION),
        (ServiceError, SERVICE),
    )
    return next((code for kind, code in codes if isinstance(error, kind)), GENERAL)


def _text(error: CommandError | Error) -> str:
    if isinstance(error, InputError):
        problems = "\n".join(f"  {problem}" for problem in error.problems)
        return f"{error.operation} was not sent; these members cannot be:\n{problems}"
    if isinstance(error, NoRegionError):
        return _NO_REGION
    if isinstance(error, NoCredentialsError):
        return _NO_CREDENTIALS
    return _service_error_text(error) if isinstance(error, ServiceError) else str(error)


def _service_error_text(error: ServiceError) -> str:
    lines = [str(error)]
    if isinstance(error, ModelError):
        members = (
            ("OriginalStatusCode", error.original_status_code),
            ("OriginalMessage", error.original_message),
            ("LogStreamArn", error.log_stream_arn),
        )
        lines += [f"{name}: {value}" for name, value in members if value is not None]
    if error.request_id:
        lines.append(f"request id: {error.request_id}")
    return "\n".join(lines)
