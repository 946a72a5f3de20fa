"""A table of which answers are lost on the way, after the writes were done."""

from __future__ import annotations

from typing import Any

from streaming_task.adapters.registry_dynamodb import Table


class LossyTable:
    """Loses the answers to the next writes, as it is told."""

    def __init__(self, table: Table, proxy: Any) -> None:
        self.table = table
        self._proxy = proxy

    def lose(self, answers: int, operation: str = "") -> None:
        """Lose so many answers, of any or one operation."""
        self._proxy.losses = answers
        self._proxy.lost_ones = operation.encode()
