"""What the task needs of the world, as Protocols of at most five methods. No SDK, no implementation.

An adapter turns its SDK's errors into the errors below, chained; whatever else it raises is a defect.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from contract.audio import Ranges
from contract.records import ConnectionId, SessionId, SessionState, TaskId, UserId
from contract.replies import Final
from streaming_task.core.leases import Lease
from streaming_task.core.ownership import SessionChanges, SessionMeta, Unfinished
from streaming_task.core.record import Record
from streaming_task.core.results import Ended, RecognisedResult


class PortError(Exception):
    """The world did not do what was asked; `code` says why without a message that may hold content."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Unavailable(PortError):
    """It failed or its outcome is unknown; asking again is safe and may help."""


class Fenced(PortError):
    """Another owner has a newer epoch: nothing was written, and nothing of this session may be any more."""


class Diverged(PortError):
    """The epoch is ours, the stored position another than expected: nothing was written; read it again."""


class StreamRefused(Exception):
    """A recognition stream did not open."""

    def __init__(self, ended: Ended) -> None:
        super().__init__(ended.code)
        self.ended = ended


# -- credentials ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AwsCredentials:
    """A set of AWS credentials; `expires_at` is Unix seconds, None for ever."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None
    expires_at: float | None

    def __repr__(self) -> str:
        """Name the key, never the secret."""
        return f"AwsCredentials({self.access_key_id})"


class Credentials(Protocol):
    """Where requests get their credentials from."""

    async def current(self) -> AwsCredentials:
        """Give credentials that are good for some minutes yet.

        Raises:
            Unavailable: there are none to be had now.
        """
        ...


# -- recognition ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """What a recognition stream is opened with; `stream_id` is a UUID of its own."""

    stream_id: str
    sample_rate_hz: int
    encoding: Literal["pcm", "ogg-opus"]
    specialty: str
    conversation: str
    speaker_labels: bool
    vocabulary: str | None


class RecognitionStream(Protocol):
    """One open stream: audio in, results out."""

    expires_at: float | None  # when its pinned credentials expire, Unix seconds

    def send_audio(self, audio: bytes) -> bool:
        """Queue audio; False: the buffer is full and nothing was taken."""
        ...

    async def writable(self) -> None:
        """Return when `send_audio` would take again, or the stream has ended."""
        ...

    def end(self) -> None:
        """Say that no more audio comes; the last results and the end follow."""
        ...

    async def read(self) -> tuple[RecognisedResult, ...] | Ended:
        """Give the next results, or how the stream ended (then that for ever)."""
        ...

    def abort(self) -> None:
        """Drop the stream at once; never blocks, harmless when repeated."""
        ...


class Recognition(Protocol):
    """Opens recognition streams."""

    async def open(self, settings: StreamSettings) -> RecognitionStream:
        """Open a stream.

        Raises:
            StreamRefused: it did not open.
        """
        ...


class StreamCoder(Protocol):
    """Makes one stream's audio what the recogniser takes, carrying its state from chunk to chunk."""

    def push(self, data: bytes) -> bytes:
        """Give what is ready."""
        ...

    def flush(self) -> bytes:
        """Give what is left; nothing may be pushed afterwards."""
        ...


# -- audio ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A part as the bucket lists it: samples [start, end)."""

    key: str
    start: int
    end: int
    sha256_head: str


class AudioStore(Protocol):
    """The bucket. Every object is written once: a second write of the same key is a success."""

    async def put(self, key: str, body: bytes, content_type: str) -> None:
        """Write an object unless it is there; return when it is durable.

        Raises:
            Unavailable: it may or may not be there.
        """
        ...

    async def list_parts(self, prefix: str) -> list[StoredPart]:
        """List the parts under a prefix, by start.

        Raises:
            Unavailable: the listing failed.
        """
        ...

    async def read(self, key: str) -> bytes | None:
        """Read an object; None if there is none.

        Raises:
            Unavailable: it could not be read.
        """
        ...

    async def delete(self, keys: Sequence[str]) -> None:
        """Delete objects; absent ones are no error.

        Raises:
            Unavailable: some may be left.
        """
        ...


class Compactor(Protocol):
    """Makes one recording of a session's audio, and its audio of the recording."""

    def encode(self, audio: bytes | bytearray, sample_rate_hz: int) -> bytes:
        """Code audio as one file and check that it decodes to the same. Blocking: run in a thread.

        Raises:
            ValueError: what it decodes to is not what went in.
        """
        ...

    def decode(self, recording: bytes) -> bytes:
        """Give the audio of a recording. Blocking: run in a thread.

        Raises:
            ValueError: it is none.
        """
        ...


# -- live state ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Connection:
    """What the connect Lambda recorded: who is at the other end. Times are Unix seconds."""

    connection_id: ConnectionId
    user_id: UserId
    issued_at: float
    authorised_until: float


class Connections(Protocol):
    """The connection records."""

    async def find(self, connection_id: ConnectionId) -> Connection | None:
        """Read a connection's record consistently; None: no such connection.

        Raises:
            Unavailable: it could not be read.
        """
        ...

    async def renew(self, connection: Connection, ticket: str) -> Connection | None:
        """Spend a ticket of the same user on this connection; None: the ticket is no good.

        Raises:
            Unavailable: it could not be said.
        """
        ...


class SignOuts(Protocol):
    """The marks of users who signed out everywhere."""

    async def read(self, users: Collection[UserId]) -> Mapping[UserId, float]:
        """Read when each of these users last signed out everywhere, Unix seconds; who did not is left out.

        Raises:
            Unavailable: they could not all be read.
        """
        ...


