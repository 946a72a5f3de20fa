"""The files that make up the product: those that git keeps."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def tracked_files(root: Path, *patterns: str) -> list[str]:
    """List the tracked files that match patterns, relative to the root; skip where there is no git."""
    git = shutil.which("git")
    if git is None or not (root / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(
        [git, "ls-files", "-z", "--", *(f":(glob){pattern}" for pattern in patterns)],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    # What is deleted and not yet committed is still listed.
    return [name for name in listed.stdout.split("\0") if name and (root / name).is_file()]
