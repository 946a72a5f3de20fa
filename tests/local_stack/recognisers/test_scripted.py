"""The scripted recogniser: every numbered word once, however the audio is cut."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_stack.recognisers.counter_audio import counter_audio
from local_stack.recognisers.interface import Recogniser, RecogniserFactory, Result
from local_stack.recognisers.scripted import ScriptedFactory

RATE_HZ = 16_000
FRAME_BYTES = RATE_HZ // 50 * 2
RATES_HZ = (16_000, 22_050, 44_100, 48_000)


async def hear(audio: bytes, *, rate_hz: int = RATE_HZ, chunk_bytes: int = 3_200) -> list[Result]:
    """Stream audio in equal chunks and give all results."""
    cuts = range(0, len(audio), chunk_bytes)
    return await hear_chunks([audio[cut : cut + chunk_bytes] for cut in cuts], rate_hz=rate_hz)


async def hear_chunks(chunks: list[bytes], *, rate_hz: int = RATE_HZ) -> list[Result]:
    """Stream the chunks as they are and give all results."""
    results: list[Result] = []
    recogniser = ScriptedFactory().open(sample_rate_hz=rate_hz, emit=results.append)
    for chunk in chunks:
        recogniser.feed(chunk)
    await recogniser.finish()
    return results


def finals(results: list[Result]) -> list[Result]:
    """Keep the finals."""
    return [result for result in results if not result.is_partial]


def words(results: list[Result]) -> list[str]:
    """List the words of the finals."""
    return [word.text for result in finals(results) for word in result.words]


def numbered(first: int, last: int) -> list[str]:
    """Name the words first to last, both included."""
    return [f"w{number:06d}" for number in range(first, last + 1)]


@pytest.mark.parametrize("rate_hz", RATES_HZ)
async def test_counter_audio_is_read_back_word_by_word(rate_hz: int) -> None:
    """Six seconds hold twelve words at any rate that Transcribe Medical takes."""
    audio = counter_audio(rate_hz, first_frame=0, frames=300)

    results = await hear(audio, rate_hz=rate_hz)

    assert words(results) == numbered(0, 11)
    assert [final.text for final in finals(results)] == [
        "w000000 w000001 w000002 w000003 w000004",
        "w000005 w000006 w000007 w000008 w000009",
        "w000010 w000011",
    ]


async def test_a_word_comes_with_the_last_frame_of_its_half_second() -> None:
    """Word n is said when the frame with n % 25 == 24 is whole, and not a byte before."""
    audio = counter_audio(RATE_HZ, first_frame=0, frames=25)
    results: list[Result] = []
    recogniser = ScriptedFactory().open(sample_rate_hz=RATE_HZ, emit=results.append)

    recogniser.feed(audio[:-1])
    before = list(results)
    recogniser.feed(audio[-1:])

    assert before == []
    assert [(result.is_partial, result.text) for result in results] == [(True, "w000000")]


async def test_a_partial_follows_every_word_with_the_words_since_the_last_final() -> None:
    """The page sees a segment grow word by word, under one id, until the final closes it."""
    audio = counter_audio(RATE_HZ, first_frame=0, frames=25 * 6)

    results = await hear(audio)

    shape = [(result.is_partial, len(result.words)) for result in results]
    assert shape == [(True, n) for n in range(1, 6)] + [(False, 5), (True, 1), (False, 1)]
    assert len({result.result_id for result in results[:6]}) == 1
    assert len({result.result_id for result in results}) == 2


async def test_words_span_their_half_second_and_are_certain() -> None:
    """Times are those of the stream, confidence is 1.0, and there is no punctuation."""
    audio = counter_audio(RATE_HZ, first_frame=0, frames=250)

    results = await hear(audio)

    items = [word for final in finals(results) for word in final.words]
    assert [(word.start_s, word.end_s) for word in items] == [(n / 2, (n + 1) / 2) for n in range(10)]
    assert {(word.kind, word.confidence, word.speaker) for word in items} == {("pronunciation", 1.0, None)}
    assert [(final.start_s, final.end_s) for final in finals(results)] == [(0.0, 2.5), (2.5, 5.0)]


async def test_a_word_begun_before_the_stream_starts_at_zero() -> None:
    """A stream opened again within a word hears the word's end; no time may be negative."""
    audio = counter_audio(RATE_HZ, first_frame=20, frames=30)

    results = await hear(audio)

    (final,) = finals(results)
    assert words(results) == numbered(0, 1)
    assert [word.start_s for word in final.words] == pytest.approx([0.0, 0.1])
    assert [word.end_s for word in final.words] == pytest.approx([0.1, 0.6])


async def test_a_stream_opened_later_continues_the_numbers() -> None:
    """Finals close where the numbers say, not where the stream began."""
    audio = counter_audio(RATE_HZ, first_frame=25 * 8, frames=25 * 4)

    results = await hear(audio)

    assert [final.text for final in finals(results)] == ["w000008 w000009", "w000010 w000011"]


async def test_numbers_beyond_fifteen_bits_use_the_third_sample() -> None:
    """A session of hours passes frame 32768."""
    audio = counter_audio(RATE_HZ, first_frame=40_000, frames=50)

    assert words(await hear(audio)) == numbered(1_600, 1_601)


async def test_a_number_that_looks_like_the_mark_is_not_taken_for_it() -> None:
    """Frame 23130's number is the mark itself; a stream may begin just there, or one byte into it."""
    audio = counter_audio(RATE_HZ, first_frame=23_130, frames=100)

    whole = words(await hear(audio))
    from_its_number = words(await hear(audio[2:]))
    from_within_its_mark = words(await hear(audio[1:]))

    assert whole == from_its_number == from_within_its_mark == numbered(925, 928)


