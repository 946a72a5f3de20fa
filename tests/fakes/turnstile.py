"""Where the calls of a fake come through: they pass, wait, fail, or lose their answer, as a test wants it."""

from __future__ import annotations

import asyncio
from collections import deque

from streaming_task.ports import Unavailable


class Turnstile:
    """Where calls come through: they pass, or wait, or fail, or do their work and lose the answer."""

    def __init__(self) -> None:
        self.calls = 0
        self._is_open = asyncio.Event()
        self._is_open.set()
        self._failing: deque[Exception] = deque()
        self._losing = 0

    def hold(self) -> None:
        """Let calls wait."""
        self._is_open.clear()

    def release(self) -> None:
        """Let calls pass again."""
        self._is_open.set()

    def fail(self, *errors: Exception) -> None:
        """Let the next calls fail, one with each error; without any, let one be Unavailable."""
        self._failing.extend(errors or (Unavailable("Faked"),))

    def lose(self, answers: int = 1) -> None:
        """Let the next calls do their work and be Unavailable all the same."""
        self._losing += answers

    async def __aenter__(self) -> None:
        self.calls += 1
        await self._is_open.wait()
        if self._failing:
            raise self._failing.popleft()

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._losing and kind is None:
            self._losing -= 1
            raise Unavailable("AnswerLost")
