"""The table of runs under load: medians of each figure, a column for each number of sessions."""

from __future__ import annotations

from typing import Any

from benchmarks.load_table import MB, table_of


def run(sessions: int, **changes: Any) -> dict[str, Any]:
    """Make what a run writes."""
    delay = {"count": 1, "p50": 10.0, "p95": 20.0, "p99": 1_234.4, "Maximum": 2_000.0}
    return {
        "sessions": sessions,
        "seconds": 10.0,
        "rounds": 1,
        "opened": sessions,
        "saved_whole": sessions,
        "session_seconds": 10.0 * sessions,
        "delays": {"partial": delay, "final": delay},
        "task_cpu_ms_per_session_second": 4.0,
        "generator_cpu_ms_per_session_second": 3.0,
        "cores_by_part": {"streaming_task": 0.04, "local_stack.aws": 0.02},
        "cores_of_machine": 0.5,
        "rss_bytes_per_session": 2 * MB,
        "rss_slope_bytes_per_1000_sessions": None,
    } | changes


def rows(*runs: dict[str, Any]) -> dict[str, list[str]]:
    """Read the table back."""
    lines = [line.strip("| ").split(" | ") for line in table_of(runs).splitlines()]
    return {name: cells for name, *cells in lines}


def test_runs_of_as_many_sessions_are_one_column_of_medians() -> None:
    """One odd run moves nothing."""
    table = rows(
        run(50),
        run(10),
        run(10, task_cpu_ms_per_session_second=40.0),
        run(10, task_cpu_ms_per_session_second=5.0, saved_whole=9),
    )

    assert table["**the task's CPU, ms a session-second**"] == ["5.00", "4.00"]
    assert table["saved whole"] == ["29 of 30", "50 of 50"]
    assert table["first text, ms: p50, p95, p99"] == ["10, 20, 1,234"] * 2


def test_a_parts_cores_are_told_by_the_session_second() -> None:
    """So that they compare with the task's own."""
    table = rows(run(10))

    assert table["AWS's stand-in, likewise"] == ["2.00"]
    assert table["PostgreSQL, likewise"] == ["0.00"]


def test_what_was_not_measured_is_a_dash_or_left_out() -> None:
    """Nothing is made up, on a machine that does not tell, or where no rounds were run."""
    table = rows(run(10, task_cpu_ms_per_session_second=None, cores_of_machine=None))

    assert table["**the task's CPU, ms a session-second**"] == ["-"]
    assert table["cores busy, of this machine"] == ["-"]
    assert table["audio safe, ms: p50, p95, p99"] == ["-, -, -"]
    assert "its memory after 1,000 sessions more, MB" not in table


def test_rounds_tell_what_stays_in_memory() -> None:
    """After a thousand sessions."""
    table = rows(run(100, rounds=10, rss_slope_bytes_per_1000_sessions=3 * MB))

    assert table["its memory after 1,000 sessions more, MB"] == ["3.00"]
