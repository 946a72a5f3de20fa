"""What reaches the log."""

from __future__ import annotations

import json

import pytest

from contract.metrics import Metric, Origin, Service
from lambdas.observability import PowertoolsObserver
from lambdas.settings import SharedSettings


def test_lines_and_metrics_are_json_of_fixed_messages_and_keys(capsys: pytest.CaptureFixture[str]) -> None:
    """A failure is a line with `ERROR` and its keys, and counts as an error of its origin."""
    observer = PowertoolsObserver(Service.API, SharedSettings("test", "INFO"))

    observer.note("Connection closed", connection_id="c1")
    observer.fail("Ticket not issued", origin=Origin.HTTP, code="Throttled")

    captured = capsys.readouterr()
    assert not captured.err, "logging says here why it could not write a line"
    note, failure, metric = [json.loads(line) for line in captured.out.splitlines()]
    assert (note["level"], note["message"], note["connection_id"]) == ("INFO", "Connection closed", "c1")
    assert (failure["level"], failure["origin"], failure["code"]) == ("ERROR", "http", "Throttled")
    assert failure["service"] == "api"
    assert metric["Errors"] == [1.0]
    assert (metric["origin"], metric["service"], metric["stage"]) == ("http", "api", "test")
    [directive] = metric["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "SevaArogya"
    assert [sorted(one) for one in directive["Dimensions"]] == [["origin", "service", "stage"]]


@pytest.mark.parametrize("turn", ["first", "second"])
def test_a_line_goes_where_the_output_is_when_the_observer_is_built(
    turn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second time as well: in one process, a logger of the same name outlives the test that made it."""
    PowertoolsObserver(Service.CONNECT, SharedSettings("test", "INFO")).note("Connection closed", turn=turn)

    captured = capsys.readouterr()

    assert not captured.err
    assert json.loads(captured.out)["turn"] == turn


def test_a_count_has_the_dimensions_that_dashboards_use(capsys: pytest.CaptureFixture[str]) -> None:
    """Service and stage, and no more: every further one is another metric to pay for."""
    PowertoolsObserver(Service.MIGRATE, SharedSettings("test", "INFO")).count(Metric.MIGRATIONS_APPLIED, 3)

    metric = json.loads(capsys.readouterr().out)

    assert metric["MigrationsApplied"] == [3.0]
    assert [sorted(one) for one in metric["_aws"]["CloudWatchMetrics"][0]["Dimensions"]] == [
        ["service", "stage"]
    ]
