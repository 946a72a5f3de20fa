"""Tests that start the local stack around a task that is none."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder, and give it the time that starts and stops take."""
    for item in items:
        if "tests/local_stack/whole" in item.path.as_posix():
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.timeout(180))
