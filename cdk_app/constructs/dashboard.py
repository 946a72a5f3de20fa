"""The one dashboard: read from the top in a minute. Users, latency, durability, errors, capacity, cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from cdk_app.constructs.alarms import Alarms
from cdk_app.constructs.monitored import Monitored
from cdk_app.metrics import errors_of, ours, upload_success_percent
from contract.metrics import Metric, Origin

_WIDTH: Final = 24
_HEIGHT: Final = 6
_P50: Final = "p50"
_P95: Final = "p95"
_DAY: Final = Duration.days(1)
_TRANSCRIBE_DOLLARS_A_MINUTE: Final = 0.075  # US East; see docs/deployment.md

_Row = tuple[str, Sequence[cloudwatch.IWidget]]


class Dashboard(Construct):
    """A row for each question; the alarms above them all."""

    def __init__(self, scope: Construct, construct_id: str, *, of: Monitored, alarms: Alarms) -> None:
        super().__init__(scope, construct_id)
        self._of = of
        self.dashboard = cloudwatch.Dashboard(
            self,
            "Dashboard",
            default_interval=Duration.hours(3),
            period_override=cloudwatch.PeriodOverride.INHERIT,
        )
        self.dashboard.add_widgets(
            cloudwatch.AlarmStatusWidget(
                title="Alarms", alarms=list(alarms.by_name.values()), width=_WIDTH, height=4
            )
        )
        rows: tuple[_Row, ...] = (
            ("Users: who is recording, and who was turned away", self._users()),
            ("Latency: how soon text and safety come", self._latency()),
            ("Durability: is every sample safe, and has every sample its text", self._durability()),
            ("Errors: whose", self._errors()),
            ("Capacity: is there room for one task's death", self._capacity()),
            ("Cost: what a day costs by use", self._cost()),
        )
        for title, widgets in rows:
            self.dashboard.add_widgets(
                cloudwatch.TextWidget(
                    markdown=f"## {title}",
                    width=_WIDTH,
                    height=1,
                    background=cloudwatch.TextWidgetBackground.TRANSPARENT,
                )
            )
            self.dashboard.add_widgets(*widgets)

    def _users(self) -> Sequence[cloudwatch.IWidget]:
        stage = self._of.stage_name
        return (
            _graph(
                "Sessions recording, and room for more",
                [ours(Metric.ACTIVE_SESSIONS, stage), ours(Metric.SESSION_ROOM, stage)],
            ),
            _graph(
                "Started and turned away",
                [
                    ours(Metric.SESSIONS_STARTED, stage),
                    ours(Metric.SESSIONS_REFUSED, stage),
                    ours(Metric.TICKETS_ISSUED, stage),
                    ours(Metric.CONNECTIONS_OPENED, stage),
                    ours(Metric.CONNECTIONS_REFUSED, stage),
                    ours(Metric.CONNECTIONS_CLOSED, stage),
                ],
            ),
            _graph(
                "Length of recordings, s",
                [
                    ours(Metric.SESSION_DURATION, stage, cloudwatch.Stats.AVERAGE, label="Average"),
                    ours(Metric.SESSION_DURATION, stage, cloudwatch.Stats.MAXIMUM, label="Longest"),
                ],
            ),
        )

    def _latency(self) -> Sequence[cloudwatch.IWidget]:
        stage = self._of.stage_name
        return (
            _graph("Speech to text, ms", _percentiles(Metric.TRANSCRIPTION_LATENCY, stage)),
            _graph("Speech to durable, ms", _percentiles(Metric.ACK_LAG, stage)),
            _graph(
                "Through API Gateway, ms",
                [
                    *_percentiles(Metric.PUSH_TIME, stage),
                    self._of.of_websocket("IntegrationLatency", _P95),
                ],
            ),
        )

    def _durability(self) -> Sequence[cloudwatch.IWidget]:
        stage = self._of.stage_name
        return (
            _graph("Audio upload success, %", [upload_success_percent(stage)], lowest=0, highest=100),
            _graph(
                "What must stay at nothing",
                [
                    ours(metric, stage)
                    for metric in (
                        Metric.GAPS,
                        Metric.AUDIO_CONFLICTS,
                        Metric.HASH_MISMATCHES,
                        Metric.PARTS_KEPT,
                        Metric.TRANSCRIPTS_PENDING,
                    )
                ],
            ),
            _graph(
                "What heals by itself",
                [
                    ours(metric, stage)
                    for metric in (
                        Metric.PARTS_FAILED,
                        Metric.STREAMS_REOPENED,
                        Metric.TAKEOVERS,
                        Metric.OWNERSHIP_LOST,
                    )
                ],
            ),
        )

    def _errors(self) -> Sequence[cloudwatch.IWidget]:
        stage = self._of.stage_name
        return (
            _graph("Errors by origin", [errors_of(origin, stage) for origin in Origin]),
            _graph(
                "Refused for want of quota or room",
                [
                    ours(Metric.QUOTA_REFUSALS, stage),
                    ours(Metric.SESSIONS_REFUSED, stage),
                    self._of.table_throttles(),
                ],
            ),
            _graph(
                "Broken at the edges, and migrations",
                [
                    self._of.of_websocket("IntegrationError", cloudwatch.Stats.SUM),
                    self._of.of_websocket("ExecutionError", cloudwatch.Stats.SUM),
                    self._of.function_failures(),
                    ours(Metric.MIGRATIONS_APPLIED, stage),
                ],
            ),
        )

    def _capacity(self) -> Sequence[cloudwatch.IWidget]:
        of = self._of
        return (
            _graph("Tasks", [of.running_tasks(), of.ready_tasks()], width=6),
            _graph(
                "Tasks' CPU and memory, %",
                [of.service.metric_cpu_utilization(), of.service.metric_memory_utilization()],
                width=6,
                lowest=0,
                highest=100,
            ),
            _graph(
                "Database's CPU, %, and connections",
                [of.database.metric_cpu_utilization(), of.database.metric_database_connections()],
                width=6,
            ),
            _graph(
                "Database's free storage, bytes", [of.database.metric_free_storage_space()], width=6, lowest=0
            ),
        )

    def _cost(self) -> Sequence[cloudwatch.IWidget]:
        stage = self._of.stage_name
        transcribed = ours(Metric.AUDIO_TRANSCRIBED, stage, period=_DAY)
        dollars = cloudwatch.MathExpression(
            expression=f"seconds / 60 * {_TRANSCRIBE_DOLLARS_A_MINUTE}",
            using_metrics={"seconds": transcribed},
            label="Transcribe, $ a day",
            period=_DAY,
        )
        return (
            _graph("Transcribe Medical, $ a day", [dollars]),
            _graph(
                "API Gateway messages",
                [
                    self._of.of_websocket("MessageCount", cloudwatch.Stats.SUM),
                    self._of.of_websocket("ConnectCount", cloudwatch.Stats.SUM),
                ],
            ),
            _graph("DynamoDB units", self._of.table_units()),
        )


def _percentiles(metric: Metric, stage_name: str) -> list[cloudwatch.IMetric]:
    return [ours(metric, stage_name, statistic, label=statistic) for statistic in (_P50, _P95)]


def _graph(
    title: str,
    metrics: Sequence[cloudwatch.IMetric],
    *,
    width: int = _WIDTH // 3,
    lowest: float | None = None,
    highest: float | None = None,
) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(
        title=title,
        left=list(metrics),
        width=width,
        height=_HEIGHT,
        left_y_axis=cloudwatch.YAxisProps(min=lowest, max=highest, show_units=False),
    )
