"""What the task writes for CloudWatch: once a minute, from the catalogue, and never more."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from contract.metrics import CATALOGUE, Kind, Metric, Origin, Service
from streaming_task.metrics import SAMPLES, MetricsSink, keep_emitting
from tests.fakes.virtual_time import in_virtual_time

TASK = Service.STREAMING_TASK
GAUGES = {Metric.ACTIVE_SESSIONS: 3.0, Metric.SESSION_ROOM: 97.0}


@pytest.fixture
def lines() -> list[str]:
    """Keep what is written."""
    return []


@pytest.fixture
def sink(lines: list[str]) -> MetricsSink:
    """Write to `lines`."""
    return MetricsSink("test", lines.append)


def parsed(lines: list[str]) -> list[dict[str, Any]]:
    assert all(line.count("\n") == 1 and line.endswith("\n") for line in lines)
    return [json.loads(line) for line in lines]


def test_a_quiet_minute_is_one_of_zeros(sink: MetricsSink, lines: list[str]) -> None:
    """Missing data would look like a task that does not count any more."""
    sink.flush(GAUGES)

    whole, *errors = parsed(lines)
    assert (whole["ActiveSessions"], whole["SessionRoom"]) == ([3.0], [97.0])
    assert (whole["Gaps"], whole["PartsFailed"], whole["Takeovers"]) == ([0.0], [0.0], [0.0])
    assert "TranscriptionLatency" not in whole
    assert {error["origin"]: error["Errors"] for error in errors} == {
        origin: [0.0] for origin in CATALOGUE[Metric.ERRORS].emitted_by[TASK]
    }


def test_every_line_is_as_the_catalogue_says(sink: MetricsSink, lines: list[str]) -> None:
    """Namespace, unit, dimensions: what the dashboard asks for is what is written, and all of it."""
    for metric, emission in CATALOGUE.items():
        if TASK in emission.emitted_by and emission.kind is not Kind.GAUGE and metric is not Metric.ERRORS:
            sink.add(metric, 1.0)
    sink.flush(GAUGES)

    written: dict[str, list[dict[str, str]]] = {}
    for line in parsed(lines):
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == "SevaArogya"
        (names,) = directive["Dimensions"]
        for defined in directive["Metrics"]:
            assert defined["Unit"] == CATALOGUE[Metric(defined["Name"])].unit
            written.setdefault(defined["Name"], []).append({name: line[name] for name in names})
    expected = {
        metric.value: [found for found in emission.dimension_sets("test") if found["service"] == TASK]
        for metric, emission in CATALOGUE.items()
        if TASK in emission.emitted_by
    }
    assert written == expected


def test_a_minutes_counts_are_added_up_and_begin_anew(sink: MetricsSink, lines: list[str]) -> None:
    """No line is written for what is counted, only for the minute."""
    for _ in range(1000):
        sink.add(Metric.PARTS_STORED)
    sink.add("Gaps", 2.0)
    sink.fail(Origin.S3)
    assert lines == []

    sink.flush(GAUGES)
    first = parsed(lines)
    lines.clear()
    sink.flush(GAUGES)
    second = parsed(lines)

    assert (first[0]["PartsStored"], first[0]["Gaps"]) == ([1000.0], [2.0])
    assert [line["Errors"] for line in first[1:] if line["origin"] == "s3"] == [[1.0]]
    assert (second[0]["PartsStored"], second[0]["Gaps"]) == ([0.0], [0.0])


def test_a_busy_minutes_values_are_a_fair_sample_with_the_largest(
    sink: MetricsSink, lines: list[str]
) -> None:
    """A line takes a hundred; the percentiles of the sample are the minute's, and so is the maximum."""
    for value in range(10_000):
        sink.add(Metric.TRANSCRIPTION_LATENCY, float(value))

    sink.flush(GAUGES)

    sample = sorted(parsed(lines)[0]["TranscriptionLatency"])
    assert len(sample) <= SAMPLES
    assert sample[-1] == 9999.0
    assert 3500 < sample[len(sample) // 2] < 6500


@pytest.mark.parametrize("name", ["Canary", "Errors", "TicketsIssued", "patient's name"])
def test_what_is_not_the_tasks_metric_is_refused(sink: MetricsSink, name: str) -> None:
    """A name is a metric to pay for, and must never come from outside."""
    with pytest.raises(ValueError, match=r"is not a"):
        sink.add(name)


@in_virtual_time
async def test_it_is_written_every_minute_and_at_the_end() -> None:
    """The last minute of a task that leaves is not lost."""
    lines: list[str] = []
    sink = MetricsSink("test", lines.append)
    emitting = asyncio.create_task(keep_emitting(sink, lambda: GAUGES, asyncio.get_running_loop().time))

    await asyncio.sleep(125.0)
    minutes = len([line for line in lines if "ActiveSessions" in line])
    sink.add(Metric.GAPS)
    emitting.cancel()
    await asyncio.gather(emitting, return_exceptions=True)

    assert minutes == 2
    assert [line["Gaps"] for line in parsed(lines) if "Gaps" in line][-1] == [1.0]
