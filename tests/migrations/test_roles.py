"""The role of the running product, made on a real PostgreSQL by an owner who is no superuser, as on RDS."""

from __future__ import annotations

import base64
import secrets
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from migrations.errors import ConnectionLost, Failed, MigrationError, OutcomeUnknown, Refused, SqlError
from migrations.files import read_migrations
from migrations.postgres import PostgresConnection, Target
from migrations.roles import TABLES, Role, ensure_role, prepare_role, scram_verifier
from migrations.runner import LEDGER, migrate
from tests.migrations.schema import ignore
from tests.postgres import connect

ROW = "INSERT INTO transcriptions (user_id, status) VALUES ('u', 'IN_PROGRESS') RETURNING transcription_id"


@pytest.fixture
def owner(postgres_target: Target) -> Iterator[PostgresConnection]:
    """Connect as the owner of a migrated database, who may make roles and is no superuser."""
    name, password = f"owner_{secrets.token_hex(6)}", secrets.token_hex(12)
    with connect(postgres_target) as superuser:
        superuser.run(f"CREATE ROLE {name} LOGIN CREATEROLE PASSWORD '{password}'")
        superuser.run(f"ALTER DATABASE {postgres_target.name} OWNER TO {name}")
    with connect(replace(postgres_target, user=name, password=password)) as connection:
        migrate(connection, read_migrations(), ignore)
        yield connection


@pytest.fixture
def role() -> Role:
    """Name a role of the test's own: roles are the whole server's."""
    return Role(f"app_{secrets.token_hex(6)}", "a password: 100 % 'quoted' $1")


def test_the_role_reads_and_writes_rows(
    owner: PostgresConnection, role: Role, postgres_target: Target
) -> None:
    """What tasks and the api do: begin a row, finish it, look at it; and see what is applied."""
    ensure_role(owner, role)

    with connect(replace(postgres_target, user=role.name, password=role.password)) as application:
        number = application.run(ROW)[0][0]
        application.run(
            "UPDATE transcriptions SET status = 'COMPLETED' WHERE transcription_id = :n", n=number
        )
        assert application.run("SELECT status FROM transcriptions") == [["COMPLETED"]]
        assert application.run(f"SELECT count(*) FROM {LEDGER}")[0][0] == len(read_migrations())


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (n INT)",
        "CREATE TEMPORARY TABLE mine (n INT)",
        "ALTER TABLE transcriptions ADD COLUMN mine INT",
        "DROP TABLE transcriptions",
        "TRUNCATE transcriptions",
        "DELETE FROM transcriptions",
        "DELETE FROM transcription_corrections",
        "UPDATE transcription_corrections SET text = 'another'",
        "DELETE FROM audit_entries",
        "UPDATE audit_entries SET user_id = 'another'",
        "CREATE SCHEMA mine",
        f"INSERT INTO {LEDGER} (file, sha256) VALUES ('x', 'y')",
        f"UPDATE {LEDGER} SET sha256 = 'y'",
        "CREATE ROLE mine",
        "SELECT * FROM another_products",
    ],
)
def test_the_role_does_nothing_else(
    owner: PostgresConnection, role: Role, postgres_target: Target, statement: str
) -> None:
    """No schema, no ledger, no role, no rows deleted, and no table that was there before us."""
    owner.run("CREATE TABLE another_products (n INT)")
    ensure_role(owner, role)

    with (
        connect(replace(postgres_target, user=role.name, password=role.password)) as application,
        pytest.raises(SqlError, match="42501"),
    ):
        application.run(statement)


def test_every_table_of_the_migrations_is_opened_or_the_ledger(owner: PostgresConnection) -> None:
    """A new table must be put into the list, or the tasks find it closed."""
    found = owner.run("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")

    assert {name for (name,) in found} == {*TABLES, LEDGER}


def test_before_the_migrations_all_is_tried_that_the_schema_allows(
    owner: PostgresConnection, role: Role, postgres_target: Target
) -> None:
    """A grant that the database refuses is found before the files, wherever there is something to grant."""
    prepare_role(owner, role)

    with connect(replace(postgres_target, user=role.name, password=role.password)) as application:
        assert application.run(ROW) == [[1]]


def test_a_schema_of_some_files_is_opened_as_far_as_it_goes(postgres_target: Target, role: Role) -> None:
    """An operator may apply one file by its name."""
    with connect(postgres_target) as owner:
        migrate(owner, read_migrations(), ignore, only_up_to="001_add_streaming_columns.sql")
        ensure_role(owner, role)

    with connect(replace(postgres_target, user=role.name, password=role.password)) as application:
        assert application.run(ROW) == [[1]]


def test_the_audit_is_closed_to_changes_from_the_moment_it_is_made(
    postgres_target: Target, role: Role
) -> None:
    """The role of the version before may change tables as they are made: until its grants are gone over."""
    with connect(postgres_target) as owner:
        migrate(owner, read_migrations(), ignore, only_up_to="002_add_session_record.sql")
        ensure_role(owner, role)
        migrate(owner, read_migrations(), ignore)

    with connect(replace(postgres_target, user=role.name, password=role.password)) as application:
        application.run(
            "INSERT INTO audit_entries (user_id, action, outcome, transcription_ids)"
            " VALUES ('u', 'read', 'done', '{1}')"
        )
        for statement in ("UPDATE audit_entries SET user_id = 'another'", "DELETE FROM audit_entries"):
            with pytest.raises(SqlError, match="42501"):
                application.run(statement)


