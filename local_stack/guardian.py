"""The last one out: end every child of a stack whose supervisor was killed.

Told on stdin which children there are (`+PID`, `-PID`); when stdin ends, the supervisor has: what is left is
asked to end, and then made to. A clean stop leaves nothing to do.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import Final

PATIENCE_S: Final = 3.0
POLL_S: Final = 0.05


def main() -> None:
    """Listen until the supervisor is gone, then clean up."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)  # only the end of stdin ends it
    children: set[int] = set()
    for line in sys.stdin:
        if line.startswith("+"):
            children.add(int(line[1:]))
        else:
            children.discard(int(line[1:]))
    end_all(children)


def end_all(children: set[int]) -> None:
    """End leaders of process groups: interrupted first, for PostgreSQL's sake, then killed."""
    for how in (signal.SIGCONT, signal.SIGINT):
        _signal_groups(children, how)
    give_up_at = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up_at and any(_lives(child) for child in children):
        time.sleep(POLL_S)
    _signal_groups(children, signal.SIGKILL)


def _signal_groups(children: set[int], how: signal.Signals) -> None:
    for child in children:
        try:
            os.killpg(child, how)
        except (ProcessLookupError, PermissionError):
            continue


def _lives(child: int) -> bool:
    try:
        os.killpg(child, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    main()
