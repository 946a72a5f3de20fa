"""The table as the contract's records need it."""

from __future__ import annotations

from contract import records
from tests.cdk_app.assembly import Assembly


def test_the_tables_keys_are_the_contracts(assembly: Assembly) -> None:
    """What the task writes must be found again under the same keys."""
    table = assembly.data.only("AWS::DynamoDB::GlobalTable").properties

    assert table["KeySchema"] == [
        {"AttributeName": records.PARTITION_KEY, "KeyType": "HASH"},
        {"AttributeName": records.SORT_KEY, "KeyType": "RANGE"},
    ]
    types = {
        attribute["AttributeName"]: attribute["AttributeType"] for attribute in table["AttributeDefinitions"]
    }
    assert set(types.values()) == {"S"}


def test_unfinished_sessions_are_found_without_a_scan(assembly: Assembly) -> None:
    """Only what carries the index's key is in it."""
    (index,) = assembly.data.only("AWS::DynamoDB::GlobalTable").properties["GlobalSecondaryIndexes"]

    assert index["IndexName"] == records.WORK_INDEX
    assert index["KeySchema"] == [
        {"AttributeName": records.WORK_KEY, "KeyType": "HASH"},
        {"AttributeName": records.OWNER, "KeyType": "RANGE"},
    ]
    assert index["Projection"] == {"ProjectionType": "ALL"}


def test_what_is_over_is_forgotten_by_itself(assembly: Assembly) -> None:
    """Tickets, connections and finished sessions carry their end."""
    table = assembly.data.only("AWS::DynamoDB::GlobalTable").properties

    assert table["TimeToLiveSpecification"] == {"AttributeName": records.TTL, "Enabled": True}


def test_live_state_lies_under_our_key_and_can_be_restored(assembly: Assembly) -> None:
    """Finals are what a patient said."""
    table = assembly.data.only("AWS::DynamoDB::GlobalTable").properties

    assert table["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS"}
    (replica,) = table["Replicas"]
    assert "KMSMasterKeyId" in replica["SSESpecification"]
    assert replica["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