@pytest.mark.parametrize("offset_bytes", [1, 2, 3, 4, 5, 6, 7, 100, 637, 638, 639])
async def test_the_mark_is_found_wherever_the_stream_begins(offset_bytes: int) -> None:
    """Audio cut within a frame, even within a sample, loses that frame alone."""
    audio = counter_audio(RATE_HZ, first_frame=0, frames=100)[offset_bytes:]

    assert words(await hear(audio, chunk_bytes=333)) == numbered(0, 3)


@pytest.mark.parametrize("gap_bytes", [1, 2, 111, 639, 5_000])
async def test_the_mark_is_found_again_after_foreign_audio(gap_bytes: int) -> None:
    """Silence or noise between frames delays the words; it takes none away."""
    noise = bytes((7 * n) % 251 for n in range(gap_bytes))
    audio = counter_audio(RATE_HZ, 0, 60) + noise + counter_audio(RATE_HZ, 60, 65)

    assert words(await hear(audio)) == numbered(0, 4)


async def test_lost_frames_lose_only_the_words_that_end_in_them() -> None:
    """A hole of four frames over the end of word 1 loses word 1, and the rest is in step."""
    audio = counter_audio(RATE_HZ, 0, 47) + counter_audio(RATE_HZ, 51, 74)

    assert words(await hear(audio)) == ["w000000", "w000002", "w000003", "w000004"]


async def test_bytes_lost_within_a_frame_leave_the_rest_in_step() -> None:
    """Half a frame lost moves every later frame; the marks are found at their new places."""
    audio = bytearray(counter_audio(RATE_HZ, 0, 125))
    del audio[30 * FRAME_BYTES + 301 : 31 * FRAME_BYTES]

    assert words(await hear(bytes(audio))) == numbered(0, 4)


@pytest.mark.parametrize("sound", ["silence", "noise", "marks alone", "one frame short of a word"])
async def test_audio_without_words_yields_nothing(sound: str) -> None:
    """What is heard but holds no numbered half second says no word."""
    noise = np.random.default_rng(1).integers(-32768, 32767, 2 * RATE_HZ, dtype=np.int16)
    audio = {
        "silence": bytes(4 * RATE_HZ),
        "noise": noise.tobytes(),
        "marks alone": b"\x5a\x5a" * RATE_HZ,
        "one frame short of a word": counter_audio(RATE_HZ, 0, 24),
    }[sound]

    assert await hear(audio) == []


async def test_counter_audio_at_another_rate_yields_nothing() -> None:
    """Frames of 8 kHz are shorter than the stream's: no frame is whole, so no word is said."""
    assert await hear(counter_audio(8_000, 0, 200)) == []


async def test_an_ended_stream_says_no_more() -> None:
    """After finish, audio is not heard and a second finish adds nothing."""
    results: list[Result] = []
    recogniser = ScriptedFactory().open(sample_rate_hz=RATE_HZ, emit=results.append)
    recogniser.feed(counter_audio(RATE_HZ, 0, 25))
    await recogniser.finish()
    said = list(results)

    recogniser.feed(counter_audio(RATE_HZ, 25, 25))
    await recogniser.finish()

    assert results == said


async def test_a_dropped_stream_emits_no_final() -> None:
    """A reset takes the open segment with it, as Transcribe's does."""
    results: list[Result] = []
    recogniser = ScriptedFactory().open(sample_rate_hz=RATE_HZ, emit=results.append)
    recogniser.feed(counter_audio(RATE_HZ, 0, 50))

    recogniser.close()
    recogniser.close()
    await recogniser.finish()

    assert finals(results) == []


async def test_result_ids_differ_between_streams() -> None:
    """Two streams of one session must not share a result id."""
    audio = counter_audio(RATE_HZ, 0, 25)

    first, second = await hear(audio), await hear(audio)

    assert first[0].result_id != second[0].result_id


@settings(max_examples=150, deadline=None)
@given(data=st.data())
async def test_chunking_changes_no_final(data: st.DataObject) -> None:
    """The same audio in any pieces gives the same words at the same times."""
    first_frame = data.draw(st.integers(0, 70_000))
    audio = counter_audio(RATE_HZ, first_frame, data.draw(st.integers(0, 160)))
    audio = audio[data.draw(st.integers(0, 2 * FRAME_BYTES)) :]
    hole = sorted(data.draw(st.lists(st.integers(0, len(audio)), min_size=2, max_size=2)))
    audio = audio[: hole[0]] + data.draw(st.binary(max_size=50)) + audio[hole[1] :]
    cuts = sorted({0, len(audio), *data.draw(st.lists(st.integers(0, len(audio)), max_size=40))})
    chunks = [audio[start:end] for start, end in pairwise(cuts)]

    whole, pieces = await hear_chunks([audio]), await hear_chunks(chunks)

    assert [final.words for final in finals(whole)] == [final.words for final in finals(pieces)]


async def test_the_factory_shares_nothing() -> None:
    """Warming it and closing it cost nothing, and streams outlive it."""
    factory = ScriptedFactory()
    results: list[Result] = []

    await factory.warm_up()
    as_port: RecogniserFactory = factory
    stream: Recogniser = as_port.open(sample_rate_hz=RATE_HZ, emit=results.append)
    as_port.close()
    stream.feed(counter_audio(RATE_HZ, 0, 25))

    assert len(results) == 1
