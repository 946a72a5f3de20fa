"""How long faults were felt: times, percentiles, and the targets that they are held against. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Target:
    """What a kind of fault may cost, in seconds."""

    what: str
    most_s: float
    median_s: float | None = None


KILL = Target("kill -9: until text about later audio", most_s=15.0, median_s=8.0)
STOP = Target("SIGTERM: until text about later audio", most_s=2.0)
EXIT = Target("SIGTERM: until the task is gone", most_s=20.0)
FREEZE = Target("freeze: until text about later audio", most_s=20.0)
TARGETS = (KILL, STOP, EXIT, FREEZE)


@dataclass(slots=True)
class Recoveries:
    """What was measured: every session that a fault hit, or every task that was told to leave."""

    seconds: dict[str, list[float]] = field(default_factory=dict)  # by target
    faults: dict[str, int] = field(default_factory=dict)

    def note(self, target: Target, seconds: Sequence[float]) -> None:
        """Add what one fault cost each of those it hit."""
        self.faults[target.what] = self.faults.get(target.what, 0) + 1
        self.seconds.setdefault(target.what, []).extend(seconds)

    def summary(self) -> list[dict[str, Any]]:
        """Give a row for each target that was measured."""
        return [self._row(target) for target in TARGETS if self.seconds.get(target.what)]

    @property
    def are_within_targets(self) -> bool:
        """Tell whether every target that was measured was kept."""
        return all(row["kept"] for row in self.summary())

    def _row(self, target: Target) -> dict[str, Any]:
        taken = sorted(self.seconds[target.what])
        p50, most = median(taken), taken[-1]
        is_kept = most <= target.most_s and (target.median_s is None or p50 <= target.median_s)
        return {
            "what": target.what,
            "faults": self.faults[target.what],
            "measured": len(taken),
            "p50_s": round(p50, 2),
            "p95_s": round(percentile(taken, 95), 2),
            "max_s": round(most, 2),
            "target_max_s": target.most_s,
            "target_p50_s": target.median_s,
            "kept": is_kept,
        }


def percentile(ordered: Sequence[float], percent: int) -> float:
    """Give the smallest value that so many percent do not exceed; `ordered` is sorted and not empty."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def as_table(rows: Sequence[dict[str, Any]]) -> str:
    """Write the rows for a person."""
    lines = [f"{'':40} faults  measured    p50    p95    max  target"]
    for row in rows:
        target = f"{row['target_max_s']:g}"
        if row["target_p50_s"] is not None:
            target += f", p50 {row['target_p50_s']:g}"
        verdict = "" if row["kept"] else "  MISSED"
        lines.append(
            f"{row['what']:40} {row['faults']:6}  {row['measured']:8}"
            f" {row['p50_s']:6.2f} {row['p95_s']:6.2f} {row['max_s']:6.2f}  {target}{verdict}"
        )
    return "\n".join(lines)
