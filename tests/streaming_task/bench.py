"""The task's shell on a bench: real sessions and directory, and a world in memory that does as it is told."""

from __future__ import annotations

import base64
import json
import time
import uuid
import zlib
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

from contract.audio import PCM_RATE_HZ, Encoding, Quality
from contract.records import ConnectionId, SessionId, SessionState, TaskId, UserId, session_id_for
from streaming_task.adapters.ogg_opus import OggStream
from streaming_task.core.coding import PCM
from streaming_task.core.leases import LeaseBoard
from streaming_task.core.ownership import SessionMeta, SessionTerms
from streaming_task.core.results import RecognisedItem, RecognisedResult
from streaming_task.core.room import Room
from streaming_task.core.vigil import SessionLimits
from streaming_task.observed import ObservedRecognition
from streaming_task.ports import Connection
from streaming_task.pushes import Pushes
from streaming_task.record_steps import Services
from streaming_task.recordings import Format, Recordings
from streaming_task.sessions import SessionDirectory
from streaming_task.watch import RoomObserver
from tests.fakes.live_ports import FakeCompactor, FakeGateway, FakeRecognition, FakeResampler, FakeStream
from tests.fakes.owning_ports import FakeOwnership, FakePeers
from tests.fakes.ports import (
    FakeAudioStore,
    FakeConnections,
    FakeFinals,
    FakeLeases,
    FakeRecords,
    FakeSessions,
)
from tests.fakes.virtual_time import settled, until

