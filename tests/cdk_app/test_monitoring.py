"""What is drawn and alarmed on is what the code emits: same namespace, same names, same dimensions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from cdk_app import assets
from cdk_app.constructs.alarms import RUNBOOKS, anchor
from cdk_app.metrics import ours
from contract.metrics import CATALOGUE, NAMESPACE, Metric, Origin, Service
from tests.cdk_app.assembly import Assembly

STAGE = "dev"
Drawn = tuple[str, frozenset[tuple[str, str]]]

EMITTED: frozenset[Drawn] = frozenset(
    (metric.value, frozenset(dimensions.items()))
    for metric, emission in CATALOGUE.items()
    for dimensions in emission.dimension_sets(STAGE)
)


@pytest.fixture(scope="session")
def widgets(assembly: Assembly) -> list[dict[str, Any]]:
    """Read the dashboard as CloudWatch would, with a stand-in for what only a deployment knows."""
    body = assembly.edge.only("AWS::CloudWatch::Dashboard").properties["DashboardBody"]
    separator, parts = body["Fn::Join"]
    text = separator.join(part if isinstance(part, str) else "made-at-deployment" for part in parts)
    found: list[dict[str, Any]] = json.loads(text)["widgets"]
    return found


def drawn_metrics(widgets: list[dict[str, Any]]) -> Iterator[tuple[str, Drawn]]:
    """Go through the metrics of all graphs: the namespace, then name and dimensions."""
    for widget in widgets:
        previous: list[Any] = []
        for line in widget["properties"].get("metrics", []):
            named = [word for word in line if isinstance(word, str)]
            if not named:
                continue  # an expression over others
            # CloudWatch's shorthand: "." is the word above, "..." all the words above that are left out.
            if named[0] == "...":
                named = [*previous[: len(previous) - len(named) + 1], *named[1:]]
            named = [previous[place] if word == "." else word for place, word in enumerate(named)]
            previous = named
            namespace, name, *dimensions = named
            yield namespace, (name, frozenset(zip(dimensions[::2], dimensions[1::2], strict=True)))


def alarmed_metrics(assembly: Assembly) -> Iterator[tuple[str, str, Drawn]]:
    """Go through the metrics of all alarms: the alarm, the namespace, then name and dimensions."""
    for alarm in assembly.edge.of_type("AWS::CloudWatch::Alarm"):
        properties = alarm.properties
        stats = [query.get("MetricStat", {}).get("Metric") for query in properties.get("Metrics", [])]
        single = properties if "MetricName" in properties else None
        for metric in filter(None, [single, *stats]):
            pairs = {(pair["Name"], str(pair["Value"])) for pair in metric.get("Dimensions", [])}
            yield alarm.logical_id, metric["Namespace"], (metric["MetricName"], frozenset(pairs))


def test_every_metric_that_is_drawn_is_emitted(widgets: list[dict[str, Any]]) -> None:
    """A graph of a metric that nobody emits is a flat line that looks like good news."""
    ours_drawn = {drawn for namespace, drawn in drawn_metrics(widgets) if namespace == NAMESPACE}

    assert ours_drawn
    assert ours_drawn <= EMITTED


def test_every_metric_that_is_emitted_is_drawn(widgets: list[dict[str, Any]]) -> None:
    """What is counted is paid for; what nobody sees need not be counted."""
    ours_drawn = {drawn for namespace, drawn in drawn_metrics(widgets) if namespace == NAMESPACE}

    assert ours_drawn == EMITTED


def test_every_metric_that_is_alarmed_on_is_emitted(assembly: Assembly) -> None:
    """An alarm on a metric that nobody emits never sounds."""
    alarmed = [(namespace, drawn) for _, namespace, drawn in alarmed_metrics(assembly)]

    assert {drawn for namespace, drawn in alarmed if namespace == NAMESPACE} <= EMITTED
    for namespace, _ in alarmed:
        assert namespace == NAMESPACE or namespace.startswith(("AWS/", "ECS/")), namespace


def test_errors_of_every_origin_are_alarmed_on(assembly: Assembly) -> None:
    """Whoever counts them."""
    alarmed = {
        drawn
        for _, namespace, drawn in alarmed_metrics(assembly)
        if (namespace, drawn[0]) == (NAMESPACE, Metric.ERRORS.value)
    }

    assert alarmed == {drawn for drawn in EMITTED if drawn[0] == Metric.ERRORS.value}


def test_a_metric_that_is_not_emitted_so_cannot_be_drawn() -> None:
    """The template fails in the making, and names what is wrong."""
    with pytest.raises(ValueError, match="is not emitted by"):
        ours(Metric.TICKETS_ISSUED, STAGE, service=Service.STREAMING_TASK)
    with pytest.raises(ValueError, match="with origin"):
        ours(Metric.ERRORS, STAGE, service=Service.API, origin=Origin.S3)
    with pytest.raises(ValueError, match="is not emitted by"):
        ours(Metric.ERRORS, STAGE)


def test_the_dashboard_is_read_from_the_top_in_a_minute(widgets: list[dict[str, Any]]) -> None:
    """First what is wrong, then the six questions in the order in which they matter."""
    ordered = sorted(widgets, key=lambda widget: (widget["y"], widget["x"]))
    titles = [widget["properties"]["markdown"] for widget in ordered if widget["type"] == "text"]

    assert ordered[0]["type"] == "alarm"
    assert [re.split(r"\W+", title)[1] for title in titles] == [
        "Users",
        "Latency",
        "Durability",
        "Errors",
        "Capacity",
        "Cost",
    ]
    assert len([widget for widget in widgets if widget["type"] == "metric"]) <= 20
    assert all(widget["x"] + widget["width"] <= 24 for widget in widgets)


def test_every_alarm_is_told_and_has_its_runbook(assembly: Assembly) -> None:
    """Whoever is woken by it finds what to do, under the alarm's own name."""
    topic = assembly.edge.only("AWS::SNS::Topic")
    runbooks = (assets.ROOT / RUNBOOKS).read_text().partition("\n## Alarms\n")[2].partition("\n## ")[0]
    headings = {anchor(heading) for heading in re.findall(r"^### (\w+)$", runbooks, re.MULTILINE)}
    named = set()

    for alarm in assembly.edge.of_type("AWS::CloudWatch::Alarm"):
        assert alarm.properties["AlarmActions"] == [{"Ref": topic.logical_id}]
        assert alarm.properties["OKActions"] == [{"Ref": topic.logical_id}]
        meaning, _, link = alarm.properties["AlarmDescription"].partition(f" Runbook: {RUNBOOKS}#")
        assert meaning.endswith(".")
        named.add(link)

    assert named == headings


