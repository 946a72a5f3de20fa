"""docs/reliability.md says what is so: every test that its table names is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "reliability.md").read_text()
ROWS = [line for line in PAGE.splitlines() if line.startswith("|") and line.count("|") > 5]
FOLDERS = {"model": ["tests/model"], "bench": ["tests/streaming_task", "."], "processes": ["tests"]}
COLUMNS = ("what fails", "what the doctor sees", *FOLDERS)


def cells(row: str) -> dict[str, str]:
    """Split a row of the table."""
    return dict(zip(COLUMNS, (cell.strip() for cell in row.strip("|").split("|")), strict=True))


def test_every_test_that_is_named_exists() -> None:
    """A row that leans on a test which was renamed would promise what nobody tries."""
    missing = [
        f"{column}: {name}"
        for row in ROWS
        for column, folders in FOLDERS.items()
        for name in re.findall(r"`([\w/.-]+(?:\.py|/))`", cells(row)[column])
        if not any((ROOT / folder / name).exists() for folder in folders)
    ]

    assert len(ROWS) > 30
    assert missing == []


def test_every_row_is_tried_somewhere() -> None:
    """What nobody tries is no promise."""
    faults = [cells(row) for row in ROWS[2:] if not row.startswith("| **")]

    assert [row["what fails"] for row in faults if not any(row[column] for column in FOLDERS)] == []
