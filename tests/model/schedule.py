"""Virtual time and dice: everything in a world happens by one queue and one seed."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from random import Random


class Schedule:
    """What happens when; the same seed gives the same schedule."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.now = 0.0  # seconds since the world began
        self._queue: list[tuple[float, int, Callable[[], object]]] = []
        self._order = itertools.count()

    def at(self, delay_s: float, action: Callable[[], object]) -> None:
        """Do something later."""
        heapq.heappush(self._queue, (self.now + delay_s, next(self._order), action))

    def chance(self, probability: float) -> bool:
        """Throw the dice."""
        return self.random.random() < probability

    def step(self) -> None:
        """Let the next thing happen."""
        self.now, _, action = heapq.heappop(self._queue)
        action()
