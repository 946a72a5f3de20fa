"""When to replace a stream whose credentials will expire: in a pause of speech, if one comes in time. Pure.

A stream that ends within a word costs it: each of the two streams hears one half.
"""

from __future__ import annotations

from contract.audio import from_seconds

REPLACED_BEFORE_S = 60.0  # before the credentials expire, at the latest; a pause is looked for as long before
PAUSE_S = 0.6  # of quiet; by ear: a stop within a word is shorter, a breath between sentences longer


class Expiry:
    """Follows what is loud of that which one stream is fed."""

    def __init__(self, rate_hz: int) -> None:
        self._pause = from_seconds(PAUSE_S, rate_hz)
        self._earliest = 0.0  # Unix seconds, as `at_the_latest`
        self.at_the_latest: float | None = None  # None: these credentials are for ever
        self._loud_until = 0

    def begin(self, at: int) -> None:
        """Begin anew with a stream that is fed from sample `at` on."""
        self.at_the_latest = None
        self._loud_until = at

    def opened(self, wall: float, expires_at: float | None) -> None:
        """Note when the stream's credentials expire: of a short life, near its end.

        Whoever asks for others too soon may be given the same again, and what is left of them is shorter yet.
        """
        if expires_at is None:
            return
        life_s = expires_at - wall
        ahead_s = min(REPLACED_BEFORE_S, life_s / 4)
        self.at_the_latest = expires_at - ahead_s
        self._earliest = self.at_the_latest - min(REPLACED_BEFORE_S, life_s / 16)

    def heard_sound(self, until: int) -> None:
        """Note loud audio that ends at sample `until`."""
        self._loud_until = until

    def is_due(self, wall: float, fed: int) -> bool:
        """Tell whether now is the time, for a stream that has taken audio up to sample `fed`."""
        if self.at_the_latest is None or wall < self._earliest:
            return False
        return wall >= self.at_the_latest or fed - self._loud_until >= self._pause
