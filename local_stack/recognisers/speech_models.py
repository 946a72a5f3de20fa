"""Say what speech recognition asks of its models. Types alone; the models are in wheel_models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from local_stack.recognisers.segmenter import Samples


@dataclass(frozen=True, slots=True)
class HeardWord:
    """One written word, punctuation attached; times from the start of the samples."""

    text: str
    start_s: float
    end_s: float
    probability: float


@dataclass(frozen=True, slots=True)
class HeardPhrase:
    """Words that the model gave in one breath, and how far it trusts them."""

    words: tuple[HeardWord, ...]
    no_speech_probability: float
    mean_log_probability: float


class SpeechDetector(Protocol):
    """Judge the windows of one stream, in order."""

    def probability(self, window: Samples) -> float:
        """Give the probability that this window of WINDOW_SAMPLES holds speech."""


class SpeechModels(Protocol):
    """What is loaded once and shared by all streams; callable from any thread."""

    def load(self) -> None:
        """Load everything; what is loaded stays. May take seconds."""

    def detector(self) -> SpeechDetector:
        """Open a detector for one stream."""

    def draft(self, samples: Samples) -> str:
        """Write quickly what is said."""

    def phrases(self, samples: Samples) -> list[HeardPhrase]:
        """Write carefully what is said, with times and probabilities."""
