"""A table of live state in moto, looked at behind the adapter's back."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from contract.records import OWNER, PARTITION_KEY, SORT_KEY, WORK_INDEX, WORK_KEY
from streaming_task.adapters.registry_dynamodb import Table
from tests.streaming_task.adapters.registry_dynamodb.lossy_table import LossyTable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def client_of(url: str) -> DynamoDBClient:
    """Build a client without second attempts, that fails in the test's time rather than after it."""
    client: DynamoDBClient = boto3.client(
        "dynamodb",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=30, max_pool_connections=16),
    )
    return client


@pytest.fixture
def dynamodb(aws_url: str) -> DynamoDBClient:
    """Look at the table directly."""
    return client_of(aws_url)


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
async def table(dynamodb: DynamoDBClient, table_name: str) -> AsyncIterator[Table]:
    """Open the table by the adapter."""
    opened = Table(dynamodb, table_name)
    yield opened
    await opened.close()


@pytest.fixture
async def lossy_table(lossy: Any, table_name: str) -> AsyncIterator[LossyTable]:
    """Open the same table through the proxy."""
    table = Table(client_of(lossy.url), table_name)
    yield LossyTable(table, lossy)
    await table.close()
