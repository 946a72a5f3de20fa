"""A session on a stage: it is told things at chosen times, and everything it wants done is kept."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import TypeVar

from contract.audio import PCM_RATE_HZ, Encoding, Quality
from contract.records import ConnectionId, SessionId, SessionState, TaskId, UserId
from contract.replies import AboutSession
from contract.wire import Audio, Conversation, Pause, Ping, Resume, Specialty, Start, Stop
from streaming_task.core import effects as do
from streaming_task.core import events as ev
from streaming_task.core.ownership import SessionMeta, SessionTerms
from streaming_task.core.session import Session
from streaming_task.core.vigil import SessionLimits

RATE = PCM_RATE_HZ[Quality.MEDIUM]
LIMITS = SessionLimits(idle_s=300.0, duration_s=1800.0, seal_s=120.0, silence_s=10.0, commit_retry_s=60.0)
PAGE = "11111111-1111-4111-8111-111111111111"
OTHER_PAGE = "33333333-3333-4333-8333-333333333333"
FIRST = ConnectionId("first")
SECOND = ConnectionId("second")
NEVER = 1e12  # Unix seconds at which no authorisation of these tests has run out

_Kind = TypeVar("_Kind")


class Scene:
    """One session, its time, and what it has asked for."""

    def __init__(self, limits: SessionLimits = LIMITS) -> None:
        terms = SessionTerms(
            session_id=SessionId("s1"),
            user_id=UserId("u1"),
            encoding=Encoding.PCM,
            quality=Quality.MEDIUM,
            sample_rate_hz=RATE,
            specialty="PRIMARYCARE",
            conversation="DICTATION",
            speaker_labels=False,
            vocabulary=None,
            started_at=0.0,
        )
        self.now = 0.0
        self.wall = 0.0
        self.effects: list[do.Effect] = []
        self.session = Session(
            SessionMeta(terms, TaskId("t1"), 1, SessionState.OPEN), limits, self.now, Random(1)
        )

    # -- telling -------------------------------------------------------------------------------------

    def tell(self, event: ev.Event) -> list[do.Effect]:
        """Tell the session something; give what it wants done because of it."""
        effects = self.session.handle(event, self.now, self.wall)
        self.effects += effects
        return effects

    def wait(self, seconds: float) -> None:
        """Let time pass, ticking whenever the session asked for it."""
        until = self.now + seconds
        while (due_at := self.session.next_due_at(self.now, self.wall)) is not None and due_at <= until:
            self.wall += max(0.0, due_at - self.now)
            self.now = max(self.now, due_at)
            self.tell(ev.Tick())
        self.wall += until - self.now
        self.now = until
        self.tell(ev.Tick())

    def message(
        self,
        message: ev.SessionMessage,
        connection: ConnectionId = FIRST,
        authorised_until: float = NEVER,
    ) -> list[do.Effect]:
        """Let a client say something."""
        return self.tell(ev.MessageTaken(connection, authorised_until, message))

    def start(self, connection: ConnectionId = FIRST, client: str = PAGE) -> list[do.Effect]:
        """Let a client start."""
        return self.message(start(client), connection)

    def audio(
        self, offset: int, samples: int, connection: ConnectionId = FIRST, value: int = 1
    ) -> list[do.Effect]:
        """Let a client send audio."""
        return self.message(Audio("a", "s1", offset, bytes([value, 0]) * samples), connection)

    def send(self, offset: int, pcm: bytes) -> list[do.Effect]:
        """Let a client send audio of its own making."""
        return self.message(Audio("a", "s1", offset, pcm))

    def stop(self, end: int | None, sha256: str | None = None) -> list[do.Effect]:
        """Let the client stop."""
        return self.message(Stop("stop", "s1", end, sha256))

    def store_parts(self) -> None:
        """Confirm every part that was asked for."""
        for part in list(self.of(do.PutPart)):
            self.tell(ev.PartStored(part.start, part.end))

    def open_stream(self, expires_at: float | None = None) -> int:
        """Open the stream that was asked for last."""
        *_, opening = self.of(do.OpenStream)
        self.tell(ev.StreamOpened(opening.stream, expires_at))
        return opening.stream

    # -- asking --------------------------------------------------------------------------------------

    def of(self, kind: type[_Kind]) -> Iterator[_Kind]:
        """Give the effects of one kind, so far."""
        return (effect for effect in self.effects if isinstance(effect, kind))

    def said(self, connection: ConnectionId | None = None) -> list[AboutSession]:
        """Give what was said, to one connection or to all."""
        return [e.message for e in self.of(do.Send) if connection in (None, e.connection_id)]

    def said_of(self, kind: type[_Kind], connection: ConnectionId | None = None) -> list[_Kind]:
        """Give what was said of one kind."""
        return [message for message in self.said(connection) if isinstance(message, kind)]


def open_scene() -> Scene:
    """Give a session that has just begun."""
    scene = Scene()
    scene.start()
    return scene


def start(client: str = PAGE) -> Start:
    """Make a start message."""
    return Start(
        ref="r1",
        request_id="22222222-2222-4222-8222-222222222222",
        encoding=Encoding.PCM,
        quality=Quality.MEDIUM,
        sample_rate_hz=RATE,
        client=client,
        specialty=Specialty.PRIMARYCARE,
        conversation=Conversation.DICTATION,
        speaker_labels=False,
        vocabulary=None,
    )


def resume(client: str = PAGE, last_segment: int = -1) -> Resume:
    """Make a resume message."""
    return Resume("r2", "s1", client, 0, last_segment)


def every_message() -> list[ev.SessionMessage]:
    """Make one message of each type."""
    return [
        start(),
        Audio("a", "s1", 0, b"\x01\x00"),
        resume(),
        Pause("p", "s1"),
        Stop("stop", "s1", None, None),
        Ping("ping", "s1"),
    ]
