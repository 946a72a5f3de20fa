"""Every metric there is: its name, its unit, who emits it and with which dimensions. Pure.

The code that counts and the templates that draw and alarm both take the names from here, so that neither can
know a metric which the other does not. A dimension's value is one of the sets below, never a user's text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

NAMESPACE: Final = "SevaArogya"
SERVICE: Final = "service"
STAGE: Final = "stage"
ORIGIN: Final = "origin"


class Service(StrEnum):
    """Who emits; the value of the dimension `service`."""

    CONNECT = "connect"
    DISCONNECT = "disconnect"
    API = "api"
    HISTORY = "history"
    MIGRATE = "migrate"
    STREAMING_TASK = "streaming_task"


class Origin(StrEnum):
    """Whose failure it is; the value of the dimension `origin`."""

    WEBSOCKET = "websocket"
    HTTP = "http"
    TRANSCRIBE = "transcribe"
    S3 = "s3"
    DYNAMODB = "dynamodb"
    DATABASE = "database"


class Metric(StrEnum):
    """The metrics by their names in CloudWatch."""

    # At the edges, counted by the Lambdas.
    TICKETS_ISSUED = "TicketsIssued"
    CONNECTIONS_OPENED = "ConnectionsOpened"
    CONNECTIONS_REFUSED = "ConnectionsRefused"
    CONNECTIONS_CLOSED = "ConnectionsClosed"
    MIGRATIONS_APPLIED = "MigrationsApplied"

    ERRORS = "Errors"  # by origin

    # The task: how much there is to do, once a minute.
    ACTIVE_SESSIONS = "ActiveSessions"
    SESSION_ROOM = "SessionRoom"  # how many more it would take

    # The task: what each took.
    SESSION_DURATION = "SessionDuration"  # of the recording
    TRANSCRIPTION_LATENCY = "TranscriptionLatency"  # from the audio's arrival to its text being sent
    ACK_LAG = "AckLag"  # from the audio's arrival to the word that it is durable
    PUSH_TIME = "PushTime"  # one message through API Gateway

    # The task: what was counted in a minute.
    SESSIONS_STARTED = "SessionsStarted"
    SESSIONS_REFUSED = "SessionsRefused"  # no room
    AUDIO_TRANSCRIBED = "AudioTranscribed"  # seconds fed to Transcribe, which are paid for
    PARTS_STORED = "PartsStored"
    PARTS_FAILED = "PartsFailed"
    PARTS_KEPT = "PartsKept"  # the recording was not to be had from them
    AUDIO_CONFLICTS = "AudioConflicts"
    HASH_MISMATCHES = "HashMismatches"
    GAPS = "Gaps"
    STREAMS_REOPENED = "StreamsReopened"
    QUOTA_REFUSALS = "QuotaRefusals"
    TRANSCRIPTS_PENDING = "TranscriptsPending"
    TAKEOVERS = "Takeovers"
    OWNERSHIP_LOST = "OwnershipLost"


class Kind(StrEnum):
    """How a metric's values are made one minute's."""

    COUNT = "count"  # added up, 0 if there were none
    GAUGE = "gauge"  # as it stands
    SAMPLES = "samples"  # a sample of the values themselves, for percentiles


@dataclass(frozen=True, slots=True)
class Emission:
    """What a metric's values are, and who emits it; with origins there is one more dimension."""

    unit: str  # as CloudWatch spells it
    kind: Kind
    emitted_by: Mapping[Service, tuple[Origin | None, ...]]

    def dimension_sets(self, stage: str) -> list[dict[str, str]]:
        """Give every set of dimensions with which it is emitted in a stage."""
        return [
            dimensions(service, stage, origin)
            for service, origins in self.emitted_by.items()
            for origin in origins
        ]


def dimensions(service: Service, stage: str, origin: Origin | None = None) -> dict[str, str]:
    """Give the dimensions of one metric of a service."""
    shared = {SERVICE: service.value, STAGE: stage}
    return shared if origin is None else shared | {ORIGIN: origin.value}


def _by(service: Service, unit: str = "Count", kind: Kind = Kind.COUNT) -> Emission:
    return Emission(unit, kind, {service: (None,)})


_TASK: Final = Service.STREAMING_TASK

CATALOGUE: Final[Mapping[Metric, Emission]] = {
    Metric.TICKETS_ISSUED: _by(Service.API),
    Metric.CONNECTIONS_OPENED: _by(Service.CONNECT),
    Metric.CONNECTIONS_REFUSED: _by(Service.CONNECT),
    Metric.CONNECTIONS_CLOSED: _by(Service.DISCONNECT),
    Metric.MIGRATIONS_APPLIED: _by(Service.MIGRATE),
    Metric.ERRORS: Emission(
        "Count",
        Kind.COUNT,
        {
            Service.CONNECT: (Origin.WEBSOCKET,),
            Service.DISCONNECT: (Origin.WEBSOCKET,),
            Service.API: (Origin.HTTP,),
            Service.HISTORY: (Origin.HTTP,),
            Service.MIGRATE: (Origin.DATABASE,),
            Service.STREAMING_TASK: (
                Origin.WEBSOCKET,
                Origin.TRANSCRIBE,
                Origin.S3,
                Origin.DYNAMODB,
                Origin.DATABASE,
            ),
        },
    ),
    Metric.ACTIVE_SESSIONS: _by(_TASK, kind=Kind.GAUGE),
    Metric.SESSION_ROOM: _by(_TASK, kind=Kind.GAUGE),
    Metric.SESSION_DURATION: _by(_TASK, "Seconds", Kind.SAMPLES),
    Metric.TRANSCRIPTION_LATENCY: _by(_TASK, "Milliseconds", Kind.SAMPLES),
    Metric.ACK_LAG: _by(_TASK, "Milliseconds", Kind.SAMPLES),
    Metric.PUSH_TIME: _by(_TASK, "Milliseconds", Kind.SAMPLES),
    Metric.SESSIONS_STARTED: _by(_TASK),
    Metric.SESSIONS_REFUSED: _by(_TASK),
    Metric.AUDIO_TRANSCRIBED: _by(_TASK, "Seconds"),
    Metric.PARTS_STORED: _by(_TASK),
    Metric.PARTS_FAILED: _by(_TASK),
    Metric.PARTS_KEPT: _by(_TASK),
    Metric.AUDIO_CONFLICTS: _by(_TASK),
    Metric.HASH_MISMATCHES: _by(_TASK),
    Metric.GAPS: _by(_TASK),
    Metric.STREAMS_REOPENED: _by(_TASK),
    Metric.QUOTA_REFUSALS: _by(_TASK),
    Metric.TRANSCRIPTS_PENDING: _by(_TASK),
    Metric.TAKEOVERS: _by(_TASK),
    Metric.OWNERSHIP_LOST: _by(_TASK),
}
