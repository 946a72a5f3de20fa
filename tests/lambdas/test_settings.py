"""What each Lambda makes of its environment."""

from __future__ import annotations

import pytest

from contract import environment as env
from contract.settings import DatabaseSettings, SettingsError
from lambdas.settings import (
    read_api_settings,
    read_connect_settings,
    read_disconnect_settings,
    read_history_settings,
    read_migrate_settings,
)

WHOLE = {
    env.STAGE: "prod",
    env.TABLE_NAME: "live",
    env.ALLOWED_ORIGINS: "https://a.example.org,http://localhost:5000",
    env.WEBSOCKET_URL: "wss://example.org/live",
    env.AUDIO_BUCKET: "audio",
    env.RECORD_DELETION: "owner",
    env.PAGE_ORIGIN: "https://example.org",
    env.USER_POOL_ID: "us-east-1_Ab1",
    env.DATABASE_SECRET_ID: "secret",
    env.DATABASE_APPLICATION_SECRET_ID: "application",
    env.DATABASE_HOST: "db.example.org",
    env.DATABASE_NAME: "seva",
}


def test_what_is_not_said_has_its_default() -> None:
    """INFO, 30 s, PostgreSQL's port, and a verified connection."""
    settings = read_api_settings(WHOLE)

    assert (settings.shared.log_level, settings.ticket_lifetime_s) == ("INFO", 30)
    assert settings.database == DatabaseSettings(
        "secret", "db.example.org", 5432, "seva", "verify-full", None
    )


def test_each_lambda_reads_no_more_than_its_contract() -> None:
    """What the deployment gives a part is exactly what the part asks for."""
    for read, names in (
        (read_connect_settings, env.CONNECT),
        (read_disconnect_settings, env.DISCONNECT),
        (read_api_settings, env.API),
        (read_history_settings, env.HISTORY),
        (read_migrate_settings, env.MIGRATE),
    ):
        asked: set[str] = set()
        read(_Watched(WHOLE, asked))
        assert asked == names


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({env.STAGE: ""}, "STAGE is missing"),
        ({env.LOG_LEVEL: "loud"}, "LOG_LEVEL must be one of"),
        ({env.DATABASE_PORT: "70000"}, "DATABASE_PORT must be a whole number from 1 to 65535"),
        ({env.DATABASE_SSLMODE: "prefer"}, "DATABASE_SSLMODE must be verify-full or disable"),
        ({env.TICKET_LIFETIME_S: "-1"}, "TICKET_LIFETIME_S must be a whole number from 1 to 300"),
    ],
)
def test_what_is_wrong_is_named(wrong: dict[str, str], named: str) -> None:
    """By its key and by what it should be."""
    with pytest.raises(SettingsError, match=named):
        read_api_settings(WHOLE | wrong)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({env.RECORD_DELETION: ""}, "RECORD_DELETION is missing"),
        ({env.RECORD_DELETION: "everybody"}, "RECORD_DELETION must be owner or nobody"),
        ({env.PAGE_ORIGIN: "https://example.org/"}, "PAGE_ORIGIN must be an origin"),
    ],
)
def test_who_may_delete_is_never_guessed(wrong: dict[str, str], named: str) -> None:
    """A record deleted by a typing mistake does not come back."""
    with pytest.raises(SettingsError, match=named):
        read_history_settings(WHOLE | wrong)


def test_nobody_deletes_where_nobody_may() -> None:
    """The policy of a stage whose law keeps records."""
    assert read_history_settings(WHOLE).may_owner_delete
    assert not read_history_settings(WHOLE | {env.RECORD_DELETION: "nobody"}).may_owner_delete


@pytest.mark.parametrize(
    "origins", ["*", "example.org", "https://", "https://a.example.org/page", "ftp://a.org"]
)
def test_only_origins_are_origins(origins: str) -> None:
    """A pattern or a path would never equal what a browser sends, and nobody would find out why."""
    with pytest.raises(SettingsError, match="ALLOWED_ORIGINS must hold origins"):
        read_connect_settings(WHOLE | {env.ALLOWED_ORIGINS: origins})


def test_everything_wrong_is_named_at_once_and_no_value() -> None:
    """One attempt tells all; what stands in a variable may be a secret put into the wrong one."""
    with pytest.raises(SettingsError) as caught:
        read_migrate_settings({env.DATABASE_PORT: "canary"})

    for key in (env.STAGE, env.DATABASE_SECRET_ID, env.DATABASE_HOST, env.DATABASE_NAME, env.DATABASE_PORT):
        assert key in str(caught.value)
    assert "canary" not in str(caught.value)


class _Watched(dict[str, str]):
    """An environment that knows what was asked of it."""

    def __init__(self, values: dict[str, str], asked: set[str]) -> None:
        super().__init__(values)
        self._asked = asked

    def get(self, key: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self._asked.add(key)
        return super().get(key, default)
