"""The one KMS key under which everything of a patient's lies."""

from __future__ import annotations

from typing import Final

from aws_cdk import Aws, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

# Spelt out: the library's own grants name some of these with a star.
_OBJECT_ACTIONS: Final = ("kms:Decrypt", "kms:GenerateDataKey")
_TABLE_ACTIONS: Final = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)


class EncryptionKey(Construct):
    """A rotated key that CloudWatch Logs may use for this account's log groups."""

    def __init__(self, scope: Construct, construct_id: str, *, removal_policy: RemovalPolicy) -> None:
        super().__init__(scope, construct_id)
        self.key = kms.Key(
            self,
            "Key",
            description="Patients' audio, transcripts and logs",
            enable_key_rotation=True,
            removal_policy=removal_policy,
        )
        stack = Stack.of(self)
        self.key.grant_encrypt_decrypt(
            iam.ServicePrincipal(
                f"logs.{stack.region}.amazonaws.com",
                conditions={
                    "ArnLike": {
                        "kms:EncryptionContext:aws:logs:arn": (
                            f"arn:{Aws.PARTITION}:logs:{stack.region}:{Aws.ACCOUNT_ID}:log-group:*"
                        )
                    }
                },
            )
        )

    def grant_use_by_s3(self, grantee: iam.IGrantable) -> None:
        """Let S3 encrypt and decrypt objects for the grantee."""
        self._grant_through("s3", grantee, _OBJECT_ACTIONS)

    def grant_use_by_dynamodb(self, grantee: iam.IGrantable) -> None:
        """Let DynamoDB encrypt and decrypt items for the grantee."""
        self._grant_through("dynamodb", grantee, _TABLE_ACTIONS)

    def grant_use_by_secrets_manager(self, grantee: iam.IGrantable) -> None:
        """Let Secrets Manager decrypt secrets for the grantee."""
        self._grant_through("secretsmanager", grantee, ("kms:Decrypt",))

    def _grant_through(self, service: str, grantee: iam.IGrantable, actions: tuple[str, ...]) -> None:
        iam.Grant.add_to_principal(
            grantee=grantee,
            actions=list(actions),
            resource_arns=[self.key.key_arn],
            conditions={
                "StringEquals": {"kms:ViaService": f"{service}.{Stack.of(self).region}.amazonaws.com"}
            },
        )

    def imported_into(self, scope: Construct) -> kms.IKey:
        """Give the key as a stack after this one may hand it to a secret of its own.

        Reading a secret would otherwise be granted in the key's own policy, naming a role of that later
        stack: a cycle. Whoever reads such a secret is granted `key` as well.
        """
        return kms.Key.from_key_arn(scope, "ImportedKey", self.key.key_arn)
