"""The task's lock as one Python reads it: its conditions decided, its hashes kept."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement


@dataclass(frozen=True, slots=True)
class Locked:
    """A package of the lock, and the lines that pin it and its files."""

    name: str
    lines: tuple[str, ...]


def read_lock(path: Path, python_version: str | None = None) -> list[Locked]:
    """Give what is installed for a Python, by default for the one that asks.

    pip asks a requirement's conditions of the Python that it runs on, whatever it installs for: so they are
    decided here.
    """
    version = python_version or platform.python_version()
    asked = {"python_version": ".".join(version.split(".")[:2]), "python_full_version": f"{version}.0"}
    found: list[Locked] = []
    is_wanted = False
    for line in path.read_text().splitlines():
        if line.strip().startswith("#") or not line.strip():
            continue
        if line[0].isspace():
            if is_wanted:
                found[-1] = Locked(found[-1].name, (*found[-1].lines, line))
            continue
        requirement = Requirement(line.rstrip("\\ "))
        is_wanted = requirement.marker is None or requirement.marker.evaluate(asked)
        if is_wanted:
            found.append(Locked(requirement.name, (f"{requirement.name}{requirement.specifier} \\",)))
    return found
