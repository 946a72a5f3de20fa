"""How a stack begins and ends, around a fake task: refusals, Ctrl-C, kills, parts that do not start."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_stack.postgres import remove_cluster
from local_stack.state_folder import CLUSTER
from tests.local_stack import stack_with_fake_task
from tests.stack import (
    RunningStack,
    eventually,
    free_port_base,
    list_processes,
    run_to_its_end,
    start_stack,
    wait_until_ready,
)

MODULE = stack_with_fake_task.__name__


def test_a_folder_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    """Nobody's thesis is emptied away."""
    (tmp_path / "thesis.txt").write_text("years of work")

    refused = run_to_its_end(MODULE, "--port-base", str(free_port_base()), "--state-dir", str(tmp_path))

    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "was not made by the local stack" in refused.stderr
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


@pytest.fixture
def short_lived(tmp_path: Path) -> Iterator[RunningStack]:
    started = start_stack(
        ["--recognizer", "scripted"],
        output=tmp_path / "output",
        state_dir=tmp_path / "state",
        module=MODULE,
    )
    wait_until_ready(started)
    yield started
    if started.process.poll() is None:
        started.stop()
    remove_cluster(started.state_dir / CLUSTER)


def test_ctrl_c_leaves_nothing_and_ends_well(short_lived: RunningStack) -> None:
    """No process, no port, no file that says it runs; a task that a test left frozen goes too."""
    os.kill(short_lived.tasks[0]["pid"], signal.SIGSTOP)

    code = short_lived.stop(signal.SIGINT)

    assert code == 0
    assert not (short_lived.state_dir / "stack.json").exists()


def test_a_kill_of_the_supervisor_leaves_nothing_either(short_lived: RunningStack) -> None:
    """Whoever is killed cannot clean up; somebody must."""
    os.kill(short_lived.process.pid, signal.SIGKILL)
    short_lived.process.wait()

    short_lived.assert_nothing_left(within_s=10)

    again = start_stack(
        ["--recognizer", "scripted"],
        output=short_lived.output,
        state_dir=short_lived.state_dir,
        module=MODULE,
        port_base=short_lived.port_base,
    )
    wait_until_ready_after_a_kill(again)
    assert again.stop() == 0


def wait_until_ready_after_a_kill(stack: RunningStack) -> None:
    # The killed one could not take its stack.json away; the new one empties the folder first.
    assert eventually(lambda: "Ctrl-C" in stack.said(), within_s=60)


def test_a_part_that_does_not_start_is_named_and_the_rest_is_stopped(tmp_path: Path) -> None:
    """One sentence that says what and where to look; exit code 1; nothing left."""
    failing = start_stack(
        ["--recognizer", "scripted"],
        output=tmp_path / "output",
        state_dir=tmp_path / "state",
        module="tests.local_stack.stack_with_dying_task",
    )

    code = failing.process.wait(60)

    last_line = failing.said().splitlines()[-1]
    assert code == 1
    assert last_line.startswith("The streaming task ended with code 3: see ")
    assert Path(last_line.split("see ")[1].rstrip(".")).exists()
    failing.assert_nothing_left()


def test_the_gateways_death_stops_the_stack(short_lived: RunningStack) -> None:
    """A part that is not started again ends the run with a sentence and code 1."""
    gateway = next(
        process.pid
        for process in list_processes()
        if process.pid in short_lived.children and "local_stack.edge" in process.command
    )

    os.kill(gateway, signal.SIGKILL)

    assert short_lived.process.wait(30) == 1
    assert "The gateway was killed by signal 9" in short_lived.said()
    short_lived.assert_nothing_left()