def test_before_the_first_migration_there_is_only_the_role(postgres_target: Target, role: Role) -> None:
    """Privileges for later tables would open the ledger for writing as it is made."""
    with connect(postgres_target) as owner:
        prepare_role(owner, role)
        migrate(owner, read_migrations(), ignore)

    with connect(replace(postgres_target, user=role.name, password=role.password)) as application:
        for table in (LEDGER, *TABLES):
            with pytest.raises(SqlError, match="42501"):
                application.run(f"SELECT 1 FROM {table}")


def test_a_table_made_later_is_open_to_the_role(
    owner: PostgresConnection, role: Role, postgres_target: Target
) -> None:
    """A migration run by hand between two deployments locks nobody out."""
    ensure_role(owner, role)

    owner.run("CREATE TABLE later (n SERIAL PRIMARY KEY, word TEXT)")

    with connect(replace(postgres_target, user=role.name, password=role.password)) as application:
        assert application.run("INSERT INTO later (word) VALUES ('x') RETURNING n") == [[1]]


def test_again_changes_nothing_but_the_password(
    owner: PostgresConnection, role: Role, postgres_target: Target
) -> None:
    """Every deployment does it; a new password in the secret holds from the next one on."""
    ensure_role(owner, role)
    ensure_role(owner, role)

    changed = replace(role, password="another")
    ensure_role(owner, changed)

    connect(replace(postgres_target, user=role.name, password="another")).close()
    with pytest.raises(SqlError, match="28P01"):
        connect(replace(postgres_target, user=role.name, password=role.password))


def test_two_at_once_both_succeed(owner: PostgresConnection, role: Role, postgres_target: Target) -> None:
    """Grants side by side would fail on the same row of the catalogue."""
    failures: list[Exception] = []

    def ensure() -> None:
        try:
            with connect(postgres_target) as connection:
                for _ in range(5):
                    ensure_role(connection, role)
        except (MigrationError, SqlError) as failure:
            failures.append(failure)

    owner.run(f"CREATE ROLE {role.name}")
    both = [threading.Thread(target=ensure) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()

    assert failures == []


def test_the_password_itself_never_reaches_the_server(owner: PostgresConnection, role: Role) -> None:
    """A log of statements, or a look at what runs, gives nothing away."""
    heard: list[str] = []

    class Overheard:
        def run(self, sql: str, **values: object) -> list[list[object]]:
            heard.append(f"{sql} {values}")
            return owner.run(sql, **values)

    ensure_role(Overheard(), role)

    assert not [statement for statement in heard if role.password in statement]
    assert role.password not in repr(role)


def test_the_verifier_is_the_servers_own(postgres_target: Target) -> None:
    """Made from the same salt, it is what PostgreSQL itself would store."""
    name = f"app_{secrets.token_hex(6)}"
    with connect(postgres_target) as superuser:
        superuser.run(f"CREATE ROLE {name} PASSWORD 'canary'")
        stored = superuser.run("SELECT rolpassword FROM pg_authid WHERE rolname = :n", n=name)[0][0]

    salt = base64.b64decode(stored.split("$")[1].split(":")[1])
    assert scram_verifier("canary", salt) == stored


@pytest.mark.parametrize("password", ["", "pässword"])
def test_a_password_that_clients_would_prepare_differently_is_refused(password: str) -> None:
    """Better before the deployment than at the first record."""
    with pytest.raises(Refused, match="must be ASCII"):
        scram_verifier(password)


def test_the_owner_is_never_made_the_applications_role(owner: PostgresConnection) -> None:
    """A secret put into the wrong variable must not change the owner's password."""
    name = str(owner.run("SELECT current_user")[0][0])

    with pytest.raises(Refused, match="a role of its own"):
        ensure_role(owner, Role(name, "canary"))


def test_a_refusal_is_a_sentence_and_leaves_everything_as_it_was(
    owner: PostgresConnection, role: Role, postgres_target: Target
) -> None:
    """Half a role would be one that can connect and do nothing, or worse."""
    owner.run("ALTER TABLE transcriptions RENAME TO elsewhere")

    with pytest.raises(Failed, match="could not be made \\(SQLSTATE 42P01") as caught:
        ensure_role(owner, role)

    assert role.password not in str(caught.value)
    assert owner.run("SELECT 1 FROM pg_roles WHERE rolname = :n", n=role.name) == []


def test_cut_off_anywhere_the_role_is_there_wholly_or_not_at_all(
    owner: PostgresConnection, role: Role, postgres_target: Target
) -> None:
    """The next run makes good what this one did not."""

    class Cut:
        def __init__(self, after: int) -> None:
            self.left = after

        def run(self, sql: str, **values: object) -> list[list[object]]:
            self.left -= 1
            if self.left < 0:
                raise ConnectionLost("cut")
            return connection.run(sql, **values)

    after = 0
    while True:
        with connect(postgres_target) as connection:
            try:
                ensure_role(Cut(after), role)
                break
            except OutcomeUnknown:
                after += 1
        is_there = owner.run("SELECT 1 FROM pg_roles WHERE rolname = :n", n=role.name)
        assert is_there == []

    assert after > 8
