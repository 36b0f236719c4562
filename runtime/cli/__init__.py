"""``sagemaker-runtime``: what ``aws sagemaker-runtime`` does, in the same words, and a local endpoint.

Standard output carries the answer, or the answer's metadata where the body goes to a file; everything else goes to
standard error. Exit codes are those of AWS CLI v2: 0; 130 interrupted; 252 a wrong command line or member; 253 no
region or no credentials; 254 the service said no; 255 anything else.
"""

from __future__ import annotations

from collections.abc import Sequence

from runtime.cli.failure import CONFIGURATION, GENERAL, INTERRUPTED, SERVICE, USAGE, CommandError
from runtime.cli.output import complain
from runtime.cli.parser import make_parser
from runtime.errors import Error, InputError, NoCredentialsError, NoRegionError, ServiceError
from runtime.service_errors import ModelError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: the command line without the program's name; the process's own when left out.

    Returns:
        the exit code.
    """
    options = make_parser().parse_args(arguments)
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
