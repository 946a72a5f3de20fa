"""Stacks that several tests share; faults are cleared after each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stack import RunningStack, running_stack


@pytest.fixture(scope="session")
def _scripted_stack() -> Iterator[RunningStack]:
    with running_stack() as stack:
        yield stack


@pytest.fixture
def scripted_stack(_scripted_stack: RunningStack) -> Iterator[RunningStack]:
    """Give a stack whose recogniser reads counter audio."""
    yield _scripted_stack
    _scripted_stack.clear_faults()


@pytest.fixture(scope="session")
def speech_stack() -> Iterator[RunningStack]:
    """Give a stack that understands speech."""
    with running_stack(recognizer="offline") as stack:
        yield stack
