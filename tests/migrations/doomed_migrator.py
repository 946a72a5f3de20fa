"""A migrator that is killed before its n-th statement, for tests.

`python -m tests.migrations.doomed_migrator N` reads the database's address and the files as JSON from its
standard input; with N = 0 it is never killed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any

from migrations.files import Migration
from migrations.postgres import Target, open_connection
from migrations.runner import Database, migrate


class Doomed:
    """A connection whose process dies by SIGKILL before the n-th statement."""

    def __init__(self, database: Database, dies_before: int) -> None:
        self._database = database
        self._left = dies_before

    def run(self, sql: str, **values: Any) -> list[list[Any]]:
        """Run it, or die."""
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return self._database.run(sql, **values)


def main() -> None:
    """Migrate as told."""
    told = json.load(sys.stdin)
    files = [Migration(*file) for file in told["files"]]
    target = Target(**told["target"])
    with open_connection(target, connect_s=5.0, answer_s=60.0, application="doomed") as database:
        migrate(Doomed(database, int(sys.argv[1])), files, lambda step: print(step, flush=True))


if __name__ == "__main__":
    main()
