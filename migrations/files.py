"""The migration files of a folder: their names, order and hashes. Reads files; knows no database.

`NNN_verb_object.sql` goes forward; `NNN_verb_object_rollback.sql` takes the file of that name back and is
only ever found by its own name.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from migrations.errors import Refused

FOLDER: Final = Path(__file__).parent
ROLLBACK_SUFFIX: Final = "_rollback.sql"

_NAME = re.compile(r"(\d{3})_[a-z0-9]+(?:_[a-z0-9]+)*\.sql")


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: its number, its name and its text. `sha256` is the hex digest of its bytes."""

    number: int
    name: str
    sql: str
    sha256: str


def is_rollback(name: str) -> bool:
    """Say whether a file's name is that of a rollback."""
    return name.endswith(ROLLBACK_SUFFIX)


def number_of(name: str) -> int | None:
    """Give the number that a migration's name begins with; None: it is no migration's name."""
    found = _NAME.fullmatch(name)
    return int(found[1]) if found else None


def read_migrations(folder: Path = FOLDER) -> tuple[Migration, ...]:
    """Read the forward files of a folder, in order.

    Raises:
        Refused: a name is not as it must be, two files share a number, or a number is missing.
    """
    paths = sorted(path for path in folder.glob("*.sql") if not is_rollback(path.name))
    found = tuple(_read(path) for path in paths)
    if not found:
        raise Refused(
            "There are no migration files beside the runner; the package is incomplete: build it again."
        )
    for expected, migration in enumerate(found, start=found[0].number):
        if migration.number < expected:
            raise Refused(
                f"{migration.name} shares its number with another file; give it the next free number."
            )
        if migration.number > expected:
            raise Refused(f"There is no file number {expected:03d} before {migration.name}; put it back.")
    return found


def read_rollback(name: str, folder: Path = FOLDER) -> Migration:
    """Read a rollback file by its name.

    Raises:
        Refused: there is no such file.
    """
    path = folder / name
    if path.name != name or not is_rollback(name) or not path.is_file():
        raise Refused(
            f"There is no rollback file {name!r} beside the migrations; give the name of one that exists."
        )
    return _read(path)


def forward_name(rollback: str) -> str:
    """Give the name of the file that a rollback file takes back."""
    return rollback.removesuffix(ROLLBACK_SUFFIX) + ".sql"


def _read(path: Path) -> Migration:
    number = number_of(path.name)
    if number is None:
        raise Refused(f"{path.name} is not named NNN_verb_object.sql; rename it.")
    raw = path.read_bytes()
    return Migration(number, path.name, raw.decode(), hashlib.sha256(raw).hexdigest())
