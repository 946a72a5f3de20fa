"""How many streaming tasks there are: as many as leave room for the sessions of one that dies.

With n tasks at t sessions each, one death leaves n*t sessions to n-1 tasks. They take them if n*t/(n-1) is at
most what a task takes, c: so another task starts when the average passes c*(n-1)/n. The fewest tasks that a
stage has decide n; more tasks leave more room than that. CPU follows the same arithmetic, with a survivor at
80 % for c: two tasks of 100 sessions scale out at 50 sessions, or at 40 % of CPU.
A stage with one task has nobody to take over; it keeps half free, which is what it takes in while a second
one starts.
"""

from __future__ import annotations

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from constructs import Construct

from cdk_app.config import TaskSize

_SURVIVOR_CPU_PERCENT: Final = 80  # above that, latency grows faster than load
# Out at once; in only when a lull has lasted: every task that leaves hands its sessions over.
_SCALE_OUT_COOLDOWN: Final = Duration.minutes(1)
_SCALE_IN_COOLDOWN: Final = Duration.minutes(10)


def sessions_target(size: TaskSize) -> int:
    """Give the average of sessions per task above which another task is started."""
    return _with_room_for_one_death(size.sessions_per_task, size.tasks_min)


def cpu_target_percent(size: TaskSize) -> int:
    """Give the average CPU, in percent, above which another task is started."""
    return _with_room_for_one_death(_SURVIVOR_CPU_PERCENT, size.tasks_min)


def _with_room_for_one_death(limit: int, tasks_min: int) -> int:
    tasks = max(2, tasks_min)
    return limit * (tasks - 1) // tasks


class TaskScaling(Construct):
    """Keeps sessions per task and CPU under their targets, whichever asks for more tasks.

    `active_sessions` is what every task says of itself, by its average over the tasks.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        service: ecs.FargateService,
        size: TaskSize,
        active_sessions: cloudwatch.IMetric,
    ) -> None:
        super().__init__(scope, construct_id)
        count = service.auto_scale_task_count(min_capacity=size.tasks_min, max_capacity=size.tasks_max)
        count.scale_to_track_custom_metric(
            "Sessions",
            metric=active_sessions,
            target_value=sessions_target(size),
            scale_out_cooldown=_SCALE_OUT_COOLDOWN,
            scale_in_cooldown=_SCALE_IN_COOLDOWN,
        )
        count.scale_on_cpu_utilization(
            "Cpu",
            target_utilization_percent=cpu_target_percent(size),
            scale_out_cooldown=_SCALE_OUT_COOLDOWN,
            scale_in_cooldown=_SCALE_IN_COOLDOWN,
        )
