"""Start and stop the local endpoint: in the foreground for ``sagemaker-runtime serve``, in a thread for tests."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn

from runtime.emulator.app import make_app
from runtime.emulator.iris import IrisModel, load_iris
from runtime.emulator.operations import Service
from runtime.emulator.protocol import StrictProtocol
from runtime.emulator.storage import FolderStorage
from runtime.errors import ConfigError
from sigv4 import Credentials

HOST = "127.0.0.1"
EXAMPLE_KEY_PAIR = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
"""The key pair of AWS's documentation; it belongs to nobody and is no secret."""
EXAMPLE_CREDENTIALS = Credentials(*EXAMPLE_KEY_PAIR)
_STOP_SECONDS = 10
_BACKLOG = 256


class LocalEndpoint:
    """The local endpoint on 127.0.0.1; it accepts connections from the moment it is made.

    Use it in a ``with`` statement to serve from a thread, or call ``serve`` to serve in the foreground.

    Args:
        s3_folder: the folder that plays Amazon S3.
        credentials: the one caller whose signatures are accepted.
        region: the one region for which they are accepted.
        port: 0 takes any free one.
        now: the server's time, aware, UTC; the machine's own when left out.

    Raises:
        ConfigError: when the port is taken or may not be used.
    """

    def __init__(
        self,
        s3_folder: Path,
        *,
        credentials: Credentials = EXAMPLE_CREDENTIALS,
        region: str = "us-east-1",
        port: int = 0,
        now: Callable[[], datetime] | None = None,
        protocol: type[StrictProtocol] = StrictProtocol,
    ) -> None:
        try:
            self._socket = _listen(port)
        except OSError as error:
            raise ConfigError(
                f"port {port} of {HOST} cannot be used: {error.strerror}; give --port 0 for any"
            ) from None
        try:
            self.storage = FolderStorage(s3_folder)
        except OSError as error:
            self._socket.close()
            raise ConfigError(f"the folder {s3_folder} cannot be used: {error.strerror}") from None
        service = Service(IrisModel(load_iris()), self.storage, region)
        app = make_app(service, credentials, region, now)
        config = uvicorn.Config(
            app,
            http=protocol,
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="on",
        )
        self._server = uvicorn.Server(config)
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """What to give a client as ``endpoint_url``."""
        return f"http://{HOST}:{self._socket.getsockname()[1]}"

    def serve(self) -> None:
        """Serve until the process is told to stop."""
        self._server.run(sockets=[self._socket])

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self.serve, name="local endpoint", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(_STOP_SECONDS)
        self._socket.close()


def _listen(port: int) -> socket.socket:
    # asyncio switches Nagle's delay off (40 ms for each answer) only where the protocol is named.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        listening.listen(_BACKLOG)
    except BaseException:
        listening.close()
        raise
    return listening
