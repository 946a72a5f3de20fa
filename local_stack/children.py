"""The supervisor's children: started in groups of their own, known to the guardian, stopped with patience."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from local_stack.lambdas import ROOT
from local_stack.start_failed import StartFailed

POLL_S: Final = 0.03
READY_LINE: Final = "ready"
READY_WITHIN_S: Final = 120.0  # the recognisers' models, on a slow disk


@dataclass(slots=True)
class Child:
    """A running child; `name` as a person would say it."""

    name: str
    process: subprocess.Popen[bytes]
    log_file: Path

    @property
    def has_ended(self) -> bool:
        """Say whether it is gone."""
        return self.process.poll() is not None

    def obituary(self) -> str:
        """Say how it ended."""
        code = self.process.returncode
        how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        return f"{self.name} {how}: see {self.log_file}."

    def send(self, text: str) -> None:
        """Write to its stdin; a child that is gone is noticed elsewhere."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(text.encode())
        except BrokenPipeError:
            return

    async def ready(self) -> str:
        """Wait until it writes a line that begins with `ready`; gives the rest of that line.

        Raises:
            StartFailed: it ended first, or is not ready in time.
        """
        give_up_at = time.monotonic() + READY_WITHIN_S
        while True:
            has_ended = self.has_ended
            for line in self.log_file.read_text(errors="replace").splitlines(keepends=True):
                if line.startswith(READY_LINE) and line.endswith("\n"):
                    return line.removeprefix(READY_LINE).strip()
            if has_ended:
                raise StartFailed(self.obituary())
            if time.monotonic() > give_up_at:
                raise StartFailed(
                    f"{self.name} is not ready after {READY_WITHIN_S:.0f} s: see {self.log_file}."
                )
            await asyncio.sleep(POLL_S)


@dataclass(slots=True)
class Children:
    """All of them."""

    _guardian: subprocess.Popen[bytes] = field(init=False)
    _living: list[Child] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        """Start the guardian before any child."""
        self._guardian = subprocess.Popen(
            [sys.executable, "-m", "local_stack.guardian"],
            stdin=subprocess.PIPE,
            cwd=ROOT,
            start_new_session=True,
            bufsize=0,
        )

    @property
    def guardian_has_ended(self) -> bool:
        """Say whether nobody would clean up after us."""
        return self._guardian.poll() is not None

    def start(
        self, name: str, arguments: Sequence[str], environment: Mapping[str, str], log_file: Path
    ) -> Child:
        """Start `python ARGUMENTS` with exactly that environment; stdout and stderr go to its log."""
        with log_file.open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - our own modules
                [sys.executable, *arguments],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env=dict(environment),
                start_new_session=True,
                bufsize=0,
            )
        self.adopt(process.pid)
        child = Child(name, process, log_file)
        self._living.append(child)
        return child

    def adopt(self, pid: int) -> None:
        """Let the guardian know of a process, one that leads a group."""
        self._tell(f"+{pid}\n")

    def disown(self, pid: int) -> None:
        """Let the guardian know that it is gone."""
        self._tell(f"-{pid}\n")

    def forget(self, child: Child) -> None:
        """Bury a child that has ended."""
        if child.process.stdin is not None:
            child.process.stdin.close()
        self._living.remove(child)
        self.disown(child.process.pid)

    async def stop(self, children: Iterable[Child], patience_s: float) -> None:
        """Ask children to end, together, and make those end that do not."""
        asked = [child for child in children if child in self._living]
        for child in asked:
            _signal_group(child, signal.SIGTERM)
            _signal_group(child, signal.SIGCONT)  # one that a test has frozen cannot hear otherwise
        give_up_at = time.monotonic() + patience_s
        try:
            while time.monotonic() < give_up_at:
                if all(child.has_ended for child in asked):
                    break
                await asyncio.sleep(POLL_S)
        finally:
            for child in asked:
                _signal_group(child, signal.SIGKILL)
                child.process.wait()
                self.forget(child)

    async def close(self) -> None:
        """Stop whatever is left, then the guardian."""
        await self.stop(list(self._living), 0)
        assert self._guardian.stdin is not None
        self._guardian.stdin.close()
        await asyncio.to_thread(self._guardian.wait)

    def _tell(self, line: str) -> None:
        assert self._guardian.stdin is not None
        try:
            self._guardian.stdin.write(line.encode())
        except BrokenPipeError:
            return  # the guardian's death stops the stack; it is noticed elsewhere


def own_environment(**more: str) -> dict[str, str]:
    """Give our own parts what they need of our environment, and no more."""
    kept: dict[str, Any] = {
        name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ
    }
    return kept | more


def _signal_group(child: Child, how: signal.Signals) -> None:
    try:
        os.killpg(child.process.pid, how)
    except (ProcessLookupError, PermissionError):
        return
