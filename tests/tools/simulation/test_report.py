"""The table and the JSON tell the truth: a loss is never good, what is unknown is not a number."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from contract.audio import Quality
from tools.simulation.crowd import Plan
from tools.simulation.report import Report, slope, table_of
from tools.simulation.verdict import Fault

MB = 1024 * 1024
GOOD = Report(
    plan=Plan(10, 30.0, 1.0, Quality.MEDIUM, 1),
    opened=10,
    saved_whole=10,
    faults={},
    broke={},
    refusals={},
    reconnects=0,
    repeated_finals=0,
    disordered_finals=0,
    session_seconds=300.0,
    delays_s={"partial": [number / 1000 for number in range(1, 101)], "final": [], "durable": [1.5]},
    task_cpu_ms=2.5,
    generator_cpu_ms=1.25,
    cores_by_part={"streaming_task": 0.25, "local_stack.aws": 0.5},
    cores_of_machine=1.5,
    rss_before=60 * MB,
    rss_together=70 * MB,
    rss_after=(66 * MB,),
    is_interrupted=False,
)


def rows(report: Report) -> dict[str, str]:
    """Give the table's rows by their first words."""
    return {line[:23].strip(): line[23:] for line in table_of(report).splitlines()[2:]}


def test_a_whole_run_is_good() -> None:
    """Repeats, reconnects and refusals are told; they lose nothing."""
    assert GOOD.is_good
    assert replace(GOOD, reconnects=3, repeated_finals=1, refusals={"busy": 2}).is_good


@pytest.mark.parametrize(
    "report",
    [
        replace(GOOD, faults={Fault.SAMPLES_LOST: 1}),
        replace(GOOD, broke={"TimeoutError": 1}),
        replace(GOOD, opened=0, saved_whole=0),
    ],
    ids=["lost", "given up", "nothing done"],
)
def test_a_run_that_lost_something_is_not(report: Report) -> None:
    """Nor is one that did nothing."""
    assert not report.is_good


def test_percentiles_are_those_of_the_sorted_delays() -> None:
    """By nearest rank, in milliseconds."""
    delays = GOOD.as_json()["delays"]

    assert [delays["partial"][name] for name in ("p50", "p95", "p99", "Maximum")] == [50, 95, 99, 100]
    assert delays["partial"]["curve_ms"] == list(range(1, 101))
    assert "final" not in delays


def test_the_json_holds_all_of_it() -> None:
    """What is drawn later is drawn from it alone."""
    report = replace(GOOD, faults={Fault.GAPS: 2})

    said = json.loads(json.dumps(report.as_json()))

    assert said["faults"] == {"gaps declared": 2}
    assert said["is_good"] is False
    assert said["rss_bytes_per_session"] == MB


def test_the_table_says_what_was_lost() -> None:
    """By how many, in words."""
    report = replace(GOOD, faults={Fault.WORDS_LOST: 2, Fault.GAPS: 1}, saved_whole=7)

    assert rows(report)["lost or wrong"] == "2 x words lost, 1 x gaps declared"
    assert rows(report)["saved whole"] == "7 of 10"


def test_what_is_unknown_is_said_to_be() -> None:
    """A task elsewhere has no figures here: 0 would be a lie."""
    report = replace(
        GOOD, task_cpu_ms=None, rss_before=None, rss_together=None, rss_after=(), cores_by_part={}
    )

    assert rows(report)["task, CPU"].startswith("n/a")
    assert rows(report)["a session"].startswith("n/a")
    assert "final" in table_of(report)


def test_the_slope_leaves_the_first_round_out() -> None:
    """A task that has just begun still fills its caches: what counts is what each later round adds."""
    rounds = replace(GOOD.plan, sessions=100, rounds=5)
    report = replace(GOOD, plan=rounds, rss_after=tuple(size * MB for size in (60, 80, 81, 82, 83)))

    assert report.rss_slope == pytest.approx(10 * MB)
    assert GOOD.rss_slope is None


def test_a_straight_line_has_its_slope() -> None:
    """And a level one none."""
    assert slope([1.0, 3.0, 5.0]) == pytest.approx(2.0)
    assert slope([4.0, 4.0]) == 0.0
