"""Limits of time and of room, lowered so that a test can reach them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest
from websockets.exceptions import InvalidStatus

from contract.audio import Quality, bytes_in, from_seconds
from contract.wire import Code
from tests.e2e.dictation import counter_pcm, counter_words
from tests.e2e.raw_client import (
    RATE_HZ,
    SAVED_WITHIN_S,
    as_session,
    audio,
    finish,
    raw_client,
    start,
    stop,
    ticket_for,
)
from tests.e2e.records import find_row, read_recording
from tests.e2e.test_sessions import assert_perfect
from tests.stack import RunningStack, running_stack

DURATION_S, IDLE_S, SEAL_S, TICKET_S, ROOM = 6, 8, 3, 5, 2
LIMITS = f"duration_s={DURATION_S},idle_s={IDLE_S},seal_s={SEAL_S},ticket_s={TICKET_S},max_sessions={ROOM}"
PING_EVERY_S = 2.0
SECONDS = 3.0
PCM = counter_pcm(Quality.MEDIUM, SECONDS)
WORDS = counter_words(SECONDS)


@pytest.fixture(scope="module")
def small_stack() -> Iterator[RunningStack]:
    """Give a stack whose limits are close."""
    with running_stack("--limits", LIMITS) as stack:
        yield stack


async def test_the_limits_are_told_to_the_client(small_stack: RunningStack) -> None:
    """A client keeps to what this server says, not to what another one did."""
    async with raw_client(small_stack) as client:
        ready = await client.answer_to(start(), "ready")
        await finish(client, ready["session_id"], PCM)

    assert ready["limits"] == {
        "idle_s": IDLE_S,
        "duration_s": DURATION_S,
        "buffer_bytes": 62_914_560,
        "message_bytes": 32_000,
        "messages_per_s": 40,
    }
    assert_perfect(small_stack, as_session(client, session_id=ready["session_id"]), PCM, WORDS)


async def test_a_full_task_says_busy_and_harms_nobody(small_stack: RunningStack) -> None:
    """The third waits for a place; the two that have one go on, and may still repeat their start."""
    openings = [start(), start(), start()]
    async with (
        raw_client(small_stack) as first,
        raw_client(small_stack, "doctor2") as second,
        raw_client(small_stack) as third,
    ):
        ids = [
            (await client.answer_to(opening, "ready"))["session_id"]
            for client, opening in zip((first, second), openings[:2], strict=True)
        ]
        busy = await third.refusal_of(openings[2])
        repeated = await first.answer_to(openings[0], "ready", "error")
        await finish(first, ids[0], PCM)
        ids.append((await third.answer_to(openings[2], "ready"))["session_id"])
        await asyncio.gather(finish(second, ids[1], PCM), finish(third, ids[2], PCM))

    assert (busy["code"], busy["retryable"], busy["ref"]) == (Code.BUSY, True, openings[2]["id"])
    assert busy["retry_after_s"] > 0
    assert (repeated["type"], repeated["session_id"]) == ("ready", ids[0])
    for client, session_id in zip((first, second, third), ids, strict=True):
        assert_perfect(small_stack, as_session(client, session_id=session_id), PCM, WORDS)


async def test_a_message_past_the_longest_duration_is_refused_whole(small_stack: RunningStack) -> None:
    """A warning comes first; a client that does not stop is taken to have gone, and loses nothing."""
    pcm = counter_pcm(Quality.MEDIUM, DURATION_S + 1)
    near = from_seconds(DURATION_S - 0.5, RATE_HZ)
    async with raw_client(small_stack) as client:
        session_id = (await client.answer_to(start(), "ready"))["session_id"]
        await client.speak(session_id, pcm[: bytes_in(near)])
        warning = await client.wait_for_kind("warning")
        await client.wait_for(lambda message: message.get("received") == near)
        past = pcm[bytes_in(near) : bytes_in(near) + bytes_in(from_seconds(0.6, RATE_HZ))]
        refused = await client.refusal_of(audio(session_id, near, past, id="past"))
        too_late = await client.refusal_of(
            stop(session_id, pcm, end_offset=from_seconds(DURATION_S, RATE_HZ) + 1)
        )
        stored = await client.wait_for_kind("stored", within_s=SEAL_S + SAVED_WITHIN_S)
        await client.wait_for_kind("saved", within_s=SAVED_WITHIN_S)

    assert warning["code"] == "duration_near"
    assert (refused["code"], refused["ref"]) == (Code.DURATION_LIMIT, "past")
    assert too_late["code"] == Code.DURATION_LIMIT
    assert stored["samples"] == near
    kept = pcm[: bytes_in(near)]
    words = counter_words(DURATION_S - 0.5)
    assert_perfect(small_stack, as_session(client, session_id=session_id), kept, words)


async def test_the_very_last_sample_of_the_longest_session_counts(small_stack: RunningStack) -> None:
    """A session may be exactly as long as its limit."""
    pcm = counter_pcm(Quality.MEDIUM, DURATION_S)
    async with raw_client(small_stack) as client:
        session_id = (await client.answer_to(start(), "ready"))["session_id"]
        await finish(client, session_id, pcm)

    assert "error" not in [message.get("type") for message in client.heard]
    assert_perfect(small_stack, as_session(client, session_id=session_id), pcm, counter_words(DURATION_S))


async def test_a_ping_keeps_a_silent_session_and_silence_ends_it(small_stack: RunningStack) -> None:
    """Of two that say nothing more, the one whose page is still there stays; a ticket waits for nobody."""
    old_ticket = await ticket_for(small_stack)
    half = len(PCM) // 2
    async with raw_client(small_stack) as kept, raw_client(small_stack, "doctor2") as left:
        kept_id = (await kept.answer_to(start(), "ready"))["session_id"]
        left_id = (await left.answer_to(start(), "ready"))["session_id"]
        await kept.speak(kept_id, PCM[:half])
        await left.speak(left_id, PCM)
        spoke_at = time.monotonic()
        leaving = asyncio.create_task(left.wait_for_kind("saved", within_s=IDLE_S + SAVED_WITHIN_S))
        while not leaving.done():
            await kept.send({"type": "ping", "session_id": kept_id})
            await asyncio.wait([leaving], timeout=PING_EVERY_S)
        await leaving
        took_s = time.monotonic() - spoke_at
        await finish(kept, kept_id, PCM, start=half // 2)
    with pytest.raises(InvalidStatus) as caught:
        async with raw_client(small_stack, ticket=old_ticket):
            pass

    assert took_s > IDLE_S
    assert caught.value.response.status_code == 403
    assert_perfect(small_stack, as_session(left, session_id=left_id), PCM, WORDS)
    assert_perfect(small_stack, as_session(kept, session_id=kept_id), PCM, WORDS)


async def test_a_stop_whose_audio_never_comes_is_sealed_with_its_gap(small_stack: RunningStack) -> None:
    """The client has gone: what is there is kept, and what is missing is named."""
    gap_from, gap_to = from_seconds(SECONDS / 4, RATE_HZ), from_seconds(SECONDS / 2, RATE_HZ)
    async with raw_client(small_stack) as client:
        session_id = (await client.answer_to(start(), "ready"))["session_id"]
        await client.speak(session_id, PCM[: bytes_in(gap_from)])
        await client.speak(session_id, PCM, start=gap_to)
        await client.send(stop(session_id, PCM, sha256=None))
        saved = await client.wait_for_kind("saved", within_s=SEAL_S + SAVED_WITHIN_S)

    samples, _ = read_recording(small_stack, find_row(small_stack, saved["transcription_id"]))
    silence = bytes(bytes_in(gap_to - gap_from))
    assert saved["gaps"] == [[gap_from, gap_to]]
    assert samples.tobytes() == PCM[: bytes_in(gap_from)] + silence + PCM[bytes_in(gap_to) :]
