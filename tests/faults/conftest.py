"""Stacks that the tests here share; faults are cleared after each test."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

import pytest

from tests.e2e.records import wait_for
from tests.stack import WITHOUT_PROXY, RunningStack, running_stack

ROOM: Final = 4  # sessions that the hurried stack's one task takes


@pytest.fixture(scope="session")
def _three_tasks() -> Iterator[RunningStack]:
    with running_stack("--tasks", "3", "--limits", "sweep_s=5") as stack:
        yield stack


@pytest.fixture
def three_tasks(_three_tasks: RunningStack) -> Iterator[RunningStack]:
    """Give a stack of three tasks whose sweepers hurry."""
    yield _three_tasks
    _three_tasks.clear_faults()


@pytest.fixture(scope="session")
def _hurried_stack() -> Iterator[RunningStack]:
    with running_stack("--limits", f"sweep_s=1,max_sessions={ROOM}") as stack:
        yield stack


@pytest.fixture
def hurried_stack(_hurried_stack: RunningStack) -> Iterator[RunningStack]:
    """Give a stack of one small task that sweeps every second, once the task has all its room."""
    wait_for(lambda: True if room_in(_hurried_stack) == ROOM else None, "room in the task")
    yield _hurried_stack
    _hurried_stack.clear_faults()


def room_in(stack: RunningStack) -> int | None:
    """Give how many sessions the first task could open now; None: it does not say."""
    url = f"http://127.0.0.1:{stack.tasks[0]['port']}/readyz"
    try:
        with WITHOUT_PROXY.open(url, timeout=5) as answer:
            return int(json.loads(answer.read())["room"])
    except OSError:
        return None
