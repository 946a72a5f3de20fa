"""Read the database's user and password from Secrets Manager. Blocking."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from streaming_task.ports import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

CONNECT_S = 2.0
READ_S = 3.0
ATTEMPTS = 2


@dataclass(frozen=True, slots=True)
class DatabaseUser:
    """Who we are to the database."""

    name: str
    password: str = field(repr=False)


class DatabaseSecret:
    """The secret as it was read last; `read` reads it anew."""

    def __init__(self, secret_id: str, region: str) -> None:
        self._secret_id = secret_id
        self._region = region
        self._client: SecretsManagerClient | None = None
        self._known: DatabaseUser | None = None

    def user(self) -> DatabaseUser:
        """Give what is known, reading it the first time.

        Raises:
            Unavailable: it could not be read, or is not {"username": ..., "password": ...}.
        """
        return self._known or self.read()

    def read(self) -> DatabaseUser:
        """Read the secret; it rotates.

        Raises:
            Unavailable: it could not be read, or is not {"username": ..., "password": ...}.
        """
        try:
            found = self._open().get_secret_value(SecretId=self._secret_id)
            fields = json.loads(found["SecretString"])
            self._known = DatabaseUser(str(fields["username"]), str(fields["password"]))
        except ClientError as error:
            raise Unavailable(error.response.get("Error", {}).get("Code", "Unknown")) from error
        except BotoCoreError as error:
            raise Unavailable(type(error).__name__) from error
        except (ValueError, KeyError, TypeError):
            raise Unavailable("MalformedSecret") from None  # the cause would hold the secret
        return self._known

    def _open(self) -> SecretsManagerClient:
        # Here and not in the constructor: loading the service's model takes long enough to hold a loop up.
        if self._client is None:
            self._client = boto3.Session(region_name=self._region).client(
                "secretsmanager",
                config=Config(
                    connect_timeout=CONNECT_S,
                    read_timeout=READ_S,
                    retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
                ),
            )
        return self._client
