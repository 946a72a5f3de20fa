"""Whatever happens to the owner's process: the same bytes, the same words, one record."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from contextlib import AsyncExitStack

from contract.audio import Encoding, Quality
from streaming_task.adapters.ogg_opus import OggCompactor
from tests.e2e.dictation import counter_packets, counter_pcm, counter_words, dictating
from tests.e2e.records import find_row, read_object
from tests.e2e.test_sessions import assert_perfect, transcription_id
from tests.faults.owners import harm_owner, wait_until_gone
from tests.stack import RunningStack

LEFT_WITHIN_S = 20.0


async def test_a_killed_owner_loses_nothing(three_tasks: RunningStack) -> None:
    """kill -9 in mid-sentence, three times: another task goes on from what is stored."""
    pcm = counter_pcm(Quality.MEDIUM, 40.0)
    async with dictating(three_tasks, pcm, Quality.MEDIUM) as session:
        for _ in range(3):
            await asyncio.sleep(random.uniform(2.0, 5.0))
            await harm_owner(three_tasks, session, signal.SIGKILL)

    assert_perfect(three_tasks, session, pcm, counter_words(40.0))
    assert session.heard.epoch >= 4


async def test_a_killed_owner_of_packets_loses_none(three_tasks: RunningStack) -> None:
    """The same with Opus: the next owner reads the parts, and goes on between packets."""
    packets = counter_packets(40.0)
    async with dictating(three_tasks, packets, Quality.MEDIUM, encoding=Encoding.OPUS) as session:
        for _ in range(3):
            await asyncio.sleep(random.uniform(2.0, 5.0))
            await harm_owner(three_tasks, session, signal.SIGKILL)

    row = find_row(three_tasks, transcription_id(session))
    assert session.heard.epoch >= 4
    assert session.heard.saved is not None
    assert (session.heard.saved["sha256"], session.heard.saved["gaps"]) == (session.sha256, [])
    assert row.text.split() == counter_words(40.0)
    assert OggCompactor().decode(read_object(three_tasks, row.audio_key)) == packets


async def test_a_leaving_owner_hands_over(three_tasks: RunningStack) -> None:
    """SIGTERM: it is gone in time, and the text goes on."""
    pcm = counter_pcm(Quality.MEDIUM, 25.0)
    async with dictating(three_tasks, pcm, Quality.MEDIUM) as session:
        await asyncio.sleep(6.0)
        owner = await harm_owner(three_tasks, session, signal.SIGTERM)
        await wait_until_gone(owner["pid"], LEFT_WITHIN_S)

    assert_perfect(three_tasks, session, pcm, counter_words(25.0))
    assert session.heard.epoch >= 2


async def test_a_frozen_owner_wakes_to_find_itself_replaced(three_tasks: RunningStack) -> None:
    """SIGSTOP and SIGCONT: the zombie writes nothing, and nothing is said twice."""
    pcm = counter_pcm(Quality.MEDIUM, 40.0)
    async with dictating(three_tasks, pcm, Quality.MEDIUM) as session:
        await asyncio.sleep(5.0)
        owner = await harm_owner(three_tasks, session, signal.SIGSTOP)
        try:
            await asyncio.sleep(12.0)
        finally:
            os.kill(owner["pid"], signal.SIGCONT)

    assert_perfect(three_tasks, session, pcm, counter_words(40.0))


async def test_kills_at_random_moments_with_several_speakers(three_tasks: RunningStack) -> None:
    """Thirteen kills in a minute, whoever it hits: every speaker's record is whole."""
    pcm = counter_pcm(Quality.MEDIUM, 70.0)
    async with AsyncExitStack() as speaking:
        sessions = [
            await speaking.enter_async_context(dictating(three_tasks, pcm, Quality.MEDIUM, user=user))
            for user in ("doctor1", "doctor2", "doctor1")
        ]
        for _ in range(13):
            await asyncio.sleep(random.uniform(1.0, 5.0))
            await harm_owner(three_tasks, random.choice(sessions), signal.SIGKILL)

    for session in sessions:
        assert_perfect(three_tasks, session, pcm, counter_words(70.0))
