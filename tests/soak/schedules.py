"""Random schedules on both cores, in as many processes as there are processors."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from tests.model.batches import BATCH, run_schedules
from tests.model.faults import WORLDS

ROOT = Path(__file__).parent.parent.parent
FIRST_SEED = 1_000_000  # beyond those of the tests
PAGE_WEATHERS = 8  # that frontend/tests/simulation.test.js knows


class ScheduleFailed(Exception):
    """A schedule broke an invariant; the text says which one, and how to see it again."""


def run_many(count: int, *, first: int = FIRST_SEED, world: str | None = None) -> None:
    """Run so many schedules on the task's core, the worlds in turn, and tell how far it has come.

    Raises:
        ScheduleFailed: one broke an invariant.
    """
    began_at = time.monotonic()
    names = list(WORLDS) if world is None else [world]
    work = list(_work(names, first, count))
    done = 0
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        running = [pool.submit(_run_batch, name, seeds) for name, seeds in work]
        try:
            for finished in as_completed(running):
                failure, schedules = finished.result()
                if failure is not None:
                    raise ScheduleFailed(failure)
                done += schedules
                _show(f"{done} of {count} schedules on the task's core, {time.monotonic() - began_at:.0f} s")
        finally:
            pool.shutdown(cancel_futures=True)
    print(f"\n{done} schedules in {len(names)} worlds, no violation.")


def run_page(count: int, first: int = FIRST_SEED) -> None:
    """Run so many schedules on the page's core.

    Raises:
        ScheduleFailed: one broke an invariant.
    """
    node = shutil.which("node")
    if node is None:
        raise ScheduleFailed("Node.js is needed for the page's schedules.")
    seeds = -(-count // PAGE_WEATHERS)
    print(f"{seeds * PAGE_WEATHERS} schedules on the page's core ...", flush=True)
    ran = subprocess.run(
        [node, "--test", "--test-reporter=dot", "frontend/tests/simulation.test.js"],
        cwd=ROOT,
        env=os.environ | {"SCHEDULE_SEEDS": str(seeds), "FIRST_SCHEDULE": str(first)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if ran.returncode:
        again = f"SCHEDULE_SEEDS={seeds} FIRST_SCHEDULE={first} node --test frontend/tests/simulation.test.js"
        raise ScheduleFailed(f"{ran.stdout[-3000:]}\nTo see it again: {again}")
    print(f"{seeds * PAGE_WEATHERS} schedules in {PAGE_WEATHERS} kinds of weather, no violation.")


def _work(names: list[str], first: int, count: int) -> Iterator[tuple[str, range]]:
    for number, start in enumerate(range(first, first + count, BATCH)):
        yield names[number % len(names)], range(start, min(start + BATCH, first + count))


def _run_batch(name: str, seeds: range) -> tuple[str | None, int]:
    try:
        run_schedules(name, seeds)
    except Exception as error:  # noqa: BLE001 - it is told as it is, by the process that collects
        notes = getattr(error, "__notes__", [])
        return "\n".join([f"{type(error).__name__}: {error}", *notes]), 0
    return None, len(seeds)


def _show(progress: str) -> None:
    if sys.stdout.isatty():
        print(f"\r\033[K{progress}", end="", flush=True)
