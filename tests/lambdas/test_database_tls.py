"""How migrate and api know the database: by its certificate, on a real PostgreSQL that speaks TLS only."""

from __future__ import annotations

import json
from dataclasses import replace

import boto3
import pytest

from contract.settings import DatabaseSettings
from lambdas.aws import Clients
from lambdas.database import Database
from lambdas.errors import Unavailable
from migrations.postgres import PostgresConnection, Target
from tests.tls_postgres import OTHER_HOST, TlsServer

RDS_ROOTS = "certificates/rds-ca-rsa2048-g1.pem"


@pytest.fixture
def settings(aws: None, tls_server: TlsServer) -> DatabaseSettings:
    """Say what a deployment would: the host's name, verify-full, the authority's file."""
    target = tls_server.target
    credentials = {"username": target.user, "password": target.password}
    boto3.client("secretsmanager").create_secret(Name="database", SecretString=json.dumps(credentials))
    return DatabaseSettings("database", target.host, target.port, target.name, "verify-full", target.ca_file)


def open_with(settings: DatabaseSettings) -> PostgresConnection:
    database = Database(Clients().secrets(), settings, application="test")
    return database.connect(database.read_credentials(), connect_s=2.0, answer_s=2.0)


def test_the_right_authority_and_the_right_name_are_taken(settings: DatabaseSettings) -> None:
    """And what follows is encrypted: the server itself says so."""
    with open_with(settings) as connection:
        used = connection.run("SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()")

    assert used == [[True, "TLSv1.3"]]


def test_another_authority_is_refused(settings: DatabaseSettings, tls_server: TlsServer) -> None:
    """Whoever stands in between has a certificate too, only not from this authority."""
    for ca_file in (tls_server.another_ca_file, RDS_ROOTS, None):
        with pytest.raises(Unavailable, match="SSLCertVerificationError"):
            open_with(replace(settings, ca_file=ca_file))


def test_another_name_is_refused(settings: DatabaseSettings) -> None:
    """The same authority signs for other databases than ours."""
    with pytest.raises(Unavailable, match="SSLCertVerificationError"):
        open_with(replace(settings, host=OTHER_HOST))


def test_such_a_server_lets_nobody_in_without_tls(settings: DatabaseSettings) -> None:
    """As `rds.force_ssl` has it."""
    with pytest.raises(Unavailable, match="28000"):
        open_with(replace(settings, sslmode="disable"))


def test_a_server_without_tls_is_refused(settings: DatabaseSettings, postgres_target: Target) -> None:
    """No password is sent over a connection that anyone could read."""
    with pytest.raises(Unavailable, match="InterfaceError"):
        open_with(replace(settings, port=postgres_target.port, name=postgres_target.name))
