"""Read what a task, the stack around it and this process use, at the moments a crowd marks."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import assert_never

from tools.simulation.crowd import Moment
from tools.simulation.processes import Usage, busy_s, cpu_by_part, sum_of, usage_of


@dataclass(frozen=True, slots=True)
class Reading:
    """What had been used by one moment; None where this machine does not tell."""

    at: float
    task: Usage | None
    generator: Usage | None
    parts: Mapping[str, float]
    machine_s: float | None


@dataclass(frozen=True, slots=True)
class Spent:
    """What the windows took together, in CPU seconds."""

    wall_s: float = 0.0
    task_s: float | None = 0.0
    generator_s: float | None = 0.0
    machine_s: float | None = 0.0
    parts_s: Mapping[str, float] = field(default_factory=dict)

    def plus(self, begin: Reading, end: Reading) -> Spent:
        """Add what lies between two readings."""
        names = {*self.parts_s, *end.parts}
        return Spent(
            wall_s=self.wall_s + end.at - begin.at,
            task_s=_plus(self.task_s, _cpu(begin.task), _cpu(end.task)),
            generator_s=_plus(self.generator_s, _cpu(begin.generator), _cpu(end.generator)),
            machine_s=_plus(self.machine_s, begin.machine_s, end.machine_s),
            parts_s={
                name: self.parts_s.get(name, 0.0)
                + max(0.0, end.parts.get(name, 0.0) - begin.parts.get(name, 0.0))
                for name in names
            },
        )


class Meter:
    """Owns the readings of one run."""

    def __init__(self, task_pids: Sequence[int]) -> None:
        self._pids = tuple(task_pids)
        task = usage_of(self._pids[0]) if self._pids else None
        self._stack = None if task is None else task.parent
        self._window: Reading | None = None
        self.spent = Spent()
        self.rss_before: int | None = None
        self.rss_together: int | None = None  # the most at the end of a window
        self.rss_after: list[int] = []  # each round

    @property
    def task(self) -> Usage | None:
        """What the task has used by now."""
        return sum_of(self._pids)

    def mark(self, moment: Moment) -> None:
        """Read what a moment of the crowd asks for."""
        match moment:
            case Moment.BEFORE:
                self.rss_before = _rss(self.task)
            case Moment.ALL_SPEAK:
                self._window = self._read()
            case Moment.FIRST_ENDS:
                end = self._read()
                if self._window is not None:
                    self.spent = self.spent.plus(self._window, end)
                if end.task is not None:
                    self.rss_together = max(self.rss_together or 0, end.task.rss_bytes)
            case Moment.RESTED:
                if (task := self.task) is not None:
                    self.rss_after.append(task.rss_bytes)
            case _:
                assert_never(moment)

    def _read(self) -> Reading:
        parts = {} if self._stack is None else cpu_by_part(self._stack)
        return Reading(time.monotonic(), self.task, usage_of(os.getpid()), parts, busy_s())


def task_pids(state_dir: Path) -> list[int]:
    """Name the task processes of the local stack that runs there."""
    described = json.loads((state_dir / "stack.json").read_text())
    return [int(task["pid"]) for task in described["tasks"]]


def _cpu(usage: Usage | None) -> float | None:
    return None if usage is None else usage.cpu_s


def _rss(usage: Usage | None) -> int | None:
    return None if usage is None else usage.rss_bytes


def _plus(so_far: float | None, begin: float | None, end: float | None) -> float | None:
    return None if so_far is None or begin is None or end is None else so_far + end - begin
