"""Each Lambda's settings, read once when it is built. Pure: the environment is passed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlsplit

from contract import environment as env

DEFAULT_DATABASE_PORT: Final = 5432
DEFAULT_TICKET_LIFETIME_S: Final = 30
LONGEST_TICKET_LIFETIME_S: Final = 300  # it travels in a URL

_LOG_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")


class SettingsError(Exception):
    """The environment is not what it should be; the text names every key that is wrong, and no value."""


@dataclass(frozen=True, slots=True)
class SharedSettings:
    """What every Lambda is told."""

    stage: str
    log_level: str


@dataclass(frozen=True, slots=True)
class ConnectSettings:
    """What `connect` is told. Origins are as browsers send them: scheme, host and port, no path."""

    shared: SharedSettings
    table_name: str
    allowed_origins: frozenset[str]


@dataclass(frozen=True, slots=True)
class DisconnectSettings:
    """What `disconnect` is told."""

    shared: SharedSettings
    table_name: str


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """Where PostgreSQL is; `ca_file` None: the system's bundle."""

    secret_id: str
    host: str
    port: int
    name: str
    sslmode: Literal["verify-full", "disable"]
    ca_file: str | None


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """What `api` is told."""

    shared: SharedSettings
    table_name: str
    websocket_url: str
    ticket_lifetime_s: int
    database: DatabaseSettings


@dataclass(frozen=True, slots=True)
class MigrateSettings:
    """What `migrate` is told: how the tables' owner comes to the database, and the application's secret."""

    shared: SharedSettings
    database: DatabaseSettings
    application_secret_id: str


def read_connect_settings(environment: Mapping[str, str]) -> ConnectSettings:
    """Read what `connect` needs.

    Raises:
        SettingsError: keys are missing or wrong; all of them are named.
    """
    reader = _Reader(environment)
    settings = ConnectSettings(
        reader.shared(), reader.text(env.TABLE_NAME), reader.origins(env.ALLOWED_ORIGINS)
    )
    reader.finish()
    return settings


def read_disconnect_settings(environment: Mapping[str, str]) -> DisconnectSettings:
    """Read what `disconnect` needs.

    Raises:
        SettingsError: keys are missing or wrong; all of them are named.
    """
    reader = _Reader(environment)
    settings = DisconnectSettings(reader.shared(), reader.text(env.TABLE_NAME))
    reader.finish()
    return settings


def read_api_settings(environment: Mapping[str, str]) -> ApiSettings:
    """Read what `api` needs.

    Raises:
        SettingsError: keys are missing or wrong; all of them are named.
    """
    reader = _Reader(environment)
    settings = ApiSettings(
        shared=reader.shared(),
        table_name=reader.text(env.TABLE_NAME),
        websocket_url=reader.text(env.WEBSOCKET_URL),
        ticket_lifetime_s=reader.whole(
            env.TICKET_LIFETIME_S, DEFAULT_TICKET_LIFETIME_S, highest=LONGEST_TICKET_LIFETIME_S
        ),
        database=reader.database(),
    )
    reader.finish()
    return settings


def read_migrate_settings(environment: Mapping[str, str]) -> MigrateSettings:
    """Read what `migrate` needs.

    Raises:
        SettingsError: keys are missing or wrong; all of them are named.
    """
    reader = _Reader(environment)
    settings = MigrateSettings(
        reader.shared(), reader.database(), reader.text(env.DATABASE_APPLICATION_SECRET_ID)
    )
    reader.finish()
    return settings


class _Reader:
    """Collects what is wrong, so that one attempt tells all of it. An empty value counts as none."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._wrong: list[str] = []

    def finish(self) -> None:
        if self._wrong:
            raise SettingsError(f"The environment is not right: {'; '.join(self._wrong)}.")

    def text(self, key: str, default: str | None = None) -> str:
        value = self._environment.get(key) or default
        if value is None:
            self._wrong.append(f"{key} is missing")
            return ""
        return value

    def whole(self, key: str, default: int, *, highest: int) -> int:
        value = self.text(key, str(default))
        if value.isdecimal() and 1 <= int(value) <= highest:
            return int(value)
        self._wrong.append(f"{key} must be a whole number from 1 to {highest}")
        return default

    def origins(self, key: str) -> frozenset[str]:
        found = frozenset(origin.strip() for origin in self.text(key).split(",") if origin.strip())
        if any(not _is_origin(origin) for origin in found):
            self._wrong.append(f"{key} must hold origins like https://example.org, separated by commas")
        return found

    def shared(self) -> SharedSettings:
        level = self.text(env.LOG_LEVEL, "INFO").upper()
        if level not in _LOG_LEVELS:
            self._wrong.append(f"{env.LOG_LEVEL} must be one of {', '.join(_LOG_LEVELS)}")
        return SharedSettings(self.text(env.STAGE), level)

    def database(self) -> DatabaseSettings:
        sslmode = self.text(env.DATABASE_SSLMODE, "verify-full")
        if sslmode not in ("verify-full", "disable"):
            self._wrong.append(f"{env.DATABASE_SSLMODE} must be verify-full or disable")
        return DatabaseSettings(
            secret_id=self.text(env.DATABASE_SECRET_ID),
            host=self.text(env.DATABASE_HOST),
            port=self.whole(env.DATABASE_PORT, DEFAULT_DATABASE_PORT, highest=65_535),
            name=self.text(env.DATABASE_NAME),
            sslmode="disable" if sslmode == "disable" else "verify-full",
            ca_file=self._environment.get(env.DATABASE_CA_FILE) or None,
        )


def _is_origin(text: str) -> bool:
    parts = urlsplit(text)
    return (
        parts.scheme in ("http", "https")
        and text == f"{parts.scheme}://{parts.netloc}" != f"{parts.scheme}://"
    )
