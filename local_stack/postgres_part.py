"""PostgreSQL as a part of the stack: started again when it dies, and stopped while a tester wants it down."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Final

from local_stack.children import Children
from local_stack.postgres import Postgres, PostgresFailed

POLL_S: Final = 0.1


class PostgresPart:
    """Keeps one PostgreSQL running."""

    def __init__(
        self, postgres: Postgres, children: Children, restart_after_s: float, on_change: Callable[[], None]
    ) -> None:
        """Take what to keep; `on_change` is called when its process was replaced."""
        self._postgres = postgres
        self._children = children
        self._restart_after_s = restart_after_s
        self._on_change = on_change
        self._one_at_a_time = asyncio.Lock()
        self._is_wanted_down = False
        self._counts = {"stopped": 0, "restarted": 0}
        self._pid: int | None = None

    @property
    def pid(self) -> int | None:
        """The server's process, the last one while it is down."""
        return self._pid

    async def start(self) -> None:
        """Start it.

        Raises:
            PostgresFailed: it did not come up.
        """
        async with self._one_at_a_time:
            await self._start()

    async def stop(self) -> None:
        """Stop it for good."""
        async with self._one_at_a_time:
            await self._stop()

    async def keep(self) -> None:
        """Start it again whenever it has died; never returns."""
        while True:
            await asyncio.sleep(POLL_S)
            process = self._postgres.process
            if self._is_wanted_down or (process is not None and process.poll() is None):
                continue
            await asyncio.sleep(self._restart_after_s)
            async with self._one_at_a_time:
                if not self._is_wanted_down:
                    try:
                        await self._start()
                    except PostgresFailed:
                        continue  # its log says why; it is tried again
                    self._counts["restarted"] += 1
                    self._on_change()

    async def admin(self, method: str, body: bytes) -> tuple[int, object]:
        """Answer a request to `/_admin/postgres`."""
        match method:
            case "GET":
                pass
            case "PUT":
                try:
                    given = json.loads(body)
                except (ValueError, RecursionError):
                    given = None
                if not isinstance(given, dict) or not isinstance(given.get("down"), bool) or len(given) > 1:
                    return 400, {"message": 'the body must be {"down": true} or {"down": false}'}
                return await self._wanted(given["down"])
            case "DELETE":
                return await self._wanted(False)
            case _:
                return 405, {"message": "postgres takes GET, PUT and DELETE"}
        return 200, self._shown()

    async def _wanted(self, is_wanted_down: bool) -> tuple[int, object]:
        try:
            await self._want_down(is_wanted_down)
        except PostgresFailed as failed:
            return 503, {"message": str(failed)}  # it goes on being tried, as after a death
        return 200, self._shown()

    def _shown(self) -> dict[str, object]:
        return {"faults": {"down": self._is_wanted_down}, "counts": dict(self._counts)}

    async def _want_down(self, is_wanted_down: bool) -> None:
        async with self._one_at_a_time:
            if is_wanted_down == self._is_wanted_down:
                return
            self._is_wanted_down = is_wanted_down
            if is_wanted_down:
                self._counts["stopped"] += 1
                await self._stop()
            else:
                await self._start()
                self._on_change()

    async def _start(self) -> None:
        await _finished(self._postgres.start)
        process = self._postgres.process
        assert process is not None
        if self._pid is not None:
            self._children.disown(self._pid)
        self._pid = process.pid
        self._children.adopt(process.pid)

    async def _stop(self) -> None:
        await _finished(self._postgres.stop)


async def _finished(work: Callable[[], object]) -> None:
    # A thread cannot be cancelled: whoever cancels us must not go on while it still starts or stops a server.
    running = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise
