"""A table of live state in moto, looked at behind the adapter's back."""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from contract.records import OWNER, PARTITION_KEY, SORT_KEY, WORK_INDEX, WORK_KEY
from streaming_task.adapters.registry_dynamodb import Table
from streaming_task.adapters.registry_dynamodb.service import DynamoService
from streaming_task.adapters.registry_dynamodb.table import FOR_SESSIONS
from streaming_task.ports import Credentials
from tests.streaming_task.adapters.registry_dynamodb.lossy_table import LossyTable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


# Without second attempts, so that a lost answer is one; patient, as a full machine may be slow.
PATIENCE = replace(FOR_SESSIONS, attempts=1, connect_s=30.0, answer_s=30.0, turn_s=30.0, call_s=60.0)


@pytest.fixture
def dynamodb(aws_url: str) -> DynamoDBClient:
    """Look at the table directly."""
    client: DynamoDBClient = boto3.client(
        "dynamodb",
        endpoint_url=aws_url,
        region_name="us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
    )
    return client


def service_of(url: str, credentials: Credentials) -> DynamoService:
    """Build the adapter's client."""
    return DynamoService(
        url=url,
        region="us-east-1",
        credentials=credentials,
        patience=PATIENCE,
        now=time.time,
        random=Random(1),
    )


@pytest.fixture
async def service(aws_url: str, credentials: Credentials) -> AsyncIterator[DynamoService]:
    """Call DynamoDB as the adapter does."""
    opened = service_of(aws_url, credentials)
    yield opened
    await opened.close()


@pytest.fixture
def table_name(dynamodb: DynamoDBClient) -> str:
    """Make a table as the deployment does."""
    name = f"live-{uuid.uuid4()}"
    kinds: dict[str, Any] = {PARTITION_KEY: "HASH", SORT_KEY: "RANGE"}
    work: dict[str, Any] = {WORK_KEY: "HASH", OWNER: "RANGE"}
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in kinds.items()],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in (*kinds, *work)],
        GlobalSecondaryIndexes=[
            {
                "IndexName": WORK_INDEX,
                "KeySchema": [{"AttributeName": key, "KeyType": kind} for key, kind in work.items()],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    )
    return name


@pytest.fixture
def table(service: DynamoService, table_name: str) -> Table:
    """Open the table by the adapter."""
    return Table(service, table_name, PATIENCE)


@pytest.fixture
async def lossy_table(lossy: Any, table_name: str, credentials: Credentials) -> AsyncIterator[LossyTable]:
    """Open the same table through the proxy."""
    table = Table(service_of(lossy.url, credentials), table_name, PATIENCE)
    yield LossyTable(table, lossy)
    await table.close()
