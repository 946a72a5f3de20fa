"""`python -m tools.smoke --local`: what it says of a deployment that works, and of one that does not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from contract.audio import PCM_RATE_HZ, Quality
from tests.e2e.dictation import counter_pcm
from tests.stack import ROOT, RunningStack, running_stack
from tools.smoke_checks.account import ServiceState
from tools.smoke_checks.hand_over import check_hand_over
from tools.smoke_checks.outcome import Failed, Ok
from tools.smoke_checks.speech import Speech
from tools.stream_file import local_target

SECONDS = 4.0
ON_THE_PATH = {
    "health",
    "connect refusals",
    "vpc link and headers",
    "frames over the limits",
    "message order",
    "sample to saved",
    "medical requests",
}


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """Give a sound file that the scripted recogniser reads words from."""
    file = tmp_path / "sample.wav"
    pcm = np.frombuffer(counter_pcm(Quality.MEDIUM, SECONDS), dtype="<i2")
    soundfile.write(file, pcm, PCM_RATE_HZ[Quality.MEDIUM], subtype="PCM_16")
    return file


def smoke(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools.smoke", "--local", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def test_a_stack_that_works_is_ok_in_all_that_can_be_asked_without_aws(
    scripted_stack: RunningStack, sample: Path
) -> None:
    """Exit code 0; what needs AWS says so and is no failure."""
    done = smoke("--state-dir", str(scripted_stack.state_dir), "--sample", str(sample), "--json")

    found = {one["check"]: one for one in json.loads(done.stdout)}
    assert done.returncode == 0, done.stdout
    assert {name for name, one in found.items() if one["outcome"] == "ok"} == ON_THE_PATH, done.stdout
    skipped = [one for name, one in found.items() if name not in ON_THE_PATH]
    assert {(one["outcome"], one["detail"]) for one in skipped} == {("skipped", "needs AWS")}
    assert str(round(SECONDS * PCM_RATE_HZ[Quality.MEDIUM])) in found["sample to saved"]["detail"]


def test_no_stack_is_said_in_one_sentence(tmp_path: Path) -> None:
    """Whoever forgot `make run` is told so."""
    done = smoke("--state-dir", str(tmp_path))

    assert done.returncode == 1
    assert "make run" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


class LocalService:
    """What ECS does in a deployment: each task of a local stack is told to leave and replaced."""

    def __init__(self, stack: RunningStack) -> None:
        self._stack = stack
        self._old = {task["id"] for task in stack.tasks}

    def state(self) -> ServiceState:
        """Steady once none of the old tasks is left."""
        running = {task["id"] for task in self._stack.tasks}
        is_over = not running & self._old
        return ServiceState(len(running), len(running), ("COMPLETED" if is_over else "IN_PROGRESS",))

    def replace_tasks(self) -> None:
        """Replace one after the other."""
        for _ in self._old:
            known = self._stack.tasks
            leaving = next(task for task in known if task["id"] in self._old)
            os.kill(leaving["pid"], signal.SIGTERM)
            self._stack.wait_for_new_task(known, within_s=60.0)


async def test_a_deployment_is_spoken_through() -> None:
    """Every task is replaced while the check speaks; it sees the hand-overs, and that nothing was lost."""
    with running_stack("--tasks", "2", "--restart-after", "0.2") as stack:
        target = local_target(stack.state_dir, "doctor1")
        speech = Speech(counter_pcm(Quality.MEDIUM, 10.0), Quality.MEDIUM)
        outcome = await check_hand_over(target, speech, LocalService(stack), poll_s=0.2, speak_on_s=2.0)

    match outcome:
        case Ok(said) | Failed(said):
            assert isinstance(outcome, Ok) or said.startswith("text paused"), (
                said
            )  # how long is the machine's
