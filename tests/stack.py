"""Start the whole local stack for a test, as its command line does, and see that it leaves nothing behind."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from local_stack.access_token import access_token
from local_stack.port_check import is_taken
from local_stack.postgres import remove_cluster
from local_stack.state_folder import CLUSTER

ROOT: Final = Path(__file__).resolve().parent.parent
PORTS_IN_A_BLOCK: Final = 40
LOWEST_BASE, HIGHEST_BASE = 20_000, 32_000  # below where the kernel takes ports for clients from
READY_WITHIN_S: Final = 90.0
STOPPED_WITHIN_S: Final = 40.0
POLL_S: Final = 0.05
WITHOUT_PROXY: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class StackFailed(Exception):
    """The stack did not start, or left something behind; the text holds what it said."""


@dataclass(slots=True)
class RunningStack:
    """A stack that runs: `info` is its `stack.json`, read when asked for."""

    process: subprocess.Popen[str]
    state_dir: Path
    port_base: int
    output: Path
    children: set[int] = field(default_factory=set)

    @property
    def info(self) -> dict[str, Any]:
        """What `stack.json` says now: tasks and PostgreSQL may have been replaced since."""
        content: dict[str, Any] = json.loads((self.state_dir / "stack.json").read_text())
        return content

    @property
    def tasks(self) -> list[dict[str, Any]]:
        """Each task's id, pid and port."""
        listed: list[dict[str, Any]] = self.info["tasks"]
        return listed

    def said(self) -> str:
        """Give what the stack has printed so far."""
        return self.output.read_text()

    def token(self, user: str = "doctor1") -> str:
        """Give a fresh access token."""
        return access_token(user, self.state_dir)

    def logs(self) -> dict[Path, str]:
        """Give every log's text, what died included."""
        return {file: file.read_text(errors="replace") for file in (self.state_dir / "logs").iterdir()}

    def log_of(self, task_id: str) -> str:
        """Give a task's log, dead or alive."""
        return (self.state_dir / "logs" / f"task-{task_id}.log").read_text(errors="replace")

    def gateway_faults(self, **faults: object) -> dict[str, Any]:
        """Put gateway faults in force; none clears them."""
        return self.admin("gateway", "faults", faults)

    def transcribe_faults(self, **faults: object) -> dict[str, Any]:
        """Put Transcribe faults in force; none clears them."""
        return self.admin("transcribe", "faults", faults)

    def aws_rules(self, *rules: dict[str, object]) -> dict[str, Any]:
        """Put rules about calls to AWS in force; none clears them."""
        return self.admin("gateway", "aws", {"rules": rules} if rules else {})

    def postgres_down(self, is_down: bool) -> dict[str, Any]:
        """Stop PostgreSQL, or let it run again."""
        return self.admin("gateway", "postgres", {"down": is_down})

    def clear_faults(self) -> None:
        """Lift every fault that a test may have left in force."""
        self.gateway_faults()
        self.transcribe_faults()
        self.aws_rules()
        self.postgres_down(False)

    def admin(self, part: str, what: str, faults: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ask an admin interface: PUT what is given, DELETE what is empty, GET with None."""
        method = "GET" if faults is None else "PUT" if faults else "DELETE"
        body = json.dumps(faults).encode() if faults else None
        url = f"{self.info[f'{part}_admin_url']}/{what}"
        request = urllib.request.Request(url, body, method=method)
        with WITHOUT_PROXY.open(request, timeout=30) as answer:
            content: dict[str, Any] = json.loads(answer.read())
        return content

    def wait_for_new_task(self, known: Sequence[Mapping[str, Any]], within_s: float = 30.0) -> dict[str, Any]:
        """Wait until a task runs that is not among those known, as `tasks` gave them, and give it."""
        ids = {task["id"] for task in known}
        give_up_at = time.monotonic() + within_s
        while time.monotonic() < give_up_at:
            for task in self.tasks:
                if task["id"] not in ids:
                    return task
            time.sleep(POLL_S)
        raise StackFailed(f"No task took the place of one that died.\n{self.said()}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Stop the stack and give its exit code.

        Raises:
            StackFailed: a process or a port is left.
        """
        if self.process.poll() is None:
            self.children |= _descendants(self.process.pid)
            self.process.send_signal(how)
        try:
            code = self.process.wait(STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise StackFailed(f"The stack did not stop.\n{self.said()}") from None
        self.assert_nothing_left()
        return code

    def assert_nothing_left(self, within_s: float = 5.0) -> None:
        """See that no process and no port of the stack is left.

        Raises:
            StackFailed: one is.
        """
        give_up_at = time.monotonic() + within_s
        while True:
            ports = [port for port in range(self.port_base, self.port_base + 20) if is_taken(port)]
            left = [process for process in list_processes() if process.pid in self.children]
            if not ports and not left:
                return
            if time.monotonic() > give_up_at:
                raise StackFailed(f"Left behind: ports {ports}, processes {left}.\n{self.said()}")
            time.sleep(POLL_S)


@contextmanager
def running_stack(
    *arguments: str, module: str = "local_stack", state_dir: Path | None = None, recognizer: str = "scripted"
) -> Iterator[RunningStack]:
    """Run a stack with these further arguments on free ports; stop it, and see that nothing is left."""
    with tempfile.TemporaryDirectory(prefix="stack-") as folder:
        stack = start_stack(
            ["--recognizer", recognizer, *arguments],
            output=Path(folder) / "output",
            state_dir=state_dir or Path(folder) / "state",
            module=module,
        )
        try:
            wait_until_ready(stack)
            yield stack
        finally:
            stack.stop()
            remove_cluster(stack.state_dir / CLUSTER)


def start_stack(
    arguments: Sequence[str],
    *,
    output: Path,
    state_dir: Path,
    module: str = "local_stack",
    port_base: int | None = None,
) -> RunningStack:
    """Start a stack and do not wait."""
    base = port_base or free_port_base()
    with output.open("w") as said:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", module),
                *("--port-base", str(base), "--state-dir", str(state_dir), *arguments),
            ],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    return RunningStack(process, state_dir, base, output)


def wait_until_ready(stack: RunningStack) -> None:
    """Wait until every part answers.

    Raises:
        StackFailed: it ended first, or takes too long.
    """
    give_up_at = time.monotonic() + READY_WITHIN_S
    while not (stack.state_dir / "stack.json").exists():
        if stack.process.poll() is not None or time.monotonic() > give_up_at:
            stack.process.kill()
            raise StackFailed(f"The stack did not start.\n{stack.said()}")
        time.sleep(POLL_S)
    stack.children |= _descendants(stack.process.pid)


def run_to_its_end(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a stack that is expected to refuse."""
    return subprocess.run(
        [sys.executable, "-m", module, "--recognizer", "scripted", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=READY_WITHIN_S,
        check=False,
    )


def eventually(claim: Callable[[], bool], within_s: float = 15.0) -> bool:
    """Tell whether something comes to hold in time."""
    give_up_at = time.monotonic() + within_s
    while time.monotonic() < give_up_at:
        if claim():
            return True
        time.sleep(POLL_S)
    return claim()


def free_port_base() -> int:
    """Give the base of a block of ports none of which is taken now."""
    bases = list(range(LOWEST_BASE, HIGHEST_BASE, PORTS_IN_A_BLOCK))
    random.Random(os.getpid() ^ time.monotonic_ns()).shuffle(bases)
    for base in bases:
        if not any(is_taken(port) for port in range(base, base + PORTS_IN_A_BLOCK)):
            return base
    raise StackFailed("There is no free block of ports.")


@dataclass(frozen=True, slots=True)
class Process:
    """A process of this machine, as `ps` lists it."""

    pid: int
    parent: int
    command: str


def list_processes() -> list[Process]:
    """Give every process that runs; one that is only waiting to be buried does not."""
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,ppid=,stat=,command="],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = []
    for line in listed.splitlines():
        pid, parent, state, command = line.split(maxsplit=3)
        if not state.startswith("Z"):
            found.append(Process(int(pid), int(parent), command))
    return found


def _descendants(pid: int) -> set[int]:
    children: dict[int, list[int]] = {}
    for process in list_processes():
        children.setdefault(process.parent, []).append(process.pid)
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        for child in children.get(waiting.pop(), []):
            found.add(child)
            waiting.append(child)
    return found
