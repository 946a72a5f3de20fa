"""The marks of users who signed out everywhere: what was issued before one is good for nothing any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from contract.records import PARTITION_KEY, REVOKED, REVOKED_KEPT_S, SORT_KEY, TTL, user_key
from lambdas.aws import failures_as_codes
from lambdas.identity import Identity

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef


class SignOuts:
    """The marks in the table of live state."""

    def __init__(self, dynamodb: DynamoDBClient, table_name: str) -> None:
        self._dynamodb = dynamodb
        self._table_name = table_name

    def mark(self, identity: Identity, *, now: float) -> None:
        """Note that this user signs out everywhere; `now` is Unix seconds.

        A token from before the last mark moves it no further: neither does a repeat, nor whoever stole the
        token that the user has signed out because of, and so what was begun since then stays.

        Raises:
            Unavailable: it may not be noted.
        """
        at = int(now)
        with failures_as_codes():
            try:
                self._dynamodb.put_item(
                    TableName=self._table_name,
                    Item={
                        **_key(identity),
                        "at": {"N": str(at)},
                        TTL: {"N": str(at + REVOKED_KEPT_S)},
                    },
                    ConditionExpression="attribute_not_exists(#at) OR #at < :issued_at",
                    ExpressionAttributeNames={"#at": "at"},
                    ExpressionAttributeValues={":issued_at": {"N": str(identity.issued_at)}},
                )
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") != "ConditionalCheckFailedException":
                    raise

    def has_signed_out(self, identity: Identity) -> bool:
        """Tell whether this user has signed out everywhere since the token was issued.

        Raises:
            Unavailable: it could not be read.
        """
        with failures_as_codes():
            found = self._dynamodb.get_item(
                TableName=self._table_name, Key=_key(identity), ConsistentRead=True
            )
        # A token issued in the very second of the sign-out may have come before it.
        return "Item" in found and int(found["Item"]["at"]["N"]) >= identity.issued_at


def _key(identity: Identity) -> dict[str, AttributeValueTypeDef]:
    return {PARTITION_KEY: {"S": user_key(identity.user_id)}, SORT_KEY: {"S": REVOKED}}
