"""What holds for every test: examples are not timed; what shares a costly fixture shares a process.

A stack that tests share is stopped with the last of them.
"""

from __future__ import annotations

from collections.abc import Generator

import pytest
from hypothesis import settings
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from tests.shared_stacks import (  # the fixtures are for the tests of every folder
    STACKS,
    hurried_stack,
    scripted_stack,
    speech_stack,
    three_tasks,
)

__all__ = ["hurried_stack", "scripted_stack", "speech_stack", "three_tasks"]

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# A stack takes some seconds of both cores to begin: each is to be had once, not once a process.
# What takes longest is begun first, so that no process is left alone with it at the end.
SHARERS = {
    "tests/e2e/test_page_microphone.py": "the scripted stack, with pages",
    "tests/e2e/test_page_accessibility.py": "the scripted stack, with pages",
    "tests/e2e/test_page_history.py": "the scripted stack, with pages",
    "tests/e2e/test_page_reopened.py": "the scripted stack, with pages",
    "tests/e2e/test_page_transcript.py": "the scripted stack, with pages",
    "tests/e2e/test_page_timing.py": "the scripted stack, with pages",
    "tests/e2e/test_page_sign_out.py": "the scripted stack, with pages",
    "tests/faults/test_processes.py": "the stack of three tasks",
    "tests/faults/test_page.py": "the stack of three tasks",
    "tests/faults/test_partition.py": "the stack of three tasks",
    "tests/e2e/test_page.py": "the stack that understands speech",
    "tests/e2e/test_page_opus.py": "the stack that understands speech",
    "tests/e2e/test_page_firefox.py": "the stack that understands speech",
    "tests/e2e/test_command_line.py": "the stack that understands speech",
    "tests/e2e/test_sessions.py": "the scripted stack",
    "tests/e2e/test_connecting.py": "the scripted stack",
    "tests/e2e/test_health.py": "the scripted stack",
    "tests/e2e/test_history.py": "the scripted stack",
    "tests/e2e/test_load.py": "the scripted stack",
    "tests/e2e/test_opus.py": "the scripted stack",
    "tests/e2e/test_refusals.py": "the scripted stack",
    "tests/e2e/test_repeats.py": "the scripted stack",
    "tests/e2e/test_smoke.py": "the scripted stack",
    "tests/e2e/test_sign_out.py": "the hurried stack",
    "tests/faults/test_forged_address.py": "the hurried stack",
    "tests/faults/test_pressure.py": "the hurried stack",
    "tests/faults/test_recognition.py": "the hurried stack",
    "tests/faults/test_stores.py": "the hurried stack",
}
GROUPS = list(dict.fromkeys(SHARERS.values()))
# A stack or a synthesis begins within the time of the first test that asks for it, on a busy machine.
TIMEOUT_S = {"tests/cdk_app/": 300, "tests/e2e/": 240, "tests/faults/": 400}


def group_of(nodeid: str) -> str:
    """Name what a test shares with others; by itself, its module."""
    module = nodeid.partition("::")[0]
    return next((group for path, group in SHARERS.items() if module.startswith(path)), module)


def _turn(item: pytest.Item) -> int:
    group = group_of(item.nodeid)
    return GROUPS.index(group) if group in GROUPS else len(GROUPS)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None]:
    """Stop the stacks of a group after its last test, when nothing uses them any more."""
    try:
        return (yield)
    finally:
        if nextitem is None or group_of(nextitem.nodeid) != group_of(item.nodeid):
            STACKS.stop()


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish() -> Generator[None]:
    """Stop what runs yet when the tests end early; the fixtures that use it end first."""
    try:
        return (yield)
    finally:
        STACKS.stop()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test the time of its folder; put what shares something costly first, in order of groups."""
    for item in items:
        for folder, timeout_s in TIMEOUT_S.items():
            if item.nodeid.startswith(folder):
                item.add_marker(pytest.mark.timeout(timeout_s))
    items.sort(key=_turn)


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Keep the tests of a module in one process, and all that share something costly in another."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    """Let pytest-xdist send tests to processes by what they share, in the order in which they stand."""
    config.option.loadscopereorder = False
    return Scheduling(config, log)
