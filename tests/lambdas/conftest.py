"""Fixtures of the Lambdas' tests: moto's AWS in this process, and a real PostgreSQL."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from functools import cache

import boto3
import pytest
from botocore.loaders import JSONFileLoader, Loader
from moto import mock_aws

from contract.metrics import Service
from contract.records import PARTITION_KEY, SORT_KEY
from tests.lambdas.table import TABLE, Table
from tests.postgres import postgres_server, postgres_target
from tests.tls_postgres import tls_server

__all__ = ["aws", "postgres_server", "postgres_target", "table", "tls_server"]


@pytest.fixture(autouse=True)
def _as_a_new_instance() -> None:
    """Forget what an earlier test of the same process left in it: the apps it built, the loggers it set up.

    An app holds that test's environment, and a logger writes where that test looked. It cannot be turned to
    this test's output here: pytest gives the test itself another than its fixtures.
    """
    for service in set(Service) - {Service.STREAMING_TASK}:  # which has loggers below its own
        logging.Logger.manager.loggerDict.pop(service.value, None)
        module = sys.modules.get(f"lambdas.{service.value}.handler")
        if module is not None:
            module._app.cache_clear()


@pytest.fixture(scope="session", autouse=True)
def _descriptions_read_once() -> Iterator[None]:
    """Keep what botocore reads of a service: each new session would read megabytes again, for every test."""
    from_disk = JSONFileLoader()
    services_on_disk = cache(Loader().list_available_services)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JSONFileLoader, "load_file", staticmethod(cache(from_disk.load_file)))
        patch.setattr(Loader, "list_available_services", lambda _, type_name: services_on_disk(type_name))
        yield


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Stand in for AWS: no call leaves this process."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield


@pytest.fixture
def table(aws: None) -> Table:
    """Give the table of live state, empty."""
    boto3.client("dynamodb").create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": PARTITION_KEY, "KeyType": "HASH"},
            {"AttributeName": SORT_KEY, "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in (PARTITION_KEY, SORT_KEY)
        ],
    )
    return Table()
