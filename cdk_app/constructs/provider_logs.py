"""The logs of the library's own custom resources, which it lets grow for ever outside of our key.

Its providers take no log group and come with AWS's ready-made policy, which is to write to every log of the
account: both are put right in what they made.
"""

from __future__ import annotations

from collections.abc import Iterator

from aws_cdk import Aws, CfnResource, RemovalPolicy, Stack
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk_app.constructs.encryption_key import EncryptionKey


class ProviderLogs(Construct):
    """One log group for all of a stack's providers; make it after them."""

    def __init__(
        self, scope: Construct, construct_id: str, *, key: EncryptionKey, log_retention: logs.RetentionDays
    ) -> None:
        super().__init__(scope, construct_id)
        self.log_group = logs.LogGroup(
            self,
            "Lines",
            retention=log_retention,
            encryption_key=key.key,
            removal_policy=RemovalPolicy.DESTROY,
        )
        # By its name, since the group's own ARN ends in a star for its streams.
        arn = (
            f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:"
            f"{self.log_group.log_group_name}:*"
        )
        write = {
            "PolicyName": "Logs",
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                        "Resource": arn,
                    }
                ],
            },
        }
        for role, function in _providers(Stack.of(self)):
            role.add_property_deletion_override("ManagedPolicyArns")
            role.add_property_override("Policies.1", write)  # the first is what the provider is for
            function.add_property_override("LoggingConfig.LogGroup", self.log_group.log_group_name)


def _providers(stack: Stack) -> Iterator[tuple[CfnResource, CfnResource]]:
    for child in stack.node.children:
        role, function = child.node.try_find_child("Role"), child.node.try_find_child("Handler")
        if isinstance(role, CfnResource) and isinstance(function, CfnResource):
            yield role, function
