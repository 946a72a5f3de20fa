"""Run many simulated browsers: they begin one after another, all speak at once, and end so."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from contract.audio import PCM_RATE_HZ, Quality
from tools.simulation.browser import SimulatedBrowser, TicketSource

SETTLE_S = 2.0  # from the last one's beginning to where measuring begins
REST_S = 3.0  # after each round: recordings are compacted


class Moment(Enum):
    """When something may be read of whoever serves the crowd."""

    BEFORE = auto()
    ALL_SPEAK = auto()
    FIRST_ENDS = auto()
    RESTED = auto()  # after each round


@dataclass(frozen=True, slots=True)
class Plan:
    """How many, how long, how fast; `seconds` is how long all speak together, in each round."""

    sessions: int
    seconds: float
    ramp_s: float
    quality: Quality
    rounds: int

    @property
    def recorded_s(self) -> float:
        """How long each one speaks."""
        return self.ramp_s + SETTLE_S + self.seconds


@dataclass(frozen=True, slots=True)
class Window:
    """When all spoke together, by the monotonic clock, and how much audio the server took in it."""

    began_at: float
    ended_at: float
    session_seconds: float

    def holds(self, at: float) -> bool:
        """Tell whether a moment lies in it."""
        return self.began_at <= at <= self.ended_at


class Crowd:
    """Every browser of a run; `mark` is called at each moment that may be measured."""

    def __init__(
        self, plan: Plan, *, ticket: TicketSource, origin: str, mark: Callable[[Moment], None]
    ) -> None:
        self._plan = plan
        self._ticket = ticket
        self._origin = origin
        self._mark = mark
        self._is_stopping = asyncio.Event()
        self.browsers: list[SimulatedBrowser] = []
        self.windows: list[Window] = []
        self.rounds_done = 0

    @property
    def live(self) -> int:
        """Count those that speak and are heard."""
        return sum(1 for browser in self.browsers if browser.is_live)

    @property
    def is_interrupted(self) -> bool:
        """Tell whether it was told to stop before its time."""
        return self._is_stopping.is_set()

    def stop(self) -> None:
        """Switch every microphone off, and begin nothing more."""
        self._is_stopping.set()
        for browser in self.browsers:
            browser.finish()

    async def run(self) -> None:
        """Run every round to its end."""
        self._mark(Moment.BEFORE)
        for _ in range(self._plan.rounds):
            await self._round()
            await self._pause(REST_S)
            if self.is_interrupted:
                break
            self._mark(Moment.RESTED)
            self.rounds_done += 1

    async def _round(self) -> None:
        plan = self._plan
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch_window(), name="window")
            for number in range(plan.sessions):
                group.create_task(self._one(number * plan.ramp_s / plan.sessions), name=f"browser {number}")

    async def _one(self, after_s: float) -> None:
        await self._pause(after_s)
        if self.is_interrupted:
            return
        browser = SimulatedBrowser(
            self._plan.quality, self._plan.recorded_s, ticket=self._ticket, origin=self._origin
        )
        self.browsers.append(browser)
        await browser.run()

    async def _watch_window(self) -> None:
        await self._pause(self._plan.ramp_s + SETTLE_S)
        if self.is_interrupted:
            return
        began_at, before_s = time.monotonic(), self._received_s()
        self._mark(Moment.ALL_SPEAK)
        await self._pause(began_at + self._plan.seconds - time.monotonic())
        if self.is_interrupted:
            return
        self.windows.append(Window(began_at, time.monotonic(), self._received_s() - before_s))
        self._mark(Moment.FIRST_ENDS)

    def _received_s(self) -> float:
        rate_hz = PCM_RATE_HZ[self._plan.quality]
        return sum(browser.session.heard.received for browser in self.browsers) / rate_hz

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._is_stopping.wait(), seconds)
        except TimeoutError:
            return
