"""Run the local stack as its command line does, with a task that logs at its most talkative level."""

from __future__ import annotations

import sys

from local_stack.__main__ import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], task_module="tests.e2e.talkative_task"))
