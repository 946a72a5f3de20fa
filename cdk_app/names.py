"""The names that operators type: the only physical names there are. CloudFormation names the rest."""

from __future__ import annotations

from typing import Final

_PRODUCT: Final = "seva-arogya"


def stack(stage: str, part: str) -> str:
    """Give the name of a stack, as `cdk deploy` takes it."""
    return f"{_PRODUCT}-{stage}-{part}"


def cluster(stage: str) -> str:
    """Give the name of the ECS cluster."""
    return f"{_PRODUCT}-{stage}-cluster"


def service(stage: str) -> str:
    """Give the name of the streaming service."""
    return f"{_PRODUCT}-{stage}-service"


def task_family(stage: str) -> str:
    """Give the family of the streaming task's definitions."""
    return f"{_PRODUCT}-{stage}-task"


def task_log_group(stage: str) -> str:
    """Give the name of the streaming task's log group."""
    return f"/ecs/{_PRODUCT}-{stage}"
