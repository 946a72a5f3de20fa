"""Run the local stack with a task that tells, when it is stopped, where its CPU went.

    .venv/bin/python -m benchmarks.sampled_stack --recognizer scripted

Takes the local stack's own arguments. Put load on it with `python -m tools.load`, stop it with Ctrl-C, and
read the end of `logs/task-*.log` in its state folder.
"""

from __future__ import annotations

import sys

from local_stack.__main__ import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], task_module="benchmarks.sampled_task"))
