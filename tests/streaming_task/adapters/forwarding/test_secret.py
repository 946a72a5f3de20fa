"""The tasks' common key, as it lies in Secrets Manager."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import boto3
import pytest

from streaming_task.adapters.forwarding import forwarding_secret
from streaming_task.ports import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

REGION = "us-east-1"


@pytest.fixture
def vault(aws_url: str, monkeypatch: pytest.MonkeyPatch) -> SecretsManagerClient:
    """Let the adapter find Secrets Manager by its environment."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", aws_url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    client: SecretsManagerClient = boto3.client("secretsmanager", region_name=REGION)
    return client


def test_the_key_is_the_secrets_text_as_it_is_now(vault: SecretsManagerClient) -> None:
    """Read anew every time: that is how a rotation is learnt of."""
    name = f"forwarding-{uuid.uuid4()}"
    vault.create_secret(Name=name, SecretString="a" * 64)
    read = forwarding_secret(name, REGION)
    first = read()

    vault.put_secret_value(SecretId=name, SecretString="b" * 64)

    assert (first, read()) == (b"a" * 64, b"b" * 64)


def test_a_key_that_is_too_short_is_none(vault: SecretsManagerClient) -> None:
    """An empty or placeholder secret must not sign anything."""
    name = f"forwarding-{uuid.uuid4()}"
    vault.create_secret(Name=name, SecretString="changeme")

    with pytest.raises(Unavailable) as unavailable:
        forwarding_secret(name, REGION)()

    assert unavailable.value.code == "MalformedSecret"


def test_no_secret_is_unavailable(vault: SecretsManagerClient) -> None:
    """The code names the kind of failure."""
    with pytest.raises(Unavailable) as unavailable:
        forwarding_secret("no-such-secret", REGION)()

    assert unavailable.value.code == "ResourceNotFoundException"