class Sessions(Protocol):
    """The sessions' state. Every write but `create` is fenced by the epoch."""

    async def create(self, meta: SessionMeta) -> SessionMeta | None:
        """Put a new session unless its id is taken; give the one that is there instead, None if it is new.

        Raises:
            Unavailable: the outcome is unknown.
        """
        ...

    async def find(self, session_id: SessionId) -> SessionMeta | None:
        """Read a session consistently; None: no such session.

        Raises:
            Unavailable: it could not be read.
        """
        ...

    async def update(self, session_id: SessionId, epoch: int, changes: SessionChanges) -> None:
        """Write what changed, if the epoch is still ours.

        Raises:
            Fenced: it is not; nothing was written.
            Unavailable: the outcome is unknown; the same call again is safe.
        """
        ...


class Ownership(Protocol):
    """Who owns an unfinished session. A higher epoch always wins."""

    async def claim(self, seen: SessionMeta, owner: TaskId) -> SessionMeta | None:
        """Take a session over: one epoch on, if its epoch and owner are still those seen; None: they are not.

        An unknown outcome is settled by a consistent read before it is given.

        Raises:
            Unavailable: it is still unknown.
        """
        ...

    async def release(self, session_id: SessionId, epoch: int, stored: Ranges | None) -> None:
        """Leave a session to whoever claims it, if the epoch is still ours; tell it what is `stored`.

        Raises:
            Fenced: it is not; nothing was written.
            Unavailable: the outcome is unknown; the same call again is safe.
        """
        ...

    async def unfinished(self, state: SessionState, shard: int) -> list[Unfinished]:
        """List what the sparse index holds of one state and shard; it may lag by a second.

        Raises:
            Unavailable: it could not be read.
        """
        ...


class Finals(Protocol):
    """The stored finals of sessions."""

    async def append(
        self, session_id: SessionId, epoch: int, start: int, end: int, final: Final | None
    ) -> None:
        """Store a final (None: only move on) and advance `final_until` from start to end, in one transaction.

        A repeat of what was stored already is a success.

        Raises:
            Fenced: the epoch is no longer ours.
            Diverged: `final_until` is not `start`.
            Unavailable: the outcome is unknown; the same call again is safe.
        """
        ...

    async def after(self, session_id: SessionId, segment: int) -> list[Final]:
        """Read the finals with a higher segment number, in order.

        Raises:
            Unavailable: they could not be read.
        """
        ...

    async def expire(self, session_id: SessionId, *, after_s: float) -> None:
        """Let a finished session's finals go so many seconds from now; those that have an end keep it.

        Raises:
            Unavailable: some may have none yet; the same call again goes on from there.
        """
        ...


class Leases(Protocol):
    """The one lease each task holds."""

    async def bump(self, lease: Lease) -> None:
        """Show that this task lives: write its lease with a higher version.

        Raises:
            Unavailable: it may not have been written.
        """
        ...

    async def release(self, task_id: TaskId) -> None:
        """Take the lease away: this task is leaving.

        Raises:
            Unavailable: it may still be there.
        """
        ...

    async def list(self) -> list[Lease]:
        """Read every task's lease, consistently.

        Raises:
            Unavailable: they could not be read.
        """
        ...


# -- other tasks --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Forwarded:
    """A client's message on its one hop from the task that took it in to the session's owner."""

    connection_id: ConnectionId
    session_id: SessionId
    epoch: int  # as the sender last saw it
    body: bytes


class NotTheOwner(PortError):
    """The task that was asked does not own the session and may not take it (421)."""


class Unreachable(PortError):
    """The task could not be reached in time; whether it took the message is unknown."""


class NotConnected(Unreachable):
    """No connection to the task is to be had within 500 ms: it may be dead."""


class Peers(Protocol):
    """The other tasks, reached inside the VPC's own range and the tasks' own port."""

    async def forward(self, to: Lease, message: Forwarded) -> None:
        """Give a message to another task, signed for it alone.

        Raises:
            NotTheOwner: it refused.
            NotConnected: it could not be reached at all.
            Unreachable: it did not answer in time or not well, or its address is none of ours.
        """
        ...


# -- the record ---------------------------------------------------------------------------------------


class Records(Protocol):
    """The table `transcriptions`: one row a session."""

    async def begin(self, record: Record) -> None:
        """Write the row as IN_PROGRESS unless it is there.

        Raises:
            Unavailable: the database did not answer well.
        """
        ...

    async def commit(self, record: Record) -> int:
        """Upsert the finished row, guarded by the epoch; give its `transcription_id`.

        Raises:
            Fenced: a newer epoch has written it.
            Unavailable: the outcome is unknown; the same call again is safe.
        """
        ...

    async def check(self) -> None:
        """Ask the database for an answer.

        Raises:
            Unavailable: there was none.
        """
        ...


# -- the way back to the client -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Delivered:
    """The gateway took the message."""


@dataclass(frozen=True, slots=True)
class Gone:
    """There is no such connection any more."""


@dataclass(frozen=True, slots=True)
class Throttled:
    """The gateway wants it later."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The gateway did not answer well; the same again may help."""

    code: str


PushResult = Delivered | Gone | Throttled | Failed


class Gateway(Protocol):
    """API Gateway's `@connections`."""

    async def push(self, connection_id: ConnectionId, message: str) -> PushResult:
        """Post one text message to a connection. Never raises for what the gateway says."""
        ...
