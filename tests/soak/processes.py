"""Kill, send away and freeze the tasks of a real stack while people speak, and measure what they notice."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from random import Random

from tests.faults.owners import wait_until_gone
from tests.soak.recovery import EXIT, FREEZE, KILL, STOP, Recoveries
from tests.soak.speakers import Speakers, speaking, spoken_s, text_about
from tests.stack import RunningStack, running_stack
from tools.client_session import ClientSession

ROUND_S = 150.0  # of speech; then all of it is read back and compared
LAST_S = 25.0  # of a round: no fault any more, so that each is felt while somebody speaks
FEW, MANY = 3, 20
GONE_WITHIN_S = 60.0  # beyond its target, so that a miss is a figure and no timeout
FROZEN_S = 12.0  # at least

_OneHarm = Callable[[Speakers], Awaitable[float]]  # gives the seconds until the slowest had text again


class Harm:
    """Does one kind of harm after another, until there was enough or time is up."""

    def __init__(self, stack: RunningStack, recoveries: Recoveries, random: Random, ends_at: float) -> None:
        self._stack = stack
        self._recoveries = recoveries
        self._random = random
        self._ends_at = ends_at

    async def kills(self, count: int) -> None:
        """Kill owners with `kill -9` at random moments."""
        await self._rounds(count, FEW, self._kill, "kill -9")

    async def stops(self, count: int) -> None:
        """Send the fullest task away, again and again, while many speak."""
        await self._rounds(count, MANY, self._stop, "SIGTERM")

    async def freezes(self, count: int) -> None:
        """Freeze owners, and let them wake once others have taken over."""
        await self._rounds(count, FEW, self._freeze, "freeze")

    async def _rounds(self, count: int, speakers: int, harm: _OneHarm, name: str) -> None:
        done = 0
        while done < count and time.monotonic() < self._ends_at:
            async with speaking(self._stack, speakers, ROUND_S) as people:
                while done < count and people.left_s > LAST_S and time.monotonic() < self._ends_at:
                    await asyncio.sleep(self._random.uniform(0.5, 4.0))
                    slowest_s = await harm(people)
                    done += 1
                    print(f"{name} {done} of {count}: text again after {slowest_s:.1f} s", flush=True)

    async def _kill(self, people: Speakers) -> float:
        task, hit = await self._anyone(people)
        at = [spoken_s(session) for session in hit]
        began_at = time.monotonic()
        os.kill(task, signal.SIGKILL)
        taken = await _text_again(hit, at, began_at)
        self._recoveries.note(KILL, taken)
        return max(taken)

    async def _stop(self, people: Speakers) -> float:
        known = self._stack.tasks
        task, hit = await people.fullest()
        at = [spoken_s(session) for session in hit]
        began_at = time.monotonic()
        os.kill(task["pid"], signal.SIGTERM)
        leaving = asyncio.create_task(_gone_after(task["pid"], began_at), name="task leaves")
        taken = await _text_again(hit, at, began_at)
        self._recoveries.note(STOP, taken)
        self._recoveries.note(EXIT, [await leaving])
        await asyncio.to_thread(self._stack.wait_for_new_task, known)
        return max(taken)

    async def _freeze(self, people: Speakers) -> float:
        task, hit = await self._anyone(people)
        at = [spoken_s(session) for session in hit]
        began_at = time.monotonic()
        os.kill(task, signal.SIGSTOP)
        try:
            taken = await _text_again(hit, at, began_at)
            await asyncio.sleep(began_at + FROZEN_S - time.monotonic())
        finally:
            os.kill(task, signal.SIGCONT)
        self._recoveries.note(FREEZE, taken)
        return max(taken)

    async def _anyone(self, people: Speakers) -> tuple[int, list[ClientSession]]:
        """Give the process that owns somebody's session, and all the sessions that it owns."""
        owned = await people.by_owner()
        pids = {task["id"]: task["pid"] for task in self._stack.tasks}
        living = sorted(owned.keys() & pids.keys())
        if not living:
            task, hit = await people.fullest()
            return task["pid"], hit
        chosen = self._random.choice(living)
        return pids[chosen], owned[chosen]


async def harm_a_stack(
    recoveries: Recoveries, *, kills: int, stops: int, freezes: int, minutes: float, seed: int
) -> None:
    """Do so much harm to a stack of three tasks, within so many minutes; note what was measured.

    Raises:
        AssertionError: something was lost, doubled, or out of place.
        TimeoutError: text did not come again.
    """
    random = Random(seed)
    ends_at = time.monotonic() + 60 * minutes
    with running_stack("--tasks", "3", "--limits", "sweep_s=5") as stack:
        harm = Harm(stack, recoveries, random, ends_at)
        await harm.stops(stops)
        await harm.freezes(freezes)
        await harm.kills(kills)


async def _text_again(hit: list[ClientSession], at: list[float], began_at: float) -> list[float]:
    waits = [text_about(session, at_s, began_at) for session, at_s in zip(hit, at, strict=True)]
    return list(await asyncio.gather(*waits))


async def _gone_after(pid: int, began_at: float) -> float:
    await wait_until_gone(pid, GONE_WITHIN_S)
    return time.monotonic() - began_at
