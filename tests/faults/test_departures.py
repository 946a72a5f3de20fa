"""Busy tasks told to leave together, as a deployment or a scale-in does, with nobody left who has room."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Final

import pytest

from contract.audio import Quality
from tests.e2e.dictation import counter_pcm, counter_words, dictating
from tests.e2e.test_sessions import assert_perfect
from tests.faults.owners import owner_of, wait_until_gone
from tests.stack import RunningStack, running_stack

TASKS: Final = 3
LEFT_WITHIN_S: Final = 20.0
SECONDS: Final = 14.0


@pytest.fixture(scope="module")
def full_stack() -> Iterator[RunningStack]:
    """Give a stack whose tasks take one session each, and are not replaced soon."""
    with running_stack(
        *("--tasks", str(TASKS), "--restart-after", "60", "--limits", "max_sessions=1,sweep_s=2")
    ) as stack:
        yield stack


async def test_the_last_task_takes_over_what_it_has_no_room_for(full_stack: RunningStack) -> None:
    """All but one leave at the same moment: the cap is for new sessions, never for one that is under way."""
    pcm = counter_pcm(Quality.MEDIUM, SECONDS)
    async with AsyncExitStack() as speaking:
        sessions = []
        owners = []
        for _ in range(TASKS):
            sessions.append(await speaking.enter_async_context(dictating(full_stack, pcm, Quality.MEDIUM)))
            owners.append(await owner_of(full_stack, sessions[-1]))
        for owner in owners[1:]:
            os.kill(owner["pid"], signal.SIGTERM)
        await asyncio.gather(*(wait_until_gone(owner["pid"], LEFT_WITHIN_S) for owner in owners[1:]))
        owners_now = [await owner_of(full_stack, session) for session in sessions]

    assert len({owner["id"] for owner in owners}) == TASKS
    assert {owner["id"] for owner in owners_now} == {owners[0]["id"]}
    for session in sessions:
        assert_perfect(full_stack, session, pcm, counter_words(SECONDS))
