"""The import rules hold, and each of them notices the import that it forbids."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.tracked_files import tracked_files

ROOT = Path(__file__).parent.parent
LINT = Path(sys.executable).parent / "lint-imports"
RULES = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT, "--no-cache", "--no-logo", "--config", "pyproject.toml"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the packages, so that a rule can be broken in them."""
    folder = tmp_path_factory.mktemp("tree")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for package in RULES["root_packages"]:
        shutil.copytree(
            ROOT / package,
            folder / package,
            ignore=lambda at, names: {name for name in names if not _is_source(Path(at) / name)},
        )
    return folder


def _is_source(path: Path) -> bool:
    return (path.is_dir() and path.name != "__pycache__") or path.suffix == ".py"


def test_the_rules_hold() -> None:
    """The tree as it is breaks none of them."""
    linted = lint(ROOT)

    assert linted.returncode == 0, linted.stdout + linted.stderr
    assert " 0 broken" in linted.stdout


@pytest.mark.parametrize(
    ("module", "line", "rule"),
    [
        ("contract/audio.py", "import asyncio", "contract is pure"),
        ("streaming_task/core/push.py", "import time", "the core decides and does nothing"),
        ("streaming_task/core/ranges.py", "from streaming_task import ports", "the core decides"),
        ("streaming_task/adapters/flac.py", "import streaming_task.adapters.credentials", "never import one"),
        ("streaming_task/adapters/flac.py", "import streaming_task.runner", "adapters know ports"),
        ("streaming_task/runner.py", "import boto3", "whoever runs sessions"),
        ("lambdas/tickets.py", "import streaming_task.core.push", "Lambdas stand alone"),
        ("cdk_app/config.py", "import lambdas.tickets", "what is deployed is described"),
        ("migrations/plan.py", "import contract.audio", "migrations use the standard library"),
        ("streaming_task/app.py", "import local_stack", "nothing that is deployed"),
    ],
)
def test_a_forbidden_import_breaks_its_rule(tree: Path, module: str, line: str, rule: str) -> None:
    """A rule that no import can break would guard nothing."""
    broken = tree / module
    source = broken.read_text()
    broken.write_text(f"{source}\n{line}\n")

    try:
        linted = lint(tree)
    finally:
        broken.write_text(source)

    assert linted.returncode != 0
    (verdict,) = [line for line in linted.stdout.splitlines() if line.startswith(rule) or rule in line][:1]
    assert verdict.endswith("BROKEN")


@pytest.mark.parametrize(
    ("rule", "usable"),
    [
        ("the core decides and does nothing", frozenset[str]()),
        ("ports name values, never whoever implements or uses them", frozenset({"ports"})),
        ("adapters know ports, not who uses them", frozenset({"ports", "hop", "signing", "task_network"})),
    ],
)
def test_a_new_module_of_the_task_is_out_of_reach_until_it_is_allowed(
    rule: str, usable: frozenset[str]
) -> None:
    """A rule that lists names forgets the next one; this list is of those that may be imported."""
    (forbidden,) = [one["forbidden_modules"] for one in RULES["contracts"] if one["name"] == rule]

    modules = {Path(file).stem for file in tracked_files(ROOT, "streaming_task/*.py")}

    assert {f"streaming_task.{name}" for name in modules - usable - {"__init__", "__main__"}} <= set(
        forbidden
    )


def test_every_module_that_runs_sessions_is_under_the_rules() -> None:
    """A new module beside them is named in the rules, or in this list of those that are free."""
    free = {"__init__", "__main__", "address", "app", "hop", "ports", "settings", "signing"}
    free |= {"task_network", "telemetry"}
    named = {
        module
        for contract in RULES["contracts"]
        if contract["name"] == "whoever runs sessions knows ports, not adapters or SDKs"
        for module in contract["source_modules"]
    }

    modules = {Path(file).stem for file in tracked_files(ROOT, "streaming_task/*.py")} - free

    assert {f"streaming_task.{module}" for module in modules} - named == set()
