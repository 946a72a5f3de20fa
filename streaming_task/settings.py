"""The task's settings, read once at start. Pure: the environment is passed in."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from contract import environment as env
from contract.wire import DURATION_LIMIT_S, IDLE_TIMEOUT_S
from streaming_task.core.vigil import SessionLimits

MAX_SESSIONS = 100
SEAL_TIMEOUT_S = 120.0
SWEEP_INTERVAL_S = 60.0
SILENCE_TIMEOUT_S = 10.0  # Transcribe closes a stream after 15 s without audio
DEFAULT_PORT = 8080
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class SettingsError(Exception):
    """The environment is not what it should be; the text names every key that is wrong."""


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """Where the record is kept."""

    secret_id: str
    host: str
    port: int
    name: str
    sslmode: Literal["verify-full", "disable"]
    ca_file: str | None


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the task is told from outside."""

    stage: str
    log_level: int
    region: str
    port: int
    address: str | None
    table_name: str
    audio_bucket: str
    connections_url: str
    forwarding_secret_id: str
    transcribe_region: str
    transcribe_endpoint_url: str | None
    transcribe_ca_file: str | None
    database: DatabaseSettings
    limits: SessionLimits
    max_sessions: int


class _Reader:
    """Collects what is wrong, so that one start tells all of it."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.wrong: list[str] = []

    def text(self, key: str, default: str | None = None) -> str:
        value = self._environ.get(key) or default
        if value is None:
            self.wrong.append(f"{key} is missing")
            return ""
        return value

    def optional(self, key: str) -> str | None:
        return self._environ.get(key) or None

    def whole(self, key: str, default: int, lowest: int, highest: int) -> int:
        try:
            value = int(self.text(key, str(default)))
        except ValueError:
            self.wrong.append(f"{key} must be a whole number")
            return default
        if not lowest <= value <= highest:
            self.wrong.append(f"{key} must be {lowest} to {highest}")
        return value

    def seconds(self, key: str, default: float) -> float:
        try:
            value = float(self.text(key, str(default)))
        except ValueError:
            value = -1.0
        if not (math.isfinite(value) and value > 0):
            self.wrong.append(f"{key} must be a number of seconds above 0")
        return value


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings from an environment.

    Raises:
        SettingsError: some are missing or wrong; all of them are named.
    """
    reader = _Reader(environ)
    sslmode = reader.text(env.DATABASE_SSLMODE, "verify-full")
    if sslmode not in ("verify-full", "disable"):
        reader.wrong.append(f"{env.DATABASE_SSLMODE} must be verify-full or disable")
    level = reader.text(env.LOG_LEVEL, "INFO").upper()
    if level not in _LOG_LEVELS:
        reader.wrong.append(f"{env.LOG_LEVEL} must be one of {', '.join(_LOG_LEVELS)}")
        level = "INFO"
    region = reader.text("AWS_REGION")
    settings = Settings(
        stage=reader.text(env.STAGE),
        log_level=getattr(logging, level),
        region=region,
        port=reader.whole(env.PORT, DEFAULT_PORT, 1, 65_535),
        address=reader.optional(env.TASK_ADDRESS),
        table_name=reader.text(env.TABLE_NAME),
        audio_bucket=reader.text(env.AUDIO_BUCKET),
        connections_url=reader.text(env.CONNECTIONS_URL),
        forwarding_secret_id=reader.text(env.FORWARDING_SECRET_ID),
        transcribe_region=reader.text(env.AWS_TRANSCRIBE_REGION, region or "unknown"),
        transcribe_endpoint_url=reader.optional(env.TRANSCRIBE_ENDPOINT_URL),
        transcribe_ca_file=reader.optional(env.TRANSCRIBE_CA_FILE),
        database=DatabaseSettings(
            secret_id=reader.text(env.DATABASE_SECRET_ID),
            host=reader.text(env.DATABASE_HOST),
            port=reader.whole(env.DATABASE_PORT, 5432, 1, 65_535),
            name=reader.text(env.DATABASE_NAME),
            sslmode="disable" if sslmode == "disable" else "verify-full",
            ca_file=reader.optional(env.DATABASE_CA_FILE),
        ),
        limits=SessionLimits(
            idle_s=reader.seconds(env.IDLE_TIMEOUT_S, IDLE_TIMEOUT_S),
            duration_s=reader.seconds(env.DURATION_LIMIT_S, DURATION_LIMIT_S),
            seal_s=reader.seconds(env.SEAL_TIMEOUT_S, SEAL_TIMEOUT_S),
            silence_s=reader.seconds(env.SILENCE_TIMEOUT_S, SILENCE_TIMEOUT_S),
            commit_retry_s=reader.seconds(env.SWEEP_INTERVAL_S, SWEEP_INTERVAL_S),
        ),
        max_sessions=reader.whole(env.MAX_SESSIONS, MAX_SESSIONS, 1, 10_000),
    )
    if reader.wrong:
        raise SettingsError("The environment is not right: " + "; ".join(reader.wrong) + ".")
    return settings
