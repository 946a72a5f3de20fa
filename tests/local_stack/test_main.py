"""The command's own beginning, before there is a stack."""

from __future__ import annotations

import subprocess
import sys

from tests.stack import ROOT

SLOW = {"local_stack.stack", "aiohttp", "boto3", "cryptography", "moto", "numpy", "pg8000"}


def test_nothing_slow_is_imported_before_ctrl_c_is_heard() -> None:
    """Who changes her mind in the first second gets her prompt back, and no traceback of an import."""
    command = "import sys, local_stack.__main__; print(*sys.modules)"

    imported = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()

    assert "local_stack.__main__" in imported
    assert SLOW.isdisjoint(imported)
