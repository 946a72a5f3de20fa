"""What is to be done, from the files and the ledger alone."""

from __future__ import annotations

import pytest

from migrations.errors import Refused
from migrations.files import Migration
from migrations.plan import check_rollback, plan, up_to

FILES = tuple(
    Migration(number, name, f"-- {name}", f"hash of {name}")
    for number, name in enumerate(["000_create_a.sql", "001_add_b.sql", "002_add_c.sql"])
)
ROLLBACK = Migration(1, "001_add_b_rollback.sql", "", "")


def ledger(*names: str) -> dict[str, str]:
    return {name: f"hash of {name}" for name in names}


def test_an_empty_ledger_leaves_everything_pending() -> None:
    """A new database gets every file."""
    found = plan(FILES, {})

    assert (found.applied, found.pending, found.newer) == ((), FILES, ())


def test_what_the_ledger_has_is_not_pending() -> None:
    """Every file is applied once."""
    found = plan(FILES, ledger("000_create_a.sql"))

    assert found.applied == ("000_create_a.sql",)
    assert found.pending == FILES[1:]


def test_a_schema_newer_than_the_code_is_nothing_to_do() -> None:
    """A release that is rolled back runs its old migrator against the new schema."""
    found = plan(FILES, ledger(*(file.name for file in FILES), "003_add_d.sql"))

    assert found.pending == ()
    assert found.newer == ("003_add_d.sql",)


@pytest.mark.parametrize(
    ("applied", "sentence"),
    [
        ({"000_create_a.sql": "another hash"}, "000_create_a.sql was edited after it was applied"),
        (ledger("000_create_a.sql", "001_was_renamed.sql"), "001_was_renamed.sql was applied .* is missing"),
        (ledger("000_create_a.sql", "something.sql"), "something.sql was applied .* is missing"),
        (ledger("000_create_a.sql", "002_add_c.sql"), "001_add_b.sql would come after 002_add_c.sql"),
        (ledger("000_create_a.sql", "003_add_d.sql"), "001_add_b.sql would come after 003_add_d.sql"),
    ],
)
def test_files_that_do_not_fit_the_ledger_are_refused(applied: dict[str, str], sentence: str) -> None:
    """Nobody finds out later that two databases with the same ledger differ."""
    with pytest.raises(Refused, match=sentence):
        plan(FILES, applied)


def test_one_file_brings_along_what_it_builds_on() -> None:
    """Naming a file never applies it onto a schema that lacks the ones before it, nor anything after it."""
    whole = plan(FILES, {})

    assert up_to(whole, FILES, "001_add_b.sql") == FILES[:2]


def test_a_file_that_is_applied_is_not_applied_again() -> None:
    """Running the same file twice by hand is harmless."""
    whole = plan(FILES, ledger("000_create_a.sql", "001_add_b.sql"))

    assert up_to(whole, FILES, "001_add_b.sql") == ()


def test_an_unknown_file_is_refused() -> None:
    """A slip of the pen is not taken for "nothing to do"."""
    with pytest.raises(Refused, match=r"no migration file '007_x\.sql'"):
        up_to(plan(FILES, {}), FILES, "007_x.sql")


def test_a_confirmed_rollback_of_the_last_file_is_allowed() -> None:
    """It names the file that it takes back."""
    applied = ledger("000_create_a.sql", "001_add_b.sql")

    assert check_rollback(ROLLBACK, applied, is_confirmed=True) == "001_add_b.sql"


@pytest.mark.parametrize(
    ("applied", "is_confirmed", "sentence"),
    [
        (ledger("000_create_a.sql", "001_add_b.sql"), False, "take a backup, then confirm"),
        (ledger("000_create_a.sql"), True, "001_add_b.sql is not applied"),
        (ledger(*(file.name for file in FILES)), True, "take 002_add_c.sql back first"),
    ],
)
def test_a_rollback_that_would_surprise_is_refused(
    applied: dict[str, str], is_confirmed: bool, sentence: str
) -> None:
    """Data is deleted only when asked for twice, and never from under a later file."""
    with pytest.raises(Refused, match=sentence):
        check_rollback(ROLLBACK, applied, is_confirmed=is_confirmed)
