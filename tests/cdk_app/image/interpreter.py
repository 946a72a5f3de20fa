"""A Python of its own for a user who may see nothing of ours: the tests' one, without packages."""

from __future__ import annotations

import shutil
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

_LEFT_OUT = ("site-packages", "test", "tests", "__pycache__", "config-*", "idlelib", "tkinter", "ensurepip")


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A program, and what its environment must hold for it to start."""

    program: Path
    environment: dict[str, str]


def copy_interpreter(target: Path) -> Interpreter:
    """Copy this Python and its standard library; a second or two."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    origin = Path(sys.base_prefix)
    program = target / "bin" / name
    library = target / "lib"
    program.parent.mkdir(parents=True)
    shutil.copy2(Path(sys.executable).resolve(), program)
    shutil.copytree(
        Path(sysconfig.get_path("stdlib")), library / name, ignore=shutil.ignore_patterns(*_LEFT_OUT)
    )
    for shared in (origin / "lib").glob("libpython*.so*"):
        shutil.copy2(shared, library / shared.name)
    return Interpreter(program, {"LD_LIBRARY_PATH": str(library), "PYTHONHOME": str(target)})
