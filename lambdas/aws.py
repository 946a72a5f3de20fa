"""Make AWS clients with limits, and turn their errors into codes. Decides nothing else.

The clients are boto3's, made by botocore: boto3 on top of it imports its S3 transfer parts: some 70 ms of
every cold start for nothing that is used here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lambdas.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient


class Clients:
    """Makes clients in one session, which reads each service's model from the disk once."""

    def __init__(self) -> None:
        self._session = botocore.session.get_session()

    def dynamodb(self, *, attempts: int = 3, answer_s: float = 2.0) -> DynamoDBClient:
        """Make a client that gives up after so many attempts of so long each."""
        client = self._session.create_client("dynamodb", config=_config(attempts, answer_s))
        return cast("DynamoDBClient", client)

    def secrets(self, *, attempts: int = 3, answer_s: float = 2.0) -> SecretsManagerClient:
        """Make a client that gives up after so many attempts of so long each."""
        client = self._session.create_client("secretsmanager", config=_config(attempts, answer_s))
        return cast("SecretsManagerClient", client)

    def audio(self, *, attempts: int = 3, answer_s: float = 5.0) -> S3Client:
        """Make a client that gives up after so many attempts of so long each, and signs URLs."""
        # Version 4: what lies under a key of KMS is given to no older signature. The region's own host, also
        # in us-east-1: the page's policy names one.
        own = Config(signature_version="s3v4", s3={"us_east_1_regional_endpoint": "regional"})
        client = self._session.create_client("s3", config=_config(attempts, answer_s).merge(own))
        return cast("S3Client", client)

    def user_pool(self, *, attempts: int = 3, answer_s: float = 2.0) -> CognitoIdentityProviderClient:
        """Make a client that gives up after so many attempts of so long each."""
        client = self._session.create_client("cognito-idp", config=_config(attempts, answer_s))
        return cast("CognitoIdentityProviderClient", client)


@contextmanager
def failures_as_codes() -> Iterator[None]:
    """Raise `Unavailable` for whatever the SDK raises inside.

    Raises:
        Unavailable: with the service's error code, or the name of the SDK's error.
    """
    try:
        yield
    except ClientError as error:
        raise Unavailable(error.response.get("Error", {}).get("Code", "Unknown")) from None
    except BotoCoreError as error:
        raise Unavailable(type(error).__name__) from None


def _config(attempts: int, answer_s: float) -> Config:
    return Config(
        connect_timeout=min(1.0, answer_s),
        read_timeout=answer_s,
        retries={"mode": "standard", "total_max_attempts": attempts},
    )
