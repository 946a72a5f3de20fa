"""Each Lambda's settings, read once when it is built. Pure: the environment is passed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from contract import environment as env
from contract.environment import NOBODY, OWNER
from contract.settings import DatabaseSettings, EnvironmentReader

DEFAULT_TICKET_LIFETIME_S: Final = 30
LONGEST_TICKET_LIFETIME_S: Final = 300  # it travels in a URL


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
class ApiSettings:
    """What `api` is told."""

    shared: SharedSettings
    table_name: str
    websocket_url: str
    ticket_lifetime_s: int
    user_pool_id: str
    database: DatabaseSettings


@dataclass(frozen=True, slots=True)
class HistorySettings:
    """What `history` is told."""

    shared: SharedSettings
    table_name: str
    audio_bucket: str
    may_owner_delete: bool
    page_origin: str
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
    reader = EnvironmentReader(environment)
    settings = ConnectSettings(
        _shared(reader), reader.text(env.TABLE_NAME), _origins(reader, env.ALLOWED_ORIGINS)
    )
    reader.finish()
    return settings


def read_disconnect_settings(environment: Mapping[str, str]) -> DisconnectSettings:
    """Read what `disconnect` needs.

    Raises:
        SettingsError: keys are missing or wrong; all of them are named.
    """
    reader = EnvironmentReader(environment)
    settings = DisconnectSettings(_shared(reader), reader.text(env.TABLE_NAME))
    reader.finish()
    return settings


def read_api_settings(environment: Mapping[str, str]) -> ApiSettings:
    """Read what `api` needs.

    Raises:
        SettingsError: keys are missing or wrong; all of them are named.
    """
    reader = EnvironmentReader(environment)
    settings = ApiSettings(
        shared=_shared(reader),
        table_name=reader.text(env.TABLE_NAME),
        websocket_url=reader.text(env.WEBSOCKET_URL),
        ticket_lifetime_s=reader.whole(
            env.TICKET_LIFETIME_S, DEFAULT_TICKET_LIFETIME_S, highest=LONGEST_TICKET_LIFETIME_S
        ),
        user_pool_id=reader.text(env.USER_POOL_ID),
        database=reader.database(),
    )
    reader.finish()
    return settings


def read_history_settings(environment: Mapping[str, str]) -> HistorySettings:
    """Read what `history` needs.

    Raises:
        SettingsError: keys are missing or wrong; all of them are named.
    """
    reader = EnvironmentReader(environment)
    page_origin = reader.text(env.PAGE_ORIGIN)
    if page_origin and not _is_origin(page_origin):
        reader.refuse(env.PAGE_ORIGIN, "be an origin like https://example.org")
    deletion = reader.text(env.RECORD_DELETION)
    if deletion not in ("", OWNER, NOBODY):
        reader.refuse(env.RECORD_DELETION, f"be {OWNER} or {NOBODY}")
    settings = HistorySettings(
        shared=_shared(reader),
        table_name=reader.text(env.TABLE_NAME),
        audio_bucket=reader.text(env.AUDIO_BUCKET),
        may_owner_delete=deletion == OWNER,
        page_origin=page_origin,
        database=reader.database(),
    )
    reader.finish()
    return settings


def read_migrate_settings(environment: Mapping[str, str]) -> MigrateSettings:
    """Read what `migrate` needs.

    Raises:
        SettingsError: keys are missing or wrong; all of them are named.
    """
    reader = EnvironmentReader(environment)
    settings = MigrateSettings(
        _shared(reader), reader.database(), reader.text(env.DATABASE_APPLICATION_SECRET_ID)
    )
    reader.finish()
    return settings


def _shared(reader: EnvironmentReader) -> SharedSettings:
    return SharedSettings(stage=reader.stage(), log_level=reader.log_level())


def _origins(reader: EnvironmentReader, key: str) -> frozenset[str]:
    found = frozenset(origin.strip() for origin in reader.text(key).split(",") if origin.strip())
    if any(not _is_origin(origin) for origin in found):
        reader.refuse(key, "hold origins like https://example.org, separated by commas")
    return found


def _is_origin(text: str) -> bool:
    parts = urlsplit(text)
    return (
        parts.scheme in ("http", "https")
        and text == f"{parts.scheme}://{parts.netloc}" != f"{parts.scheme}://"
    )
