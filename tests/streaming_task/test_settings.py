"""A wrong environment is told once, whole, and without quoting what may be secret."""

from __future__ import annotations

import logging

import pytest

from contract import environment as env
from contract.settings import SettingsError
from streaming_task.core.vigil import SessionLimits
from streaming_task.settings import MAX_SESSIONS, read_settings

NEEDED = {
    "AWS_REGION": "us-east-1",
    env.STAGE: "dev",
    env.TABLE_NAME: "table",
    env.AUDIO_BUCKET: "bucket",
    env.FORWARDING_SECRET_ID: "seva/forwarding",
    env.CONNECTIONS_URL: "https://abc.execute-api.us-east-1.amazonaws.com/dev",
    env.DATABASE_SECRET_ID: "secret",
    env.DATABASE_HOST: "db.internal",
    env.DATABASE_NAME: "seva",
}


def test_what_is_needed_is_enough() -> None:
    """Everything else has the default that the protocol names."""
    settings = read_settings(NEEDED)

    assert settings.limits == SessionLimits(
        idle_s=300.0, duration_s=1800.0, seal_s=120.0, silence_s=10.0, commit_retry_s=60.0
    )
    assert (settings.max_sessions, settings.port, settings.log_level) == (MAX_SESSIONS, 8080, logging.INFO)
    assert (settings.database.sslmode, settings.database.port) == ("verify-full", 5432)
    assert settings.transcribe_region == "us-east-1"


@pytest.mark.parametrize("key", sorted(NEEDED))
@pytest.mark.parametrize("value", [None, ""], ids=["absent", "empty"])
def test_each_missing_key_is_named(key: str, value: str | None) -> None:
    """An empty value is a missing one: a template that forgot to fill it in."""
    environ = {name: text for name, text in NEEDED.items() if name != key}

    with pytest.raises(SettingsError, match=f"{key} is missing"):
        read_settings(environ if value is None else environ | {key: value})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (env.PORT, "0"),
        (env.PORT, "65536"),
        (env.PORT, "http"),
        (env.MAX_SESSIONS, "0"),
        (env.MAX_SESSIONS, "1.5"),
        (env.DATABASE_PORT, "-1"),
        (env.IDLE_TIMEOUT_S, "0"),
        (env.IDLE_TIMEOUT_S, "nan"),
        (env.DURATION_LIMIT_S, "inf"),
        (env.SEAL_TIMEOUT_S, "-3"),
        (env.SILENCE_TIMEOUT_S, "ten"),
        (env.LOG_LEVEL, "LOUD"),
        (env.DATABASE_SSLMODE, "prefer"),
    ],
)
def test_each_wrong_value_is_named_and_not_quoted(key: str, value: str) -> None:
    """A secret in the wrong variable does not end in a log."""
    with pytest.raises(SettingsError) as told:
        read_settings(NEEDED | {key: value})

    assert f"{key} must be" in str(told.value)
    assert f"'{value}'" not in str(told.value)
    assert "is missing" not in str(told.value)


def test_everything_wrong_is_told_at_once() -> None:
    """One failed start, one list, one repair."""
    with pytest.raises(SettingsError) as told:
        read_settings({env.PORT: "none", env.LOG_LEVEL: "LOUD"})

    for key in (*NEEDED, env.PORT, env.LOG_LEVEL):
        assert key in str(told.value)


def test_what_is_told_is_taken() -> None:
    """Every variable of the contract that is set has its effect."""
    settings = read_settings(
        NEEDED
        | {
            env.LOG_LEVEL: "debug",
            env.PORT: "5010",
            env.TASK_ADDRESS: "127.0.0.1:5010",
            env.AWS_TRANSCRIBE_REGION: "us-west-2",
            env.TRANSCRIBE_ENDPOINT_URL: "https://localhost:5003",
            env.TRANSCRIBE_CA_FILE: "ca.pem",
            env.DATABASE_SSLMODE: "disable",
            env.DATABASE_PORT: "5006",
            env.DATABASE_CA_FILE: "rds.pem",
            env.MAX_SESSIONS: "3",
            env.IDLE_TIMEOUT_S: "1",
            env.DURATION_LIMIT_S: "2",
            env.SEAL_TIMEOUT_S: "3",
            env.SILENCE_TIMEOUT_S: "4",
            env.SWEEP_INTERVAL_S: "5.5",
        }
    )

    assert (settings.log_level, settings.port, settings.address) == (logging.DEBUG, 5010, "127.0.0.1:5010")
    assert (settings.transcribe_region, settings.transcribe_endpoint_url) == (
        "us-west-2",
        "https://localhost:5003",
    )
    assert (settings.database.sslmode, settings.database.port, settings.database.ca_file) == (
        "disable",
        5006,
        "rds.pem",
    )
    assert settings.limits == SessionLimits(
        idle_s=1.0, duration_s=2.0, seal_s=3.0, silence_s=4.0, commit_retry_s=5.5
    )
    assert (settings.max_sessions, settings.transcribe_ca_file) == (3, "ca.pem")
