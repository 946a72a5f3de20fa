"""Keep this task's lease fresh and read the others': a lease that stands still is a dead task's."""

from __future__ import annotations

import asyncio
import logging

from contract.records import TaskId
from streaming_task.core.leases import FENCE_AFTER_S, Lease, LeaseBoard
from streaming_task.ports import Leases, Unavailable
from streaming_task.sessions import SessionDirectory

_log = logging.getLogger(__name__)

BUMP_EVERY_S = 2.0
BUMP_RETRY_S = 0.5  # at the usual pace one failure would leave no time before the fence
BUMP_AGAIN_S = 1.0  # without an answer: one that is lost, or a second late, must not cost the lease
BUMPS_AT_ONCE = 3
LOOK_EVERY_S = 0.5


class LeaseKeeper:
    """This task's lease, and its view of the others'."""

    def __init__(
        self, leases: Leases, board: LeaseBoard, task_id: TaskId, address: str, directory: SessionDirectory
    ) -> None:
        self._leases = leases
        self._board = board
        self._task_id = task_id
        self._address = address
        self._directory = directory
        self._version = 0
        self._bumped_at = self._there_at = asyncio.get_running_loop().time()

    async def keep(self) -> None:
        """Bump the lease every two seconds, for ever; take it away when cancelled."""
        loop = asyncio.get_running_loop()
        under_way: set[asyncio.Task[bool]] = set()
        try:
            while True:
                began_at = loop.time()
                bump = asyncio.create_task(self._bump(), name="bump")
                under_way.add(bump)
                await asyncio.wait([bump], timeout=BUMP_AGAIN_S)
                every_s = BUMP_AGAIN_S
                if bump.done():
                    every_s = BUMP_EVERY_S if bump.result() else BUMP_RETRY_S
                under_way = {bump for bump in under_way if not bump.done()}
                if len(under_way) >= BUMPS_AT_ONCE:
                    await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
                await asyncio.sleep(max(0.0, began_at + every_s - loop.time()))
        finally:
            for bump in under_way:
                bump.cancel()
            try:
                await self._leases.release(self._task_id)
            except Unavailable as error:
                _log.warning("Task lease not released", extra={"code": error.code})

    async def watch(self) -> None:
        """Read the others' leases every two seconds, for ever: apart, so that reading never delays a bump."""
        while True:
            await self._observe()
            await asyncio.sleep(BUMP_EVERY_S)
            self._note_absence()

    async def guard(self) -> None:
        """Let go of every session once the lease could not be bumped for too long, for ever.

        None is taken before it is bumped again: a task without a lease would have to let go of it at once.
        """
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            if asyncio.get_running_loop().time() >= self._bumped_at + FENCE_AFTER_S:
                self._directory.fence()

    async def _bump(self) -> bool:
        self._version += 1
        asked_at = asyncio.get_running_loop().time()
        lease = Lease(
            self._task_id, self._version, self._address, self._directory.active, self._directory.room
        )
        try:
            await self._leases.bump(lease)
        except Unavailable as error:
            _log.warning("Task lease not bumped", extra={"code": error.code})
            return False
        self._bumped_at = max(self._bumped_at, asked_at)
        if asyncio.get_running_loop().time() < self._bumped_at + FENCE_AFTER_S:
            self._directory.lift_fence()
        return True

    async def _observe(self) -> None:
        try:
            leases = await self._leases.list()
        except Unavailable as error:
            _log.warning("Task leases not read", extra={"code": error.code})
            return
        self._note_absence()
        self._board.observe(leases, asyncio.get_running_loop().time())

    def _note_absence(self) -> None:
        """Take no task for dead whose lease stood still while this process did, or could not read it."""
        now = asyncio.get_running_loop().time()
        self._board.missed(max(0.0, now - self._there_at - BUMP_EVERY_S))
        self._there_at = now
