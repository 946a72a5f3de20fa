"""Keep this task's lease fresh: other tasks take a lease that stands still for a dead task's."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from contract.records import TaskId
from streaming_task.ports import Leases, Unavailable

_log = logging.getLogger(__name__)

BUMP_EVERY_S = 2.0


async def keep_lease(leases: Leases, task_id: TaskId, address: str, sessions: Callable[[], int]) -> None:
    """Bump the lease every two seconds, for ever; take it away when cancelled."""
    version = 0
    try:
        while True:
            version += 1
            try:
                await leases.bump(task_id, address, version, sessions())
            except Unavailable as error:
                _log.warning("Task lease not bumped", extra={"code": error.code})
            await asyncio.sleep(BUMP_EVERY_S)
    finally:
        try:
            await leases.release(task_id)
        except Unavailable as error:
            _log.warning("Task lease not released", extra={"code": error.code})
