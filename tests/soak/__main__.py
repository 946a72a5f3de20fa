"""Soak: many random schedules on both cores, and many faults of real processes: `python -m tests.soak`."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.model.faults import WORLDS
from tests.soak.processes import harm_a_stack
from tests.soak.recovery import Recoveries, as_table
from tests.soak.schedules import FIRST_SEED, ScheduleFailed, run_many, run_page

ROOT = Path(__file__).parent.parent.parent
RESULTS = ROOT / "build" / "soak.json"


def main() -> int:
    """Run what is asked for, everything without a word; give the exit code."""
    arguments = _arguments()
    try:
        if arguments.part in ("schedules", "all"):
            _run_schedules(arguments)
        if arguments.part in ("processes", "all"):
            return _run_processes(arguments)
    except ScheduleFailed as failure:
        print(f"\n{failure}")
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("part", nargs="?", default="all", choices=["all", "schedules", "processes"])
    parser.add_argument("--schedules", type=int, default=20_000, help="on the task's core")
    parser.add_argument("--page-schedules", type=int, default=1_000, help="on the page's core")
    parser.add_argument("--world", choices=sorted(WORLDS), help="only schedules of this world")
    parser.add_argument("--seed", type=int, help="only this schedule; for processes, when harm is done")
    parser.add_argument("--kills", type=int, default=200, help="of owners, with kill -9")
    parser.add_argument("--stops", type=int, default=20, help="of the fullest task, with 20 sessions")
    parser.add_argument("--freezes", type=int, default=10)
    parser.add_argument("--minutes", type=float, default=90.0, help="after which no more harm is done")
    return parser.parse_args()


def _run_schedules(arguments: argparse.Namespace) -> None:
    if arguments.part == "schedules" and arguments.seed is not None:
        run_many(1, first=arguments.seed, world=arguments.world)
        return
    run_many(arguments.schedules, first=FIRST_SEED, world=arguments.world)
    if arguments.page_schedules and arguments.world is None:
        run_page(arguments.page_schedules)


def _run_processes(arguments: argparse.Namespace) -> int:
    recoveries = Recoveries()
    work = harm_a_stack(
        recoveries,
        kills=arguments.kills,
        stops=arguments.stops,
        freezes=arguments.freezes,
        minutes=arguments.minutes,
        seed=arguments.seed or 0,
    )
    failures: list[BaseException] = []
    try:
        asyncio.run(work)
    except* Exception as failed:  # noqa: BLE001 - told below, after what was measured until then
        failures = list(_leaves(failed))
    rows = recoveries.summary()
    print(f"\n{as_table(rows)}\n")
    RESULTS.parent.mkdir(exist_ok=True)
    machine = {"processors": os.cpu_count(), "load": os.getloadavg()}
    results = {"machine": machine, "rows": rows, "seconds": recoveries.seconds}
    RESULTS.write_text(json.dumps(results, indent=2))
    print(f"Written to {RESULTS.relative_to(ROOT)}.")
    for failure in failures:
        print(f"{type(failure).__name__}: {failure}")
    if not failures:
        print("Nothing was lost, doubled or out of place.")
    return 0 if recoveries.are_within_targets and not failures else 1


def _leaves(failed: BaseException) -> Iterator[BaseException]:
    """Go through what failed, however many groups are around it."""
    if isinstance(failed, BaseExceptionGroup):
        for inner in failed.exceptions:
            yield from _leaves(inner)
    else:
        yield failed


if __name__ == "__main__":
    sys.exit(main())
