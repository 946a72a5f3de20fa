"""The state folder: made, claimed by one stack at a time, emptied at every start."""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path
from typing import Final

from local_stack.postgres import remove_cluster
from local_stack.start_failed import StartFailed

MARKER: Final = ".seva-arogya-local-stack"
CLUSTER: Final = "postgres"


class StateFolder:
    """A folder that is ours; held until the process ends or `release`."""

    def __init__(self, path: Path) -> None:
        """Claim the folder, making it if there is none.

        Raises:
            StartFailed: it holds what we did not make, or another stack runs on it.
        """
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
            is_ours = (path / MARKER).exists()
            if not is_ours and any(path.iterdir()):
                raise StartFailed(
                    f"{path} is not empty and was not made by the local stack: "
                    "name another folder with --state-dir."
                )
            self._lock = os.open(path / MARKER, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StartFailed(f"{path} cannot be used as the state folder: {error.strerror}.") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise StartFailed(
                f"Another local stack is running on {path}: stop it, or name another --state-dir."
            ) from None

    @property
    def logs(self) -> Path:
        """Where everything logs to."""
        return self.path / "logs"

    @property
    def certificates(self) -> Path:
        """Where Transcribe's certificate and its authority lie."""
        return self.path / "certificates"

    @property
    def cluster(self) -> Path:
        """PostgreSQL's data."""
        return self.path / CLUSTER

    @property
    def credentials(self) -> Path:
        """The credentials that were issued."""
        return self.path / "credentials.json"

    @property
    def scratch(self) -> Path:
        """Where moto may spool what it will not keep in memory: recordings belong nowhere else."""
        return self.path / "scratch"

    @property
    def stack_file(self) -> Path:
        """What tells others where everything is."""
        return self.path / "stack.json"

    def empty(self) -> None:
        """Delete what the last run left, and make the folders of this one."""
        remove_cluster(self.cluster)
        for entry in self.path.iterdir():
            if entry.name == MARKER:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
        self.logs.mkdir()
        self.scratch.mkdir(mode=0o700)

    def clear_elsewhere(self) -> None:
        """Delete what could not lie in the folder: nobody would look for it there."""
        if self.cluster.is_symlink():
            remove_cluster(self.cluster)

    def release(self) -> None:
        """Let another stack claim the folder."""
        os.close(self._lock)