def test_the_topic_is_encrypted_and_cloudwatch_may_use_it(assembly: Assembly) -> None:
    """An encrypted topic that CloudWatch has no key to would swallow every alarm."""
    topic = assembly.edge.only("AWS::SNS::Topic")
    key = assembly.data.only("AWS::KMS::Key").properties["KeyPolicy"]["Statement"]

    assert "KmsMasterKeyId" in topic.properties
    assert [
        sorted(statement["Action"])
        for statement in key
        if statement.get("Principal") == {"Service": "cloudwatch.amazonaws.com"}
    ] == [["kms:Decrypt", "kms:GenerateDataKey"]]


def test_cloudwatch_may_publish_to_the_topic(assembly: Assembly) -> None:
    """The topic's policy replaces the one that SNS would have given it: what it does not allow is refused."""
    policy = assembly.edge.only("AWS::SNS::TopicPolicy").properties["PolicyDocument"]["Statement"]

    (allowed,) = (statement for statement in policy if statement["Effect"] == "Allow")
    assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allowed["Action"] == "sns:Publish"
    assert allowed["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_tasks_in_one_zone_alone_are_tasks_that_are_ready(assembly: Assembly) -> None:
    """The balancer counts in each zone by itself: the least of its counts is 0 where one task serves both."""
    (alarm,) = (
        found
        for found in assembly.edge.of_type("AWS::CloudWatch::Alarm")
        if "NoTaskReady" in found.logical_id
    )

    (metric,) = alarm.properties["Metrics"]
    assert metric["MetricStat"]["Stat"] == "Maximum"
