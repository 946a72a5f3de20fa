"""Say how the product is, in time, even when what it asks does not answer. Speaks no SDK."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from lambdas.errors import Unavailable

HEALTHY: Final = "healthy"
UNHEALTHY: Final = "unhealthy"

ANSWERED_WITHIN_S: Final = 1.6  # of the request's arrival, all of it; the caller is promised 2 s
KEPT_S: Final = 5.0  # whoever polls faster hears the same again


@dataclass(frozen=True, slots=True)
class Reachable:
    """`check` (`database` or `secrets_manager`) answered."""

    check: str


@dataclass(frozen=True, slots=True)
class Schema:
    """Where the migrations stand; a schema newer than this code is up to date for it."""

    applied: int
    pending: int


@dataclass(frozen=True, slots=True)
class Streaming:
    """The tasks that live, their sessions, and room for how many more (None: they do not say)."""

    tasks: int
    sessions: int
    room: int | None


Finding = Reachable | Schema | Streaming
Probe = Callable[[], Iterator[Finding]]
"""Finds things out one after the other; raises Unavailable at the first that does not answer."""


@dataclass(frozen=True, slots=True)
class Health:
    """The answer to `GET /health`; `failures` are codes for the log, and no business of the public's."""

    is_healthy: bool
    checks: dict[str, object]
    failures: tuple[str, ...]


class HealthReport:
    """Asks all probes at once and keeps the answer for a while; safe to share between threads."""

    def __init__(
        self,
        probes: Sequence[Probe],
        *,
        answered_within_s: float = ANSWERED_WITHIN_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._probes = probes
        self._answered_within_s = answered_within_s
        self._monotonic = monotonic
        self._kept: tuple[float, Health] | None = None
        self._lock = threading.Lock()

    def read(self, *, asked_at: float | None = None) -> Health:
        """Give the health of at most `KEPT_S` ago to who asked then, by `monotonic`; None: just now."""
        with self._lock:
            now = self._monotonic()
            if self._kept is None or now - self._kept[0] >= KEPT_S:
                give_up_at = (now if asked_at is None else asked_at) + self._answered_within_s
                self._kept = (now, judge(*self._ask(give_up_at)))
            return self._kept[1]

    def _ask(self, give_up_at: float) -> tuple[list[Finding], list[str]]:
        findings: list[Finding] = []
        failures: list[str] = []
        heard: queue.SimpleQueue[Finding | str | None] = queue.SimpleQueue()  # as many as there are findings
        for probe in self._probes:
            # Daemons: a name that does not resolve can hang for longer than any time limit of ours.
            threading.Thread(target=_run, args=(probe, heard), daemon=True, name="health").start()
        running = len(self._probes)
        while running:
            try:
                found = heard.get(timeout=max(0.0, give_up_at - self._monotonic()))
            except queue.Empty:
                failures.append("Timeout")
                break
            if found is None:
                running -= 1
            elif isinstance(found, str):
                failures.append(found)
            else:
                findings.append(found)
        return findings, failures


def judge(findings: Sequence[Finding], failures: Sequence[str]) -> Health:
    """Make the answer of what was found; what was not found is not healthy."""
    checks: dict[str, object] = {
        "database": UNHEALTHY,
        "secrets_manager": UNHEALTHY,
        "migrations": {"status": "unknown", "applied": None, "pending": None},
        "streaming": {"status": UNHEALTHY, "tasks": None, "sessions": None, "room": None},
    }
    good = set()
    for finding in findings:
        match finding:
            case Reachable(check):
                checks[check] = HEALTHY
                good.add(check)
            case Schema(applied, pending):
                status = "pending" if pending else "up_to_date"
                checks["migrations"] = {"status": status, "applied": applied, "pending": pending}
                if not pending:
                    good.add("migrations")
            case Streaming(tasks, sessions, room):
                status = HEALTHY if tasks else UNHEALTHY
                checks["streaming"] = {"status": status, "tasks": tasks, "sessions": sessions, "room": room}
                if tasks:
                    good.add("streaming")
            case _:
                assert_never(finding)
    return Health(good == set(checks), checks, tuple(failures))


def _run(probe: Probe, heard: queue.SimpleQueue[Finding | str | None]) -> None:
    try:
        for finding in probe():
            heard.put(finding)
    except Unavailable as error:
        heard.put(error.code)
    except Exception as error:  # noqa: BLE001 - a probe's defect must not silence the others
        heard.put(type(error).__name__)
    finally:
        heard.put(None)
