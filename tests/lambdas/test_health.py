"""How findings become an answer, and that it comes in time."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from lambdas.errors import Unavailable
from lambdas.health import KEPT_S, Finding, HealthReport, Reachable, Schema, Streaming, judge

ALL_GOOD: list[Finding] = [
    Reachable("secrets_manager"),
    Reachable("database"),
    Schema(applied=3, pending=0),
    Streaming(tasks=2, sessions=5, room=195),
]


def test_all_good_is_healthy() -> None:
    """The answer of a product that works."""
    health = judge(ALL_GOOD, [])

    assert health.is_healthy
    assert health.checks == {
        "database": "healthy",
        "secrets_manager": "healthy",
        "migrations": {"status": "up_to_date", "applied": 3, "pending": 0},
        "streaming": {"status": "healthy", "tasks": 2, "sessions": 5, "room": 195},
    }


@pytest.mark.parametrize("missing", range(4))
def test_whatever_was_not_found_makes_it_unhealthy(missing: int) -> None:
    """No news is no good news."""
    assert not judge([finding for n, finding in enumerate(ALL_GOOD) if n != missing], []).is_healthy


def test_a_schema_behind_the_code_is_unhealthy() -> None:
    """Records could not be written."""
    health = judge([*ALL_GOOD[:2], Schema(applied=2, pending=1), ALL_GOOD[3]], [])

    assert not health.is_healthy
    assert health.checks["migrations"] == {"status": "pending", "applied": 2, "pending": 1}


def test_no_task_is_unhealthy_but_a_full_one_is_not() -> None:
    """No room is what `busy` and autoscaling are for."""
    assert not judge([*ALL_GOOD[:3], Streaming(tasks=0, sessions=0, room=0)], []).is_healthy
    assert judge([*ALL_GOOD[:3], Streaming(tasks=1, sessions=100, room=0)], []).is_healthy


def test_a_probe_that_hangs_does_not_delay_the_answer() -> None:
    """What the others found, and what the hanging one found before, is told in time."""
    release = threading.Event()

    def hangs() -> Iterator[Finding]:
        yield Reachable("secrets_manager")
        release.wait()

    report = HealthReport([hangs, lambda: iter([ALL_GOOD[3]])], answered_within_s=2.0)

    health = report.read()  # whoever waited for all of them would wait for ever

    release.set()
    assert health.failures == ("Timeout",)
    assert health.checks["secrets_manager"] == "healthy"
    assert health.checks["database"] == "unhealthy"
    assert health.checks["streaming"] == {"status": "healthy", "tasks": 2, "sessions": 5, "room": 195}


def test_a_probe_that_fails_is_known_by_its_code_alone() -> None:
    """An error's text may hold anything."""

    def unavailable() -> Iterator[Finding]:
        raise Unavailable("ThrottlingException")
        yield

    def defective() -> Iterator[Finding]:
        raise ValueError("canary")
        yield

    health = HealthReport([unavailable, defective]).read()

    assert sorted(health.failures) == ["ThrottlingException", "ValueError"]
    assert "canary" not in repr(health)


def test_an_answer_is_kept_for_a_while() -> None:
    """Whoever polls without pause asks the database no more often than everybody else."""
    asked = []
    now = 100.0

    def probe() -> Iterator[Finding]:
        asked.append(now)
        return iter(ALL_GOOD)

    report = HealthReport([probe], monotonic=lambda: now)

    report.read()
    now += KEPT_S - 0.1
    report.read()
    now += 0.1
    report.read()

    assert asked == [100.0, 105.0]


def test_a_report_without_probes_is_unhealthy() -> None:
    """Nothing asked, nothing known."""
    assert not HealthReport([]).read().is_healthy
