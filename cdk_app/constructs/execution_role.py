"""The role that a Lambda runs as: its own log, and a place in the VPC if it has one.

AWS's ready-made policies are not used: they allow writing to every log of the account.
"""

from __future__ import annotations

from typing import Final

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

# What the Lambda service does in the function's name to place it in a VPC. It asks for them on everything.
NETWORK_INTERFACE_ACTIONS: Final = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
)


class ExecutionRole(Construct):
    """A role that may write to one log group; whoever owns the function grants the rest."""

    def __init__(
        self, scope: Construct, construct_id: str, *, log_group: logs.ILogGroup, is_in_vpc: bool
    ) -> None:
        super().__init__(scope, construct_id)
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        log_group.grant_write(self.role)
        if is_in_vpc:
            actions = list(NETWORK_INTERFACE_ACTIONS)
            self.role.add_to_policy(iam.PolicyStatement(actions=actions, resources=["*"]))
            # The service's calls carry no function's name; those of a function's own code do.
            any_function = f"arn:{Aws.PARTITION}:lambda:*:{Aws.ACCOUNT_ID}:function:*"
            self.role.add_to_policy(
                iam.PolicyStatement(
                    effect=iam.Effect.DENY,
                    actions=actions,
                    resources=["*"],
                    conditions={"ArnLike": {"lambda:SourceFunctionArn": any_function}},
                )
            )
