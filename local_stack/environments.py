"""What each part of the product finds in its environment here. Pure.

The product's own variables are those of `contract.environment`; AWS's are what ECS and Lambda would add. A
limit that was not lowered is left out, so that the product's own default holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contract import environment as env
from local_stack.credentials import Issued
from local_stack.postgres import PostgresAddress
from local_stack.settings import REGION, Settings

STAGE: Final = "local"
BUCKET: Final = "seva-arogya-local-audio"
TABLE: Final = "seva-arogya-local-live"
DATABASE_SECRET: Final = "seva-arogya/local/database"  # noqa: S105 - a secret's name
APPLICATION_SECRET: Final = "seva-arogya/local/database-application"  # noqa: S105 - a secret's name
FORWARDING_SECRET: Final = "seva-arogya/local/forwarding"  # noqa: S105 - a secret's name
USER_POOL_ID: Final = f"{REGION}_SevaLocal"
FUNCTION_MEMORY_MIB: Final = 512  # as the stacks give them
PATH: Final = "/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the environments are made from."""

    settings: Settings
    postgres: PostgresAddress
    transcribe_ca_file: Path
    transcribe_region: str = REGION

    @property
    def aws_endpoint_url(self) -> str:
        """Where every service but Transcribe answers."""
        return f"http://localhost:{self.settings.ports.aws}"

    @property
    def transcribe_endpoint_url(self) -> str:
        """Where Transcribe answers."""
        if self.settings.transcribes_in_aws:
            return f"https://transcribestreaming.{self.transcribe_region}.amazonaws.com"
        return f"https://localhost:{self.settings.ports.transcribe}"

    @property
    def websocket_url(self) -> str:
        """Where a browser opens its WebSocket."""
        return f"ws://localhost:{self.settings.ports.gateway}/"


def _every(_: Surroundings) -> dict[str, str]:
    return {env.LOG_LEVEL: "INFO", env.STAGE: STAGE}


def _database(around: Surroundings) -> dict[str, str]:
    return {
        env.DATABASE_SECRET_ID: APPLICATION_SECRET,
        env.DATABASE_HOST: around.postgres.host,
        env.DATABASE_PORT: str(around.postgres.port),
        env.DATABASE_NAME: around.postgres.database,
        env.DATABASE_SSLMODE: "disable",  # the wheel's PostgreSQL has no TLS, and this is loopback
    }


def connect_environment(around: Surroundings) -> dict[str, str]:
    """Give what the connect Lambda is told."""
    return _every(around) | {
        env.TABLE_NAME: TABLE,
        env.ALLOWED_ORIGINS: ",".join(around.settings.origins),
    }


def disconnect_environment(around: Surroundings) -> dict[str, str]:
    """Give what the disconnect Lambda is told."""
    return _every(around) | {env.TABLE_NAME: TABLE}


def api_environment(around: Surroundings) -> dict[str, str]:
    """Give what the api Lambda is told."""
    given = {
        env.TABLE_NAME: TABLE,
        env.WEBSOCKET_URL: around.websocket_url,
        env.USER_POOL_ID: USER_POOL_ID,
    }
    lowered = {env.TICKET_LIFETIME_S: around.settings.limits.ticket_s}
    return _every(around) | _database(around) | given | _only_given(lowered)


def history_environment(around: Surroundings) -> dict[str, str]:
    """Give what the history Lambda is told."""
    given = {
        env.TABLE_NAME: TABLE,
        env.AUDIO_BUCKET: BUCKET,
        env.RECORD_DELETION: env.OWNER,
        env.PAGE_ORIGIN: f"http://localhost:{around.settings.ports.page}",
    }
    return _every(around) | _database(around) | given


def migrate_environment(around: Surroundings) -> dict[str, str]:
    """Give what the migrate Lambda is told."""
    as_owner = {
        env.DATABASE_SECRET_ID: DATABASE_SECRET,
        env.DATABASE_APPLICATION_SECRET_ID: APPLICATION_SECRET,
    }
    return _every(around) | _database(around) | as_owner


def task_environment(around: Surroundings, port: int) -> dict[str, str]:
    """Give what a streaming task is told that listens on that port."""
    limits = around.settings.limits
    given = {
        env.TABLE_NAME: TABLE,
        env.AUDIO_BUCKET: BUCKET,
        env.PORT: str(port),
        env.TASK_ADDRESS: f"127.0.0.1:{port}",
        env.CONNECTIONS_URL: f"http://localhost:{around.settings.ports.gateway}",
        env.FORWARDING_SECRET_ID: FORWARDING_SECRET,
    }
    lowered = {
        env.MAX_SESSIONS: limits.max_sessions,
        env.IDLE_TIMEOUT_S: limits.idle_s,
        env.DURATION_LIMIT_S: limits.duration_s,
        env.SEAL_TIMEOUT_S: limits.seal_s,
        env.SWEEP_INTERVAL_S: limits.sweep_s,
        env.SILENCE_TIMEOUT_S: limits.silence_s,
    }
    return _every(around) | _database(around) | _transcribe(around) | given | _only_given(lowered)


def _transcribe(around: Surroundings) -> dict[str, str]:
    told = {
        env.AWS_TRANSCRIBE_REGION: around.transcribe_region,
        env.TRANSCRIBE_ENDPOINT_URL: around.transcribe_endpoint_url,
    }
    if around.settings.transcribes_in_aws:  # whose certificate the system trusts
        return told
    return told | {env.TRANSCRIBE_CA_FILE: str(around.transcribe_ca_file)}


def as_function(
    product: Mapping[str, str], name: str, around: Surroundings, issued: Issued
) -> dict[str, str]:
    """Add what Lambda itself puts into a function's environment."""
    return {
        "PATH": PATH,
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(FUNCTION_MEMORY_MIB),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": issued.access_key_id,
        "AWS_SECRET_ACCESS_KEY": issued.secret,
        "AWS_ENDPOINT_URL": around.aws_endpoint_url,
        **product,
    }


def as_task(product: Mapping[str, str], around: Surroundings, holder: str, password: str) -> dict[str, str]:
    """Add what ECS itself puts into a task's environment."""
    page = around.settings.ports.page
    return {
        "PATH": PATH,
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": around.aws_endpoint_url,
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://localhost:{page}/_credentials/{holder}",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": password,
        "AWS_EC2_METADATA_DISABLED": "true",
        **product,
    }


def _only_given(lowered: Mapping[str, float | None]) -> dict[str, str]:
    return {name: f"{value:g}" for name, value in lowered.items() if value is not None}
