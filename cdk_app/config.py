"""What differs between the stages, as values. Looks nothing up and never asks which stage it is in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from aws_cdk import Environment, RemovalPolicy
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_logs as logs
from constructs import Node

from cdk_app.domain import Domain, domain_from_context

RecordDeletion = Literal["owner", "nobody"]

STAGE_CONTEXT: Final = "stage"
ACCOUNT_CONTEXT: Final = "account"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSize:
    """How much database a stage pays for."""

    instance_type: str
    storage_gib: int
    storage_limit_gib: int  # RDS grows the volume up to here by itself
    is_multi_az: bool
    backups_kept_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSize:
    """How much streaming a stage pays for, and how much of it one task takes on."""

    tasks_min: int
    tasks_max: int
    cpu_units: int  # 1024 is one vCPU
    memory_mib: int
    sessions_per_task: int
    idle_timeout_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StageConfiguration:
    """Everything that one stage may decide. A new difference between stages is a new field."""

    name: str
    region: str
    transcribe_region: str  # Transcribe Medical is not offered in every region
    account: str | None = None  # None: the account of whoever deploys
    log_level: str
    log_retention: logs.RetentionDays
    log_removal_policy: RemovalPolicy  # what becomes of logs when a stack is deleted
    record_deletion: RecordDeletion  # who may delete a transcription, with its recording
    recordings_kept_days: int  # then S3 deletes a recording; its text stays in the database
    removal_policy: RemovalPolicy  # what becomes of patients' data when a stack is deleted
    is_deletion_protected: bool
    nat_gateways: int
    database: DatabaseSize
    task: TaskSize
    mfa: cognito.Mfa
    websocket_messages_per_s: int  # a live session sends five a second, in replay up to 40
    websocket_burst: int
    http_requests_per_s: int
    http_burst: int
    domain: Domain | None = None  # None: the page has CloudFront's own name

    @property
    def environment(self) -> Environment:
        """Where the stacks go."""
        return Environment(region=self.region, account=self.account)


_DEV: Final = StageConfiguration(
    name="dev",
    region="us-east-1",
    transcribe_region="us-east-1",
    log_level="INFO",
    log_retention=logs.RetentionDays.TWO_WEEKS,
    log_removal_policy=RemovalPolicy.DESTROY,
    record_deletion="owner",
    recordings_kept_days=7,
    removal_policy=RemovalPolicy.DESTROY,
    is_deletion_protected=False,
    nat_gateways=1,
    database=DatabaseSize(
        instance_type="t4g.micro",
        storage_gib=20,
        storage_limit_gib=50,
        is_multi_az=False,
        backups_kept_days=1,
    ),
    task=TaskSize(
        tasks_min=1,
        tasks_max=2,
        cpu_units=512,
        memory_mib=2048,
        sessions_per_task=100,
        idle_timeout_s=300,
    ),
    mfa=cognito.Mfa.OPTIONAL,
    websocket_messages_per_s=200,
    websocket_burst=200,
    http_requests_per_s=40,  # over all routes: each has a share of it
    http_burst=80,
)

_STAGING: Final = replace(
    _DEV,
    name="staging",
    log_retention=logs.RetentionDays.ONE_MONTH,
    recordings_kept_days=30,
    database=replace(_DEV.database, instance_type="t4g.small", backups_kept_days=7),
    task=replace(_DEV.task, tasks_min=2, tasks_max=4, cpu_units=1024, memory_mib=4096),
    websocket_messages_per_s=1000,
    websocket_burst=1000,
)

_PROD: Final = replace(
    _STAGING,
    name="prod",
    log_retention=logs.RetentionDays.ONE_YEAR,
    # Not RETAIN: what a failed first deployment left behind under its own name would fail the second.
    log_removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    record_deletion="nobody",  # medical records are kept: a clinic whose law says otherwise says "owner"
    recordings_kept_days=7 * 365,  # what a clinic must keep is its country's law: set it to that
    removal_policy=RemovalPolicy.RETAIN,
    is_deletion_protected=True,
    nat_gateways=2,
    database=replace(
        _STAGING.database,
        instance_type="t4g.medium",
        storage_gib=50,
        storage_limit_gib=500,
        is_multi_az=True,
        backups_kept_days=35,
    ),
    task=replace(_STAGING.task, tasks_max=10),
    mfa=cognito.Mfa.REQUIRED,
    websocket_messages_per_s=5000,
    websocket_burst=2500,
    http_requests_per_s=200,
    http_burst=400,
)

STAGES: Final = {stage.name: stage for stage in (_DEV, _STAGING, _PROD)}


def stage_from_context(node: Node) -> StageConfiguration:
    """Read which stage the context names, and the account and the domain if it names them.

    Raises:
        ValueError: the context names no stage, or none of ours; or a domain that is not whole.
    """
    name = node.try_get_context(STAGE_CONTEXT)
    if name not in STAGES:
        raise ValueError(f"context {STAGE_CONTEXT!r} is {name!r}; it must be one of {', '.join(STAGES)}")
    stage = STAGES[name]
    return replace(
        stage,
        account=node.try_get_context(ACCOUNT_CONTEXT),
        domain=domain_from_context(node, region=stage.region),
    )
