"""A table that cannot keep up slows a task down; it never sets off work that keeps the table slow."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from contract.records import SessionId, session_id_for
from streaming_task.core.leases import FENCE_AFTER_S
from streaming_task.lease import LeaseKeeper
from streaming_task.ports import Unavailable
from tests.fakes.turnstile import Turnstile
from tests.fakes.virtual_time import in_virtual_time, settled, until
from tests.streaming_task.bench import (
    PIECE,
    RATE_HZ,
    SESSION,
    TASK,
    USER,
    Bench,
    audio_message,
    final_result,
    open_meta,
    terms,
)

SESSIONS = 100
CALL_S = 0.05  # of the table, which does one at a time: a hundred at once are more than a lease lasts
PATIENCE_S = 3.0  # of who asks; the table does the work all the same
MESSAGE_EVERY_S = 0.5
A_MINUTE_S = 60.0
TWENTY_S = 20.0


class SlowTable:
    """Does one call after another."""

    def __init__(self) -> None:
        self._is_free_at = 0.0

    async def serve(self) -> None:
        """Wait until a call is done, or no longer than one does."""
        now = asyncio.get_running_loop().time()
        self._is_free_at = max(now, self._is_free_at) + CALL_S
        await asyncio.sleep(min(PATIENCE_S, self._is_free_at - now))
        if self._is_free_at - now > PATIENCE_S:
            raise Unavailable("ReadTimeoutError")


class _Queue(Turnstile):
    """Where calls stand in the table's line."""

    def __init__(self, table: SlowTable) -> None:
        super().__init__()
        self._table = table

    async def __aenter__(self) -> None:
        await self._table.serve()
        await super().__aenter__()


class Crowd:
    """A task that lost its lease a moment ago, and everyone who speaks to it."""

    def __init__(self) -> None:
        self.bench = Bench()
        self.sessions = [session_id_for(USER, str(uuid.UUID(int=number))) for number in range(SESSIONS)]
        for number, session_id in enumerate(self.sessions):
            self.bench.connect(f"c{number}")
            mine = replace(terms(), session_id=SessionId(session_id))
            self.bench.sessions.metas[SessionId(session_id)] = open_meta(terms=mine)
        self.keeper = LeaseKeeper(
            self.bench.leases, self.bench.board, TASK, "10.0.0.1:8080", self.bench.directory
        )

    def stand_in_line(self) -> None:
        """Let all that is asked of the table be asked of a slow one."""
        table = SlowTable()
        bench = self.bench
        bench.sessions.finds, bench.sessions.updates = _Queue(table), _Queue(table)
        bench.finals.appends, bench.finals.reads = _Queue(table), _Queue(table)
        bench.leases.bumps, bench.leases.lists = _Queue(table), _Queue(table)
        bench.ownership.claims = _Queue(table)

    @property
    def epochs(self) -> set[int]:
        """Name every epoch that a session has."""
        return {meta.epoch for meta in self.bench.sessions.metas.values()}

    async def _speak(self, number: int, session_id: str) -> None:
        offset = 0
        while True:
            await self.bench.say(f"c{number}", **audio_message(offset, PIECE, session_id))
            offset += RATE_HZ // 5
            await asyncio.sleep(MESSAGE_EVERY_S)

    @asynccontextmanager
    async def speaking(self) -> AsyncIterator[None]:
        """Let everyone speak, and the task keep its lease as well as it can."""
        keeper = self.keeper
        chores = [asyncio.create_task(work) for work in (keeper.keep(), keeper.watch(), keeper.guard())]
        chores += [
            asyncio.create_task(self._speak(number, session_id))
            for number, session_id in enumerate(self.sessions)
        ]
        try:
            yield
        finally:
            for chore in chores:
                chore.cancel()
            await asyncio.gather(*chores, return_exceptions=True)
            await self.bench.leave()


@in_virtual_time
async def test_taking_all_sessions_up_again_does_not_cost_the_lease() -> None:
    """They are taken a few at a time, so that a bump never stands behind all of them in the table's line."""
    crowd = Crowd()
    crowd.stand_in_line()

    async with crowd.speaking():
        await until(lambda: crowd.bench.directory.active == SESSIONS, within_s=A_MINUTE_S)
        await asyncio.sleep(FENCE_AFTER_S)

        assert crowd.bench.directory.active == SESSIONS
        assert crowd.epochs == {2}  # each once


@in_virtual_time
async def test_a_task_without_a_lease_takes_no_session() -> None:
    """It would have to let go of it at once, and each turn of that asks the table for more."""
    crowd = Crowd()
    crowd.bench.leases.bumps.hold()

    async with crowd.speaking():
        await until(lambda: crowd.bench.directory.active == SESSIONS, within_s=A_MINUTE_S)
        await until(lambda: crowd.bench.directory.active == 0, within_s=A_MINUTE_S)
        await asyncio.sleep(TWENTY_S)
        without_lease = crowd.epochs
        asked = crowd.bench.sessions.finds.calls
        room = crowd.bench.directory.room
        crowd.bench.leases.bumps.release()
        await until(lambda: crowd.bench.directory.active == SESSIONS, within_s=A_MINUTE_S)
        await settled()

        assert (without_lease, room) == ({2}, 0)
        assert asked == SESSIONS  # not once a message: nobody else lives to whom they could be given
        assert crowd.epochs == {3}


@in_virtual_time
async def test_what_a_task_was_about_to_ask_when_it_lost_its_lease_is_not_asked_any_more() -> None:
    """Nobody waits for the answer, and whoever takes the session up next asks again."""
    bench = Bench()
    bench.connect()
    await bench.start()
    stream = await bench.listening()
    bench.finals.appends.hold()
    stream.say(final_result())
    await until(lambda: bench.finals.appends.calls, within_s=A_MINUTE_S)

    bench.directory.fence()
    await settled()
    bench.finals.appends.release()
    await settled()

    assert bench.finals.stored.get(SESSION, []) == []
    await bench.leave()
