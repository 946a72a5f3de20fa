"""The key that all tasks share, kept from one reading to the next. It signs nothing itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from contract.records import TaskId
from streaming_task.hop import is_good_hop
from streaming_task.ports import Forwarded, Unavailable

REREAD_AFTER_S = 5.0  # forged signatures must not become calls to Secrets Manager, each one of them

_log = logging.getLogger(__name__)


class ForwardingKey:
    """Read when it is first needed, and again when tasks disagree: it may have been rotated.

    Build it inside a running loop; `read` blocks, and raises Unavailable.
    """

    def __init__(self, read: Callable[[], bytes], *, reread_after_s: float = REREAD_AFTER_S) -> None:
        self._read = read
        self._reread_after_s = reread_after_s
        self._loop = asyncio.get_running_loop()
        self._known: bytes | None = None
        self._read_at = -reread_after_s
        self._reading: asyncio.Task[bytes | Unavailable] | None = None

    async def current(self) -> bytes:
        """Give the key as it was read last.

        Raises:
            Unavailable: it could not be read yet.
        """
        return self._known or await self._newly_read()

    async def newer_than(self, used: bytes) -> bytes | None:
        """Give the key if it is another than the one that was refused; None: it is the same, as far as known.

        Raises:
            Unavailable: it could not be read.
        """
        if self._known == used and self._may_read():
            await self._newly_read()
        return None if self._known == used else self._known

    def is_good(self, message: Forwarded, target: TaskId, signature: str) -> bool:
        """Tell whether a message is signed for a target; if not, see whether the key has changed."""
        if self._known is not None and is_good_hop(self._known, message, target, signature):
            return True
        if self._may_read():
            self._begin_reading()  # for the next one: nobody waits here
        return False

    async def close(self) -> None:
        """Stop waiting for a reading."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    def _may_read(self) -> bool:
        return self._loop.time() >= self._read_at + self._reread_after_s

    async def _newly_read(self) -> bytes:
        # One reading for all who wait; one who gives up does not end it for the others.
        found = await asyncio.shield(self._begin_reading())
        if isinstance(found, Unavailable):
            raise Unavailable(found.code) from found
        return found

    def _begin_reading(self) -> asyncio.Task[bytes | Unavailable]:
        if self._reading is None:
            self._read_at = self._loop.time()
            self._reading = self._loop.create_task(self._keep_read(), name="forwarding-key")
        return self._reading

    async def _keep_read(self) -> bytes | Unavailable:
        try:
            self._known = await asyncio.to_thread(self._read)
        except Unavailable as error:
            _log.error("Forwarding key not read", extra={"code": error.code})
            return error
        finally:
            self._reading = None
        return self._known
