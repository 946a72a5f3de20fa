"""A stack of three tasks for every test here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stack import RunningStack, running_stack


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder as needing the whole stack, and give it time."""
    for item in items:
        if "tests/faults" in item.path.as_posix():
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.timeout(400))


@pytest.fixture(scope="session")
def three_tasks() -> Iterator[RunningStack]:
    """Give a stack of three tasks whose sweepers hurry."""
    with running_stack("--tasks", "3", "--limits", "sweep_s=5") as stack:
        yield stack
