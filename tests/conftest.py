"""What holds for every test: examples are not timed, and what shares a costly fixture shares a process."""

from __future__ import annotations

import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# A synthesis takes half a minute of a core, a stack some seconds: each is to be had once, not once a process.
COSTLY = frozenset(
    {
        "assembly",
        "named_assembly",
        "scripted_stack",
        "speech_stack",
        "three_tasks",
        "hurried_stack",
    }
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Group the tests of a module for one process, or all those that share a costly fixture."""
    for item in items:
        shared = COSTLY.intersection(getattr(item, "fixturenames", ()))
        group = "synthesis" if shared & {"assembly", "named_assembly"} else min(shared, default="")
        item.add_marker(pytest.mark.xdist_group(group or item.nodeid.partition("::")[0]))
