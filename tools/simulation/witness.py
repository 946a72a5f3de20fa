"""What one browser saw and when: how long text and safety took to come. Pure: time arrives as `now`."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import deque
from collections.abc import Mapping
from typing import Any, NamedTuple

from tools.simulation.microphone import word_end

_WORD = re.compile(r"w(\d{6})")


class Delay(NamedTuple):
    """How long something took, in seconds, and when it came."""

    at: float
    took_s: float


class Witness:
    """Watches one session of counter audio.

    A word's delay begins with the message that completes it and ends with the first partial, or the final,
    that holds it; of a final only its last word counts, since it could not come before that one. A message's
    durable delay ends with the `ack` that says that its samples are safe.

    A final out of order is counted, and no fault: it shows the client the hole that a dropped one left, to
    resume for. Text that is lost, doubled or changed is another's to judge.
    """

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._ends: list[int] = []
        self._sent_at: list[float] = []
        self._not_durable: deque[tuple[int, float]] = deque()
        self._shown = -1  # the last word seen in a partial
        self._segments: set[int] = set()
        self.partials: list[Delay] = []
        self.finals: list[Delay] = []
        self.durables: list[Delay] = []
        self.repeated_finals = 0
        self.disordered_finals = 0

    def sent(self, end: int, now: float) -> None:
        """Note that the message leaves that ends at sample `end`, for the first time."""
        self._ends.append(end)
        self._sent_at.append(now)
        self._not_durable.append((end, now))

    def heard(self, message: Mapping[str, Any], now: float) -> None:
        """Note what the session's owner says."""
        match message["type"]:
            case "partial":
                for number in _numbers(message["text"]):
                    if number > self._shown:
                        self._shown = number
                        self._time_word(number, now, self.partials)
            case "final":
                self._final(message, now)
            case "ack":
                self._durable(message["durable"], now)
            case "stored":
                self._durable(message["samples"], now)
            case _:
                pass

    def _final(self, message: Mapping[str, Any], now: float) -> None:
        segment = message["segment"]
        if segment in self._segments:
            self.repeated_finals += 1
            return
        if segment != len(self._segments):
            self.disordered_finals += 1
        self._segments.add(segment)
        numbers = _numbers(message["text"])
        if numbers:
            self._time_word(numbers[-1], now, self.finals)

    def _time_word(self, number: int, now: float, delays: list[Delay]) -> None:
        completed_by = bisect_left(self._ends, word_end(number, self._rate_hz))
        if completed_by < len(self._ends):
            delays.append(Delay(now, now - self._sent_at[completed_by]))

    def _durable(self, samples: int, now: float) -> None:
        while self._not_durable and self._not_durable[0][0] <= samples:
            _, sent_at = self._not_durable.popleft()
            self.durables.append(Delay(now, now - sent_at))


def _numbers(text: str) -> list[int]:
    return [int(number) for number in _WORD.findall(text)]
