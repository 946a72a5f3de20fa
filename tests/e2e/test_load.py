"""The load generator against a whole stack: what it says of a good run is that nothing was lost."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.e2e.records import recognition_streams, wait_for
from tests.stack import ROOT, RunningStack

ENDED_WITHIN_S = 120.0


def start_load(stack: RunningStack, file: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start the command."""
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "tools.load", "--state-dir", str(stack.state_dir)),
            *("--json", str(file), *arguments),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(load: subprocess.Popen[str], file: Path) -> tuple[str, dict[str, Any]]:
    """Wait for it; give its table and its figures."""
    try:
        table, complaints = load.communicate(timeout=ENDED_WITHIN_S)
    finally:
        load.kill()
    assert "Traceback" not in complaints
    figures: dict[str, Any] = json.loads(file.read_text())
    return table, figures


def test_a_few_sessions_are_saved_whole(scripted_stack: RunningStack, tmp_path: Path) -> None:
    """No sample and no word lost, none twice, in order; and the figures are there."""
    file = tmp_path / "load.json"

    load = start_load(scripted_stack, file, "--sessions", "3", "--seconds", "4", "--ramp", "1")
    table, figures = end(load, file)

    assert load.returncode == 0, table
    assert figures["is_good"]
    assert (figures["opened"], figures["saved_whole"]) == (3, 3)
    assert (figures["repeated_finals"], figures["disordered_finals"]) == (0, 0)
    assert figures["faults"] == figures["broke"] == figures["refusals"] == {}
    assert set(figures["delays"]) == {"partial", "final", "durable"}
    assert "saved whole            3 of 3" in table


def test_an_interrupt_lets_every_session_end_well(scripted_stack: RunningStack, tmp_path: Path) -> None:
    """What was spoken until then is saved whole, and no session is left open on the server."""
    file = tmp_path / "load.json"
    known = len(recognition_streams(scripted_stack))
    load = start_load(scripted_stack, file, "--sessions", "2", "--seconds", "300", "--ramp", "0.2")
    wait_for(lambda: _open_streams(scripted_stack, known) == 2 or None, "two sessions that speak")

    load.send_signal(signal.SIGINT)
    table, figures = end(load, file)

    assert load.returncode == 130, table
    assert figures["is_interrupted"]
    assert (figures["opened"], figures["saved_whole"]) == (2, 2)
    wait_for(lambda: _open_streams(scripted_stack, known) == 0 or None, "the end of both streams")


def _open_streams(stack: RunningStack, known: int) -> int:
    return sum(1 for stream in recognition_streams(stack)[known:] if stream["open"] and stream["words"])
