"""Sessions end to end on the scripted recogniser: every byte, every word, each user's own."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from contract.audio import PCM_RATE_HZ, Quality
from contract.records import TranscriptState
from tests.e2e.dictation import counter_pcm, counter_words, dictate, dictating, until
from tests.e2e.records import (
    find_row,
    read_finals,
    read_recording,
    recognition_streams,
    wait_until_parts_are_gone,
)
from tests.stack import RunningStack
from tools.client_session import ClientSession


def transcription_id(session: ClientSession) -> int:
    """Give the number of a session's record."""
    assert session.heard.saved is not None
    return int(session.heard.saved["transcription_id"])


def last_stream(session: ClientSession) -> int:
    """Give the number of the recognition stream that the newest final came from, -1 before the first."""
    return max((int(final["stream"]) for final in session.heard.finals.values()), default=-1)


def assert_perfect(stack: RunningStack, session: ClientSession, pcm: bytes, words: list[str]) -> None:
    """Assert that nothing was lost, doubled or changed, in any place that keeps it."""
    row = find_row(stack, transcription_id(session))
    saved = session.heard.saved or {}
    assert saved["gaps"] == []
    assert saved["transcript"] == TranscriptState.COMPLETE
    finals = read_finals(stack, row.session_id)
    assert [final["segment"] for final in finals] == list(range(saved["segments"]))
    assert " ".join(final["text"] for final in finals) == row.text == session.heard.text
    assert row.text.split() == words
    assert row.status == "COMPLETED"
    samples, rate_hz = read_recording(stack, row)
    assert rate_hz == row.sample_rate_hz
    assert samples.astype("<i2").tobytes() == pcm
    wait_until_parts_are_gone(stack, row)


@pytest.mark.parametrize("quality", [Quality.MEDIUM, Quality.HIGH])
async def test_counter_audio_comes_out_whole(scripted_stack: RunningStack, quality: Quality) -> None:
    """Audio byte for byte, words in order, one row, no parts left."""
    pcm = counter_pcm(quality, 10.0)

    session = await dictate(scripted_stack, pcm, quality, speed=2.0)

    assert_perfect(scripted_stack, session, pcm, counter_words(10.0))


async def test_eight_kilohertz_is_recorded_as_it_is_and_heard_at_sixteen(
    scripted_stack: RunningStack,
) -> None:
    """Transcribe Medical refuses less than 16 kHz; the recording keeps the original."""
    pcm = (np.sin(np.arange(8_000 * 5) / 10) * 8_000).astype("<i2").tobytes()

    session = await dictate(scripted_stack, pcm, Quality.LOW)

    assert_perfect(scripted_stack, session, pcm, [])
    streams = recognition_streams(scripted_stack)
    assert streams
    assert all(16_000 <= stream["sample_rate"] <= 48_000 for stream in streams)
    assert any(stream["seconds"] == pytest.approx(5.0, abs=0.01) for stream in streams)


async def test_two_users_at_once_each_have_their_own(scripted_stack: RunningStack) -> None:
    """Two doctors in two rooms: nothing of one is in the other's record."""
    first_pcm, second_pcm = counter_pcm(Quality.MEDIUM, 8.0), counter_pcm(Quality.HIGH, 6.0)

    first, second = await asyncio.gather(
        dictate(scripted_stack, first_pcm, Quality.MEDIUM, user="doctor1"),
        dictate(scripted_stack, second_pcm, Quality.HIGH, user="doctor2"),
    )

    assert_perfect(scripted_stack, first, first_pcm, counter_words(8.0))
    assert_perfect(scripted_stack, second, second_pcm, counter_words(6.0))
    rows = [find_row(scripted_stack, transcription_id(session)) for session in (first, second)]
    assert rows[0].user_id != rows[1].user_id
    assert [row.sample_rate_hz for row in rows] == [16_000, 48_000]


async def test_a_bad_network_loses_nothing(scripted_stack: RunningStack) -> None:
    """3 % dropped, 3 % duplicated, 400 ms out of order: the same bytes, the same words."""
    pcm = counter_pcm(Quality.MEDIUM, 30.0)
    scripted_stack.gateway_faults(drop=0.03, duplicate=0.03, reorder_ms=400, seed=7)

    session = await dictate(scripted_stack, pcm, Quality.MEDIUM)

    counts = scripted_stack.admin("gateway", "faults")["counts"]
    assert counts["dropped"] > 0
    assert counts["duplicated"] > 0
    assert_perfect(scripted_stack, session, pcm, counter_words(30.0))


async def test_cut_connections_are_resumed(scripted_stack: RunningStack) -> None:
    """Every connection dies after three seconds: a new one goes on where the last one ended."""
    pcm = counter_pcm(Quality.MEDIUM, 15.0)
    scripted_stack.gateway_faults(cut_connections_every_s=3)

    session = await dictate(scripted_stack, pcm, Quality.MEDIUM)

    assert_perfect(scripted_stack, session, pcm, counter_words(15.0))


@pytest.mark.parametrize("faults", [{"reset_every_s": 3}, {"close_clean_every_s": 3}], ids=["reset", "clean"])
async def test_dying_streams_cost_no_word(scripted_stack: RunningStack, faults: dict[str, int]) -> None:
    """Each stream ends after three seconds, kindly or not: the next begins where stored text ends."""
    pcm = counter_pcm(Quality.MEDIUM, 14.0)
    scripted_stack.transcribe_faults(**faults)

    async with dictating(scripted_stack, pcm, Quality.MEDIUM) as session:
        await until(lambda: last_stream(session) >= 2)
        await asyncio.to_thread(scripted_stack.transcribe_faults)

    assert_perfect(scripted_stack, session, pcm, counter_words(14.0))


async def test_a_slow_recogniser_costs_no_word(scripted_stack: RunningStack) -> None:
    """Whatever it says comes half a second late, the last word too."""
    pcm = counter_pcm(Quality.MEDIUM, 6.0)
    scripted_stack.transcribe_faults(delay_ms=500)

    session = await dictate(scripted_stack, pcm, Quality.MEDIUM)

    assert_perfect(scripted_stack, session, pcm, counter_words(6.0))


def test_the_rates_are_those_of_the_contract() -> None:
    """8, 16 and 48 kHz are all there is."""
    assert sorted(PCM_RATE_HZ.values()) == [8_000, 16_000, 48_000]
