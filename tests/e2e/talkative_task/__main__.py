"""The real task, told to log at its most talkative level; one line of that level proves that it does."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import os

import uvloop

from streaming_task.app import run
from streaming_task.settings import read_settings
from tests.e2e.talkative_task import PROOF

PROOF_AFTER_S = 0.5  # when the task has set its logging up


async def talk() -> None:
    """Run the task."""
    logger = logging.getLogger(__name__)
    asyncio.get_running_loop().call_later(PROOF_AFTER_S, logger.debug, PROOF)
    await run(dataclasses.replace(read_settings(os.environ), log_level=logging.DEBUG))


if __name__ == "__main__":
    uvloop.run(talk())
