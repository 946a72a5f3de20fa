"""The files of a folder: what is taken for a migration, and what is refused."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from migrations.errors import Refused
from migrations.files import forward_name, read_migrations, read_rollback


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_text(f"-- {name}\n")


def test_files_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    """The number decides, and the hash is that of the bytes on disk."""
    write(tmp_path, "001_add_b.sql", "000_create_a.sql", "002_add_c.sql")

    files = read_migrations(tmp_path)

    assert [file.name for file in files] == ["000_create_a.sql", "001_add_b.sql", "002_add_c.sql"]
    assert files[1].sha256 == hashlib.sha256(b"-- 001_add_b.sql\n").hexdigest()


def test_a_rollback_file_is_never_found_among_the_migrations(tmp_path: Path) -> None:
    """A deployment that globs the folder must not undo what it just did."""
    write(tmp_path, "000_create_a.sql", "000_create_a_rollback.sql")

    assert [file.name for file in read_migrations(tmp_path)] == ["000_create_a.sql"]


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["000_create_a.sql", "000_add_b.sql"], "000_create_a.sql shares its number"),
        (["000_create_a.sql", "002_add_c.sql"], "no file number 001 before 002_add_c.sql"),
        (["000_create_a.sql", "001-add-b.sql"], "001-add-b.sql is not named NNN_verb_object.sql"),
        ([], "package is incomplete"),
    ],
)
def test_a_folder_that_cannot_be_right_is_refused(tmp_path: Path, names: list[str], sentence: str) -> None:
    """A slip in a file's name is found before a database is touched."""
    write(tmp_path, *names)

    with pytest.raises(Refused, match=sentence):
        read_migrations(tmp_path)


def test_the_shipped_folder_is_in_order() -> None:
    """What is deployed starts with the base table and has a rollback for every later file."""
    files = read_migrations()

    assert [file.name for file in files[:2]] == [
        "000_create_transcriptions.sql",
        "001_add_streaming_columns.sql",
    ]
    for file in files[1:]:
        rollback = read_rollback(file.name.replace(".sql", "_rollback.sql"))
        assert forward_name(rollback.name) == file.name


@pytest.mark.parametrize(
    "name",
    ["000_create_a.sql", "009_none_rollback.sql", "../migrations/001_add_streaming_columns_rollback.sql"],
)
def test_only_the_plain_name_of_a_rollback_file_finds_one(name: str) -> None:
    """A path, a forward file and a file that is not there are no rollback."""
    with pytest.raises(Refused, match="no rollback file"):
        read_rollback(name)
