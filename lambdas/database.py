"""Reach PostgreSQL with the credentials of its secret. Runs no SQL of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from contract.settings import DatabaseSettings
from lambdas.aws import failures_as_codes
from lambdas.errors import Unavailable
from migrations.errors import ConnectionLost, SqlError
from migrations.postgres import PostgresConnection, Target, open_connection

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who we are to the database."""

    username: str
    password: str = field(repr=False)


class Database:
    """The way to the database; every call goes it anew, since the password rotates."""

    def __init__(
        self, secrets: SecretsManagerClient, settings: DatabaseSettings, *, application: str
    ) -> None:
        self._secrets = secrets
        self._settings = settings
        self._application = application

    def read_credentials(self, secret_id: str | None = None) -> Credentials:
        """Read the secret, or another one in its place.

        Raises:
            Unavailable: it could not be read, or is not {"username": ..., "password": ...}.
        """
        with failures_as_codes():
            found = self._secrets.get_secret_value(SecretId=secret_id or self._settings.secret_id)
        try:
            fields = json.loads(found["SecretString"])
            return Credentials(str(fields["username"]), str(fields["password"]))
        except (ValueError, KeyError, TypeError):
            raise Unavailable("MalformedSecret") from None

    def connect(self, credentials: Credentials, *, connect_s: float, answer_s: float) -> PostgresConnection:
        """Connect within `connect_s`; later wait at most `answer_s` for each answer.

        Raises:
            Unavailable: there is no connection; its code is the SQLSTATE or the kind of the failure.
        """
        settings = self._settings
        target = Target(
            host=settings.host,
            port=settings.port,
            name=settings.name,
            user=credentials.username,
            password=credentials.password,
            sslmode=settings.sslmode,
            ca_file=settings.ca_file,
        )
        try:
            return open_connection(
                target, connect_s=connect_s, answer_s=answer_s, application=self._application
            )
        except SqlError as error:
            raise Unavailable(error.code) from None
        except ConnectionLost as error:
            raise Unavailable(str(error)) from None
