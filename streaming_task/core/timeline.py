"""From a stream's own time to the session's clock. Pure.

A stream begins at a fixed sample, its base. Every time it reports is base + its own relative time; the base
is never moved by result times, so nothing drifts however often streams are reopened.
"""

from __future__ import annotations

from dataclasses import dataclass

from contract.audio import from_seconds, to_ms


@dataclass(frozen=True, slots=True)
class Timeline:
    """The place of one stream on the session's clock."""

    base: int  # sample at which the stream began
    rate_hz: int  # of the session's clock

    def sample(self, stream_s: float) -> int:
        """Turn seconds of the stream into a sample of the session."""
        return self.base + from_seconds(max(0.0, stream_s), self.rate_hz)

    def ms(self, stream_s: float) -> int:
        """Turn seconds of the stream into milliseconds of the session."""
        return to_ms(self.sample(stream_s), self.rate_hz)
