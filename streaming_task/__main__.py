"""Start the streaming task: `python -m streaming_task`."""

from __future__ import annotations

import os
import sys

import uvloop

from contract.settings import SettingsError
from streaming_task.app import run
from streaming_task.settings import read_settings


def main() -> int:
    """Read the settings and run; give the exit code."""
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        sys.stderr.write(f"streaming_task: {error}\n")
        return 2
    uvloop.run(run(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
