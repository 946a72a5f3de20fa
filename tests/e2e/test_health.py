"""How the product says that it is well, or is not, in time, whatever is down; and to whom it speaks."""

from __future__ import annotations

import json
import socket
import sys
import time
import urllib.error
from typing import Any

import pytest

from tests.e2e.records import wait_for
from tests.stack import WITHOUT_PROXY, RunningStack

PATIENCE_S = 10.0
EVERYWHERE_ELSE = "127.0.0.2"  # answered by whoever listens on every interface
PROMISED_S = 2.5  # two seconds and the way


def get(url: str) -> tuple[int, Any]:
    """Give status and JSON."""
    try:
        with WITHOUT_PROXY.open(url, timeout=PATIENCE_S) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def health(stack: RunningStack, status: int) -> dict[str, Any]:
    """Wait until the product's health has that status, and give the answer; an answer is kept for 5 s."""
    return timed_health(stack, status)[0]


def timed_health(stack: RunningStack, status: int) -> tuple[dict[str, Any], float]:
    """Wait as above; give the first answer with that status, which was made afresh, and how long it took."""

    def look() -> tuple[dict[str, Any], float] | None:
        asked_at = time.monotonic()
        found, body = get(f"{stack.info['api_url']}/health")
        return (body, time.monotonic() - asked_at) if found == status else None

    return wait_for(look, f"health {status}")


def test_a_whole_stack_is_healthy(scripted_stack: RunningStack) -> None:
    """Everything that a recording needs is there, and the schema is this code's."""
    found = health(scripted_stack, 200)

    assert found["status"] == "healthy"
    checks = found["checks"]
    assert checks["database"] == checks["secrets_manager"] == "healthy"
    assert checks["migrations"]["status"] == "up_to_date"
    assert checks["migrations"]["pending"] == 0
    assert checks["migrations"]["applied"] > 0
    assert checks["streaming"]["status"] == "healthy"
    assert checks["streaming"]["tasks"] == 1


def test_without_its_database_it_says_so_in_time_and_recovers(scripted_stack: RunningStack) -> None:
    """503 within its promise: a check that hangs is worse than one that fails."""
    scripted_stack.postgres_down(True)
    try:
        failing, took_s = timed_health(scripted_stack, 503)
    finally:
        scripted_stack.postgres_down(False)
    recovered = health(scripted_stack, 200)

    assert failing["status"] == "unhealthy"
    assert failing["checks"]["database"] == "unhealthy"
    assert failing["checks"]["streaming"]["status"] == "healthy"
    assert took_s < PROMISED_S
    assert recovered["checks"]["migrations"]["status"] == "up_to_date"


def test_health_tells_the_public_nothing_to_attack(scripted_stack: RunningStack) -> None:
    """No address, no version, no error's text."""
    info = scripted_stack.info

    text = json.dumps(health(scripted_stack, 200))

    for secret in (
        info["postgres"]["password"],
        info["postgres"]["user"],
        info["table"],
        info["audio_bucket"],
    ):
        assert secret not in text
    assert info["tasks"][0]["id"] not in text


def test_a_task_says_that_it_lives_and_has_room(scripted_stack: RunningStack) -> None:
    """The balancer asks the one, an operator the other."""
    task = scripted_stack.tasks[0]

    lives, living = get(f"http://127.0.0.1:{task['port']}/healthz")
    is_ready, readiness = get(f"http://127.0.0.1:{task['port']}/readyz")

    assert (lives, living["status"], living["task_id"]) == (200, "healthy", task["id"])
    assert (is_ready, readiness["task_id"]) == (200, task["id"])
    assert readiness["room"] + readiness["sessions"] == 100


def test_a_task_does_not_need_the_database_to_be_well(scripted_stack: RunningStack) -> None:
    """The record can wait; a task replaced for a database's fault would take its sessions along."""
    task = scripted_stack.tasks[0]
    scripted_stack.postgres_down(True)
    try:
        lives, _ = get(f"http://127.0.0.1:{task['port']}/healthz")
        is_ready, _ = get(f"http://127.0.0.1:{task['port']}/readyz")
    finally:
        scripted_stack.postgres_down(False)

    assert (lives, is_ready) == (200, 200)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the loopback has one address")
def test_only_the_loopback_is_listened_on(scripted_stack: RunningStack) -> None:
    """Whoever shares a network with this machine has no business with it."""
    last = max(task["port"] for task in scripted_stack.info["tasks"])

    for port in range(scripted_stack.port_base, last + 1):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((EVERYWHERE_ELSE, port), timeout=5)
