"""Decide what to do from the files at hand and the ledger in the database. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from migrations.errors import Refused
from migrations.files import Migration, forward_name, number_of


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the schema stands. `pending` are the files not applied yet, in the order to apply them.

    `newer` are files that the ledger has and this code does not know: a later release was here. Its schema
    still carries this code (expand before contract), so there is nothing to do.
    """

    applied: tuple[str, ...]
    pending: tuple[Migration, ...]
    newer: tuple[str, ...] = ()


def plan(files: Sequence[Migration], ledger: Mapping[str, str]) -> Plan:
    """Compare the files with the ledger, which maps each applied file's name to its hash.

    Raises:
        Refused: an applied file was edited, renamed or removed, or one would be applied out of order.
    """
    known = {file.name: file for file in files}
    latest = max(file.number for file in files)
    newer = []
    for name in sorted(ledger):
        file = known.get(name)
        if file is not None:
            _refuse_if_edited(file, ledger[name])
        elif (number_of(name) or 0) > latest:
            newer.append(name)
        else:
            raise Refused(
                f"{name} was applied to this database and is missing from the files; nothing was changed. "
                "Put it back."
            )
    pending = tuple(file for file in files if file.name not in ledger)
    _refuse_if_out_of_order(pending, ledger)
    return Plan(tuple(file.name for file in files if file.name in ledger), pending, tuple(newer))


def up_to(whole: Plan, files: Sequence[Migration], name: str) -> tuple[Migration, ...]:
    """Give what is pending up to and with the named file: a file is never applied without what it builds on.

    Raises:
        Refused: there is no such file.
    """
    last = next((file for file in files if file.name == name), None)
    if last is None:
        raise Refused(f"There is no migration file {name!r}; give the name of one that exists.")
    return tuple(file for file in whole.pending if file.number <= last.number)


def check_rollback(rollback: Migration, ledger: Mapping[str, str], *, is_confirmed: bool) -> str:
    """Give the name of the file that a rollback takes back.

    Raises:
        Refused: it was not confirmed, its file is not applied, or a later file builds on it.
    """
    forward = forward_name(rollback.name)
    if not is_confirmed:
        raise Refused(
            f"{rollback.name} deletes columns with what is in them; take a backup, then confirm it."
        )
    if forward not in ledger:
        raise Refused(f"{forward} is not applied to this database: there is nothing to take back.")
    last = max(ledger, key=lambda name: number_of(name) or 0)
    if last != forward:
        raise Refused(f"{last} was applied after {forward} and builds on it; take {last} back first.")
    return forward


def _refuse_if_edited(file: Migration, applied_sha256: str) -> None:
    if file.sha256 != applied_sha256:
        raise Refused(
            f"{file.name} was edited after it was applied to this database; nothing was changed. "
            "Restore it and put the change into a new file."
        )


def _refuse_if_out_of_order(pending: Sequence[Migration], ledger: Mapping[str, str]) -> None:
    last = max(ledger, key=lambda name: number_of(name) or 0, default=None)
    if last is None or not pending:
        return
    if pending[0].number < (number_of(last) or 0):
        raise Refused(
            f"{pending[0].name} would come after {last}, which is applied already; nothing was changed. "
            "Give it the next free number."
        )
