"""A runner that performs what a test puts down, in a world in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from contract.audio import Quality
from streaming_task.core import effects as do
from streaming_task.core import events as ev
from streaming_task.core.ownership import SessionTerms
from streaming_task.core.session import Session
from streaming_task.runner import SessionRunner
from tests.fakes.virtual_time import settled
from tests.streaming_task.bench import SESSION, Bench, open_meta, terms

DEFECT = RuntimeError("a patient's name")
PUT = do.PutPart(0, 1, b"\x01\x02")


class Script:
    """A session that asks for what a test wants done, and keeps what it is told."""

    def __init__(self, agreed: SessionTerms) -> None:
        self.meta = open_meta(terms=agreed)
        self.told: list[ev.Event] = []
        self.asks: dict[type, list[do.Effect]] = {}
        self.breaks_on: type | None = None
        self.due_at: float | None = None

    def handle(self, event: ev.Event, now: float, wall: float) -> list[do.Effect]:
        """Keep an event; give the effects that were put down for its type, once."""
        if type(event) is self.breaks_on:
            raise DEFECT
        self.told.append(event)
        return self.asks.pop(type(event), [])

    def next_due_at(self, now: float, wall: float) -> float | None:
        """Give the time that was put down."""
        return self.due_at


class Play:
    """A runner between a scripted session and a world in memory."""

    def __init__(
        self, quality: Quality = Quality.MEDIUM, *, agreed: SessionTerms | None = None, **services: Any
    ) -> None:
        self.bench = Bench()
        self.script = Script(agreed or terms(quality))
        self.bench.sessions.metas[SESSION] = self.script.meta
        self.runner = SessionRunner(
            cast(Session, self.script), replace(self.bench.services, **services), on_close=lambda: None
        )

    async def perform(self, *effects: do.Effect) -> list[ev.Event]:
        """Have effects performed; give what the session was told because of them."""
        self.script.asks[ev.Tick] = list(effects)
        before = len(self.script.told) + 1
        self.runner.post(ev.Tick())
        await settled()
        return self.script.told[before:]
