"""The embedded PostgreSQL: what tests and the local stack rely on."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pg8000.exceptions
import pg8000.native
import pytest

from local_stack.postgres import ELSEWHERE, Postgres, PostgresAddress, remove_cluster


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with Postgres(tmp_path_factory.mktemp("postgres") / "data", durable=False) as started:
        yield started


def connect(address: PostgresAddress, *, password: str | None = None) -> pg8000.native.Connection:
    return pg8000.native.Connection(
        address.user,
        host=address.host,
        port=address.port,
        password=password or address.password,
        database=address.database,
        timeout=5,
    )


def test_the_owner_can_create_a_table(server: Postgres) -> None:
    """The address that `start` gives is enough to work with."""
    connection = connect(server.address)

    connection.run("CREATE TABLE visit (id int)")

    assert connection.run("SELECT count(*) FROM visit") == [[0]]
    connection.close()


def test_a_wrong_password_is_refused(server: Postgres) -> None:
    """Passwords are checked over TCP, as on RDS."""
    with pytest.raises(pg8000.exceptions.DatabaseError):
        connect(server.address, password="wrong")


def test_a_bound_value_never_reaches_the_log(server: Postgres) -> None:
    """An error's detail would repeat what was bound, and that is what a patient said."""
    connection = connect(server.address)
    connection.run("CREATE TABLE words (word text PRIMARY KEY)")
    connection.run("INSERT INTO words VALUES (:word)", word="canaryword")

    with pytest.raises(pg8000.exceptions.DatabaseError):
        connection.run("INSERT INTO words VALUES (:word)", word="canaryword")

    connection.close()
    assert "canaryword" not in server.log_file.read_text()
    assert "duplicate key" in server.log_file.read_text()


def test_what_was_committed_outlives_a_kill(server: Postgres) -> None:
    """A dead server comes up again on the same port with the same rows."""
    before = server.address
    connection = connect(before)
    connection.run("CREATE TABLE kept (id int)")
    connection.run("INSERT INTO kept VALUES (1)")
    assert server.process is not None
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()

    after = server.start()

    assert after == before
    connection = connect(after)
    assert connection.run("SELECT id FROM kept") == [[1]]
    connection.close()


def test_leaving_takes_process_and_cluster_away(tmp_path: Path) -> None:
    """Nothing is left behind, wherever the cluster had to lie."""
    server = Postgres(tmp_path / "data", durable=False)
    with server:
        process = server.process
        cluster = (tmp_path / "data").resolve()

    assert process is not None
    assert process.poll() is not None
    assert not cluster.exists()
    assert not (tmp_path / "data").is_symlink()


def test_a_link_to_somewhere_else_is_never_followed(tmp_path: Path) -> None:
    """Only folders that this module made are deleted through the link."""
    precious = tmp_path / "precious"
    precious.mkdir()
    (tmp_path / "data").symlink_to(precious / "data")

    remove_cluster(tmp_path / "data")

    assert precious.exists()
    assert ELSEWHERE.exists()
