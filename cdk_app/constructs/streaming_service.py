"""The Fargate service that runs the streaming tasks, and the cluster it runs in."""

from __future__ import annotations

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from constructs import Construct

from cdk_app import metrics, names
from cdk_app.config import StageConfiguration
from cdk_app.constructs.database import Database
from cdk_app.constructs.network import Network
from cdk_app.constructs.streaming_task import INGRESS_PORT, StreamingTask
from cdk_app.constructs.task_scaling import TaskScaling

_GRACE_PERIOD: Final = Duration.seconds(60)


class StreamingService(Construct):
    """Tasks in the application subnets; a deployment that does not come up is rolled back."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: StageConfiguration,
        network: Network,
        task: StreamingTask,
        database: Database,
    ) -> None:
        super().__init__(scope, construct_id)
        self.cluster = ecs.Cluster(
            self,
            "Cluster",
            cluster_name=names.cluster(stage.name),
            vpc=network.vpc,
            container_insights_v2=ecs.ContainerInsights.ENABLED,
        )
        self.security_group = network.security_group(
            self,
            "SecurityGroup",
            description="Streaming tasks: admit the load balancer and one another",
        )
        self.security_group.connections.allow_internally(
            ec2.Port.tcp(INGRESS_PORT), "a message forwarded to its session's owner"
        )
        self.service = ecs.FargateService(
            self,
            "Service",
            service_name=names.service(stage.name),
            cluster=self.cluster,
            task_definition=task.definition,
            # No desired count: the scaling decides, and a deployment must not put it back.
            vpc_subnets=network.APPLICATION_SUBNETS,
            security_groups=[self.security_group],
            assign_public_ip=False,
            min_healthy_percent=100,
            max_healthy_percent=200,
            circuit_breaker=ecs.DeploymentCircuitBreaker(enable=True, rollback=True),
            health_check_grace_period=_GRACE_PERIOD,
        )
        TaskScaling(
            self,
            "Scaling",
            service=self.service,
            size=stage.task,
            active_sessions=metrics.active_sessions(stage.name),
        )
        database.admit(self.service, task.definition.task_role)
