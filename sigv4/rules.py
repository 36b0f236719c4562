"""In what services differ: four choices with names, and the two sets of them that AWS uses.

Source: IAM User Guide, "Create a signed AWS API request", step 1 (the notes on Amazon S3), and the settings of AWS's
signing test suite.
"""

from __future__ import annotations

from attrs import frozen


@frozen
class Rules:
    """How a service wants its requests signed.

    Attributes:
        normalize_path: remove dot segments and doubled slashes from the path (RFC 3986, section 5.2.4).
        encode_path_twice: percent-encode the path of the wire once more, so that ``%20`` is signed as ``%2520``.
        sign_body_header: add ``X-Amz-Content-SHA256`` and sign it.
        omit_session_token: add the session token after signing, for the few services that ask for it unsigned.
    """

    normalize_path: bool = True
    encode_path_twice: bool = True
    sign_body_header: bool = False
    omit_session_token: bool = False


GENERIC = Rules()
"""Every service but Amazon S3; SageMaker Runtime among them."""

S3 = Rules(normalize_path=False, encode_path_twice=False, sign_body_header=True)
"""Amazon S3 and its relatives: an object's key is any text, so its path is signed as it stands on the wire."""
