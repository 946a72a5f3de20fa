"""A place for one streaming task: a process that is replaced when it dies, by one with a new id and port."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp

from local_stack.children import Child, Children
from local_stack.credentials import CredentialIssuer
from local_stack.environments import Surroundings, as_task, task_environment
from local_stack.port_check import is_taken
from local_stack.stack_file import TaskEntry
from local_stack.start_failed import StartFailed

logger = logging.getLogger(__name__)

POLL_S: Final = 0.05
READY_WITHIN_S: Final = 60.0
ANSWERED_WITHIN: Final = aiohttp.ClientTimeout(total=2)


class TaskPorts:
    """Hands out the ports of tasks in turn, so that a new task is not mistaken for the dead one."""

    def __init__(self, ports: range) -> None:
        self._ports = ports
        self._used: set[int] = set()
        self._turn = self._turns()

    def take(self) -> int:
        """Give the next port that is free.

        Raises:
            StartFailed: none is.
        """
        for _ in self._ports:
            port = next(self._turn)
            if port not in self._used and not is_taken(port):
                self._used.add(port)
                return port
        raise StartFailed(f"No port from {self._ports[0]} to {self._ports[-1]} is free for a streaming task.")

    def give_back(self, port: int) -> None:
        """Let a port be taken again."""
        self._used.discard(port)

    def _turns(self) -> Iterator[int]:
        while True:
            yield from self._ports


@dataclass(frozen=True, slots=True)
class _Running:
    child: Child
    port: int
    holder: str


class TaskSlot:
    """Keeps one task running."""

    def __init__(
        self,
        module: str,
        around: Surroundings,
        children: Children,
        issuer: CredentialIssuer,
        ports: TaskPorts,
        logs: Path,
        on_change: Callable[[], None],
        report: Callable[[str], None],
    ) -> None:
        """Take the task's module and what it needs.

        `on_change` is called when there is a new task, `report` is told when it took a dead one's place.
        """
        self._around = around
        self._children = children
        self._issuer = issuer
        self._ports = ports
        self._logs = logs
        self._on_change = on_change
        self._report = report
        self._module = module
        self._running: _Running | None = None
        self._entry: TaskEntry | None = None
        self.log_files: dict[str, Path] = {}  # of every task this place has held, by id

    @property
    def entry(self) -> TaskEntry | None:
        """The task, the last one while its successor is not ready."""
        return self._entry

    @property
    def child(self) -> Child | None:
        """The task's process, if it lives."""
        running = self._running
        return None if running is None or running.child.has_ended else running.child

    async def start(self) -> None:
        """Start a task and wait until it is ready.

        Raises:
            StartFailed: it ended first, or is not ready in time.
        """
        port = self._ports.take()
        holder = secrets.token_hex(8)
        log_file = self._logs / f"task-starting-{holder}.log"
        password = self._issuer.admit(holder)
        environment = as_task(task_environment(self._around, port), self._around, holder, password)
        child = self._children.start("The streaming task", ["-m", self._module], environment, log_file)
        try:
            task_id = await _ready(child, port)
        except BaseException:
            self._issuer.dismiss(holder)
            await self._children.stop([child], 0)
            self._ports.give_back(port)
            raise
        child.log_file = log_file.rename(self._logs / f"task-{task_id}.log")
        self._issuer.name(holder, task_id)
        self.log_files[task_id] = child.log_file
        self._entry = TaskEntry(task_id, child.process.pid, port)
        self._running = _Running(child, port, holder)
        self._on_change()

    async def keep(self, restart_after_s: float) -> None:
        """Start another task whenever there is none; never returns."""
        while True:
            await asyncio.sleep(POLL_S)
            if self.child is not None:
                continue
            ended = self._entry
            self._bury()
            await asyncio.sleep(restart_after_s)
            try:
                await self.start()
            except StartFailed as failed:
                logger.warning("task did not start again", extra={"reason": str(failed)})
                continue
            if ended is not None and self._entry is not None:
                self._report(f"Streaming task {ended.id} has ended; {self._entry.id} took its place")

    def _bury(self) -> None:
        running, self._running = self._running, None
        if running is not None:
            self._issuer.dismiss(running.holder)
            self._children.forget(running.child)
            self._ports.give_back(running.port)


async def _ready(child: Child, port: int) -> str:
    give_up_at = time.monotonic() + READY_WITHIN_S
    async with aiohttp.ClientSession(timeout=ANSWERED_WITHIN) as session:
        while time.monotonic() < give_up_at:
            if child.has_ended:
                raise StartFailed(child.obituary())
            try:
                async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                    if answer.status == 200:
                        said: dict[str, Any] = await answer.json(content_type=None)
                        return str(said["task_id"])
            except (aiohttp.ClientError, TimeoutError, ValueError):
                pass
            await asyncio.sleep(POLL_S)
    raise StartFailed(f"The streaming task is not ready after {READY_WITHIN_S:.0f} s: see {child.log_file}.")
