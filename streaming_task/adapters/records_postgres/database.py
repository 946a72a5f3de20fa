"""One connection to PostgreSQL that comes back by itself. Blocking, for one thread; knows no table.

The driver's errors repeat what was bound, and what is bound here is what patients said: only codes leave.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from typing import Any, Literal, Protocol

import pg8000.native

from streaming_task.adapters.records_postgres.secret import DatabaseUser
from streaming_task.ports import Unavailable

APPLICATION = "streaming-task"
REFUSED_USER = ("28P01", "28000")  # a wrong password, or no such user: the secret has rotated
GOODBYES = ("57P01", "57P02", "57P03", "25P03")  # shut down, crashed, starting, idle for too long
LOCK_SHARE = 0.5  # of the time for an answer that may go by waiting for a lock

Rows = list[list[Any]]


class DatabaseAddress(Protocol):
    """Where the database is and which secret opens it."""

    @property
    def secret_id(self) -> str:
        """Name the secret."""
        ...

    @property
    def host(self) -> str:
        """Name the host, as its certificate does."""
        ...

    @property
    def port(self) -> int:
        """Give the port."""
        ...

    @property
    def name(self) -> str:
        """Name the database."""
        ...

    @property
    def sslmode(self) -> Literal["verify-full", "disable"]:
        """Say whether the server's certificate is demanded."""
        ...

    @property
    def ca_file(self) -> str | None:
        """Give the PEM bundle to verify with; None: the system's."""
        ...


class Secret(Protocol):
    """Where user and password come from."""

    def user(self) -> DatabaseUser:
        """Give what is known."""
        ...

    def read(self) -> DatabaseUser:
        """Read it anew."""
        ...


class Refused(Exception):
    """The server refused a statement or a user; `code` is the SQLSTATE."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Database:
    """Runs statements one after another; each is a transaction of its own."""

    def __init__(
        self, address: DatabaseAddress, secret: Secret, *, connect_s: float, answer_s: float
    ) -> None:
        self._address = address
        self._secret = secret
        self._connect_s = connect_s
        self._answer_s = answer_s
        self._connection: pg8000.native.Connection | None = None

    def run(self, sql: str, values: dict[str, Any]) -> Rows:
        """Run a statement that may be run twice; give its rows.

        A kept connection may have died unnoticed, so a loss on one is made good on a fresh one.

        Raises:
            Unavailable: it may or may not have been done; the code is an SQLSTATE or the kind of the failure.
        """
        was_kept = self._connection is not None
        try:
            return self._attempt(sql, values)
        except Unavailable:
            if not was_kept or self._connection is not None:
                raise
        return self._attempt(sql, values)

    def close(self) -> None:
        """Close the connection; harmless when there is none."""
        connection, self._connection = self._connection, None
        if connection is not None:
            _quietly(connection.close)

    def _attempt(self, sql: str, values: dict[str, Any]) -> Rows:
        if self._connection is None:
            self._connection = self._connect()
        try:
            return self._connection.run(sql, **values) or []
        except pg8000.native.DatabaseError as error:
            code = _code(error)
            if code in GOODBYES:
                self.close()
            raise Unavailable(code) from None
        except (pg8000.native.InterfaceError, OSError) as error:
            self.close()  # after a lost or late answer nothing that it says can be trusted
            raise Unavailable(type(error).__name__) from None

    def _connect(self) -> pg8000.native.Connection:
        try:
            return self._open(self._secret.user())
        except Refused as refused:
            if refused.code not in REFUSED_USER:
                raise Unavailable(refused.code) from None
        try:
            return self._open(self._secret.read())
        except Refused as refused:
            raise Unavailable(refused.code) from None

    def _open(self, user: DatabaseUser) -> pg8000.native.Connection:
        address = self._address
        wire: socket.socket | None = None
        try:
            wire = socket.create_connection((address.host, address.port), timeout=self._connect_s)
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            wire.settimeout(self._answer_s)
            return pg8000.native.Connection(
                user.name,
                host=address.host,
                database=address.name,
                password=user.password,
                sock=wire,
                ssl_context=self._ssl_context(),
                application_name=APPLICATION,
                startup_params={
                    "statement_timeout": f"{round(self._answer_s * 1000)}",
                    "lock_timeout": f"{round(self._answer_s * LOCK_SHARE * 1000)}",
                },
            )
        except pg8000.native.DatabaseError as error:
            _quietly(wire.close if wire else None)
            raise Refused(_code(error)) from None
        except (pg8000.native.InterfaceError, OSError) as error:  # ssl.SSLError is an OSError
            _quietly(wire.close if wire else None)
            raise Unavailable(type(error).__name__) from None

    def _ssl_context(self) -> ssl.SSLContext | Literal[False]:
        if self._address.sslmode == "disable":
            return False
        return ssl.create_default_context(cafile=self._address.ca_file)  # verifies the host's name too


def _code(error: pg8000.native.DatabaseError) -> str:
    fields = error.args[0] if error.args else None
    return fields.get("C", "XX000") if isinstance(fields, dict) else "XX000"


def _quietly(close: Callable[[], object] | None) -> None:
    if close is None:
        return
    try:
        close()
    except (pg8000.native.InterfaceError, OSError):
        return  # it was gone already
