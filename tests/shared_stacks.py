"""Stacks that several tests share: each runs from the first test that asks for it to the last of its group.

Which tests make a group is said in `tests/conftest.py`. Faults are cleared after each test.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final

import pytest

from tests.stack import WITHOUT_PROXY, RunningStack, StackFailed, eventually, running_stack

ROOM: Final = 4  # sessions that the hurried stack's one task takes


class SharedStacks:
    """The stacks that run now, by their names; a stack that nobody asks for any more would only cost time."""

    def __init__(self) -> None:
        self._running: dict[str, RunningStack] = {}
        self._failed: dict[str, StackFailed] = {}
        self._to_stop = ExitStack()

    def get(self, name: str, *arguments: str, recognizer: str = "scripted") -> RunningStack:
        """Give the stack of that name; start it with these arguments if it does not run.

        Raises:
            StackFailed: it does not start; who asks again is told so at once.
        """
        if name in self._failed:
            raise self._failed[name]
        if name not in self._running:
            starting = running_stack(*arguments, recognizer=recognizer)
            try:
                self._running[name] = self._to_stop.enter_context(starting)
            except StackFailed as reason:
                self._failed[name] = reason
                raise
        return self._running[name]

    def stop(self) -> None:
        """Stop them all.

        Raises:
            StackFailed: one left something behind.
        """
        self._running.clear()
        self._failed.clear()
        self._to_stop.close()


STACKS: Final = SharedStacks()


def get_scripted_stack() -> RunningStack:
    """Give the stack whose recogniser reads counter audio, to what outlives a test."""
    return STACKS.get("scripted")


@pytest.fixture
def scripted_stack() -> Iterator[RunningStack]:
    """Give a stack whose recogniser reads counter audio."""
    stack = get_scripted_stack()
    yield stack
    stack.clear_faults()


@pytest.fixture
def speech_stack() -> Iterator[RunningStack]:
    """Give a stack that understands speech."""
    stack = STACKS.get("speech", recognizer="offline")
    yield stack
    stack.clear_faults()


@pytest.fixture
def three_tasks() -> Iterator[RunningStack]:
    """Give a stack of three tasks whose sweepers hurry."""
    stack = STACKS.get("three tasks", "--tasks", "3", "--limits", "sweep_s=5")
    yield stack
    stack.clear_faults()


@pytest.fixture
def hurried_stack() -> Iterator[RunningStack]:
    """Give a stack of one small task that sweeps every second, once the task has all its room."""
    stack = STACKS.get("hurried", "--limits", f"sweep_s=1,max_sessions={ROOM}")
    assert eventually(lambda: room_in(stack) == ROOM, within_s=60.0), "the task has no room"
    yield stack
    stack.clear_faults()


def room_in(stack: RunningStack) -> int | None:
    """Give how many sessions the first task could open now; None: it does not say."""
    url = f"http://127.0.0.1:{stack.tasks[0]['port']}/readyz"
    try:
        with WITHOUT_PROXY.open(url, timeout=5) as answer:
            return int(json.loads(answer.read())["room"])
    except OSError:
        return None
