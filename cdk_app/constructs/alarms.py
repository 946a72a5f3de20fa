"""The alarms: what somebody must be told of, one line each, and the topic that tells them.

Every alarm's text names its runbook in docs/operations.md, under a heading with the alarm's own name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aws_cdk import Aws, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from cdk_app.constructs.encryption_key import EncryptionKey
from cdk_app.constructs.monitored import Monitored
from cdk_app.metrics import errors_of, ours, upload_success_percent
from contract.metrics import Metric, Origin, Service

RUNBOOKS: Final = "docs/operations.md"

_FIVE_MINUTES: Final = Duration.minutes(5)
_ABOVE: Final = cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD
_BELOW: Final = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
_SILENCE_IS_GOOD: Final = cloudwatch.TreatMissingData.NOT_BREACHING
_SILENCE_IS_BAD: Final = cloudwatch.TreatMissingData.BREACHING
_GIBIBYTE: Final = 1024**3
_LEAST_FREE_STORAGE_BYTES: Final = 4 * _GIBIBYTE
_MOST_TEXT_LATENCY_MS: Final = 5_000
_MOST_ACK_LAG_MS: Final = 10_000  # a part is written every 2 s


@dataclass(frozen=True, slots=True)
class Rule:
    """When to sound: `name` is the runbook's heading, `meaning` one sentence for a person at night."""

    name: str
    meaning: str
    metric: cloudwatch.IMetric
    threshold: float
    periods: int = 1  # in a row, each as long as the metric's own
    comparison: cloudwatch.ComparisonOperator = _ABOVE
    silence: cloudwatch.TreatMissingData = _SILENCE_IS_GOOD


class Alarms(Construct):
    """One alarm for each rule, all on one topic."""

    def __init__(self, scope: Construct, construct_id: str, *, of: Monitored, key: EncryptionKey) -> None:
        super().__init__(scope, construct_id)
        self.topic = sns.Topic(self, "Topic", master_key=key.key, enforce_ssl=True)
        cloudwatch_itself = iam.ServicePrincipal("cloudwatch.amazonaws.com")
        key.key.grant(cloudwatch_itself, "kms:Decrypt", "kms:GenerateDataKey")
        # Any policy of a topic stands in the place of SNS's own, by which the account's alarms could publish.
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[cloudwatch_itself],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )
        action = actions.SnsAction(self.topic)
        self.by_name: dict[str, cloudwatch.Alarm] = {}
        for rule in rules(of):
            alarm = cloudwatch.Alarm(
                self,
                rule.name,
                alarm_description=f"{rule.meaning} Runbook: {RUNBOOKS}#{anchor(rule.name)}",
                metric=rule.metric,
                threshold=rule.threshold,
                comparison_operator=rule.comparison,
                evaluation_periods=rule.periods,
                treat_missing_data=rule.silence,
            )
            alarm.add_alarm_action(action)
            alarm.add_ok_action(action)
            self.by_name[rule.name] = alarm


def anchor(name: str) -> str:
    """Give the anchor of a runbook's heading, as Markdown makes it."""
    return name.lower()


def rules(of: Monitored) -> tuple[Rule, ...]:
    """Give every rule, the most urgent first."""
    return (*_outages(of), *_durability(of), *_latency(of), *_errors(of), *_capacity(of))


def _outages(of: Monitored) -> tuple[Rule, ...]:
    stage = of.stage_name
    return (
        Rule(
            "NoTaskReady",
            "No streaming task takes messages: nobody can record.",
            of.ready_tasks(),
            1,
            2,
            _BELOW,
            _SILENCE_IS_BAD,
        ),
        Rule(
            "TasksSilent",
            "No streaming task has said how it is: they hang, or their log does not arrive.",
            ours(Metric.ACTIVE_SESSIONS, stage, cloudwatch.Stats.SAMPLE_COUNT),
            1,
            3,
            _BELOW,
            _SILENCE_IS_BAD,
        ),
        Rule(
            "MigrationFailed",
            "A deployment's migration failed; the deployment was stopped before any new task started.",
            ours(Metric.ERRORS, stage, service=Service.MIGRATE, origin=Origin.DATABASE),
            0,
        ),
        Rule(
            "SessionsRefused",
            "Somebody wanted to record and all places were taken.",
            ours(Metric.SESSIONS_REFUSED, stage, period=_FIVE_MINUTES),
            0,
        ),
    )


