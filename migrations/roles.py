"""The role that the running product comes to the database as: it reads and writes rows and changes no schema.

Standard library; the connection is passed in. The password itself never goes to the server, only what the
server needs to verify it: a statement in a log or in `pg_stat_activity` gives nothing away.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from migrations.errors import ConnectionLost, Failed, OutcomeUnknown, Refused, SqlError
from migrations.runner import ADVISORY_LOCK, LEDGER, Database

# What the product does to the rows of each table; it deletes only through ERASE. A database that was there
# before has other tables, which are not ours to open.
TABLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "transcriptions": "SELECT, INSERT, UPDATE",
        "transcription_corrections": "SELECT, INSERT",
        "audit_entries": "SELECT, INSERT",
    }
)
ERASE: Final = "erase_transcription(TEXT, INTEGER)"
LATER_TABLES: Final = "SELECT, INSERT, UPDATE"  # until the list above says less
LOCK_S: Final = 20.0  # another migrator may be at its grants
MIGRATOR_S: Final = (
    60.0  # before the migrations: another may be at its files, and is waited for as they would
)

_ITERATIONS: Final = 4096  # PostgreSQL's own number
_SALT_BYTES: Final = 16
_LOCK_NOT_AVAILABLE: Final = "55P03"


@dataclass(frozen=True, slots=True)
class Role:
    """A role's name and its password."""

    name: str
    password: str = field(repr=False)


def prepare_role(database: Database, role: Role) -> None:
    """Do all of `ensure_role` that the schema before the migrations allows: all of it or nothing.

    Run it before the migrations: what cannot be done is then found while the schema is still as it was.

    Raises:
        Refused: the role is the owner itself; nothing was changed.
        Failed: the database refused; nothing was changed.
    """
    _make(database, role, needs_tables=False, lock_s=MIGRATOR_S)


def ensure_role(database: Database, role: Role) -> None:
    """Make the role, or give it this password, and let it at the rows of our tables: all of it or nothing.

    Run it after the migrations, as the tables' owner, which need be no superuser. Tables that the owner makes
    later are opened to the role as they are made; the ledger can only be read.

    Raises:
        Refused: the role is the owner itself; nothing was changed.
        Failed: the database refused; nothing was changed.
    """
    _make(database, role, needs_tables=True, lock_s=LOCK_S)


def _make(database: Database, role: Role, *, needs_tables: bool, lock_s: float) -> None:
    try:
        quoted, verifier, owner, place = database.run(
            "SELECT quote_ident(:role), quote_literal(CAST(:verifier AS TEXT)), current_user,"
            " quote_ident(current_database())",
            role=role.name,
            verifier=scram_verifier(role.password),
        )[0]
        if role.name == owner:
            raise Refused(
                "The application's secret names the tables' owner; give the application a role of its own."
            )
        database.run(f"BEGIN; SET LOCAL lock_timeout = '{lock_s}s'")
        # Grants of two migrators at once would fail with "tuple concurrently updated".
        database.run("SELECT pg_advisory_xact_lock(:key)", key=ADVISORY_LOCK)
        is_there = database.run("SELECT 1 FROM pg_roles WHERE rolname = :role", role=role.name)
        # Without NOSUPERUSER and its like: they are the defaults, and RDS's owner may not even name them.
        database.run(f"{'ALTER' if is_there else 'CREATE'} ROLE {quoted} LOGIN PASSWORD {verifier}")
        # By hand, one file at a time: what later files make is not there yet. The first table must be.
        there = _tables_that_are_there(database) or (["transcriptions"] if needs_tables else [])
        if there:
            # By its column: the sequence of a table that was there before may have any name.
            column = "SELECT pg_get_serial_sequence('transcriptions', 'transcription_id')"
            for statement in _grants(quoted, place, there, database.run(column)[0][0]):
                database.run(statement)
        database.run("COMMIT")
    except SqlError as error:
        database.run("ROLLBACK")
        raise Failed(_sentence(role, error, lock_s)) from None
    except ConnectionLost:
        raise OutcomeUnknown(
            f"The connection was lost while the role {role.name} was made: it is as it was or as it must be. "
            "Run this again."
        ) from None


def scram_verifier(password: str, salt: bytes | None = None) -> str:
    """Give what PostgreSQL stores of a password (RFC 5802, RFC 7677); the password must be ASCII.

    Raises:
        Refused: it is empty or not ASCII: clients would prepare it in ways of their own.
    """
    if not password or not password.isascii():
        raise Refused("The application's password must be ASCII and not empty; make another.")
    salt = secrets.token_bytes(_SALT_BYTES) if salt is None else salt
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ITERATIONS)
    stored_key = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    return f"SCRAM-SHA-256${_ITERATIONS}:{_base64(salt)}${_base64(stored_key)}:{_base64(server_key)}"


def _tables_that_are_there(database: Database) -> list[str]:
    # None without the ledger, not the default privileges alone: they would open the ledger for writing.
    there = [
        name
        for name in (LEDGER, *TABLES)
        if database.run("SELECT to_regclass(:name) IS NOT NULL", name=name)[0][0]
    ]
    return there[1:] if there[:2] == [LEDGER, "transcriptions"] else []


def _grants(role: str, place: str, tables: Collection[str], sequence: str | None) -> tuple[str, ...]:
    return (
        # Databases from before PostgreSQL 15 let everyone make tables.
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"REVOKE TEMPORARY ON DATABASE {place} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {place} TO {role}",
        f"GRANT USAGE ON SCHEMA public TO {role}",
        *(
            statement
            for table in tables
            for statement in (
                f"REVOKE ALL ON {table} FROM {role}",  # what a table was opened for as it was made
                f"GRANT {TABLES[table]} ON {table} TO {role}",
            )
        ),
        *((f"GRANT USAGE ON SEQUENCE {sequence} TO {role}",) if sequence else ()),
        *((f"GRANT EXECUTE ON FUNCTION {ERASE} TO {role}",) if "audit_entries" in tables else ()),
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {LATER_TABLES} ON TABLES TO {role}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO {role}",
        f"REVOKE ALL ON {LEDGER} FROM {role}",
        f"GRANT SELECT ON {LEDGER} TO {role}",  # health tells what is pending
    )


def _sentence(role: Role, error: SqlError, lock_s: float) -> str:
    if error.code == _LOCK_NOT_AVAILABLE:
        return (
            f"Another migration held its lock for over {lock_s:g} s; the role {role.name} is as it was. "
            "Wait until it ends and run this again."
        )
    subject = f" about {error.subject}" if error.subject else ""
    return f"The role {role.name} could not be made (SQLSTATE {error.code}{subject}); it is as it was."


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
