"""`python -m tools.smoke --local`: what it says of a deployment that works, and of one that does not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from contract.audio import PCM_RATE_HZ, Quality
from tests.e2e.dictation import counter_pcm
from tests.stack import ROOT, RunningStack

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
