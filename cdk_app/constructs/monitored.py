"""What the dashboard and the alarms look at: the parts of a stage, and AWS's own metrics of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_rds as rds

from cdk_app.constructs.websocket_api import STAGE_NAME
from cdk_app.metrics import MINUTE, total

_THROTTLED_OPERATIONS = (
    dynamodb.Operation.GET_ITEM,
    dynamodb.Operation.PUT_ITEM,
    dynamodb.Operation.QUERY,
    dynamodb.Operation.TRANSACT_WRITE_ITEMS,
    dynamodb.Operation.UPDATE_ITEM,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitored:
    """One stage's parts."""

    stage_name: str
    tasks_min: int
    sessions_per_task: int
    service: ecs.FargateService
    targets: elbv2.NetworkTargetGroup
    database: rds.DatabaseInstance
    table: dynamodb.TableV2
    websocket: apigatewayv2.WebSocketApi
    functions: Mapping[str, lambda_.Function]

    def running_tasks(self) -> cloudwatch.Metric:
        """Give how many tasks run, as Container Insights counts them."""
        return cloudwatch.Metric(
            namespace="ECS/ContainerInsights",
            metric_name="RunningTaskCount",
            dimensions_map={
                "ClusterName": self.service.cluster.cluster_name,
                "ServiceName": self.service.service_name,
            },
            statistic=cloudwatch.Stats.MINIMUM,
            period=MINUTE,
            label="Tasks running",
        )

    def ready_tasks(self) -> cloudwatch.Metric:
        """Give how many tasks the balancer sends messages to, in the zone that has most of them.

        It counts in each zone: with one task in one of them, the least count is always 0.
        """
        return self.targets.metrics.healthy_host_count(
            statistic=cloudwatch.Stats.MAXIMUM, period=MINUTE, label="Tasks ready"
        )

    def of_websocket(self, name: str, statistic: str) -> cloudwatch.Metric:
        """Give one of API Gateway's metrics of the WebSocket API's stage."""
        return self.websocket.metric(
            name,
            dimensions_map={"ApiId": self.websocket.api_id, "Stage": STAGE_NAME},
            statistic=statistic,
            period=MINUTE,
            label=name if statistic == cloudwatch.Stats.SUM else f"{name} {statistic}",
        )

    def function_failures(self) -> cloudwatch.MathExpression:
        """Give how often a Lambda of ours broke or was throttled."""
        found: list[cloudwatch.IMetric] = [
            metric
            for function in self.functions.values()
            for metric in (function.metric_errors(period=MINUTE), function.metric_throttles(period=MINUTE))
        ]
        return total(found, label="Lambda failures")

    def table_throttles(self) -> cloudwatch.IMetric:
        """Give how often DynamoDB told us to wait."""
        return self.table.metric_throttled_requests_for_operations(
            operations=list(_THROTTLED_OPERATIONS), period=MINUTE, label="DynamoDB throttles"
        )

    def table_units(self) -> Sequence[cloudwatch.IMetric]:
        """Give what of DynamoDB is paid for."""
        return (
            self.table.metric_consumed_read_capacity_units(period=MINUTE, label="Read units"),
            self.table.metric_consumed_write_capacity_units(period=MINUTE, label="Write units"),
        )
