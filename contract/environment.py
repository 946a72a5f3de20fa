"""The environment variables of each deployable, spelled once for CDK, the local stack and the readers. Pure.

AWS's own variables are not listed here. The SDKs read them (`AWS_REGION`, `AWS_ENDPOINT_URL_*`,
`AWS_CONTAINER_CREDENTIALS_*`); the task reads the region and, for its own clients, two services' endpoints.
"""

from __future__ import annotations

from typing import Final

LOG_LEVEL: Final = "LOG_LEVEL"  # DEBUG, INFO, WARNING or ERROR
STAGE: Final = "STAGE"  # dev, staging, prod, local

TABLE_NAME: Final = "TABLE_NAME"  # the DynamoDB table of live state
AUDIO_BUCKET: Final = "AUDIO_BUCKET"

DATABASE_SECRET_ID: Final = "DATABASE_SECRET_ID"  # JSON with "username" and "password"
DATABASE_APPLICATION_SECRET_ID: Final = "DATABASE_APPLICATION_SECRET_ID"  # the role that migrate makes
DATABASE_HOST: Final = "DATABASE_HOST"
DATABASE_PORT: Final = "DATABASE_PORT"
DATABASE_NAME: Final = "DATABASE_NAME"
DATABASE_SSLMODE: Final = "DATABASE_SSLMODE"  # verify-full (default) or disable, as libpq means them
DATABASE_CA_FILE: Final = "DATABASE_CA_FILE"  # PEM bundle; default: the system's

ALLOWED_ORIGINS: Final = "ALLOWED_ORIGINS"  # comma-separated origins that may open a WebSocket
WEBSOCKET_URL: Final = "WEBSOCKET_URL"  # told to the page with every ticket
TICKET_LIFETIME_S: Final = "TICKET_LIFETIME_S"
USER_POOL_ID: Final = "USER_POOL_ID"  # whose sessions a sign-out everywhere ends
RECORD_DELETION: Final = "RECORD_DELETION"  # who may delete a transcription: owner or nobody
OWNER: Final = "owner"
NOBODY: Final = "nobody"
PAGE_ORIGIN: Final = "PAGE_ORIGIN"  # where the page and the HTTP API are, as exports name it

PORT: Final = "PORT"
TASK_ADDRESS: Final = "TASK_ADDRESS"  # host:port, where alone it listens; default: ECS metadata and PORT
CONNECTIONS_URL: Final = "CONNECTIONS_URL"  # https://{api}.execute-api.{region}.amazonaws.com/{stage}
FORWARDING_SECRET_ID: Final = "FORWARDING_SECRET_ID"  # HMAC key between tasks
AWS_TRANSCRIBE_REGION: Final = "AWS_TRANSCRIBE_REGION"
TRANSCRIBE_ENDPOINT_URL: Final = "TRANSCRIBE_ENDPOINT_URL"  # default: the region's own
TRANSCRIBE_CA_FILE: Final = "TRANSCRIBE_CA_FILE"  # PEM bundle; default: the system's
MAX_SESSIONS: Final = "MAX_SESSIONS"
IDLE_TIMEOUT_S: Final = "IDLE_TIMEOUT_S"
DURATION_LIMIT_S: Final = "DURATION_LIMIT_S"
SEAL_TIMEOUT_S: Final = "SEAL_TIMEOUT_S"  # after a stop, how long to wait for audio that is missing
SWEEP_INTERVAL_S: Final = "SWEEP_INTERVAL_S"
SILENCE_TIMEOUT_S: Final = "SILENCE_TIMEOUT_S"  # park the recogniser after so long without audio

CONNECT: Final = frozenset({LOG_LEVEL, STAGE, TABLE_NAME, ALLOWED_ORIGINS})
DISCONNECT: Final = frozenset({LOG_LEVEL, STAGE, TABLE_NAME})
DATABASE: Final = frozenset(
    {
        DATABASE_SECRET_ID,
        DATABASE_HOST,
        DATABASE_PORT,
        DATABASE_NAME,
        DATABASE_SSLMODE,
        DATABASE_CA_FILE,
    }
)
API: Final = DATABASE | {
    LOG_LEVEL,
    STAGE,
    TABLE_NAME,
    WEBSOCKET_URL,
    TICKET_LIFETIME_S,
    USER_POOL_ID,
}
HISTORY: Final = DATABASE | {
    LOG_LEVEL,
    STAGE,
    TABLE_NAME,
    AUDIO_BUCKET,
    RECORD_DELETION,
    PAGE_ORIGIN,
}
MIGRATE: Final = DATABASE | {LOG_LEVEL, STAGE, DATABASE_APPLICATION_SECRET_ID}
TASK: Final = DATABASE | {
    LOG_LEVEL,
    STAGE,
    TABLE_NAME,
    AUDIO_BUCKET,
    PORT,
    TASK_ADDRESS,
    CONNECTIONS_URL,
    FORWARDING_SECRET_ID,
    AWS_TRANSCRIBE_REGION,
    TRANSCRIBE_ENDPOINT_URL,
    TRANSCRIBE_CA_FILE,
    MAX_SESSIONS,
    IDLE_TIMEOUT_S,
    DURATION_LIMIT_S,
    SEAL_TIMEOUT_S,
    SWEEP_INTERVAL_S,
    SILENCE_TIMEOUT_S,
}
