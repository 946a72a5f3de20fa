"""Was anything lost? Compares what a browser captured with what it was told is kept. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from contract.records import TranscriptState
from tools.simulation.microphone import words_of


class Fault(StrEnum):
    """Everything that may have gone wrong with a session, in a person's words."""

    NOT_OPENED = "never opened"
    NOT_SAVED = "not saved"
    SAMPLES_LOST = "samples lost"
    OTHER_BYTES = "other bytes saved than sent"
    GAPS = "gaps declared"
    TRANSCRIPT_UNFINISHED = "transcript not complete"
    FINALS_MISSING = "finals not delivered"
    WORDS_LOST = "words lost"
    WORDS_DOUBLED = "words doubled or out of order"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one session: `text` is its finals in order, `saved` the server's last word."""

    rate_hz: int
    was_opened: bool
    captured: int
    sha256: str
    saved: Mapping[str, Any] | None
    finals: int
    text: str


def faults_of(outcome: Outcome, *, has_words: bool) -> list[Fault]:
    """Name what went wrong; `has_words` tells whether the recogniser reads counter audio."""
    if not outcome.was_opened:
        return [Fault.NOT_OPENED]
    saved = outcome.saved
    if saved is None:
        return [Fault.NOT_SAVED]
    checks = {
        Fault.SAMPLES_LOST: saved["samples"] == outcome.captured,
        Fault.OTHER_BYTES: saved["sha256"] == outcome.sha256,
        Fault.GAPS: not saved["gaps"],
        Fault.TRANSCRIPT_UNFINISHED: saved["transcript"] == TranscriptState.COMPLETE,
        Fault.FINALS_MISSING: saved["segments"] == outcome.finals,
    }
    faults = [fault for fault, is_well in checks.items() if not is_well]
    if not has_words:
        return faults
    expected, said = words_of(outcome.captured, outcome.rate_hz), outcome.text.split()
    if set(expected) - set(said):
        faults.append(Fault.WORDS_LOST)
    elif said != expected:
        faults.append(Fault.WORDS_DOUBLED)
    return faults
