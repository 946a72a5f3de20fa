"""An event loop whose clock jumps: whoever waits is woken at once, in the order of the clock.

Work in threads is waited for in real time, with the clock standing still.
"""

from __future__ import annotations

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec

_Arguments = ParamSpec("_Arguments")

TOO_LONG_S = 3600.0  # of virtual time: what has not happened by then never will


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """A selector loop that skips the time in which nothing happens."""

    def __init__(self) -> None:
        self._now = 0.0
        self._threads = 0
        super().__init__(_Selector(self))

    def time(self) -> float:
        """Give the virtual time, in seconds."""
        return self._now

    def run_in_executor(self, *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        """Run something in a thread; the clock stands still meanwhile."""
        working = super().run_in_executor(*args)
        self._threads += 1
        working.add_done_callback(self._thread_done)
        return working

    async def shutdown_default_executor(self, *args: Any) -> None:
        """Wait for the threads in truth."""
        self._threads += 1
        await super().shutdown_default_executor(*args)

    def _thread_done(self, _: object) -> None:
        self._threads -= 1

    def skip(self, seconds: float | None) -> float | None:
        """Let time pass; give how long must be waited in truth, None: until something comes."""
        if self._threads:
            return None
        if seconds is None:
            raise RuntimeError("everyone waits and nothing can happen any more")
        self._now += max(0.0, seconds)
        return 0.0


class _Selector(selectors.DefaultSelector):
    def __init__(self, loop: VirtualTimeLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        return ready if ready or timeout == 0 else super().select(self._loop.skip(timeout))


def in_virtual_time(
    test: Callable[_Arguments, Coroutine[Any, Any, None]],
) -> Callable[_Arguments, None]:
    """Run a test on a loop of its own whose clock jumps."""

    @functools.wraps(test)
    def run(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> None:
        with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
            runner.run(test(*args, **kwargs))

    return run


async def until(happened: Callable[[], object], within_s: float = TOO_LONG_S) -> None:
    """Let virtual time pass until something has happened.

    Raises:
        AssertionError: it has not in all that time.
    """
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop), "only where the clock jumps"
    gives_up_at = loop.time() + within_s
    step_s = 0.001
    while not happened():
        assert loop.time() < gives_up_at, "it never happened"
        await asyncio.sleep(step_s)
        step_s = min(0.05, step_s * 2)


async def settled() -> None:
    """Let everything happen that can without time passing."""
    for _ in range(20):
        await asyncio.sleep(0)
