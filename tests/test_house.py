"""The house stays in order: what can be told of every file by reading it."""

from __future__ import annotations

import ast
import importlib.util
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tracked_files import tracked_files

ROOT = Path(__file__).parent.parent
TOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
PACKAGES = TOOLS["importlinter"]["root_packages"]
LONGEST_LINES = 350
LONGER = {  # read as lists
    "streaming_task/ports.py": 500,
    "cdk_app/acknowledgements.py": 500,
}
WORD_FOR_ANYTHING = re.compile(r"(^|_)(utils?|helpers?|commons?|managers?|base|misc)($|_)")
UNFINISHED = re.compile(r"\b(TOD[O]|FIXM[E]|XX[X])\b")  # so written that it does not find itself
MACHINE = re.compile(
    r"(?<![\w.])/(home|root|Users|work|tmp|opt)/[\w.-]"  # a path of one machine
    r"|fil[e]://(?!/etc)"
    r"|--(extra-)?inde[x]-url|--find-link[s]|--trusted-hos[t]"  # a registry of one network
)
PUBLIC_REGISTRY = "https://registry.npmjs.org/"
LOCKED = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^]]*\])?==([^\s;\\]+)\s*(;[^\\]*)?", re.MULTILINE)


def python_files(*packages: str) -> list[str]:
    """List the tracked Python files of packages."""
    return tracked_files(ROOT, *(f"{package}/**/*.py" for package in packages))


def parsed(name: str) -> ast.Module:
    return ast.parse((ROOT / name).read_text())


def texts() -> Iterator[tuple[str, str]]:
    """Give every tracked file that is text, and what it says."""
    for name in tracked_files(ROOT, "**"):
        try:
            yield name, (ROOT / name).read_text()
        except UnicodeDecodeError:
            continue


def test_every_module_says_what_it_is_for() -> None:
    """The first line of a file tells whether to read on."""
    silent = [
        name
        for name in python_files(*PACKAGES, "tests", "benchmarks")
        if (module := parsed(name)).body and ast.get_docstring(module) is None
    ]

    assert silent == []


def test_every_test_promises_something() -> None:
    """The name is the behaviour, the docstring the promise."""
    silent = [
        f"{name}: {node.name}"
        for name in python_files("tests")
        for node in ast.walk(parsed(name))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and ast.get_docstring(node) is None
    ]

    assert silent == []


def test_no_file_has_grown_too_long() -> None:
    """A file that is hard to hold in mind holds more than one idea."""
    lengths = {name: len((ROOT / name).read_text().splitlines()) for name in python_files(*PACKAGES, "tests")}

    assert {name: n for name, n in lengths.items() if n > LONGER.get(name, LONGEST_LINES)} == {}


def test_every_module_is_named_for_what_it_holds() -> None:
    """Whatever fits a word for anything ends up under it."""
    names = {part for name in python_files(*PACKAGES) for part in Path(name).with_suffix("").parts}

    assert [name for name in names if WORD_FOR_ANYTHING.search(name)] == []


def test_nothing_is_left_for_later() -> None:
    """Work that is not done is written down where work is planned."""
    assert [name for name, text in texts() if UNFINISHED.search(text)] == []


def test_nothing_knows_the_machine_it_was_made_on() -> None:
    """No path and no package registry of one machine: the product builds wherever it is cloned."""
    knowing = [
        f"{name}: {line.strip()[:100]}"
        for name, text in texts()
        if not name.endswith((".svg", ".css"))
        for line in text.splitlines()
        if MACHINE.search(line)
    ]

    assert knowing == []


def test_node_packages_come_from_the_public_registry() -> None:
    """The lock file names where each archive was found: somewhere that everyone can reach."""
    lock = (ROOT / "package-lock.json").read_text()

    found = re.findall(r'"resolved": "([^"]+)"', lock)

    assert [url for url in found if not url.startswith(PUBLIC_REGISTRY)] == []


def locked(name: str) -> dict[str, set[str]]:
    """Give the versions that a lock file names of each package."""
    versions: dict[str, set[str]] = {}
    for package, version, _ in LOCKED.findall((ROOT / name).read_text()):
        versions.setdefault(package, set()).add(version)
    return versions


@pytest.mark.parametrize("part", ["lambdas", "streaming_task", "cdk_app"])
def test_what_is_tested_is_what_is_deployed(part: str) -> None:
    """The lock file of each part agrees with the one that everything is tested with, package by package."""
    tested, deployed = locked("requirements-dev.txt"), locked(f"{part}/requirements.txt")

    assert deployed
    assert {
        package: versions
        for package, versions in deployed.items()
        if not versions <= tested.get(package, set())
    } == {}


@pytest.mark.parametrize(
    "name",
    [
        "requirements-dev.txt",
        "requirements-node.txt",
        "requirements-pip.txt",
        "lambdas/requirements.txt",
        "cdk_app/requirements.txt",
    ],
)
def test_every_package_is_locked_by_its_hash(name: str) -> None:
    """What is installed is what was looked at, or nothing."""
    lines = (ROOT / name).read_text()
    requirements = re.split(r"\n(?=[a-z0-9])", lines.strip())

    assert [requirement[:60] for requirement in requirements if "--hash=sha256:" not in requirement] == []


def test_every_used_part_of_aws_cdk_is_type_checked() -> None:
    """All of it would take two minutes a run; what is left out by mistake would be checked no more."""
    followed = {
        module
        for override in TOOLS["mypy"]["overrides"]
        if override.get("follow_imports") == "normal"
        for module in override["module"]
    }
    imported = {
        name
        for file in python_files("cdk_app", "tests")
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "aws_cdk"
        for name in (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
    }
    found = importlib.util.find_spec("aws_cdk")
    assert found is not None
    assert found.origin is not None
    parts = {name for name in imported if Path(found.origin).parent.joinpath(*name.split(".")[1:]).is_dir()}

    assert parts == followed
