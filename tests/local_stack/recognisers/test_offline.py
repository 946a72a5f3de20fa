"""Offline recognition of one stream and of several, with models that answer at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable

import numpy as np
import pytest

from local_stack.recognisers.interface import RecogniserFactory, RecogniserFailed, Result
from local_stack.recognisers.offline import OfflineFactory
from local_stack.recognisers.segmenter import HEARING_RATE_HZ, Samples
from local_stack.recognisers.speech_models import HeardPhrase, HeardWord, SpeechDetector

LOUD = 0.25


class LoudnessDetector:
    """Takes every loud window for speech."""

    def probability(self, window: Samples) -> float:
        """Judge by the peak."""
        return 0.95 if float(np.abs(window).max()) > LOUD / 2 else 0.02


def one_word(samples: Samples) -> list[HeardPhrase]:
    """Hear one word over the loud part of the samples."""
    loud = np.flatnonzero(np.abs(samples) > LOUD / 2) / HEARING_RATE_HZ
    return [HeardPhrase((HeardWord("Pain.", float(loud[0]), float(loud[-1]), 0.9),), 0.01, -0.2)]


class InstantModels:
    """Models that say one word of whatever they hear, and keep count."""

    def __init__(self, phrases: Callable[[Samples], list[HeardPhrase]] = one_word) -> None:
        self._phrases = phrases
        self.loads = 0
        self.lengths_s: list[float] = []  # of what finals were made of
        self.threads: set[str] = set()

    def load(self) -> None:
        """Count."""
        self.loads += 1

    def detector(self) -> SpeechDetector:
        """Give a detector without memory."""
        return LoudnessDetector()

    def draft(self, samples: Samples) -> str:
        """Say a word."""
        self.threads.add(threading.current_thread().name)
        return "pain"

    def phrases(self, samples: Samples) -> list[HeardPhrase]:
        """Say a word, with its times."""
        self.threads.add(threading.current_thread().name)
        self.lengths_s.append(len(samples) / HEARING_RATE_HZ)
        return self._phrases(samples)


@pytest.fixture
async def open_factory() -> AsyncIterator[Callable[[InstantModels], OfflineFactory]]:
    """Give a maker of factories that are closed in the end."""
    factories: list[OfflineFactory] = []

    def make(models: InstantModels) -> OfflineFactory:
        factories.append(OfflineFactory(models))
        return factories[-1]

    yield make
    for factory in factories:
        factory.close()


def sound(*stretches: tuple[float, bool], rate_hz: int = HEARING_RATE_HZ) -> bytes:
    """Make loud and silent stretches of (seconds, is loud)."""
    rng = np.random.default_rng(7)
    parts = [
        rng.choice([-LOUD, LOUD], round(seconds * rate_hz)) if is_loud else np.zeros(round(seconds * rate_hz))
        for seconds, is_loud in stretches
    ]
    return (np.concatenate(parts) * 32767).astype("<i2").tobytes()


async def hear(factory: OfflineFactory, pcm: bytes, *, chunk_bytes: int = 3_200) -> list[Result]:
    """Stream audio as fast as it goes and give all results."""
    results: list[Result] = []
    recogniser = factory.open(sample_rate_hz=HEARING_RATE_HZ, emit=results.append)
    for start in range(0, len(pcm), chunk_bytes):
        recogniser.feed(pcm[start : start + chunk_bytes])
    await recogniser.finish()
    return results


def finals(results: list[Result]) -> list[Result]:
    """Keep the finals."""
    return [result for result in results if not result.is_partial]


Open = Callable[[InstantModels], OfflineFactory]


async def test_each_utterance_has_one_final_at_its_place(open_factory: Open) -> None:
    """Times are those of the stream, to a tenth of a second."""
    pcm = sound((1, False), (1, True), (1, False), (2, True))

    results = await hear(open_factory(InstantModels()), pcm)

    times = [(final.start_s, final.end_s) for final in finals(results)]
    assert [final.text for final in finals(results)] == ["Pain.", "Pain."]
    assert np.allclose(times, [(1, 2), (3, 5)], atol=0.1)
    assert len({final.result_id for final in finals(results)}) == 2


@pytest.mark.parametrize("chunk_bytes", [1, 333, 3_200, 1_000_000])
async def test_chunks_of_any_size_are_heard_alike(open_factory: Open, chunk_bytes: int) -> None:
    """Audio may come in odd bytes or all at once."""
    pcm = sound((0.1, False), (0.5, True), (0.7, False))

    results = await hear(open_factory(InstantModels()), pcm, chunk_bytes=chunk_bytes)

    (final,) = finals(results)
    assert final.start_s == pytest.approx(0.1, abs=0.05)
    assert final.end_s == pytest.approx(0.6, abs=0.05)


@pytest.mark.parametrize("rate_hz", [22_050, 44_100, 48_000])
async def test_other_rates_are_resampled_without_a_shift(open_factory: Open, rate_hz: int) -> None:
    """The models hear 16 kHz; times stay those of the stream, to its end."""
    results: list[Result] = []
    recogniser = open_factory(InstantModels()).open(sample_rate_hz=rate_hz, emit=results.append)

    recogniser.feed(sound((1, False), (1, True), rate_hz=rate_hz))
    await recogniser.finish()

    (final,) = finals(results)
    assert final.start_s == pytest.approx(1, abs=0.1)
    assert final.end_s == pytest.approx(2, abs=0.1)


async def test_partials_come_before_their_final_and_share_its_id(open_factory: Open) -> None:
    """The page replaces a partial by what comes next under its id."""
    results: list[Result] = []
    seen = asyncio.Event()

    def note(result: Result) -> None:
        results.append(result)
        seen.set()

    recogniser = open_factory(InstantModels()).open(sample_rate_hz=HEARING_RATE_HZ, emit=note)

    recogniser.feed(sound((1.0, True)))
    await seen.wait()
    recogniser.feed(sound((1.0, False)))
    await recogniser.finish()

    assert [result.is_partial for result in results] == [True] * (len(results) - 1) + [False]
    assert len(results) >= 2
    assert len({result.result_id for result in results}) == 1
    assert results[0].words[0].confidence is None


async def test_results_come_on_the_loops_thread_and_work_is_done_elsewhere(open_factory: Open) -> None:
    """The event loop serves every stream: no model may run on it."""
    models = InstantModels()
    threads: set[str] = set()
    recogniser = open_factory(models).open(
        sample_rate_hz=HEARING_RATE_HZ, emit=lambda _: threads.add(threading.current_thread().name)
    )

    recogniser.feed(sound((1, True)))
    await recogniser.finish()

    assert threads == {threading.current_thread().name}
    assert models.threads
    assert threads.isdisjoint(models.threads)


async def test_a_disbelieved_utterance_withdraws_its_partials(open_factory: Open) -> None:
    """When the careful model hears nothing after all, an empty final takes the partial back."""
    results: list[Result] = []
    seen = asyncio.Event()

    def note(result: Result) -> None:
        results.append(result)
        seen.set()

    recogniser = open_factory(InstantModels(lambda _: [])).open(sample_rate_hz=HEARING_RATE_HZ, emit=note)
    recogniser.feed(sound((1, True)))
    await seen.wait()

    await recogniser.finish()

    (final,) = finals(results)
    assert (final.text, final.words, final.result_id) == ("", (), results[0].result_id)


async def test_silence_yields_nothing(open_factory: Open) -> None:
    """No speech, no results, no work."""
    models = InstantModels()

    assert await hear(open_factory(models), sound((20, False))) == []
    assert models.lengths_s == []


async def test_a_stream_without_audio_ends_at_once(open_factory: Open) -> None:
    """Start and stop with nothing between is legal."""
    assert await hear(open_factory(InstantModels()), b"") == []


async def test_endless_speech_is_written_whole(open_factory: Open) -> None:
    """Forty seconds without a pause come in pieces of at most twelve, and none is lost."""
    models = InstantModels()

    results = await hear(open_factory(models), sound((40, True)))

    assert max(models.lengths_s) <= 12.1
    assert sum(models.lengths_s) == pytest.approx(40, abs=0.1)
    assert len(finals(results)) == len(models.lengths_s)


async def test_many_streams_lose_no_final(open_factory: Open) -> None:
    """Streams share the workers; each gets its own finals, in order."""
    factory = open_factory(InstantModels())
    pcm = sound(*([(0.5, True), (0.8, False)] * 10))

    heard = await asyncio.gather(*(hear(factory, pcm) for _ in range(8)))

    for results in heard:
        starts = [final.start_s for final in finals(results)]
        assert len(starts) == 10
        assert starts == sorted(starts)


async def test_a_closed_stream_says_no_more(open_factory: Open) -> None:
    """After close nothing is emitted, and closing, feeding and finishing again are harmless."""
    results: list[Result] = []
    recogniser = open_factory(InstantModels()).open(sample_rate_hz=HEARING_RATE_HZ, emit=results.append)
    recogniser.feed(sound((2, True)))

    recogniser.close()
    recogniser.close()
    said = list(results)
    recogniser.feed(sound((2, True)))
    await recogniser.finish()

    assert finals(said) == []
    assert results == said


async def test_a_failing_model_fails_its_stream_alone(open_factory: Open) -> None:
    """Finals that cannot be written are an error to the stream, never silence."""

    def fail(samples: Samples) -> list[HeardPhrase]:
        if len(samples) > 2 * HEARING_RATE_HZ:
            raise RuntimeError("canary")
        return one_word(samples)

    factory = open_factory(InstantModels(fail))

    with pytest.raises(RecogniserFailed):
        await hear(factory, sound((4, True)))
    assert len(finals(await hear(factory, sound((1, True))))) == 1


async def test_a_failed_stream_refuses_audio(open_factory: Open) -> None:
    """The server must hear of a failure at the next chunk, not at the end."""

    def fail(_: Samples) -> list[HeardPhrase]:
        raise RuntimeError

    recogniser = open_factory(InstantModels(fail)).open(sample_rate_hz=HEARING_RATE_HZ, emit=lambda _: None)
    recogniser.feed(sound((1, True)))
    with pytest.raises(RecogniserFailed):
        await recogniser.finish()

    with pytest.raises(RecogniserFailed):
        recogniser.feed(b"\0\0")


async def test_closing_the_factory_ends_waiting_streams(open_factory: Open) -> None:
    """Stopping the stack must not hang on a stream that is being finished."""
    entered, release = threading.Event(), threading.Event()

    def hold(samples: Samples) -> list[HeardPhrase]:
        entered.set()
        assert release.wait(10)
        return one_word(samples)

    factory = open_factory(InstantModels(hold))
    results: list[Result] = []
    recogniser = factory.open(sample_rate_hz=HEARING_RATE_HZ, emit=results.append)
    recogniser.feed(sound((1, True)))
    finishing = asyncio.create_task(recogniser.finish(), name="finish")
    await asyncio.to_thread(entered.wait, 10)

    release.set()
    factory.close()
    await finishing

    assert not [thread for thread in threading.enumerate() if thread.name.startswith(("listener", "writer"))]


async def test_warming_up_loads_the_models(open_factory: Open) -> None:
    """The server loads at start, so that the first stream does not wait."""
    models = InstantModels()

    factory = open_factory(models)
    as_port: RecogniserFactory = factory  # both factories are the server's to choose from
    await factory.warm_up()

    assert as_port is factory
    assert models.loads == 1
