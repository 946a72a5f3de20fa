"""Takes what a Lambda says, for tests to look at."""

from __future__ import annotations

from contract.metrics import Metric, Origin
from lambdas.observability import Value


class RecordingObserver:
    """Keeps every line and every count."""

    def __init__(self) -> None:
        self.notes: list[tuple[str, dict[str, Value]]] = []
        self.failures: list[tuple[str, Origin, dict[str, Value]]] = []
        self.counts: dict[Metric, int] = {}

    def note(self, message: str, **keys: Value) -> None:
        """Keep a line."""
        self.notes.append((message, keys))

    def fail(self, message: str, *, origin: Origin, **keys: Value) -> None:
        """Keep a failure."""
        self.failures.append((message, origin, keys))

    def count(self, metric: Metric, value: int = 1) -> None:
        """Add up."""
        self.counts[metric] = self.counts.get(metric, 0) + value

    @property
    def everything(self) -> str:
        """Give all that was said as one text, to look for what must not be in it."""
        return repr((self.notes, self.failures, self.counts))
