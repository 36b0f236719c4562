"""``invoke-endpoint`` and ``invoke-endpoint-async``: build the record, send it, show what came.

The body goes to the outfile and the other members to standard output, as AWS's CLI has it. Without an outfile the
body goes to standard output and the members to standard error. An outfile is made before anything is sent, and
appears under its name when it is whole.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any, TextIO

from runtime.cli.body import read_body
from runtime.cli.outfile import Outfile
from runtime.cli.output import write_body, write_text
from runtime.client import Client
from runtime.credentials.provider import ANONYMOUS
from runtime.operations import INVOKE_ENDPOINT, Operation
from runtime.records import (
    InvokeEndpointAsyncInput,
    InvokeEndpointAsyncOutput,
    InvokeEndpointInput,
    InvokeEndpointOutput,
)
from runtime.timeouts import Timeouts


def run(options: argparse.Namespace) -> int:
    """Send the request that the options describe, and show the answer."""
    operation: Operation = options.operation
    members: dict[str, Any] = {member.attribute: getattr(options, member.attribute) for member in operation.members}
    if members["body"] is not None:
        members["body"] = read_body(members["body"], options.cli_binary_format)
    with _client(options) as client:
        if operation is INVOKE_ENDPOINT:
            _invoke(client, InvokeEndpointInput(**members), options.outfile)
        else:
            _show(operation, client.send(InvokeEndpointAsyncInput(**members)), sys.stdout)
    return 0


def _client(options: argparse.Namespace) -> Client:
    return Client(
        options.region,
        endpoint_url=options.endpoint_url,
        credentials=ANONYMOUS if options.no_sign_request else None,
        verify=False if options.no_verify_ssl else options.ca_bundle or True,
        timeout=Timeouts(
            connect=options.cli_connect_timeout or None,
            first_byte=options.cli_read_timeout or None,
            stall=options.cli_read_timeout or None,
        ),
    )


def _invoke(client: Client, record: InvokeEndpointInput, outfile: str) -> None:
    if outfile == "-":
        answer = client.send(record)
        write_body(answer.body)
        _show(INVOKE_ENDPOINT, answer, sys.stderr)
        return
    with Outfile(outfile) as file:
        answer = client.send(record)
        file.write(answer.body)
    _show(INVOKE_ENDPOINT, answer, sys.stdout)


def _show(
    operation: Operation, answer: InvokeEndpointOutput | InvokeEndpointAsyncOutput, stream: TextIO | None
) -> None:
    """Print the members that came as AWS's CLI does: indented JSON in the order of the service model."""
    members = {member.name: getattr(answer, member.attribute) for member in operation.answers}
    if isinstance(answer, InvokeEndpointAsyncOutput):
        members["InferenceId"] = answer.inference_id
    came = {name: value for name, value in members.items() if value is not None}
    if came:
        write_text(json.dumps(came, indent=4), stream)
