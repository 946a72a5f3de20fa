"""A session goes on where the machine is slow: its timer may be late before it is set."""

from __future__ import annotations

import asyncio
from typing import Any

from streaming_task.core import events as ev
from streaming_task.runner import TIMER_FLOOR_S
from tests.fakes.virtual_time import VirtualTimeLoop, settled
from tests.streaming_task.play import Play


class LateLoop(VirtualTimeLoop):
    """Is held up before each timer is set; as under uvloop, one that is due already is a plain handle."""

    def call_at(  # type: ignore[override]
        self, when: float, callback: Any, *args: Any, context: Any = None
    ) -> asyncio.Handle:
        """Call at that time, or soon if it has passed."""
        self._now += 2 * TIMER_FLOOR_S
        if when <= self.time():
            return self.call_soon(callback, *args, context=context)
        return super().call_at(when, callback, *args, context=context)


def test_a_timer_that_is_late_before_it_is_set_stops_nothing() -> None:
    """What comes before it fires is taken as ever; an error would end the recognition stream."""

    async def play_on() -> list[ev.Event]:
        play = Play()
        play.script.due_at = 0.0
        for _ in range(3):
            play.runner.post(ev.Tick())
        play.script.due_at = None
        await settled()
        play.runner.abort()
        return play.script.told

    with asyncio.Runner(loop_factory=LateLoop) as runner:
        told = runner.run(play_on())

    assert told[:3] == [ev.Tick()] * 3