LIMITS = SessionLimits(idle_s=300.0, duration_s=1800.0, seal_s=120.0, silence_s=10.0, commit_retry_s=60.0)
TASK = TaskId("t1")
USER = UserId("u1")
FIRST, SECOND = ConnectionId("first"), ConnectionId("second")
PAGE = "11111111-1111-4111-8111-111111111111"
REQUEST = "22222222-2222-4222-8222-222222222222"
OTHER_REQUEST = "44444444-4444-4444-8444-444444444444"
SESSION = session_id_for(USER, REQUEST)
AN_HOUR_S = 3600.0
RATE_HZ = PCM_RATE_HZ[Quality.MEDIUM]
PIECE = b"\x01\x02" * (RATE_HZ // 5)  # 200 ms, as a client sends it


class Bench:
    """One task's sessions with everything they speak to."""

    def __init__(
        self,
        max_sessions: int = 10,
        limits: SessionLimits = LIMITS,
        *,
        task_id: TaskId = TASK,
        beside: Bench | None = None,
    ) -> None:
        self.audio: FakeAudioStore = FakeAudioStore() if beside is None else beside.audio
        self.sessions: FakeSessions = FakeSessions() if beside is None else beside.sessions
        self.finals: FakeFinals = FakeFinals(self.sessions) if beside is None else beside.finals
        self.records: FakeRecords = FakeRecords() if beside is None else beside.records
        self.connections: FakeConnections = FakeConnections() if beside is None else beside.connections
        self.recognition = FakeRecognition()
        self.room = Room(max_sessions)
        self.gateway: FakeGateway = FakeGateway() if beside is None else beside.gateway
        self.compactor = FakeCompactor()
        self.pushes = Pushes(self.gateway)
        self.peers: FakePeers = FakePeers() if beside is None else beside.peers
        self.board = LeaseBoard()
        self.leases: FakeLeases = FakeLeases() if beside is None else beside.leases
        self.reports: list[str] = []
        self.ownership = FakeOwnership(self.sessions)
        self.services = Services(
            audio=self.audio,
            recordings=Recordings(self.audio, {Encoding.PCM: Format(PCM, self.compactor, "audio/flac")}),
            sessions=self.sessions,
            ownership=self.ownership,
            finals=self.finals,
            records=self.records,
            recognition=ObservedRecognition(self.recognition, RoomObserver(self.room)),
            resampler=FakeResampler,
            container=OggStream,
            pushes=self.pushes,
            report=lambda name, _: self.reports.append(name),
        )
        self.directory = SessionDirectory(
            task_id=task_id,
            services=self.services,
            connections=self.connections,
            peers=self.peers,
            leases=self.leases,
            board=self.board,
            limits=limits,
            room=self.room,
        )
        self.peers.doors[task_id] = self.directory.forwarded

    # -- a client ------------------------------------------------------------------------------------

    def connect(self, connection_id: str = FIRST, user_id: str = USER) -> None:
        """Let a user open a connection."""
        now = time.time()
        connection = Connection(ConnectionId(connection_id), UserId(user_id), now, now + AN_HOUR_S)
        self.connections.known[connection.connection_id] = connection

    async def say(self, connection_id: str = FIRST, /, **message: object) -> int:
        """Say something over a connection; give the status."""
        status = self.directory.message(connection_id, json.dumps(message).encode())
        return await status if isinstance(status, Awaitable) else status

    def heard(self, kind: str | None = None, connection_id: str = FIRST) -> list[dict[str, Any]]:
        """List what a connection was told, of one type or at all."""
        messages = [json.loads(text) for text in self.gateway.said_to(connection_id)]
        return [message for message in messages if kind in (None, message["type"])]

    async def start(self, connection_id: str = FIRST, **changes: object) -> None:
        """Start a session and wait for the answer."""
        count = len(self.heard(connection_id=connection_id))
        await self.say(connection_id, **start_message(**changes))
        await until(lambda: len(self.heard(connection_id=connection_id)) > count, within_s=60.0)

    async def listening(self) -> FakeStream:
        """Send a second of audio; give the recognition stream that hears all of it."""
        for piece in range(5):
            await self.say(**audio_message(piece * RATE_HZ // 5, PIECE))
        await until(
            lambda: self.recognition.streams and len(self.recognition.streams[-1].heard) == 5 * len(PIECE)
        )
        return self.recognition.streams[-1]

    async def stopped(self, samples: int = RATE_HZ) -> None:
        """Stop the session and wait until it is saved."""
        await self.say(type="stop", session_id=SESSION, end_offset=samples, sha256=None)
        await until(lambda: self.heard("saved"))

    async def leave(self) -> None:
        """Let the task leave, so that nothing is under way any more."""
        await self.directory.leave(within_s=1.0)
        await settled()


def start_message(**changes: object) -> dict[str, object]:
    """Make a `start`."""
    return {
        "type": "start",
        "protocol": 1,
        "request_id": REQUEST,
        "encoding": "pcm",
        "quality": "medium",
        "sample_rate": 16_000,
        "client": PAGE,
        "specialty": "PRIMARYCARE",
        "conversation": "DICTATION",
    } | changes


def audio_message(offset: int, pcm: bytes, session_id: str = SESSION, **changes: object) -> dict[str, object]:
    """Make an `audio`."""
    coded = base64.b64encode(pcm).decode()
    return {
        "type": "audio",
        "session_id": session_id,
        "offset": offset,
        "crc32": zlib.crc32(pcm),
        "data": coded,
    } | changes


def resume_message(last_segment: int = -1, session_id: str = SESSION) -> dict[str, object]:
    """Make a `resume`."""
    return {
        "type": "resume",
        "session_id": session_id,
        "client": PAGE,
        "have_from": 0,
        "last_segment": last_segment,
    }


def final_result(text: str = "hello", start_s: float = 0.0, end_s: float = 1.0) -> RecognisedResult:
    """Make a final as a recogniser says it."""
    word = RecognisedItem(text, "word", start_s, end_s, 0.9, None)
    return RecognisedResult(str(uuid.uuid4()), False, start_s, end_s, text, (word,), ())


def terms(quality: Quality = Quality.MEDIUM) -> SessionTerms:
    """Make the terms of the session that `start_message` opens."""
    return SessionTerms(
        session_id=SessionId(SESSION),
        user_id=USER,
        encoding=Encoding.PCM,
        quality=quality,
        sample_rate_hz=PCM_RATE_HZ[quality],
        specialty="PRIMARYCARE",
        conversation="DICTATION",
        speaker_labels=False,
        vocabulary=None,
        started_at=time.time(),
    )


def open_meta(**changes: Any) -> SessionMeta:
    """Make the item of an open session of this task."""
    return replace(SessionMeta(terms(), TASK, 1, SessionState.OPEN), **changes)
