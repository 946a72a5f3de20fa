"""An owner that the table does not hear any more."""

from __future__ import annotations

import asyncio
from typing import Final

from contract.audio import Quality
from tests.e2e.dictation import counter_pcm, counter_words, dictating
from tests.e2e.test_sessions import assert_perfect
from tests.faults.owners import is_alive, owner_of, wait_for_other_owner
from tests.stack import RunningStack

WENT_SILENT: Final = "Session let go: the lease could not be kept"


async def test_an_owner_cut_off_from_the_table_falls_silent_and_lives(three_tasks: RunningStack) -> None:
    """Clients still reach it: it lets go by itself, another goes on, and it is of use again afterwards."""
    pcm = counter_pcm(Quality.MEDIUM, 16.0)
    async with dictating(three_tasks, pcm, Quality.MEDIUM) as session:
        cut_off = await owner_of(three_tasks, session)
        await asyncio.to_thread(
            three_tasks.aws_rules, {"service": "dynamodb", "task": cut_off["id"], "status": 503}
        )
        await wait_for_other_owner(three_tasks, session, cut_off)
        await asyncio.to_thread(three_tasks.aws_rules)

    said = three_tasks.log_of(cut_off["id"])
    assert is_alive(cut_off["pid"])
    assert cut_off in three_tasks.tasks
    assert WENT_SILENT in said
    assert_perfect(three_tasks, session, pcm, counter_words(16.0))
