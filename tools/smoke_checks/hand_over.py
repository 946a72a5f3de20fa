"""Speak through a forced deployment: nothing may be lost, and the text may pause for some seconds only."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from itertools import pairwise
from typing import Protocol

from tools.smoke_checks.account import ServiceState
from tools.smoke_checks.outcome import CheckFailed, Outcome, all_of
from tools.smoke_checks.speech import Speech, Spoken, losses, speak
from tools.stream_file import Target

DEPLOYED_WITHIN_S = 720.0  # the access token lives 15 minutes
BEGUN_WITHIN_S = 60.0  # a session that finds no room or no way in has said so by then
POLL_S = 5.0
SPEAK_ON_S = 10.0  # after the last task was replaced
PAUSE_LIMIT_S = 5.0  # what a task that leaves in peace may cost


class Service(Protocol):
    """The service whose tasks are replaced. Both block."""

    def state(self) -> ServiceState:
        """Tell how it stands."""
        ...

    def replace_tasks(self) -> None:
        """Begin a deployment of what is deployed already."""
        ...


async def check_hand_over(
    target: Target,
    speech: Speech,
    service: Service,
    *,
    poll_s: float = POLL_S,
    speak_on_s: float = SPEAK_ON_S,
) -> Outcome:
    """Speak until every task was replaced, and a little longer.

    The deployment begins once a task has the session: one that began on a new task has nothing to hand over.

    Raises:
        ExceptionGroup: of what `speak` raises, or CheckFailed, when a step did not come in its time.
    """
    has_owner, is_over = asyncio.Event(), asyncio.Event()

    async def replace() -> float:
        try:
            async with asyncio.timeout(BEGUN_WITHIN_S):
                await has_owner.wait()
        except TimeoutError:
            raise CheckFailed(f"no task took the session within {BEGUN_WITHIN_S:.0f} s") from None
        try:
            await asyncio.to_thread(service.replace_tasks)
            return await _until_replaced(service, poll_s)
        finally:
            await asyncio.sleep(speak_on_s)
            is_over.set()

    async with asyncio.TaskGroup() as group:
        replacing = group.create_task(replace(), name="replace")
        speaking = group.create_task(speak(target, speech, until=is_over, has_owner=has_owner), name="speak")
    return judge_hand_over(speaking.result(), replacing.result())


async def _until_replaced(service: Service, poll_s: float) -> float:
    began_at = time.monotonic()
    while time.monotonic() - began_at < DEPLOYED_WITHIN_S:
        await asyncio.sleep(poll_s)
        if (await asyncio.to_thread(service.state)).is_steady:
            return time.monotonic() - began_at
    raise CheckFailed(f"the tasks were not replaced within {DEPLOYED_WITHIN_S:.0f} s")


def judge_hand_over(spoken: Spoken, deployed_s: float) -> Outcome:
    """Judge what was spoken through a deployment."""
    problems = losses(spoken)
    if spoken.owners < 2:
        problems.append("the session kept its task: nothing was handed over")
    pause_s = longest_pause_s(spoken.text_at)
    if pause_s > PAUSE_LIMIT_S:
        problems.append(f"text paused for {pause_s:.1f} s, more than {PAUSE_LIMIT_S:.0f}")
    return all_of(
        problems,
        f"{spoken.owners - 1} hand-overs in {deployed_s:.0f} s, nothing lost, longest pause {pause_s:.1f} s",
    )


def longest_pause_s(moments: Sequence[float]) -> float:
    """Give the longest time between two neighbours, in seconds."""
    return max((later - earlier for earlier, later in pairwise(moments)), default=0.0)
