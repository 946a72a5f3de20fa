"""What a new instance of a function does before, and in, its first request."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lambdas.api.handler import App, answer, build
from lambdas.cold_start import STARTED_BY_LAMBDA
from lambdas.health import Finding, HealthReport, Reachable
from tests.fakes.observer import RecordingObserver
from tests.lambdas.events import http_event

ROOT = Path(__file__).resolve().parents[2]
TIME_OF_AN_ANSWER_S = 3600.0  # waited for in vain, the test's own limit would end it
API = {
    "STAGE": "test",
    "TABLE_NAME": "live",
    "WEBSOCKET_URL": "wss://example.invalid/live",
    "USER_POOL_ID": "us-east-1_pool",
    "DATABASE_SECRET_ID": "database",
    "DATABASE_HOST": "127.0.0.1",
    "DATABASE_NAME": "seva",
}


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_time_it_took_to_build_is_taken_from_the_answers(aws: None) -> None:
    """A caller counts from the request: a new instance with a hanging dependency has no time of its own."""
    clock, release = Clock(), threading.Event()

    def hangs() -> Iterator[Finding]:
        yield Reachable("secrets_manager")
        release.wait()

    def built_slowly() -> App:
        clock.now += TIME_OF_AN_ANSWER_S
        report = HealthReport([hangs], answered_within_s=TIME_OF_AN_ANSWER_S, monotonic=clock)
        return replace(build(API), health=report, observer=RecordingObserver())

    answered = answer(http_event("GET", "/health"), built_slowly, monotonic=clock)

    release.set()
    assert answered["statusCode"] == 503


@pytest.mark.parametrize("name", ["connect", "disconnect", "api", "history"])
@pytest.mark.parametrize("started_by_lambda", [True, False])
def test_lambda_builds_as_it_starts(name: str, started_by_lambda: bool) -> None:
    """Wrong settings are an instance that does not start, and clients are no request's burden."""
    environment = {**os.environ, "STAGE": "test"}
    environment.pop("TABLE_NAME", None)

    done = subprocess.run(
        [sys.executable, "-c", f"import lambdas.{name}.handler"],
        cwd=ROOT,
        env={**environment, STARTED_BY_LAMBDA: "on-demand"} if started_by_lambda else environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode != 0) == started_by_lambda
    assert ("TABLE_NAME is missing" in done.stderr) == started_by_lambda
