"""What a run says while it works and when it is done, as values that read as sentences. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Step:
    """Progress: the file `position` of `total` of this run."""

    action: Literal["applying", "applied", "rolled back"]
    file: str
    position: int
    total: int

    def __str__(self) -> str:
        """Say it as a line for a log."""
        return f"migration {self.position} of {self.total} {self.action}: {self.file}"


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did and where the schema stands after it."""

    applied_now: tuple[str, ...]
    applied: int
    pending: tuple[str, ...]
    newer: tuple[str, ...] = ()
    rolled_back: str | None = None

    def __str__(self) -> str:
        """Say it in one sentence."""
        if self.newer:
            return f"The schema is newer than this code ({self.newer[-1]} is applied): nothing to do."
        if self.rolled_back is not None:
            return f"{self.rolled_back} was taken back; {self.applied} migrations remain applied."
        now = f"{len(self.applied_now)} migrations applied now, " if self.applied_now else ""
        state = f"{len(self.pending)} pending ({self.pending[0]} is next)" if self.pending else "up to date"
        return f"{now}{self.applied} applied in all, {state}."


Progress = Callable[[Step], None]