def _durability(of: Monitored) -> tuple[Rule, ...]:
    stage = of.stage_name
    return (
        Rule(
            "Gaps",
            "A recording was sealed with audio missing from it.",
            ours(Metric.GAPS, stage, period=_FIVE_MINUTES),
            0,
        ),
        Rule(
            "HashMismatches",
            "What is stored of a recording is not what its client says that it sent.",
            ours(Metric.HASH_MISMATCHES, stage, period=_FIVE_MINUTES),
            0,
        ),
        Rule(
            "AudioConflicts",
            "A client sent other audio for a time that it had sent already; the first copy was kept.",
            ours(Metric.AUDIO_CONFLICTS, stage, period=_FIVE_MINUTES),
            0,
        ),
        Rule(
            "PartsKept",
            "A recording could not be made of its parts; the parts were kept.",
            ours(Metric.PARTS_KEPT, stage, period=_FIVE_MINUTES),
            0,
        ),
        Rule(
            "UploadsFailing",
            "Under 95 of 100 attempts to write audio to S3 succeed; clients hold what is not durable.",
            upload_success_percent(stage, period=_FIVE_MINUTES),
            95,
            1,
            _BELOW,
        ),
        Rule(
            "TranscriptsPending",
            "A recording was saved without its whole transcript, to be completed later.",
            ours(Metric.TRANSCRIPTS_PENDING, stage, period=_FIVE_MINUTES),
            0,
        ),
        Rule(
            "Takeovers",
            "Sessions changed their task again and again: tasks die, or their leases do not arrive.",
            ours(Metric.TAKEOVERS, stage, period=Duration.minutes(15)),
            of.tasks_min * of.sessions_per_task,  # each of them once is a deployment on a full house
        ),
    )


def _latency(of: Monitored) -> tuple[Rule, ...]:
    stage = of.stage_name
    return (
        Rule(
            "TextSlow",
            "A twentieth of the text comes more than 5 s after it was spoken.",
            ours(Metric.TRANSCRIPTION_LATENCY, stage, "p95"),
            _MOST_TEXT_LATENCY_MS,
            5,
        ),
        Rule(
            "AudioSlowToSave",
            "A twentieth of the audio is durable only 10 s after it came.",
            ours(Metric.ACK_LAG, stage, "p95"),
            _MOST_ACK_LAG_MS,
            5,
        ),
        Rule(
            "QuotaRefusals",
            "Transcribe refused streams because the account's quota is used up: text comes later.",
            ours(Metric.QUOTA_REFUSALS, stage, period=_FIVE_MINUTES),
            0,
        ),
    )


def _errors(of: Monitored) -> tuple[Rule, ...]:
    most = {
        Origin.WEBSOCKET: ("ErrorsWebsocket", "API Gateway does not take our messages to clients", 50),
        Origin.HTTP: ("ErrorsHttp", "The HTTP API could not do what was asked of it", 3),
        Origin.TRANSCRIBE: ("ErrorsTranscribe", "Transcribe's streams fail", 10),
        Origin.S3: ("ErrorsS3", "S3 does not answer well", 10),
        Origin.DYNAMODB: ("ErrorsDynamodb", "DynamoDB does not answer well", 10),
        Origin.DATABASE: ("ErrorsDatabase", "The database does not answer well; records wait", 5),
    }
    by_origin = tuple(
        Rule(
            name,
            f"{meaning}: more than {threshold} times in 5 minutes.",
            errors_of(origin, of.stage_name, period=_FIVE_MINUTES),
            threshold,
        )
        for origin, (name, meaning, threshold) in most.items()
    )
    return (
        *by_origin,
        Rule(
            "EdgeErrors",
            "API Gateway could not hand messages to the tasks.",
            of.of_websocket("IntegrationError", cloudwatch.Stats.SUM),
            5,
            3,
        ),
        Rule("LambdasBroken", "A Lambda breaks or is throttled.", of.function_failures(), 0, 3),
    )


def _capacity(of: Monitored) -> tuple[Rule, ...]:
    return (
        Rule(
            "TasksMissing",
            "Fewer tasks run than the fewest that the stage must have.",
            of.running_tasks(),
            of.tasks_min,
            10,
            _BELOW,
            _SILENCE_IS_BAD,
        ),
        Rule(
            "TasksBusy",
            "The tasks' CPU is above 80 %: text becomes slow, and one death would be too many.",
            of.service.metric_cpu_utilization(period=Duration.minutes(1)),
            80,
            10,
        ),
        Rule(
            "TasksMemory",
            "The tasks' memory is above 85 %: ECS kills a task that reaches its limit.",
            of.service.metric_memory_utilization(period=Duration.minutes(1)),
            85,
            5,
        ),
        Rule(
            "DatabaseStorage",
            "The database has under 4 GiB left, although its storage grows by itself: it is at its limit.",
            of.database.metric_free_storage_space(statistic=cloudwatch.Stats.MINIMUM),
            _LEAST_FREE_STORAGE_BYTES,
            1,
            _BELOW,
        ),
        Rule(
            "DatabaseBusy",
            "The database's CPU is above 80 %: records wait.",
            of.database.metric_cpu_utilization(),
            80,
            3,
        ),
        Rule(
            "TableThrottled",
            "DynamoDB throttles: finals and acknowledgements wait.",
            of.table_throttles(),
            0,
            5,
        ),
    )
