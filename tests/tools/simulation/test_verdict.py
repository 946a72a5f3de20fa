"""A session is whole or it is not: each way of losing something has its name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tools.simulation.verdict import Fault, Outcome, faults_of

SAVED = {"samples": 24_000, "sha256": "aa", "gaps": [], "transcript": "complete", "segments": 2}
WHOLE = Outcome(
    rate_hz=16_000,
    was_opened=True,
    captured=24_000,
    sha256="aa",
    saved=SAVED,
    finals=2,
    text="w000000 w000001 w000002",
)


def saved_with(**changes: Any) -> Outcome:
    """Make an outcome of which the server tells something else."""
    return replace(WHOLE, saved=SAVED | changes)


def test_a_whole_session_has_no_fault() -> None:
    """Every sample, the same bytes, every word once."""
    assert faults_of(WHOLE, has_words=True) == []


@pytest.mark.parametrize(
    ("outcome", "fault"),
    [
        (replace(WHOLE, was_opened=False, saved=None), Fault.NOT_OPENED),
        (replace(WHOLE, saved=None), Fault.NOT_SAVED),
        (saved_with(samples=23_999), Fault.SAMPLES_LOST),
        (saved_with(sha256="bb"), Fault.OTHER_BYTES),
        (saved_with(gaps=[[0, 10]]), Fault.GAPS),
        (saved_with(transcript="pending"), Fault.TRANSCRIPT_UNFINISHED),
        (replace(WHOLE, finals=1), Fault.FINALS_MISSING),
        (replace(WHOLE, text="w000000 w000002"), Fault.WORDS_LOST),
        (replace(WHOLE, text="w000000 w000001 w000001 w000002"), Fault.WORDS_DOUBLED),
        (replace(WHOLE, text="w000001 w000000 w000002"), Fault.WORDS_DOUBLED),
    ],
)
def test_each_loss_is_found_and_nothing_else(outcome: Outcome, fault: Fault) -> None:
    """One thing wrong is one fault, by its own name."""
    assert faults_of(outcome, has_words=True) == [fault]


def test_words_are_not_asked_of_a_recogniser_that_reads_none() -> None:
    """Real recognition hears nothing in counter audio; the audio must be whole all the same."""
    silent = replace(WHOLE, text="")

    assert faults_of(silent, has_words=False) == []
    assert faults_of(replace(silent, captured=24_001), has_words=False) == [Fault.SAMPLES_LOST]
