"""The real task, sampled: what the main thread does at every few milliseconds of CPU is counted.

When it has left, it writes the functions that cost most to its log: by themselves, and with all they call.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from types import FrameType

import uvloop

from streaming_task.app import run
from streaming_task.settings import read_settings

EVERY_S = 0.004  # of CPU, not of time: an idle task is not sampled
SHOWN = 45
OTHERS = "other threads: DynamoDB, PostgreSQL, hashing, compaction"


class Sampler:
    """Counts stacks at the kernel's profiling signal."""

    def __init__(self) -> None:
        self.samples = 0
        self._main_s = 0.0  # of CPU, of the main thread at the last look
        self._alone: Counter[str] = Counter()
        self._with_all: Counter[str] = Counter()

    def start(self) -> None:
        """Begin to look."""
        signal.signal(signal.SIGPROF, self._look)
        signal.setitimer(signal.ITIMER_PROF, EVERY_S, EVERY_S)

    def stop(self) -> None:
        """Look no more."""
        signal.setitimer(signal.ITIMER_PROF, 0)

    def report(self) -> str:
        """List the dearest functions, in percent of all samples."""
        lines = [f"{self.samples} samples"]
        for title, counts in (("by themselves", self._alone), ("with all they call", self._with_all)):
            lines.append(title)
            for name, count in counts.most_common(SHOWN):
                lines.append(f"{count / max(1, self.samples):7.1%}  {name}")
        return "\n".join(lines)

    def _look(self, _number: int, frame: FrameType | None) -> None:
        self.samples += 1
        main_s, self._main_s = self._main_s, time.thread_time()
        if frame is None or self._main_s - main_s < EVERY_S / 2:
            self._alone[OTHERS] += 1  # the signal is for the whole process, but comes to this thread
            return
        self._alone[_name(frame)] += 1
        seen: set[str] = set()
        while frame is not None:
            seen.add(_name(frame))
            frame = frame.f_back
        self._with_all.update(seen)


def _name(frame: FrameType) -> str:
    code = frame.f_code
    return f"{'/'.join(Path(code.co_filename).parts[-2:])}:{code.co_qualname}"


def main() -> None:
    """Run the task and tell what it did."""
    sampler = Sampler()
    sampler.start()
    try:
        uvloop.run(run(read_settings(os.environ)))
    finally:
        sampler.stop()
        sys.stderr.write(sampler.report() + "\n")


if __name__ == "__main__":
    main()
