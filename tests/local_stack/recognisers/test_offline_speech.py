"""Real speech through the real models: the words, their order and their times."""

from __future__ import annotations

import re
import wave
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import jiwer
import numpy as np
import pytest

from local_stack.recognisers.interface import Result
from local_stack.recognisers.offline import OfflineFactory

AUDIO = Path(__file__).parents[2] / "data" / "audio"
RATE_HZ = 16_000
MAX_REAL_WER = 0.10
MAX_SYNTHETIC_WER = 0.35


@pytest.fixture(scope="module")
def factory() -> Iterator[OfflineFactory]:
    """Give one factory to all tests: loading the models takes seconds."""
    factory = OfflineFactory()
    yield factory
    factory.close()


def speech(name: str) -> bytes:
    """Read the samples of a file."""
    with wave.open(str(AUDIO / f"{name}.wav")) as file:
        assert file.getframerate() == RATE_HZ
        return bytes(file.readframes(file.getnframes()))


def reference(name: str) -> str:
    """Read the words of a file."""
    return (AUDIO / f"{name}.txt").read_text(encoding="utf-8")


def plain(text: str) -> str:
    """Give text in lower case without punctuation."""
    return " ".join(re.sub(r"[^\w\s']", " ", text.lower()).split())


def silence(seconds: float) -> bytes:
    """Give digital silence."""
    return bytes(2 * round(seconds * RATE_HZ))


async def hear(factory: OfflineFactory, pcm: bytes, *, rate_hz: int = RATE_HZ) -> list[Result]:
    """Stream audio in tenths of a second, as fast as it goes."""
    results: list[Result] = []
    recogniser = factory.open(sample_rate_hz=rate_hz, emit=results.append)
    step = rate_hz // 10 * 2
    for start in range(0, len(pcm), step):
        recogniser.feed(pcm[start : start + step])
    await recogniser.finish()
    return results


def text(results: list[Result]) -> str:
    """Join the finals."""
    return " ".join(result.text for result in results if not result.is_partial)


async def test_read_speech_is_recognised_in_order_and_in_time(factory: OfflineFactory) -> None:
    """At most one word in ten is wrong; words follow one another within the audio and carry confidences."""
    names = ["real_austen_0870", "real_austen_0880"]
    pcm = speech(names[0]) + silence(1.0) + speech(names[1])

    results = await hear(factory, pcm)

    said = plain(" ".join(reference(name) for name in names))
    assert jiwer.wer(said, plain(text(results))) <= MAX_REAL_WER
    words = [word for result in results if not result.is_partial for word in result.words]
    times = [time for word in words for time in (word.start_s, word.end_s)]
    assert all(earlier <= later for earlier, later in pairwise(times))
    assert times[0] >= 0
    assert times[-1] <= len(pcm) / 2 / RATE_HZ
    assert all(
        word.confidence is not None and 0 < word.confidence <= 1
        for word in words
        if word.kind == "pronunciation"
    )
    assert words[-1].kind == "punctuation"


async def test_synthetic_dictation_is_recognised(factory: OfflineFactory) -> None:
    """Dictation by three voices: at most 35 % of the words are wrong."""
    names = sorted(path.stem for path in AUDIO.glob("tts_*.wav"))

    heard = [plain(text(await hear(factory, speech(name)))) for name in names]

    assert names
    assert jiwer.wer([plain(reference(name)) for name in names], heard) <= MAX_SYNTHETIC_WER


async def test_silence_and_noise_are_no_speech(factory: OfflineFactory) -> None:
    """Whisper thanks the silence for watching; nobody must read that."""
    rng = np.random.default_rng(3)
    hiss = (rng.normal(size=5 * RATE_HZ) * 100).astype("<i2").tobytes()
    seconds = np.arange(5 * RATE_HZ) / RATE_HZ
    hum = (3_000 * np.sin(2 * np.pi * 50 * seconds)).astype("<i2").tobytes()

    assert await hear(factory, silence(5) + hiss + hum) == []
