"""A copy of the product's files, to break things in: the working tree is never touched."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from tests.mutants.mutant import Mutant

ROOT = Path(__file__).parent.parent.parent
INSTALLED = ("node_modules", ".venv")  # shared: nothing is written there
TESTS_FAILED = 1  # pytest's and node's exit code; others are no verdict
WITHIN_S = 600.0
SAID = 4000  # characters, the last


class Tree:
    """The product in another folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._useless: list[str] = []
        for name in _files():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
        for name in INSTALLED:
            if (ROOT / name).exists():
                (folder / name).symlink_to(ROOT / name)

    def try_out(self, mutant: Mutant) -> bool:
        """Run a mutant's tests against it; True: they noticed.

        Raises:
            ValueError: the mutant does not apply.
            RuntimeError: its tests could not be run.
        """
        path = self._folder / mutant.file
        source = path.read_text()
        path.write_text(mutant.apply(source))
        try:
            return self.first_failure(mutant.tests) is not None
        finally:
            path.write_text(source)

    def leave_out_what_fails_anyway(self, tests: tuple[str, ...]) -> list[str]:
        """Run tests without a mutant; give those that fail, which are of no use from now on.

        Raises:
            RuntimeError: they could not be run: the last lines of what was said.
        """
        modules = [test for test in tests if not test.endswith(".js")]
        said = self._run(_pytest(modules, [])) if modules else None
        self._useless = re.findall(r"^(?:FAILED|ERROR) (\S+)", said or "", re.MULTILINE)
        scripts = [test for test in tests if test.endswith(".js")]
        useless_scripts = [script for script in scripts if self._run(_node([script])) is not None]
        self._useless += useless_scripts
        return self._useless

    def first_failure(self, tests: tuple[str, ...]) -> str | None:
        """Run tests until one fails; give what was said of it last, None if all pass.

        Raises:
            RuntimeError: they could not be run: the last lines of what was said.
        """
        scripts = [test for test in tests if test.endswith(".js") and test not in self._useless]
        modules = [test for test in tests if not test.endswith(".js")]
        failure = self._run(_pytest(modules, ["-x", *self._deselected])) if modules else None
        return self._run(_node(scripts)) if scripts and failure is None else failure

    @property
    def _deselected(self) -> list[str]:
        return [f"--deselect={test}" for test in self._useless if not test.endswith(".js")]

    def _run(self, command: list[str]) -> str | None:
        environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
        process = subprocess.Popen(
            command,
            cwd=self._folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            said, _ = process.communicate(timeout=WITHIN_S)
        except subprocess.TimeoutExpired:
            return "It hangs."  # and so has been noticed
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        if process.returncode not in (0, TESTS_FAILED):
            raise RuntimeError(f"exit code {process.returncode}: {said[-SAID:]}")
        return said[-SAID:] if process.returncode else None


def _files() -> list[str]:
    """List what git keeps, or would."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def _pytest(tests: list[str], options: list[str]) -> list[str]:
    quiet = ["-q", "-n0", "-p", "no:cacheprovider", "--no-cov", "--tb=short"]
    return [sys.executable, "-m", "pytest", *quiet, *options, *tests]


def _node(tests: list[str]) -> list[str]:
    node = shutil.which("node")
    if node is None:
        raise RuntimeError("Node.js is needed for the page's tests.")
    return [node, "--test", *tests]
