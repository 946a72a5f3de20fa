"""Open a PostgreSQL connection for the runner. The one module here that knows the driver; decides nothing.

The driver's own messages can hold values out of rows: none of them leaves this module, only codes and places.
"""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, Self

import pg8000.native

from migrations.errors import ConnectionLost, SqlError

SslMode = Literal["verify-full", "disable"]


@dataclass(frozen=True, slots=True)
class Target:
    """Which database, and as whom. `ca_file` is a PEM bundle; None: the system's."""

    host: str
    port: int
    name: str
    user: str
    password: str = field(repr=False)
    sslmode: SslMode = "verify-full"
    ca_file: str | None = None


class PostgresConnection:
    """One connection; what it raises are the runner's errors."""

    def __init__(self, connection: pg8000.native.Connection) -> None:
        self._connection = connection

    def run(self, sql: str, **values: Any) -> list[list[Any]]:
        """Run one statement with `:name` bound, or without values any number; give the last one's rows.

        Raises:
            SqlError: the server refused it.
            ConnectionLost: the connection is gone, or silent for longer than its time limit.
        """
        try:
            return self._connection.run(sql, **values) or []
        except pg8000.native.DatabaseError as error:
            raise _sql_error(error) from None
        except (pg8000.native.InterfaceError, OSError) as error:
            raise ConnectionLost(type(error).__name__) from None

    def close(self) -> None:
        """Close the connection; harmless when it is gone already."""
        try:
            self._connection.close()
        except (pg8000.native.InterfaceError, OSError):
            return

    def __enter__(self) -> Self:
        """Give the connection itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()


def open_connection(
    target: Target, *, connect_s: float, answer_s: float, application: str
) -> PostgresConnection:
    """Connect within `connect_s`; later, wait at most `answer_s` for each answer of the server.

    Raises:
        SqlError: the server refused the user, the password or the database.
        ConnectionLost: there is no server, its certificate is not good, or it does not answer.
    """
    try:
        wire = socket.create_connection((target.host, target.port), timeout=connect_s)
    except OSError as error:
        raise ConnectionLost(type(error).__name__) from None
    try:
        wire.settimeout(answer_s)
        connection = pg8000.native.Connection(
            target.user,
            host=target.host,  # the name that the certificate must carry
            database=target.name,
            password=target.password,
            sock=wire,
            ssl_context=_ssl_context(target),
            application_name=application,
        )
    except pg8000.native.DatabaseError as error:
        wire.close()
        raise _sql_error(error) from None
    except (pg8000.native.InterfaceError, OSError) as error:  # ssl.SSLError is an OSError
        wire.close()
        raise ConnectionLost(type(error).__name__) from None
    return PostgresConnection(connection)


def _ssl_context(target: Target) -> ssl.SSLContext | Literal[False]:
    if target.sslmode == "disable":
        return False
    return ssl.create_default_context(cafile=target.ca_file)  # verifies the chain and the host's name


def _sql_error(error: pg8000.native.DatabaseError) -> SqlError:
    fields = error.args[0]
    if not isinstance(fields, dict):  # the driver's own complaint about an answer it could not read
        return SqlError("XX000")
    names = [
        fields[key] for key in ("t", "c", "n") if key in fields
    ]  # table, column, constraint: never values
    return SqlError(fields.get("C", "XX000"), _line(fields), ".".join(names) or None)


def _line(fields: dict[str, str]) -> int | None:
    # "p" counts characters from 1 in "q", the text that a DO block was executing.
    position, text = fields.get("p"), fields.get("q")
    if position is None or text is None:
        return None
    return text.count("\n", 0, int(position) - 1) + 1
