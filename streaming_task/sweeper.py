"""End what nobody else will: sessions whose owner died, sealed ones without a record, pending transcripts."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from random import Random

from contract.records import WORK_SHARDS, SessionState, TranscriptState
from streaming_task import ports
from streaming_task.core.ownership import SessionChanges, SessionMeta, Unfinished
from streaming_task.routing import Routing

_log = logging.getLogger(__name__)

JITTER = 0.5  # of the interval, so that tasks do not sweep together
PENDING_FOR_S = 24 * 3600.0  # then a transcript is incomplete, and somebody must look


class Sweeper:
    """A duty of every task, through the same claim as everything else."""

    def __init__(
        self,
        routing: Routing,
        sessions: ports.Sessions,
        ownership: ports.Ownership,
        every_s: float,
        random: Random,
    ) -> None:
        self._routing = routing
        self._sessions = sessions
        self._ownership = ownership
        self._every_s = every_s
        self._random = random

    async def run(self) -> None:
        """Sweep now and then, for ever."""
        while True:
            await asyncio.sleep(self._every_s * (1 - JITTER * self._random.random()))
            for state in SessionState:
                for shard in range(WORK_SHARDS):
                    await self._sweep(state, shard)

    async def _sweep(self, state: SessionState, shard: int) -> None:
        try:
            for unfinished in await self._ownership.unfinished(state, shard):
                await self._take(unfinished)
        except ports.Unavailable as error:
            _log.warning("Session sweep broken off", extra={"state": state, "code": error.code})

    async def _take(self, unfinished: Unfinished) -> None:
        if not await self._routing.is_nobodys(unfinished.owner):
            return  # most are somebody's: one need not be read to be left alone
        meta = await self._sessions.find(unfinished.session_id)  # the index may lag
        if meta is None or not await self._routing.may_sweep(meta):
            return
        is_pending = meta.transcript is TranscriptState.PENDING
        if is_pending and time.time() >= meta.terms.started_at + PENDING_FOR_S:
            await self._give_up(meta)
        await self._routing.claim(meta)  # who has given up still has the record and the parts to see to

    async def _give_up(self, meta: SessionMeta) -> None:
        _log.error("Session transcript incomplete", extra={"session_id": meta.terms.session_id})
        changes = SessionChanges(transcript=TranscriptState.INCOMPLETE)
        with contextlib.suppress(ports.Fenced):  # somebody has taken it up after all
            await self._sessions.update(meta.terms.session_id, meta.epoch, changes)
