"""Run what its owner does not wait for, and keep hold of it: one that breaks is logged, and ends alone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

_log = logging.getLogger(__name__)


class Errands:
    """One owner's tasks under way. Their number is the owner's to limit; an error they raise is a defect."""

    def __init__(self, defect: str) -> None:
        self._defect = defect
        self._running: set[asyncio.Task[None]] = set()

    def run(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Start some work; `defect` is logged with this name if it raises."""
        task = asyncio.create_task(work, name=name)
        self._running.add(task)  # the event loop alone would let it be collected half-way
        task.add_done_callback(self._done)
        return task

    async def settle(self, within_s: float) -> None:
        """Wait for what is under way, at most for so long, and call off the rest."""
        if self._running:
            await asyncio.wait(self._running, timeout=within_s)
        self.call_off()

    def call_off(self) -> None:
        """Cancel what is under way."""
        for task in self._running:
            task.cancel()

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            code = type(error).__name__
            _log.error(self._defect, extra={"step": task.get_name(), "code": code})
