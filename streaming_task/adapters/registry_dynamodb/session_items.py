"""A session's item `meta` as attributes, and back. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract.audio import Encoding, Quality, Ranges
from contract.records import (
    COMMITTED_KEPT_S,
    NO_OWNER,
    OWNER,
    TTL,
    WORK_KEY,
    ConnectionId,
    RecordingState,
    SessionId,
    SessionState,
    TaskId,
    TranscriptState,
    UserId,
    work_key,
)
from streaming_task.adapters.registry_dynamodb.values import (
    flag,
    number,
    ranges,
    read_ranges,
    read_text,
    read_whole,
    text,
)
from streaming_task.core.ownership import SessionChanges, SessionMeta, SessionTerms

if TYPE_CHECKING:
    from streaming_task.adapters.registry_dynamodb.table import Item


def encode_meta(meta: SessionMeta, now: float) -> Item:
    """Write a session's attributes, without its key; `now` is Unix seconds."""
    terms = meta.terms
    item: Item = {
        "session_id": text(terms.session_id),
        "user_id": text(terms.user_id),
        "encoding": text(terms.encoding),
        "quality": text(terms.quality),
        "sample_rate": number(terms.sample_rate_hz),
        "specialty": text(terms.specialty),
        "conversation": text(terms.conversation),
        "speaker_labels": flag(terms.speaker_labels),
        "started_at": number(terms.started_at),
        "issued_at": number(terms.issued_at),
        OWNER: text(meta.owner or NO_OWNER),
        "epoch": number(meta.epoch),
        "final_until": number(meta.final_until),
        "segments": number(meta.segments),
    }
    if terms.vocabulary is not None:
        item["vocabulary"] = text(terms.vocabulary)
    written, _ = encode_changes(terms.session_id, _as_changes(meta), now)
    return item | written


def encode_changes(
    session_id: SessionId, changes: SessionChanges, now: float
) -> tuple[Item, tuple[str, ...]]:
    """Give the attributes to set and the names of those to remove; `now` is Unix seconds.

    An unfinished session carries its work key, a finished one the end of its keeping: never both, if no
    state is written to what has an end.
    """
    item: Item = {}
    for name in ("state", "client_sha256", "connection_id", "client", "sha256", "transcript", "recording"):
        if (word := getattr(changes, name)) is not None:
            item[name] = text(word)
    for name in ("streams", "end_offset", "samples", "transcription_id"):
        if (count := getattr(changes, name)) is not None:
            item[name] = number(count)
    if changes.gaps is not None:
        item["gaps"] = ranges(changes.gaps)
    if changes.is_finished:
        item[TTL] = number(int(now) + COMMITTED_KEPT_S)
        return item, (WORK_KEY,)
    if changes.state is not None:
        item[WORK_KEY] = text(work_key(changes.state, session_id))
    return item, ()


def encode_left(stored: Ranges | None, epoch: int) -> Item:
    """Write what an owner leaves in the store; by its epoch the next owner knows that nobody came between."""
    return {} if stored is None else {"left_ranges": ranges(stored), "left_epoch": number(epoch)}


def decode_meta(item: Item) -> SessionMeta:
    """Read a session's item."""
    terms = SessionTerms(
        session_id=SessionId(item["session_id"]["S"]),
        user_id=UserId(item["user_id"]["S"]),
        encoding=Encoding(item["encoding"]["S"]),
        quality=Quality(item["quality"]["S"]),
        sample_rate_hz=int(item["sample_rate"]["N"]),
        specialty=item["specialty"]["S"],
        conversation=item["conversation"]["S"],
        speaker_labels=item["speaker_labels"]["BOOL"],
        vocabulary=read_text(item, "vocabulary"),
        started_at=float(item["started_at"]["N"]),
        issued_at=float(item["issued_at"]["N"]) if "issued_at" in item else 0.0,
    )
    owner = item[OWNER]["S"]
    connection_id = read_text(item, "connection_id")
    transcript = read_text(item, "transcript")
    recording = read_text(item, "recording")
    epoch = int(item["epoch"]["N"])
    is_next = read_whole(item, "left_epoch") == epoch - 1
    return SessionMeta(
        terms=terms,
        owner=None if owner == NO_OWNER else TaskId(owner),
        epoch=epoch,
        state=SessionState(item["state"]["S"]),
        final_until=int(item["final_until"]["N"]),
        segments=int(item["segments"]["N"]),
        streams=read_whole(item, "streams") or 0,
        end_offset=read_whole(item, "end_offset"),
        client_sha256=read_text(item, "client_sha256"),
        connection_id=None if connection_id is None else ConnectionId(connection_id),
        client=read_text(item, "client"),
        samples=read_whole(item, "samples"),
        sha256=read_text(item, "sha256"),
        gaps=read_ranges(item, "gaps"),
        transcript=None if transcript is None else TranscriptState(transcript),
        transcription_id=read_whole(item, "transcription_id"),
        recording=None if recording is None else RecordingState(recording),
        is_finished=WORK_KEY not in item,
        left=read_ranges(item, "left_ranges") if is_next else None,
    )


def _as_changes(meta: SessionMeta) -> SessionChanges:
    return SessionChanges(
        state=meta.state,
        streams=meta.streams,
        end_offset=meta.end_offset,
        client_sha256=meta.client_sha256,
        connection_id=meta.connection_id,
        client=meta.client,
        samples=meta.samples,
        sha256=meta.sha256,
        gaps=meta.gaps,
        transcript=meta.transcript,
        transcription_id=meta.transcription_id,
        recording=meta.recording,
        is_finished=meta.is_finished or None,
    )
