"""The metrics that the templates read, as the code emits them: namespace, names, dimensions."""

from __future__ import annotations

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

NAMESPACE: Final = "SevaArogya"
ACTIVE_SESSIONS: Final = "ActiveSessions"
_TASK_SERVICE: Final = "streaming_task"


def active_sessions(stage_name: str) -> cloudwatch.Metric:
    """Give the sessions of a streaming task, averaged over the tasks and a minute."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=ACTIVE_SESSIONS,
        dimensions_map={"service": _TASK_SERVICE, "stage": stage_name},
        statistic=cloudwatch.Stats.AVERAGE,
        period=Duration.minutes(1),
    )
