"""The picture of the dashboard is that of the template, with the values that a run has written."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from contract.metrics import Metric
from streaming_task.metrics import MetricsSink
from tools.dashboard_body import Line, Widget, evaluate, lines_of, read_dashboard
from tools.draw_dashboard import draw
from tools.metric_lines import MetricLines, read_logs, statistic_of

NAMESPACE = "SevaArogya"
TASK = ["service", "streaming_task", "stage", "dev"]


@pytest.fixture
def values(tmp_path: Path) -> MetricLines:
    """Read a log of one minute of a task, with another line in it."""
    lines: list[str] = ["not a metric\n", '{"message": "Session opened"}\n']
    sink = MetricsSink("local", lines.append)
    for latency in (100.0, 200.0, 900.0):
        sink.add(Metric.TRANSCRIPTION_LATENCY, latency)
    sink.add(Metric.PARTS_STORED, 3.0)
    sink.flush({Metric.ACTIVE_SESSIONS: 2.0, Metric.SESSION_ROOM: 98.0})
    (tmp_path / "task-1.log").write_text("".join(lines))
    return read_logs(tmp_path, "dev")


def graph(*metrics: list[object]) -> Widget:
    return Widget("metric", "A graph", 0, 0, 8, 6, metrics)


def numbers(lines: list[Line]) -> dict[str, list[float]]:
    return {line.label: list(line.series.values()) for line in lines}


def test_a_graphs_lines_are_the_metrics_statistics(values: MetricLines) -> None:
    """CloudWatch's shorthand for what the line above has said is read as CloudWatch reads it."""
    found = lines_of(
        graph(
            [NAMESPACE, "TranscriptionLatency", *TASK, {"stat": "p50", "label": "p50"}],
            ["...", {"stat": "Maximum", "label": "max"}],
            [".", "ActiveSessions", ".", ".", ".", ".", {"stat": "Sum"}],
            ["AWS/ECS", "CPUUtilization", {"stat": "Average"}],
        ),
        values,
    )

    assert numbers(found) == {"p50": [200.0], "max": [900.0], "ActiveSessions": [2.0]}


def test_an_expression_is_worked_out_of_its_metrics(values: MetricLines) -> None:
    """What it is made of is not drawn beside it."""
    hidden = {"stat": "Sum", "visible": False}
    found = lines_of(
        graph(
            [{"label": "success", "expression": "IF(a + b > 0, 100 * a / (a + b), 100)"}],
            [NAMESPACE, "PartsStored", *TASK, {**hidden, "id": "a"}],
            [".", "PartsFailed", *["."] * 4, {**hidden, "id": "b"}],
        ),
        values,
    )

    assert numbers(found) == {"success": [100.0]}


def test_a_silent_metric_counts_as_what_it_is_filled_with() -> None:
    """And without that, an expression has no value where one of its metrics has none."""
    series = {"a": {60: 1.0, 120: 2.0}, "b": {120: 5.0}}

    assert evaluate("FILL(a, 0) + FILL(b, 0)", series) == {60: 1.0, 120: 7.0}
    assert evaluate("a / b", series) == {120: 0.4}


@pytest.mark.parametrize("expression", ["__import__('os')", "a.b", "a ** 2", "SEARCH('x')"])
def test_what_it_does_not_know_is_refused(expression: str) -> None:
    """Rather than drawn wrongly; nothing of it is ever run."""
    with pytest.raises(ValueError, match="cannot work out"):
        evaluate(f"{expression} + a", {"a": {0: 1.0}})


@pytest.mark.parametrize(
    ("statistic", "value"),
    [("Sum", 10.0), ("Average", 2.5), ("Minimum", 1.0), ("Maximum", 4.0), ("SampleCount", 4.0), ("p95", 4.0)],
)
def test_statistics_are_cloudwatchs(statistic: str, value: float) -> None:
    """By the names that a template uses."""
    assert statistic_of([4.0, 1.0, 3.0, 2.0], statistic) == value


def test_the_picture_is_whole(values: MetricLines, tmp_path: Path) -> None:
    """Every widget of the template is in it, drawn or said to have no values here."""
    metric = [NAMESPACE, "ActiveSessions", *TASK, {"stat": "Sum"}]
    body = {
        "widgets": [
            {"type": "alarm", "x": 0, "y": 0, "width": 24, "height": 4, "properties": {"title": "Alarms"}},
            {
                "type": "text",
                "x": 0,
                "y": 4,
                "width": 24,
                "height": 1,
                "properties": {"markdown": "## Users"},
            },
            {
                "type": "metric",
                "x": 0,
                "y": 5,
                "width": 8,
                "height": 6,
                "properties": {"title": "Sessions < 5", "metrics": [metric]},
            },
            {
                "type": "metric",
                "x": 8,
                "y": 5,
                "width": 8,
                "height": 6,
                "properties": {"title": "CPU", "metrics": [["AWS/ECS", "CPUUtilization"]]},
            },
        ]
    }
    template = tmp_path / "edge.template.json"
    joined = {"Fn::Join": ["", [json.dumps(body)]]}
    resource = {"Type": "AWS::CloudWatch::Dashboard", "Properties": {"DashboardBody": joined}}
    template.write_text(json.dumps({"Resources": {"D": resource}}))

    svg = ElementTree.fromstring(draw(read_dashboard(template), values))

    texts = {element.text for element in svg.iter() if element.tag.endswith("text")}
    assert {"Alarms", "Users", "Sessions < 5", "CPU", "ActiveSessions"} <= texts
    assert "AWS's own metrics: none on one machine" in texts
