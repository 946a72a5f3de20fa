"""The task's settings, read once at start. Pure: the environment is passed in."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from contract import environment as env
from contract.settings import HIGHEST_PORT, DatabaseSettings, EnvironmentReader
from contract.wire import DURATION_LIMIT_S, IDLE_TIMEOUT_S
from streaming_task.core.vigil import SessionLimits

MAX_SESSIONS = 100
HIGHEST_MAX_SESSIONS = 10_000  # far above what a task can carry: a slip of the hand is told
SEAL_TIMEOUT_S = 120.0
SWEEP_INTERVAL_S = 60.0
SILENCE_TIMEOUT_S = 10.0  # Transcribe closes a stream after 15 s without audio
DEFAULT_PORT = 8080


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


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings from an environment.

    Raises:
        SettingsError: some are missing or wrong; all of them are named.
    """
    reader = EnvironmentReader(environ)
    region = reader.text("AWS_REGION")
    settings = Settings(
        stage=reader.stage(),
        log_level=getattr(logging, reader.log_level()),
        region=region,
        port=reader.whole(env.PORT, DEFAULT_PORT, highest=HIGHEST_PORT),
        address=reader.optional(env.TASK_ADDRESS),
        table_name=reader.text(env.TABLE_NAME),
        audio_bucket=reader.text(env.AUDIO_BUCKET),
        connections_url=reader.text(env.CONNECTIONS_URL),
        forwarding_secret_id=reader.text(env.FORWARDING_SECRET_ID),
        transcribe_region=reader.text(env.AWS_TRANSCRIBE_REGION, region or "unknown"),
        transcribe_endpoint_url=reader.optional(env.TRANSCRIBE_ENDPOINT_URL),
        transcribe_ca_file=reader.optional(env.TRANSCRIBE_CA_FILE),
        database=reader.database(),
        limits=SessionLimits(
            idle_s=reader.seconds(env.IDLE_TIMEOUT_S, IDLE_TIMEOUT_S),
            duration_s=reader.seconds(env.DURATION_LIMIT_S, DURATION_LIMIT_S),
            seal_s=reader.seconds(env.SEAL_TIMEOUT_S, SEAL_TIMEOUT_S),
            silence_s=reader.seconds(env.SILENCE_TIMEOUT_S, SILENCE_TIMEOUT_S),
            commit_retry_s=reader.seconds(env.SWEEP_INTERVAL_S, SWEEP_INTERVAL_S),
        ),
        max_sessions=reader.whole(env.MAX_SESSIONS, MAX_SESSIONS, highest=HIGHEST_MAX_SESSIONS),
    )
    reader.finish()
    return settings
