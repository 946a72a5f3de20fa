"""Measure one task under growing load, each time on a stack of its own: what docs/performance.md quotes.

    .venv/bin/python -m benchmarks.load_series benchmarks/load [--sessions 10 50 100] [--times 3]
    .venv/bin/python -m benchmarks.draw_load docs/images/load.svg benchmarks/load/*.json

It takes some six minutes, and ends with the table of what it found (`benchmarks.load_table`). The machine
should have nothing else to do: the AWS stand-in alone needs a core at 100 sessions. Every run writes its
figures to the folder; a run in which something was lost is told, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from benchmarks.load_table import table_of
from tests.stack import ROOT, running_stack

RUN_MOST_S = 900.0


def measure(folder: Path, sessions: int, seconds: float, number: int, rounds: int) -> bool:
    """Run one load on a fresh stack; tell whether nothing was lost."""
    name = f"{sessions:03d}-{number}" if rounds == 1 else f"rounds-{sessions:03d}-{number}"
    with running_stack() as stack:
        command = [
            *(sys.executable, "-m", "tools.load", "--state-dir", str(stack.state_dir)),
            *("--sessions", str(sessions), "--seconds", str(seconds), "--rounds", str(rounds)),
            *("--json", str(folder / f"{name}.json")),
        ]
        ended = subprocess.run(command, cwd=ROOT, timeout=RUN_MOST_S, check=False)  # noqa: S603 - our own tool
        return ended.returncode == 0


def main() -> int:
    """Measure what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, help="for the figures")
    parser.add_argument("--sessions", type=int, nargs="+", default=[10, 50, 100])
    parser.add_argument("--seconds", type=float, default=15.0, help="that all speak (default 15)")
    parser.add_argument("--times", type=int, default=3, help="how often each (default 3)")
    parser.add_argument("--rounds", type=int, default=1, help="in each run; with 10 of 100, memory's slope")
    options = parser.parse_args()
    folder: Path = options.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    results = [
        measure(folder, sessions, options.seconds, number, options.rounds)
        for sessions in options.sessions
        for number in range(options.times)
    ]
    found = [json.loads(run.read_text()) for run in sorted(folder.glob("*.json"))]
    if found:
        print(table_of(found))  # noqa: T201 - a command line tool
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
