"""A client of SageMaker Runtime on httpx, which signs with :mod:`sigv4`. No boto.

>>> from runtime import Client, Credentials
>>> client = Client("eu-west-1", credentials=Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))
>>> client.endpoint.url
'https://runtime.sagemaker.eu-west-1.amazonaws.com'
>>> client.close()

The files in reading order: ``errors``, ``records``, ``operations``, ``check``, ``http``, ``service_errors``, ``codec``,
``endpoint``, ``config``, ``timeouts``, ``credentials``, ``sender``, ``client``; beside them ``auth`` and ``bearer``.
"""

from runtime.auth import SigV4Auth
from runtime.bearer import mint_bearer_token
from runtime.client import Client, PlainHttpWarning
from runtime.credentials.provider import ANONYMOUS, Anonymous
from runtime.endpoint import Endpoint, resolve_endpoint
from runtime.errors import (
    ConfigError,
    CredentialsError,
    Delivery,
    Error,
    InputError,
    NoCredentialsError,
    NoRegionError,
    Problem,
    ServiceError,
    TransportError,
    UnexpectedAnswerError,
)
from runtime.records import (
    Body,
    InvokeEndpointAsyncInput,
    InvokeEndpointAsyncOutput,
    InvokeEndpointInput,
    InvokeEndpointOutput,
    Metadata,
)
from runtime.sender import Clock
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
    "Body",
    "Client",
    "Clock",
    "ConfigError",
    "Credentials",
    "CredentialsError",
    "Delivery",
    "Endpoint",
    "Error",
    "ExpiredTokenException",
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
    "Problem",
    "ServiceError",
    "ServiceUnavailable",
    "SigV4Auth",
    "SignatureError",
    "ThrottlingException",
    "Timeouts",
    "TransportError",
    "UnexpectedAnswerError",
    "UnrecognizedClientException",
    "ValidationError",
    "__version__",
    "mint_bearer_token",
    "resolve_endpoint",
]
