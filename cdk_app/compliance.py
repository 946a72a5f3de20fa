"""The rules that every synthesis must satisfy: cdk-nag's AwsSolutions and HIPAA.Security.

A finding that is not acknowledged makes the synthesis fail, in a test as before a deployment.
"""

from __future__ import annotations

from collections.abc import Iterable

from aws_cdk import Acknowledgment, App, Validations
from cdk_nag import AwsSolutionsChecks, HIPAASecurityChecks, NagPack
from constructs import IConstruct

from cdk_app import names
from cdk_app.acknowledgements import Acknowledged, acknowledged
from cdk_app.config import StageConfiguration


def packs(app: App) -> list[NagPack]:
    """Give the rule packs."""
    return [AwsSolutionsChecks(app), HIPAASecurityChecks(app)]


def enforce(app: App, stage: StageConfiguration) -> None:
    """Make the app's synthesis fail on every finding that has no reason beside it.

    Raises:
        LookupError: an acknowledgement names a construct that is not there.
    """
    acknowledge(app, stage.name, acknowledged(stage))
    Validations.of(app).add_plugins(*packs(app))


def acknowledge(app: App, stage_name: str, findings: Iterable[Acknowledged]) -> None:
    """Put each reason at the resource that it is for.

    Raises:
        LookupError: one names a construct that is not there.
    """
    for finding in findings:
        pack = finding.rule.partition("-")[0]
        construct = _construct_at(app, names.stack(stage_name, finding.stack), finding.path)
        Validations.of(construct).acknowledge(
            Acknowledgment(id=f"{pack}::{finding.rule}", reason=finding.reason)
        )


def _construct_at(app: App, stack: str, path: str) -> IConstruct:
    found: IConstruct = app
    for step in (stack, *path.split("/")):
        child = found.node.try_find_child(step)
        if child is None:
            raise LookupError(f"acknowledged, but not in the app: {stack}/{path}")
        found = child
    return found
