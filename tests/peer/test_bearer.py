"""botocore's presigned URL makes the same bearer token as ours at the same time."""

import base64

import pytest

from runtime import mint_bearer_token
from sigv4 import Credentials
from tests.peer.pipe import Peer
from tests.runtime.examples import CREDENTIALS, TEMPORARY, TIME


@pytest.mark.parametrize("credentials", [CREDENTIALS, TEMPORARY], ids=["long-term", "temporary"])
@pytest.mark.parametrize(("region", "expires_in"), [("us-east-1", 43_200), ("eu-west-1", 1), ("cn-north-1", 900)])
def test_botocore_makes_the_same_token(peer: Peer, credentials: Credentials, region: str, expires_in: int) -> None:
    """The URL that its SigV4QueryAuth makes, without the scheme and with the version, in base64 after the prefix."""
    token = credentials.session_token
    answer = peer.call(
        "botocore_sign",
        method="POST",
        url="https://sagemaker.amazonaws.com/?Action=CallWithBearerToken",
        headers=[["Host", "sagemaker.amazonaws.com"]],
        credentials={
            "access_key_id": credentials.access_key_id,
            "secret_access_key": credentials.secret_access_key.reveal(),
            "session_token": token.reveal() if token else None,
        },
        region=region,
        service="sagemaker",
        time=f"{TIME:%Y%m%dT%H%M%SZ}",
        placement="query",
        expires=expires_in,
    )
    text = answer["url"].removeprefix("https://") + "&Version=1"
    expected = "sagemaker-api-key-" + base64.b64encode(text.encode()).decode()

    assert expected == mint_bearer_token(credentials, region, TIME, expires_in).reveal()
