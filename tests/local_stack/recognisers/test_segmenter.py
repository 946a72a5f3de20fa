"""Utterances are cut at pauses, and no speech is dropped between them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_stack.recognisers.segmenter import WINDOW_S, WINDOW_SAMPLES, Segmenter, Utterance

SPEECH, SILENCE = 0.9, 0.05
WINDOWS_PER_S = 1 / WINDOW_S


def windows(seconds: float, probability: float) -> list[float]:
    """Give the probabilities of a stretch of sound."""
    return [probability] * round(seconds * WINDOWS_PER_S)


def cut(probabilities: list[float], loudness: list[float] | None = None) -> list[Utterance]:
    """Run a whole stream; every window's samples hold its own number, or its loudness."""
    segmenter = Segmenter()
    found = []
    for number, probability in enumerate(probabilities):
        level = number if loudness is None else loudness[number]
        found.append(segmenter.hear(np.full(WINDOW_SAMPLES, level, np.float32), probability))
    found.append(segmenter.end())
    return [utterance for utterance in found if utterance is not None]


def numbers(utterance: Utterance) -> list[int]:
    """List the windows that an utterance holds."""
    return [int(level) for level in utterance.samples[::WINDOW_SAMPLES]]


def test_silence_holds_no_utterance() -> None:
    """An hour of nothing costs nothing."""
    assert cut(windows(60, SILENCE)) == []


def test_a_click_is_no_utterance() -> None:
    """A tenth of a second of sound is a click; Whisper would make words of it."""
    assert cut(windows(1, SILENCE) + [SPEECH] * 3 + windows(1, SILENCE)) == []


def test_a_pause_ends_an_utterance() -> None:
    """Half a second of quiet parts two sentences; each keeps its place in the stream."""
    speech = windows(1, SILENCE) + windows(2, SPEECH)

    first, second = cut(speech + speech)

    assert first.speech_start_s == pytest.approx(1.0, abs=WINDOW_S)
    assert first.speech_end_s == pytest.approx(3.0, abs=WINDOW_S)
    assert second.speech_start_s == pytest.approx(4.0, abs=2 * WINDOW_S)
    assert first.start_s < first.speech_start_s < first.speech_end_s < first.end_s <= second.start_s


def test_an_utterance_begins_before_its_first_speech() -> None:
    """The first consonant is soft: half a second of lead is kept."""
    (utterance,) = cut(windows(5, SILENCE) + windows(1, SPEECH))

    assert utterance.speech_start_s - utterance.start_s == pytest.approx(0.5, abs=2 * WINDOW_S)


def test_a_short_pause_does_not_part_a_sentence() -> None:
    """A breath within a sentence is not its end."""
    speech = windows(1.5, SPEECH)

    assert len(cut(speech + windows(0.3, SILENCE) + speech)) == 1


@pytest.mark.parametrize(("spoken_s", "pause_s"), [(6.5, 0.22), (8.5, 0.12)])
def test_a_breath_ends_a_long_utterance(spoken_s: float, pause_s: float) -> None:
    """The longer the sentence, the shorter the pause that will do, so that finals do not grow stale."""
    first, _ = cut(windows(spoken_s, SPEECH) + windows(pause_s, SILENCE) + windows(3, SPEECH))

    assert first.speech_end_s == pytest.approx(spoken_s, abs=2 * WINDOW_S)


def test_endless_speech_is_cut_at_its_quietest_place() -> None:
    """Without any pause an utterance ends within twelve seconds, where the voice is lowest."""
    probabilities = windows(20, SPEECH)
    loudness = [0.5] * len(probabilities)
    quiet_at = round(11 * WINDOWS_PER_S)
    loudness[quiet_at - 3 : quiet_at + 3] = [0.01] * 6

    first, second = cut(probabilities, loudness)

    assert first.end_s == pytest.approx(11, abs=0.1)
    assert second.start_s == pytest.approx(first.end_s)
    assert second.end_s == pytest.approx(20, abs=WINDOW_S)


@given(st.lists(st.tuples(st.integers(1, 500), st.sampled_from([SILENCE, 0.4, SPEECH])), max_size=12))
def test_no_speech_is_dropped_and_none_heard_twice(stretches: list[tuple[int, float]]) -> None:
    """However speech and silence alternate, each window of real speech is in exactly one utterance."""
    probabilities = [probability for length, probability in stretches for _ in range(length)]

    utterances = cut(probabilities)

    held = [number for utterance in utterances for number in numbers(utterance)]
    assert held == sorted(set(held))
    assert all(len(utterance.samples) <= 375 * WINDOW_SAMPLES for utterance in utterances)
    assert [numbers(utterance)[0] * WINDOW_S for utterance in utterances] == [u.start_s for u in utterances]
    spoken = {number for number, probability in enumerate(probabilities) if probability == SPEECH}
    assert len(spoken - set(held)) <= 3 * (len(stretches) + len(utterances))  # clicks alone are left out


def drafts(probabilities: list[float]) -> list[tuple[float, Utterance]]:
    """Ask for a draft after every window; give (when, draft) for those worth it."""
    segmenter = Segmenter()
    given_: list[tuple[float, Utterance]] = []
    for number, probability in enumerate(probabilities):
        segmenter.hear(np.zeros(WINDOW_SAMPLES, np.float32), probability)
        draft = segmenter.draft()
        if draft is not None:
            given_.append(((number + 1) * WINDOW_S, draft))
    return given_


def test_the_first_draft_comes_with_the_first_word() -> None:
    """A quarter second of speech is worth a look; the page must show life soon."""
    first_s, _ = drafts(windows(1, SILENCE) + windows(2, SPEECH))[0]

    assert first_s == pytest.approx(1.3, abs=0.1)


def test_a_pause_is_not_drafted() -> None:
    """When quiet begins the final is near, and must not wait for a draft."""
    last_s, _ = drafts(windows(3, SPEECH) + windows(2, SILENCE))[-1]

    assert last_s <= 3.0 + WINDOW_S


def test_silence_is_not_drafted() -> None:
    """No speech, no work."""
    assert drafts(windows(10, SILENCE)) == []


def test_long_utterances_are_drafted_less_often() -> None:
    """A draft costs as much as the utterance is long, so their number must not grow with it."""
    times = [when for when, _ in drafts(windows(11, SPEECH))]
    gaps = np.diff(times)

    assert gaps[0] == pytest.approx(0.4, abs=0.05)
    assert gaps[-1] > 0.9
