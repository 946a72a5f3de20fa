"""How long to wait for words while speech is fed: a stream can hang without any other sign. Pure."""

from __future__ import annotations

from streaming_task.core.coding import Coding

HANG_S = 10.0  # of speech, and of time, without a word
HANG_MOST_S = 160.0  # loud noise has no words either, so each disappointment makes more patient


class Patience:
    """Counts loud audio since the stream last said anything."""

    def __init__(self, rate_hz: int, coding: Coding) -> None:
        self._rate_hz = rate_hz
        self._coding = coding
        self._most_s = HANG_S
        self._loud = 0  # samples
        self._since: float | None = None

    def begin(self) -> None:
        """Begin anew with a new stream."""
        self._loud = 0
        self._since = None

    def heard(self) -> None:
        """Note that the stream said something."""
        self._most_s = HANG_S
        self.begin()

    def fed(self, data: bytes, samples: int, now: float) -> bool:
        """Note audio that was fed; tell whether it was loud."""
        is_loud = self._coding.is_loud(data)
        if is_loud:
            self._loud += samples
            if self._since is None:
                self._since = now
        return is_loud

    def lose(self) -> None:
        """Be more patient with the next stream."""
        self._most_s = min(HANG_MOST_S, self._most_s * 2)

    @property
    def ends_at(self) -> float | None:
        """Give when it may be over; None: not enough was fed yet."""
        if self._since is None or self._loud < self._most_s * self._rate_hz:
            return None
        return self._since + self._most_s

    def is_over(self, now: float) -> bool:
        """Tell whether the stream must be taken for hung."""
        return self.ends_at is not None and now >= self.ends_at
