"""Sum runs under load up, as a table for docs/performance.md: what `python -m tools.load --json FILE` wrote.

    .venv/bin/python -m benchmarks.load_table benchmarks/load/*.json

Runs with the same number of sessions become one column: of each figure their median.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

Run = Mapping[str, Any]
TASK = "streaming_task"
PARTS = {  # of the stack, by the module that a process runs
    "local_stack.edge": "gateway and balancer",
    "local_stack.transcribe": "Transcribe's stand-in",
    "local_stack.aws": "AWS's stand-in",
    "local_stack.lambda_instance": "Lambdas",
    "postgres": "PostgreSQL",
}
DELAYS = {"partial": "first text", "final": "final text", "durable": "audio safe"}
STATISTICS = ("p50", "p95", "p99")
MB = 1024 * 1024


def table_of(runs: Sequence[Run]) -> str:
    """Give the table as Markdown."""
    groups: defaultdict[int, list[Run]] = defaultdict(list)
    for run in runs:
        groups[run["sessions"]].append(run)
    columns = [groups[sessions] for sessions in sorted(groups)]
    lines = [
        _row("", [f"{column[0]['sessions']} sessions, {len(column)} runs" for column in columns]),
        _row("---", ["---"] * len(columns)),
        _row("saved whole", [_saved(column) for column in columns]),
    ]
    for name, shown in DELAYS.items():
        cells = [", ".join(_middle(column, _delay(name, one), 0) for one in STATISTICS) for column in columns]
        lines.append(_row(f"{shown}, ms: {', '.join(STATISTICS)}", cells))
    lines.append(_row("**the task's CPU, ms a session-second**", [_cpu(column, TASK) for column in columns]))
    lines += [
        _row(f"{shown}, likewise", [_cpu(column, part) for column in columns])
        for part, shown in PARTS.items()
    ]
    lines += [
        _row(
            "load generator, likewise",
            [
                _middle(column, lambda run: run["generator_cpu_ms_per_session_second"], 2)
                for column in columns
            ],
        ),
        _row(
            "cores busy, of this machine",
            [_middle(column, lambda run: run["cores_of_machine"], 2) for column in columns],
        ),
        _row(
            "the task's memory a session, MB",
            [_middle(column, lambda run: run["rss_bytes_per_session"], 2, MB) for column in columns],
        ),
    ]
    slopes = [
        _middle(column, lambda run: run["rss_slope_bytes_per_1000_sessions"], 2, MB) for column in columns
    ]
    if any(slope != "-" for slope in slopes):
        lines.append(_row("its memory after 1,000 sessions more, MB", slopes))
    return "\n".join(lines)


def _saved(column: Sequence[Run]) -> str:
    return f"{sum(run['saved_whole'] for run in column)} of {sum(run['opened'] for run in column)}"


def _cpu(column: Sequence[Run], part: str) -> str:
    """Give a part's CPU; of the task that of its own process, whatever module it was started as."""

    def each(run: Run) -> float | None:
        if part == TASK:
            own: float | None = run["task_cpu_ms_per_session_second"]
            return own
        wall_s = run["seconds"] * run["rounds"]
        cores = run["cores_by_part"].get(part, 0.0)
        return cores * wall_s * 1000 / run["session_seconds"] if run["session_seconds"] else None

    return _middle(column, each, 2)


def _delay(name: str, statistic: str) -> Callable[[Run], float | None]:
    return lambda run: run["delays"].get(name, {}).get(statistic)


def _middle(
    column: Sequence[Run], figure: Callable[[Run], float | None], digits: int, unit: float = 1.0
) -> str:
    found = [value for run in column if (value := figure(run)) is not None]
    return f"{median(found) / unit:,.{digits}f}" if found else "-"


def _row(name: str, cells: Sequence[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |"


def main() -> None:
    """Print the table of the runs that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+", help="what --json wrote")
    options = parser.parse_args()
    print(table_of([json.loads(run.read_text()) for run in options.runs]))  # noqa: T201 - a command line tool


if __name__ == "__main__":
    main()
