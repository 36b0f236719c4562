"""A client of SageMaker Runtime on httpx, which signs with :mod:`sigv4`. No boto.

>>> from runtime import Client, Credentials
>>> client = Client("eu-west-1", credentials=Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))
>>> client.endpoint.url
'https://runtime.sagemaker.eu-west-1.amazonaws.com'
>>> client.close()

The files in reading order: ``errors``, ``records``, ``operations``, ``check``, ``http``, ``service_errors``,
``codec``, ``endpoint``, ``config``, ``timeouts``, ``credentials``, ``http1``, ``request_builder``, ``outcome``,
``sender``, ``client``, and their twins ``async_sender`` and ``async_client``; beside them ``auth`` and ``bearer``.
"""

from runtime.async_client import AsyncClient
from runtime.auth import SigV4Auth
from runtime.bearer import mint_bearer_token
from runtime.client import Client
from runtime.client_base import PlainHttpWarning
from runtime.credentials.provider import ANONYMOUS, Anonymous
from runtime.endpoint import Endpoint, resolve_endpoint
from runtime.errors import (
    ConfigError,
    ConnectError,
    ConnectionLostError,
    ConnectTimeoutError,
    CredentialsError,
    DeadlineError,
    Delivery,
    Error,
    FirstByteTimeoutError,
    InputError,
    NoCredentialsError,
    NoRegionError,
    PoolTimeoutError,
    Problem,
    ProtocolError,
    ProxyError,
    ServiceError,
    StallTimeoutError,
    TransportError,
    UnexpectedAnswerError,
    WriteTimeoutError,
)
from runtime.records import (
    Body,
    InvokeEndpointAsyncInput,
    InvokeEndpointAsyncOutput,
    InvokeEndpointInput,
    InvokeEndpointOutput,
    Metadata,
)
from runtime.request_builder import Clock
from runtime.service_errors import (
    AccessDeniedException,
    ExpiredTokenException,
    IncompleteSignatureException,
    InternalDependencyException,
    InternalFailure,
    InvalidSignatureException,
    MissingAuthenticationTokenException,
    ModelError,
    ModelNotReadyException,
    ServiceUnavailable,
    SignatureError,
    ThrottlingException,
    UnrecognizedClientException,
    ValidationError,
)
from runtime.timeouts import Timeouts
from sigv4 import Credentials, __version__

__all__ = [
    "ANONYMOUS",
    "AccessDeniedException",
    "Anonymous",
    "AsyncClient",
    "Body",
    "Client",
    "Clock",
    "ConfigError",
    "ConnectError",
    "ConnectTimeoutError",
    "ConnectionLostError",
    "Credentials",
    "CredentialsError",
    "DeadlineError",
    "Delivery",
    "Endpoint",
    "Error",
    "ExpiredTokenException",
    "FirstByteTimeoutError",
    "IncompleteSignatureException",
    "InputError",
    "InternalDependencyException",
    "InternalFailure",
    "InvalidSignatureException",
    "InvokeEndpointAsyncInput",
    "InvokeEndpointAsyncOutput",
    "InvokeEndpointInput",
    "InvokeEndpointOutput",
    "Metadata",
    "MissingAuthenticationTokenException",
    "ModelError",
    "ModelNotReadyException",
    "NoCredentialsError",
    "NoRegionError",
    "PlainHttpWarning",
    "PoolTimeoutError",
    "Problem",
    "ProtocolError",
    "ProxyError",
    "ServiceError",
    "ServiceUnavailable",
    "SigV4Auth",
    "SignatureError",
    "StallTimeoutError",
    "ThrottlingException",
    "Timeouts",
    "TransportError",
    "UnexpectedAnswerError",
    "UnrecognizedClientException",
    "ValidationError",
    "WriteTimeoutError",
    "__version__",
    "mint_bearer_token",
    "resolve_endpoint",
]
