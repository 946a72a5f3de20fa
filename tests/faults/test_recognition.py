"""Transcribe without a stream for us, for a while or for a whole session; and many streams in one session."""

from __future__ import annotations

import asyncio
import os
import signal
import uuid

from contract.audio import Quality, bytes_in, from_seconds
from contract.records import TranscriptState
from contract.replies import Transcription
from tests.e2e.dictation import counter_pcm, counter_words, dictating, until
from tests.e2e.raw_client import (
    RATE_HZ,
    SAVED_WITHIN_S,
    RawClient,
    as_session,
    finish,
    raw_client,
    resume,
    start,
    stop,
)
from tests.e2e.records import read_finals
from tests.e2e.test_sessions import assert_perfect
from tests.faults.owners import owner_of_id
from tests.stack import RunningStack

WORD_S = 0.5
WORD_MS = 500
REOPENS = 20
EVERY_SO_MANY_FAIL = 7  # of those reopens: an exception; the others are pauses
OFF_BY_MOST_MS = 100
REPLACED_WITHIN_S = 60.0


async def test_a_full_quota_delays_the_text_and_not_the_recording(hurried_stack: RunningStack) -> None:
    """LimitExceeded: the client hears `delayed`, samples go on being stored, the text comes in the end."""
    pcm = counter_pcm(Quality.MEDIUM, 10.0)
    await asyncio.to_thread(hurried_stack.transcribe_faults, limit_exceeded=True)
    async with dictating(hurried_stack, pcm, Quality.MEDIUM, speed=2.0) as session:
        await until(lambda: session.heard.transcription == Transcription.DELAYED)
        await until(lambda: session.heard.durable > from_seconds(4.0, RATE_HZ))
        finals_without_a_stream = len(session.heard.finals)
        await asyncio.to_thread(hurried_stack.transcribe_faults)

    assert finals_without_a_stream == 0
    assert_perfect(hurried_stack, session, pcm, counter_words(10.0))


async def test_a_session_that_was_never_heard_gets_its_text_later(hurried_stack: RunningStack) -> None:
    """Refused to the end: `saved` with a pending transcript; a later task makes the text, and says so."""
    pcm = counter_pcm(Quality.MEDIUM, 3.0)
    await asyncio.to_thread(hurried_stack.transcribe_faults, refuse=True)
    async with raw_client(hurried_stack) as client:
        session_id = (await client.answer_to(start(), "ready"))["session_id"]
        await client.speak(session_id, pcm)
        await client.wait_for(
            lambda message: message.get("transcription") == Transcription.UNAVAILABLE, within_s=30.0
        )
        await client.send(stop(session_id, pcm))
        pending = await client.wait_for_kind("saved", within_s=SAVED_WITHIN_S)
        await asyncio.to_thread(hurried_stack.transcribe_faults)
        known = hurried_stack.tasks
        os.kill((await owner_of_id(hurried_stack, session_id))["pid"], signal.SIGTERM)
        await asyncio.to_thread(hurried_stack.wait_for_new_task, known, REPLACED_WITHIN_S)
        await client.wait_for(
            lambda message: message.get("transcript") == TranscriptState.COMPLETE, within_s=SAVED_WITHIN_S
        )
        await client.answer_to(resume(session_id, str(uuid.uuid4())), "saved")

    assert (pending["transcript"], pending["segments"]) == (TranscriptState.PENDING, 0)
    assert_perfect(hurried_stack, as_session(client, session_id=session_id), pcm, counter_words(3.0))


async def test_times_do_not_drift_over_twenty_streams(hurried_stack: RunningStack) -> None:
    """Rested and broken again and again: every word still stands where it was said."""
    pcm = counter_pcm(Quality.MEDIUM, WORD_S * (REOPENS + 1))
    async with raw_client(hurried_stack) as client:
        session_id = (await client.answer_to(start(), "ready"))["session_id"]
        for number in range(REOPENS):
            await say_a_word(client, session_id, number)
            if number % EVERY_SO_MANY_FAIL:
                await rest(client, session_id)
            else:
                await asyncio.to_thread(hurried_stack.transcribe_faults, exception="InternalFailureException")
                await asyncio.to_thread(hurried_stack.transcribe_faults)
        await finish(client, session_id, pcm, start=from_seconds(WORD_S * REOPENS, RATE_HZ))

    finals = read_finals(hurried_stack, session_id)
    starts_ms = {item["text"]: item["start_ms"] for final in finals for item in final["items"]}
    off_by_ms = [abs(starts_ms[f"w{number:06d}"] - number * WORD_MS) for number in range(REOPENS + 1)]
    assert max(final["stream"] for final in finals) >= REOPENS
    assert max(off_by_ms) <= OFF_BY_MOST_MS
    assert_perfect(
        hurried_stack, as_session(client, session_id=session_id), pcm, counter_words(WORD_S * (REOPENS + 1))
    )


async def say_a_word(client: RawClient, session_id: str, number: int) -> None:
    """Send the audio of one word, and wait until its text has come."""
    first, last = (from_seconds(WORD_S * at, RATE_HZ) for at in (number, number + 1))
    pcm = counter_pcm(Quality.MEDIUM, WORD_S * (number + 1))
    await client.speak(session_id, pcm[: bytes_in(last)], start=first)
    await client.wait_for(lambda message: f"w{number:06d}" in message.get("text", ""), within_s=30.0)


async def rest(client: RawClient, session_id: str) -> None:
    """Pause, and wait until the recogniser rests."""
    since = len(client.heard)
    await client.send({"type": "pause", "session_id": session_id})
    await client.wait_for(
        lambda message: message.get("transcription") == Transcription.PARKED, since=since, within_s=30.0
    )
