"""Build the task and run it: the only place that knows every part."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random, SystemRandom

from contract.audio import Encoding
from contract.metrics import Metric, Origin
from contract.records import TaskId
from streaming_task.adapters.credentials import ChainCredentials
from streaming_task.adapters.flac import FlacCompactor
from streaming_task.adapters.forwarding import ForwardingKey, HttpPeers, forwarding_secret
from streaming_task.adapters.gateway_push import GatewayPush
from streaming_task.adapters.ingress import Ingress
from streaming_task.adapters.ogg_opus import OggCompactor, OggStream, OpusEar
from streaming_task.adapters.recording_s3 import RecordingBucket, bucket_url
from streaming_task.adapters.records_postgres import PostgresRecords
from streaming_task.adapters.registry_dynamodb import (
    DynamoConnections,
    DynamoFinals,
    DynamoLeases,
    DynamoOwnership,
    DynamoSessions,
    DynamoSignOuts,
    Table,
    dynamodb_url,
    open_dynamodb,
)
from streaming_task.adapters.resampler_soxr import SoxrResampler
from streaming_task.adapters.transcribe_medical import TranscribeMedical
from streaming_task.address import listening_host, task_address
from streaming_task.core.coding import PCM, OpusCoding
from streaming_task.core.leases import LeaseBoard
from streaming_task.core.room import Room
from streaming_task.lease import LeaseKeeper
from streaming_task.metered import MeteredGateway, StreamMeter, metered
from streaming_task.metrics import MetricsSink, keep_emitting
from streaming_task.observed import ObservedRecognition
from streaming_task.ports import Forwarded, Leases, SignOuts, Unavailable
from streaming_task.pushes import Pushes
from streaming_task.record_steps import Services
from streaming_task.recordings import Format, Recordings
from streaming_task.sessions import SessionDirectory
from streaming_task.settings import Settings
from streaming_task.sign_outs import SignOutWatch
from streaming_task.sweeper import Sweeper
from streaming_task.task_network import TaskNetwork
from streaming_task.telemetry import Counts, log_defect, set_up_logging
from streaming_task.watch import RoomObserver, watch_the_loop

_log = logging.getLogger(__name__)

LEAVE_WITHIN_S = 8.0  # to hand every session over; with all that follows 18 s, of ECS's 120
DRAIN_WITHIN_S = 2.0
HOUSEKEEPING_S = 1.0


class Reception:
    """What the ingress asks: messages go to the sessions, questions are answered here."""

    def __init__(self, task_id: TaskId, directory: SessionDirectory, counts: Counts) -> None:
        self._task_id = task_id
        self._directory = directory
        self._counts = counts
        self.is_open = True

    def message(self, connection_id: str, body: bytes) -> int | Awaitable[int]:
        """Take a client's message."""
        return self._directory.message(connection_id, body)

    def forwarded(self, message: Forwarded) -> int | Awaitable[int]:
        """Take a message that another task took in."""
        return self._directory.forwarded(message)

    def health(self) -> tuple[int, Mapping[str, object]]:
        """Say that the process works, and what it has counted."""
        return 200, {"status": "healthy", "task_id": self._task_id, "counts": self._counts.as_dict()}

    def readiness(self) -> tuple[int, Mapping[str, object]]:
        """Say whether the task takes messages, and how many sessions it has and could have."""
        return 200 if self.is_open else 503, {
            "task_id": self._task_id,
            "sessions": self._directory.active,
            "room": self._directory.room,
        }


async def run(settings: Settings) -> None:
    """Run one task, under an id of its own, until SIGTERM or SIGINT."""
    task_id = TaskId(uuid.uuid4().hex)
    set_up_logging(settings.log_level, task_id)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(log_defect)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    address = await asyncio.to_thread(task_address, settings.address, settings.port)
    counts = Counts()
    sink = MetricsSink(settings.stage, sys.stdout.write)
    async with _parts(settings, task_id, address, counts, sink) as parts:
        directory = parts.directory
        keeper = LeaseKeeper(parts.leases, parts.board, task_id, address, directory)
        sweeper = Sweeper(
            directory.routing,
            parts.services.sessions,
            parts.services.ownership,
            settings.limits.commit_retry_s,
            Random(task_id),  # noqa: S311 - jitter, not a secret
        )
        watch = SignOutWatch(
            directory,
            parts.sign_outs,
            settings.limits.commit_retry_s,  # no more seldom than the sweeps
            Random(task_id),  # noqa: S311 - jitter, not a secret
        )
        reception = Reception(task_id, directory, counts)
        ingress = Ingress(
            reception,
            is_good_hop=lambda message, signature: parts.key.is_good(message, task_id, signature),
        )
        try:
            await parts.key.current()  # what is forwarded is checked with the key at hand
        except Unavailable as error:
            _log.error("Forwarding key not read", extra={"code": error.code})
        await ingress.start(listening_host(settings.address), settings.port)
        chores = [
            asyncio.create_task(keeper.keep(), name="lease"),
            asyncio.create_task(keeper.watch(), name="leases"),
            asyncio.create_task(keeper.guard(), name="fence"),
            asyncio.create_task(sweeper.run(), name="sweeper"),
            asyncio.create_task(watch_the_loop(parts.room), name="loop"),
            asyncio.create_task(watch.run(), name="sign-outs"),
            asyncio.create_task(_keep_house(directory), name="housekeeping"),
            asyncio.create_task(keep_emitting(sink, lambda: _gauges(directory)), name="metrics"),
        ]
        for chore in chores:
            chore.add_done_callback(lambda chore: _leave_without(chore, stopping))
        gc.collect()
        gc.freeze()  # what is here by now stays: no collection need hold all sessions up to look at it again
        _log.info("Task started", extra={"port": settings.port})
        await stopping.wait()

        _log.info("Task is leaving", extra={"sessions": directory.active})
        reception.is_open = False
        ingress.drain()
        await directory.leave(LEAVE_WITHIN_S)
        await ingress.stop(DRAIN_WITHIN_S)
        for chore in chores:
            chore.cancel()
        await asyncio.gather(*chores, return_exceptions=True)
    _log.info("Task has left")


