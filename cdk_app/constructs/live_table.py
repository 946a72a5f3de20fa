"""The DynamoDB table of live state: sessions, finals, tasks, connections and tickets."""

from __future__ import annotations

from typing import Final

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_app.constructs.encryption_key import EncryptionKey
from contract import records

_STRING: Final = dynamodb.AttributeType.STRING

# What each part does to the table. TransactWriteItems is authorised as the single writes it holds.
_CONNECT: Final = (
    "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
)
_DISCONNECT: Final = ("dynamodb:DeleteItem",)
_API: Final = ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query")
_HISTORY: Final = ("dynamodb:GetItem", "dynamodb:Query")
_ERASING: Final = ("dynamodb:BatchWriteItem",)
_SESSIONS: Final = (
    "dynamodb:BatchGetItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:UpdateItem",
)


class LiveTable(Construct):
    """One table with the contract's keys, its TTL, and the sparse index that finds unfinished sessions."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        key: EncryptionKey,
        removal_policy: RemovalPolicy,
        is_deletion_protected: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        self._key = key
        self.table = dynamodb.TableV2(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name=records.PARTITION_KEY, type=_STRING),
            sort_key=dynamodb.Attribute(name=records.SORT_KEY, type=_STRING),
            time_to_live_attribute=records.TTL,
            global_secondary_indexes=[
                dynamodb.GlobalSecondaryIndexPropsV2(
                    index_name=records.WORK_INDEX,
                    partition_key=dynamodb.Attribute(name=records.WORK_KEY, type=_STRING),
                    sort_key=dynamodb.Attribute(name=records.OWNER, type=_STRING),
                )
            ],
            encryption=dynamodb.TableEncryptionV2.customer_managed_key(key.key),
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=is_deletion_protected,
            removal_policy=removal_policy,
        )

    def grant_opening_connections(self, grantee: iam.IGrantable) -> None:
        """Let the grantee consume a ticket and record the connection, in one transaction."""
        self._grant(grantee, _CONNECT)

    def grant_closing_connections(self, grantee: iam.IGrantable) -> None:
        """Let the grantee delete a connection's record."""
        self._grant(grantee, _DISCONNECT)

    def grant_answering_the_page(self, grantee: iam.IGrantable) -> None:
        """Let the grantee put tickets and marks, read marks, and count the tasks for the health report."""
        self._grant(grantee, _API)

    def grant_reading_sessions(self, grantee: iam.IGrantable) -> None:
        """Let the grantee read marks, finals, and whether somebody works on a session."""
        self._grant(grantee, _HISTORY)

    def grant_erasing_sessions(self, grantee: iam.IGrantable) -> None:
        """Let the grantee delete what is left of a session."""
        self._grant(grantee, _ERASING)

    def grant_running_sessions(self, grantee: iam.IGrantable) -> None:
        """Let the grantee do all that owning sessions takes, finding those without an owner; never a scan."""
        self._grant(grantee, _SESSIONS)
        index_arn = f"{self.table.table_arn}/index/{records.WORK_INDEX}"
        iam.Grant.add_to_principal(grantee=grantee, actions=["dynamodb:Query"], resource_arns=[index_arn])

    def _grant(self, grantee: iam.IGrantable, actions: tuple[str, ...]) -> None:
        # Not the table's own `grant`: it adds every index of the table.
        iam.Grant.add_to_principal(
            grantee=grantee, actions=list(actions), resource_arns=[self.table.table_arn]
        )
        self._key.grant_use_by_dynamodb(grantee)
