"""AWS Signature Version 4, written to be read.

Read the files in this order; each one imports only files above it:

1. ``errors``          what can go wrong
2. ``credentials``     who signs
3. ``scope``           when and where the signature counts
4. ``rules``           in what services differ
5. ``payload``         what is signed of a body
6. ``request``         what is signed: a request as it stands on the wire
7. ``uri``             the path and the query in canonical form
8. ``headers``         the headers in canonical form
9. ``canonical``       steps 1 and 2: the canonical request and its hash
10. ``string_to_sign`` step 3: the string to sign
11. ``keys``           steps 4 and 5: the signing key and the signature
12. ``keys_v4a``       the same for Signature Version 4a; the only file that imports cryptography
13. ``header_auth``    step 6: the signature's place in the headers
14. ``query_auth``     step 6 for a presigned URL: the signature's place in the query
15. ``signer``         the whole flow
16. ``chunks``         bodies that are signed chunk by chunk
17. ``events``         event streams that are signed message by message
18. ``claim``          what a request says about its own signature
19. ``verify``         the server's side: the same flow again, and a comparison

Beside them, for the command line: 20. ``raw_http`` (requests as text), 21. ``curl`` (requests as curl commands),
22. ``cli`` (the command ``sigv4``).

Everything is pure: time and credentials are arguments, nothing reads a clock, a file, the environment or a socket.

>>> from datetime import UTC, datetime
>>> from sigv4 import Credentials, Request, Scope, sign_headers
>>> request = Request.from_url("GET", "https://example.amazonaws.com/")
>>> credentials = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
>>> scope = Scope(datetime(2015, 8, 30, 12, 36, tzinfo=UTC), "us-east-1", "service")
>>> signed = sign_headers(request, credentials, scope)
>>> print(signed.string_to_sign)
AWS4-HMAC-SHA256
20150830T123600Z
20150830/us-east-1/service/aws4_request
bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63
>>> signed.signature
'5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'
"""

from sigv4._version import __version__
from sigv4.canonical import CanonicalRequest
from sigv4.chunks import encoded_length, sign_chunks, unsigned_chunks
from sigv4.credentials import Credentials, Secret
from sigv4.errors import (
    AlreadySignedError,
    CredentialsError,
    ExpiryError,
    MissingExtraError,
    RequestError,
    ScopeError,
    SigningError,
    SigV4Error,
    VerificationError,
)
from sigv4.events import sign_events
from sigv4.keys import SigningKey
from sigv4.payload import UNSIGNED, Digest, Payload, Unhashed
from sigv4.request import Headers, Request
from sigv4.rules import GENERIC, S3, Rules
from sigv4.scope import Scope, parse_timestamp
from sigv4.signer import Signed, Signer, presign, sign_headers
from sigv4.string_to_sign import StringToSign
from sigv4.verify import SPECIFICATION, STRICT, Verified, VerifyPolicy, verify

__all__ = [
    "GENERIC",
    "S3",
    "SPECIFICATION",
    "STRICT",
    "UNSIGNED",
    "AlreadySignedError",
    "CanonicalRequest",
    "Credentials",
    "CredentialsError",
    "Digest",
    "ExpiryError",
    "Headers",
    "MissingExtraError",
    "Payload",
    "Request",
    "RequestError",
    "Rules",
    "Scope",
    "ScopeError",
    "Secret",
    "SigV4Error",
    "Signed",
    "Signer",
    "SigningError",
    "SigningKey",
    "StringToSign",
    "Unhashed",
    "VerificationError",
    "Verified",
    "VerifyPolicy",
    "__version__",
    "encoded_length",
    "parse_timestamp",
    "presign",
    "sign_chunks",
    "sign_events",
    "sign_headers",
    "unsigned_chunks",
    "verify",
]