@dataclass(frozen=True, slots=True)
class _Parts:
    directory: SessionDirectory
    services: Services
    leases: Leases
    board: LeaseBoard
    key: ForwardingKey
    room: Room
    sign_outs: SignOuts


@asynccontextmanager
async def _parts(
    settings: Settings, task_id: TaskId, address: str, counts: Counts, sink: MetricsSink
) -> AsyncIterator[_Parts]:
    def report(name: str, value: float) -> None:
        counts.add(name, value)
        sink.add(name, value)

    credentials = ChainCredentials()
    gateway = GatewayPush(
        connections_url=settings.connections_url, region=settings.region, credentials=credentials
    )
    audio = RecordingBucket(
        url=bucket_url(settings.audio_bucket, settings.region, endpoint_url("S3", os.environ)),
        region=settings.region,
        credentials=credentials,
    )
    dynamodb = dynamodb_url(settings.region, endpoint_url("DYNAMODB", os.environ))
    table = Table(open_dynamodb(dynamodb, settings.region, credentials), settings.table_name)
    lease_table = Table.for_leases(dynamodb, settings.region, credentials, settings.table_name)
    records = PostgresRecords(settings.database, region=settings.region)
    recognition = TranscribeMedical(
        region=settings.transcribe_region,
        endpoint_url=settings.transcribe_endpoint_url,
        ca_file=settings.transcribe_ca_file,
        credentials=credentials,
    )
    key = ForwardingKey(forwarding_secret(settings.forwarding_secret_id, settings.region))
    peers = HttpPeers(TaskNetwork.around(address), key)
    board = LeaseBoard()
    room = Room(settings.max_sessions)
    leases = metered(DynamoLeases(lease_table), Origin.DYNAMODB, sink)
    counted_audio = metered(audio, Origin.S3, sink)
    services = Services(
        audio=counted_audio,
        recordings=Recordings(
            counted_audio,
            {
                Encoding.PCM: Format(PCM, FlacCompactor(), "audio/flac"),
                Encoding.OPUS: Format(OpusCoding(OpusEar()), OggCompactor(), "audio/ogg"),
            },
        ),
        sessions=metered(DynamoSessions(table), Origin.DYNAMODB, sink),
        ownership=metered(DynamoOwnership(table), Origin.DYNAMODB, sink),
        finals=metered(DynamoFinals(table), Origin.DYNAMODB, sink),
        records=metered(records, Origin.DATABASE, sink),
        recognition=ObservedRecognition(recognition, StreamMeter(sink), RoomObserver(room)),
        resampler=SoxrResampler,
        container=OggStream,
        coding=lambda encoding: PCM if encoding is Encoding.PCM else OpusCoding(OpusEar()),
        pushes=Pushes(MeteredGateway(gateway, sink)),
        report=report,
        count=sink.add,
    )
    directory = SessionDirectory(
        task_id=task_id,
        services=services,
        connections=metered(DynamoConnections(table), Origin.DYNAMODB, sink),
        peers=peers,
        leases=leases,
        board=board,
        limits=settings.limits,
        room=room,
    )
    try:
        sign_outs = metered(DynamoSignOuts(table, SystemRandom()), Origin.DYNAMODB, sink)
        yield _Parts(directory, services, leases, board, key, room, sign_outs)
    finally:
        await peers.close()
        await key.close()
        await records.close()
        await lease_table.close()
        await table.close()
        await audio.close()
        await gateway.close()
        await credentials.close()


def endpoint_url(service: str, environ: Mapping[str, str]) -> str | None:
    """Give another endpoint than AWS's, if the environment names one for that service or for all.

    Of what the SDKs read of endpoints the task's own clients know these two variables alone.
    """
    return environ.get(f"AWS_ENDPOINT_URL_{service}") or environ.get("AWS_ENDPOINT_URL") or None


def _leave_without(chore: asyncio.Task[None], stopping: asyncio.Event) -> None:
    """Make room for a task that has all its chores: one without a lease, say, is only half alive."""
    if not chore.cancelled():
        error = chore.exception()
        _log.error("Task chore ended", extra={"step": chore.get_name(), "code": type(error).__name__})
        stopping.set()


def _gauges(directory: SessionDirectory) -> dict[Metric, float]:
    return {Metric.ACTIVE_SESSIONS: directory.active, Metric.SESSION_ROOM: directory.room}


async def _keep_house(directory: SessionDirectory) -> None:
    while True:
        await asyncio.sleep(HOUSEKEEPING_S)
        directory.relieve()
        directory.forget_the_silent()
