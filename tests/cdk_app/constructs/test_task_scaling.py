"""How many tasks there are, and that one may die."""

from __future__ import annotations

import math
from typing import Any

import pytest

from cdk_app.config import STAGES
from cdk_app.constructs.task_scaling import cpu_target_percent, sessions_target
from contract.metrics import CATALOGUE, NAMESPACE, Metric
from tests.cdk_app.assembly import Assembly


@pytest.mark.parametrize("stage", [stage for stage in STAGES.values() if stage.task.tasks_min > 1])
@pytest.mark.parametrize("more", [0, 1, 5])
def test_the_others_have_room_for_the_sessions_of_a_task_that_dies(stage: Any, more: int) -> None:
    """However many tasks there are: at the target, one death overfills nobody."""
    tasks = stage.task.tasks_min + more

    sessions_each = math.ceil(tasks * sessions_target(stage.task) / (tasks - 1))
    cpu_each = tasks * cpu_target_percent(stage.task) / (tasks - 1)

    assert sessions_each <= stage.task.sessions_per_task
    assert cpu_each <= 80


def test_stages_with_patients_never_run_on_one_task() -> None:
    """One task's death would be everybody's silence until another has started."""
    assert STAGES["prod"].task.tasks_min >= 2
    assert STAGES["staging"].task.tasks_min == STAGES["prod"].task.tasks_min  # rehearsed as it is played


def test_tasks_follow_sessions_and_cpu(assembly: Assembly) -> None:
    """Whichever asks for more tasks is heard."""
    stage = STAGES["dev"]
    target = assembly.service.only("AWS::ApplicationAutoScaling::ScalableTarget").properties
    policies = [
        policy.properties["TargetTrackingScalingPolicyConfiguration"]
        for policy in assembly.service.of_type("AWS::ApplicationAutoScaling::ScalingPolicy")
    ]

    assert (target["MinCapacity"], target["MaxCapacity"]) == (stage.task.tasks_min, stage.task.tasks_max)
    (sessions,) = (policy for policy in policies if "CustomizedMetricSpecification" in policy)
    assert sessions["TargetValue"] == sessions_target(stage.task)
    metric = sessions["CustomizedMetricSpecification"]
    assert (metric["Namespace"], metric["MetricName"]) == (NAMESPACE, Metric.ACTIVE_SESSIONS)
    named = {dimension["Name"]: dimension["Value"] for dimension in metric["Dimensions"]}
    assert named in CATALOGUE[Metric.ACTIVE_SESSIONS].dimension_sets(stage.name)
    assert metric["Statistic"] == "Average"
    (cpu,) = (policy for policy in policies if "PredefinedMetricSpecification" in policy)
    assert cpu["TargetValue"] == cpu_target_percent(stage.task)


def test_a_deployment_leaves_the_number_of_tasks_alone(assembly: Assembly) -> None:
    """In the middle of the day it would otherwise put them back to the morning's."""
    assert "DesiredCount" not in assembly.service.only("AWS::ECS::Service").properties
