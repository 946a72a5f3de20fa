"""Read the tasks' common key from Secrets Manager. Blocking."""

from __future__ import annotations

from collections.abc import Callable
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
SHORTEST_KEY = 32  # characters; less is no key of ours


def forwarding_secret(secret_id: str, region: str) -> Callable[[], bytes]:
    """Give a function that reads the key anew; it blocks, and raises Unavailable if there is no good key."""
    clients: list[SecretsManagerClient] = []

    def read() -> bytes:
        try:
            # Here and not before: loading the service's model takes long enough to hold a loop up.
            client = clients[0] if clients else _open(region)
            clients[:] = [client]
            found = client.get_secret_value(SecretId=secret_id).get("SecretString", "")
        except ClientError as error:
            raise Unavailable(error.response.get("Error", {}).get("Code", "Unknown")) from error
        except BotoCoreError as error:
            raise Unavailable(type(error).__name__) from error
        if len(found) < SHORTEST_KEY:
            raise Unavailable("MalformedSecret")
        return found.encode()

    return read


def _open(region: str) -> SecretsManagerClient:
    client: SecretsManagerClient = boto3.Session(region_name=region).client(
        "secretsmanager",
        config=Config(
            connect_timeout=CONNECT_S,
            read_timeout=READ_S,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        ),
    )
    return client
