"""Collect the task's metrics and write them once a minute, in CloudWatch's embedded metric format.

Nothing is written for a message: values are added up or sampled in memory. A name that is not in the
catalogue is refused, and no dimension but service, stage and origin exists.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from random import Random

from aws_lambda_powertools.metrics import EphemeralMetrics

from contract.metrics import CATALOGUE, NAMESPACE, Kind, Metric, Origin, Service, dimensions

EVERY_S = 60.0
PAST_MINUTE_S = 1.0  # to wake a moment early or late is still to wake in the same minute
SAMPLES = 90  # of one metric in a minute; a line of the format takes up to 100

_TASK = Service.STREAMING_TASK
_ALWAYS = [  # a count of nothing is 0, so that a line that stops means a task that stopped
    metric
    for metric, emission in CATALOGUE.items()
    if _TASK in emission.emitted_by and emission.kind is Kind.COUNT and metric is not Metric.ERRORS
]
_KINDS: dict[str, Kind] = {  # asked a dozen times a session-second, for a metric or its name
    metric: emission.kind
    for metric, emission in CATALOGUE.items()
    if _TASK in emission.emitted_by and metric is not Metric.ERRORS
}
_ORIGINS = [origin for origin in CATALOGUE[Metric.ERRORS].emitted_by[_TASK] if origin is not None]


class MetricsSink:
    """Takes what is counted; used from the event loop's thread only."""

    def __init__(self, stage: str, write: Callable[[str], object]) -> None:
        """Write to `write`, whole lines at a time."""
        self._stage = stage
        self._write = write
        self._counts: defaultdict[str, float] = defaultdict(float)
        self._errors: defaultdict[Origin, float] = defaultdict(float)
        self._samples: dict[str, _Sample] = {}

    def add(self, name: str, value: float = 1.0) -> None:
        """Count something, or take a sample of something.

        Raises:
            ValueError: there is no such metric of the task's.
        """
        kind = _KINDS.get(name)
        if kind is None:
            raise ValueError(f"{name} is not a metric that the task counts.")
        if kind is Kind.SAMPLES:
            sample = self._samples.get(name)
            if sample is None:
                sample = self._samples[name] = _Sample()
            sample.take(value)
        else:
            self._counts[name] += value

    def fail(self, origin: Origin) -> None:
        """Count an error of that origin."""
        self._errors[origin] += 1

    def flush(self, gauges: Mapping[Metric, float]) -> None:
        """Write everything since the last time, and the gauges as they stand."""
        counts, errors, samples = self._counts, self._errors, self._samples
        self._counts, self._errors, self._samples = defaultdict(float), defaultdict(float), {}
        values: dict[Metric, list[float]] = {metric: [counts[metric]] for metric in _ALWAYS}
        values |= {metric: [value] for metric, value in gauges.items()}
        values |= {Metric(name): sample.values for name, sample in samples.items()}
        self._write_line(values, None)
        for origin in _ORIGINS:
            self._write_line({Metric.ERRORS: [errors[origin]]}, origin)

    def _write_line(self, values: Mapping[Metric, list[float]], origin: Origin | None) -> None:
        line = EphemeralMetrics(namespace=NAMESPACE, service=_TASK.value)
        for name, dimension in dimensions(_TASK, self._stage, origin).items():
            line.add_dimension(name=name, value=dimension)
        for metric, taken in values.items():
            for value in taken:
                line.add_metric(name=metric.value, unit=CATALOGUE[metric].unit, value=round(value, 3))
        self._write(json.dumps(line.serialize_metric_set(), separators=(",", ":")) + "\n")


async def keep_emitting(
    sink: MetricsSink,
    gauges: Callable[[], Mapping[Metric, float]],
    wall: Callable[[], float] = time.time,
) -> None:
    """Write once in every minute of the clock, so that each has one value a task; then at the end."""
    due_at = wall() // EVERY_S * EVERY_S + PAST_MINUTE_S
    try:
        while True:
            due_at += EVERY_S
            await asyncio.sleep(max(0.0, due_at - wall()))
            sink.flush(gauges())
            due_at = max(due_at, wall() - EVERY_S)  # a clock that was set is not caught up with
    finally:
        sink.flush(gauges())


class _Sample:
    """A fair sample of a minute's values (algorithm R) that never leaves the largest out."""

    def __init__(self) -> None:
        self._values: list[float] = []
        self._seen = 0
        self._largest = float("-inf")
        self._random = Random(0)  # noqa: S311 - which values are kept is no secret

    def take(self, value: float) -> None:
        self._seen += 1
        self._largest = max(self._largest, value)
        if len(self._values) < SAMPLES - 1:
            self._values.append(value)
        elif (place := self._random.randrange(self._seen)) < len(self._values):
            self._values[place] = value

    @property
    def values(self) -> list[float]:
        if self._largest in self._values:
            return self._values
        return [*self._values, self._largest]
