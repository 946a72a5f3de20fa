"""A few threads serve many streams: what must be done is done first, what is stale is dropped."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from local_stack.recognisers.crew import Crew, Job

PATIENCE_S = 10.0


def ignore() -> None:
    """Take no notice of failures."""


class Gate:
    """A job that holds its worker until it is opened."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self._opened = threading.Event()

    def __call__(self) -> None:
        self.entered.set()
        assert self._opened.wait(PATIENCE_S)

    def open(self) -> None:
        """Let the worker go on."""
        self._opened.set()


class Log:
    """Names of jobs in the order in which they ran."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def job(self, name: str) -> Job:
        """Give a job that leaves its name."""
        return lambda: self.names.append(name)


def wait_for(crew: Crew) -> None:
    """Wait until a job added now has run: with one worker, all before it have, too."""
    done = threading.Event()
    crew.lane(ignore).offer(done.set)
    assert done.wait(PATIENCE_S)


@pytest.fixture
def crew() -> Iterator[Crew]:
    """Give a crew of one worker."""
    crew = Crew(name="test", workers=1)
    yield crew
    crew.close()


def test_must_do_jobs_go_before_optional_ones_and_in_order(crew: Crew) -> None:
    """Finals of any stream go before partials of any other."""
    gate, log = Gate(), Log()
    first, second = crew.lane(ignore), crew.lane(ignore)
    first.must(gate)
    assert gate.entered.wait(PATIENCE_S)

    first.offer(log.job("partial 1"))
    second.must(log.job("final 2"))
    first.must(log.job("final 1"))
    second.must(log.job("final 2b"))
    gate.open()
    wait_for(crew)

    assert log.names == ["final 2", "final 1", "final 2b", "partial 1"]


def test_only_the_latest_optional_job_runs(crew: Crew) -> None:
    """A partial that was not begun in time is skipped, not queued: the work is bounded."""
    gate, log = Gate(), Log()
    lane = crew.lane(ignore)
    lane.must(gate)
    assert gate.entered.wait(PATIENCE_S)

    for number in range(100):
        lane.offer(log.job(f"partial {number}"))
    gate.open()
    wait_for(crew)

    assert log.names == ["partial 99"]


def test_optional_jobs_take_turns(crew: Crew) -> None:
    """A stream that offers without end does not starve its neighbour."""
    log = Log()
    done = threading.Event()
    greedy, modest = crew.lane(ignore), crew.lane(ignore)

    def again() -> None:
        log.names.append("greedy")
        if not done.is_set():
            greedy.offer(again)

    greedy.offer(again)
    modest.offer(done.set)

    assert done.wait(PATIENCE_S)


def test_a_lane_runs_one_job_at_a_time() -> None:
    """A stream's results come in order, however many workers there are."""
    crew = Crew(name="test", workers=2)
    gate, log = Gate(), Log()
    lane, other = crew.lane(ignore), crew.lane(ignore)
    lane.must(gate)
    assert gate.entered.wait(PATIENCE_S)
    done = threading.Event()

    lane.must(log.job("second"))
    other.must(done.set)
    assert done.wait(PATIENCE_S)
    before = list(log.names)
    finished = threading.Event()
    lane.must(finished.set)
    gate.open()
    assert finished.wait(PATIENCE_S)
    crew.close()

    assert before == []
    assert log.names == ["second"]


def test_optional_jobs_leave_a_worker_free() -> None:
    """However many streams offer partials, a final does not wait for them."""
    crew = Crew(name="test", workers=2)
    gate, log = Gate(), Log()
    crew.lane(ignore).offer(gate)
    assert gate.entered.wait(PATIENCE_S)
    done = threading.Event()

    crew.lane(ignore).offer(log.job("another partial"))
    crew.lane(ignore).must(done.set)

    assert done.wait(PATIENCE_S)
    assert log.names == []
    gate.open()
    crew.close()


def test_a_closed_lane_drops_its_jobs(crew: Crew) -> None:
    """A reset stream costs no more work, nor does what it still adds."""
    gate, log = Gate(), Log()
    lane = crew.lane(ignore)
    lane.must(gate)
    assert gate.entered.wait(PATIENCE_S)
    lane.must(log.job("final"))
    lane.offer(log.job("partial"))

    lane.close()
    lane.must(log.job("late"))
    lane.offer(log.job("later"))
    gate.open()
    wait_for(crew)

    assert log.names == []


def test_a_failing_job_is_told_to_its_stream_alone(crew: Crew) -> None:
    """One stream's failure leaves the worker to the others."""
    failed = threading.Event()
    log = Log()

    def fail() -> None:
        raise ValueError

    crew.lane(failed.set).must(fail)
    crew.lane(ignore).must(log.job("another stream's"))
    wait_for(crew)

    assert failed.is_set()
    assert log.names == ["another stream's"]


def test_a_failure_is_logged_without_its_words(crew: Crew, caplog: pytest.LogCaptureFixture) -> None:
    """An exception's text may hold what was said; its type is enough."""

    def fail() -> None:
        raise ValueError("canary")

    crew.lane(ignore).must(fail)
    wait_for(crew)

    assert "canary" not in caplog.text
    assert [record.__dict__["error"] for record in caplog.records] == ["ValueError"]


def test_closing_ends_the_threads() -> None:
    """Nothing keeps the process alive, and closing twice is harmless."""
    crew = Crew(name="ending", workers=2)
    crew.lane(ignore)

    crew.close()
    crew.close()

    with pytest.raises(RuntimeError):
        crew.lane(ignore)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ending")]


_FORGETFUL_PROCESS = """
import threading
from local_stack.recognisers.crew import Crew
begun = threading.Event()
lane = Crew(name="forgotten", workers=2).lane(lambda: None)
lane.must(lambda: (begun.set(), print("done")))
begun.wait()
"""


def test_a_process_that_forgets_to_close_ends_all_the_same() -> None:
    """Neither a hang nor an abort at exit, whatever the workers are doing."""
    ended = subprocess.run(
        [sys.executable, "-c", _FORGETFUL_PROCESS], capture_output=True, timeout=30, check=False
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"done\n", b"")
