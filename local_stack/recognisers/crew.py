"""Share a few worker threads fairly between streams. Knows nothing of speech; jobs decide what they do."""

from __future__ import annotations

import atexit
import logging
import threading
from collections import deque
from collections.abc import Callable

Job = Callable[[], None]

_JOIN_S = 5.0  # a job in native code cannot be interrupted; the longest takes a second or two

_log = logging.getLogger(__name__)


class Lane:
    """The work of one stream: one job at a time, in order; must-do jobs before the latest optional one."""

    def __init__(self, crew: Crew, on_failure: Callable[[], None]) -> None:
        self._crew = crew
        self._on_failure = on_failure
        self._must: deque[tuple[int, Job]] = deque()  # bounded by the stream: its caller feeds real time
        self._latest: Job | None = None  # replaced, never queued: a stale one is worth nothing
        self._busy = False
        self._served = 0

    def must(self, job: Job) -> None:
        """Queue a job that must be done; from any thread."""
        self._crew._add(self, job)

    def offer(self, job: Job) -> None:
        """Offer a job that may be dropped for a newer one; from any thread."""
        self._crew._offer(self, job)

    def close(self) -> None:
        """Drop all jobs but a running one; may be called twice, from any thread."""
        self._crew._drop(self)


class Crew:
    """Worker threads over lanes: the oldest must-do job first, then optional jobs, one at a time, in turn."""

    def __init__(self, *, name: str, workers: int) -> None:
        self._name = name
        self._workers = workers
        self._lanes: set[Lane] = set()
        self._threads: list[threading.Thread] = []
        self._wake = threading.Condition()
        self._clock = 0
        self._optional_running = False
        self._closed = False

    def lane(self, on_failure: Callable[[], None]) -> Lane:
        """Open a lane; `on_failure` is called in a worker when one of its jobs raises.

        Raises:
            RuntimeError: the crew is closed.
        """
        lane = Lane(self, on_failure)
        with self._wake:
            if self._closed:
                raise RuntimeError("the crew is closed")
            self._lanes.add(lane)
            if not self._threads:
                # A daemon thread that the end of the process meets in native code aborts it.
                atexit.register(self.close)
                self._threads = [
                    threading.Thread(target=self._work, name=f"{self._name}-{n}", daemon=True)
                    for n in range(self._workers)
                ]
                for thread in self._threads:
                    thread.start()
        return lane

    def close(self) -> None:
        """Drop all jobs and end the threads; may be called twice."""
        with self._wake:
            self._closed = True
            self._lanes.clear()
            self._wake.notify_all()
        for thread in self._threads:
            thread.join(_JOIN_S)
        atexit.unregister(self.close)

    def _add(self, lane: Lane, job: Job) -> None:
        with self._wake:
            if lane in self._lanes:
                self._clock += 1
                lane._must.append((self._clock, job))
                self._wake.notify()

    def _offer(self, lane: Lane, job: Job) -> None:
        with self._wake:
            if lane in self._lanes:
                lane._latest = job
                self._wake.notify()

    def _drop(self, lane: Lane) -> None:
        with self._wake:
            self._lanes.discard(lane)
            lane._must.clear()
            lane._latest = None

    def _work(self) -> None:
        while True:
            with self._wake:
                while (taken := self._take()) is None:
                    if self._closed:
                        return
                    self._wake.wait()
            lane, job, is_optional = taken
            try:
                job()
            except Exception as error:  # noqa: BLE001 the thread serves other streams too; its own stream hears of it
                _log.error("recognition job failed", extra={"error": type(error).__name__})
                lane._on_failure()
            finally:
                with self._wake:
                    lane._busy = False
                    if is_optional:
                        self._optional_running = False
                    self._wake.notify_all()

    def _take(self) -> tuple[Lane, Job, bool] | None:
        """Choose the next job; the lock is held."""
        free = [lane for lane in self._lanes if not lane._busy]
        waiting = [lane for lane in free if lane._must]
        if waiting:
            lane = min(waiting, key=lambda each: each._must[0][0])
            lane._busy = True
            return lane, lane._must.popleft()[1], False
        # One at a time: a worker stays free for the must-do jobs of other streams.
        offering = [lane for lane in free if lane._latest is not None]
        if self._optional_running or not offering:
            return None
        lane = min(offering, key=lambda each: each._served)
        job, lane._latest = lane._latest, None
        assert job is not None
        self._clock += 1
        lane._served = self._clock
        lane._busy = True
        self._optional_running = True
        return lane, job, True
