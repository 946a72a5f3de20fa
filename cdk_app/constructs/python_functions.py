"""How a Lambda of ours is made: its code, the shared layer of dependencies, its log group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk_app import assets
from cdk_app.constructs.encryption_key import EncryptionKey
from cdk_app.constructs.execution_role import ExecutionRole
from cdk_app.constructs.network import Network


class PythonFunctions(Construct):
    """Makes a stack's functions, all on one layer.

    Each stack has its own layer version: one that another stack imported could never be replaced.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, key: EncryptionKey, log_retention: logs.RetentionDays
    ) -> None:
        super().__init__(scope, construct_id)
        self._key = key.key
        self._log_retention = log_retention
        self._layer = lambda_.LayerVersion(
            self,
            "Dependencies",
            code=assets.dependency_layer_code(),
            compatible_runtimes=[assets.LAMBDA_RUNTIME],
            compatible_architectures=[assets.LAMBDA_ARCHITECTURE],
        )

    def function(
        self,
        scope: Construct,
        name: str,
        *,
        environment: Mapping[str, str],
        timeout: Duration,
        memory_mib: int = 512,
        network: Network | None = None,
        also: Sequence[str] = (),
    ) -> lambda_.Function:
        """Make the function of `lambdas/{name}/handler.py`; inside the VPC if given a network.

        `also` names folders of the repository that it needs beside its own code.
        """
        log_group = logs.LogGroup(
            scope,
            f"{name.capitalize()}Logs",
            retention=self._log_retention,
            encryption_key=self._key,
            removal_policy=RemovalPolicy.DESTROY,
        )
        role = ExecutionRole(
            scope, f"{name.capitalize()}Execution", log_group=log_group, is_in_vpc=network is not None
        ).role
        self._key.grant_decrypt(role)  # its own settings are encrypted
        return lambda_.Function(
            scope,
            name.capitalize(),
            runtime=assets.LAMBDA_RUNTIME,
            architecture=assets.LAMBDA_ARCHITECTURE,
            handler=f"lambdas.{name}.handler.handler",
            code=assets.function_code(name, also=also),
            role=role,
            layers=[self._layer],
            environment=dict(environment),
            environment_encryption=self._key,
            timeout=timeout,
            memory_size=memory_mib,
            log_group=log_group,
            **_placement(scope, name, network),
        )


class _Placement(TypedDict, total=False):
    vpc: ec2.IVpc
    vpc_subnets: ec2.SubnetSelection
    security_groups: list[ec2.ISecurityGroup]


def _placement(scope: Construct, name: str, network: Network | None) -> _Placement:
    if network is None:
        return {}
    group = network.security_group(scope, f"{name.capitalize()}SecurityGroup", description=f"Lambda {name}")
    return {"vpc": network.vpc, "vpc_subnets": network.APPLICATION_SUBNETS, "security_groups": [group]}
