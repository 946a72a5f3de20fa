"""Our own metrics as templates read them: namespace, names, units and dimensions are the contract's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from contract import metrics as contract
from contract.metrics import CATALOGUE, Metric, Origin, Service

NAMESPACE: Final = contract.NAMESPACE
ACTIVE_SESSIONS: Final = Metric.ACTIVE_SESSIONS.value
MINUTE: Final = Duration.minutes(1)


def ours(
    metric: Metric,
    stage_name: str,
    statistic: str = cloudwatch.Stats.SUM,
    *,
    service: Service | None = None,
    origin: Origin | None = None,
    period: Duration = MINUTE,
    label: str | None = None,
) -> cloudwatch.Metric:
    """Give a metric as it is emitted; `service` may be left out where only one emits it.

    Raises:
        ValueError: no service emits it so.
    """
    emitted_by = CATALOGUE[metric].emitted_by
    if service is None and len(emitted_by) == 1:
        (service,) = emitted_by
    if service is None or origin not in emitted_by.get(service, ()):
        raise ValueError(f"{metric} is not emitted by {service} with origin {origin}")
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=metric.value,
        dimensions_map=contract.dimensions(service, stage_name, origin),
        statistic=statistic,
        period=period,
        label=label or metric.value,
    )


def active_sessions(stage_name: str) -> cloudwatch.Metric:
    """Give the sessions of a streaming task, averaged over the tasks and a minute."""
    return ours(Metric.ACTIVE_SESSIONS, stage_name, cloudwatch.Stats.AVERAGE)


def errors_of(
    origin: Origin, stage_name: str, *, period: Duration = MINUTE, label: str | None = None
) -> cloudwatch.IMetric:
    """Give the errors of one origin, whoever counted them."""
    found = [
        ours(Metric.ERRORS, stage_name, service=service, origin=origin, period=period, label=label or origin)
        for service, origins in CATALOGUE[Metric.ERRORS].emitted_by.items()
        if origin in origins
    ]
    return found[0] if len(found) == 1 else total(found, label=label or origin.value, period=period)


def total(
    metrics: Sequence[cloudwatch.IMetric], *, label: str, period: Duration = MINUTE
) -> cloudwatch.MathExpression:
    """Give the sum of metrics; one that is silent counts as 0, as Lambdas write no zeros."""
    prefix = "".join(letter for letter in label.lower() if letter.isalnum())  # one graph may hold many sums
    names = {f"{prefix}{number}": metric for number, metric in enumerate(metrics)}
    return cloudwatch.MathExpression(
        expression=" + ".join(f"FILL({name}, 0)" for name in names),
        using_metrics=names,
        label=label,
        period=period,
    )


def upload_success_percent(stage_name: str, *, period: Duration = MINUTE) -> cloudwatch.MathExpression:
    """Give how many of a hundred attempts to write audio succeeded; 100 where none was made."""
    return cloudwatch.MathExpression(
        expression="IF(stored + failed > 0, 100 * stored / (stored + failed), 100)",
        using_metrics={
            "stored": ours(Metric.PARTS_STORED, stage_name, period=period),
            "failed": ours(Metric.PARTS_FAILED, stage_name, period=period),
        },
        label="Audio upload success, %",
        period=period,
    )
