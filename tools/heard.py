"""What a client has heard of its session so far. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Heard:
    """What the server has said so far."""

    session_id: str | None = None
    epoch: int = 0
    received: int = 0
    durable: int = 0
    finals: dict[int, dict[str, Any]] = field(default_factory=dict)
    partial: str = ""
    transcription: str = ""
    stored: dict[str, Any] | None = None
    saved: dict[str, Any] | None = None
    errors: list[str] = field(default_factory=list)  # codes

    @property
    def contiguous_finals(self) -> int:
        """Count the finals before the first hole."""
        count = 0
        while count in self.finals:
            count += 1
        return count

    @property
    def text(self) -> str:
        """Join the finals by spaces."""
        return " ".join(self.finals[segment]["text"] for segment in sorted(self.finals))

    @property
    def lacks_finals(self) -> bool:
        """Tell whether a final is known to be that was not seen: one before another, or before the end."""
        count = self.contiguous_finals
        return count < len(self.finals) or (self.saved is not None and count < self.saved["segments"])
