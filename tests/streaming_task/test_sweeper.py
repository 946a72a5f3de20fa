"""What nobody else ends, a sweeper does: sessions, records, transcripts and the parts of recordings."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from contract.audio import Encoding
from contract.object_keys import part_key
from contract.records import RecordingState, SessionState, TaskId, TranscriptState
from streaming_task.core.leases import Lease
from streaming_task.core.ownership import SessionMeta
from streaming_task.ports import Unavailable
from streaming_task.sweeper import PENDING_FOR_S, Sweeper
from tests.fakes.virtual_time import in_virtual_time, until
from tests.streaming_task.bench import SESSION, TASK, USER, Bench, open_meta

OTHER = TaskId("t2")
PCM = b"\x01\x02" * 5
PCM_SHA256 = hashlib.sha256(PCM).hexdigest()
PART = part_key(USER, SESSION, 0, 5, PCM_SHA256, Encoding.PCM)
NOTHING_SHA256 = hashlib.sha256(b"").hexdigest()


def lease(task_id: TaskId) -> Lease:
    return Lease(task_id, 1, f"{task_id}:1", 0, 9)


def committed_meta(**changes: Any) -> SessionMeta:
    """Make the item of a session whose owner died after the commit."""
    samples = changes["samples"]
    committed = open_meta(
        owner=TASK,
        state=SessionState.COMMITTED,
        end_offset=samples,
        final_until=samples,
        transcript=TranscriptState.COMPLETE,
        transcription_id=1,
    )
    return replace(committed, **changes)


@asynccontextmanager
async def sweeping(bench: Bench) -> AsyncIterator[None]:
    """Let a task sweep, as every task does."""
    sweeper = Sweeper(bench.directory.routing, bench.sessions, bench.services.ownership, 60.0, Random(1))
    sweep = asyncio.create_task(sweeper.run(), name="sweeper")
    try:
        yield
    finally:
        sweep.cancel()


@pytest.mark.parametrize("state", [SessionState.OPEN, SessionState.STOPPING])
@in_virtual_time
async def test_the_sweeper_ends_what_nobody_else_will(state: SessionState) -> None:
    """The owner died and the client never came back: the record is written all the same."""
    bench = Bench(task_id=OTHER)
    bench.sessions.metas[SESSION] = open_meta(
        owner=TASK, state=state, end_offset=0 if state is not SessionState.OPEN else None
    )
    bench.board.observe([lease(OTHER)], 0.0)

    async with sweeping(bench):
        await until(lambda: bench.sessions.metas[SESSION].state is SessionState.COMMITTED, within_s=600.0)

    assert len(bench.records.rows) == 1
    await bench.leave()


@in_virtual_time
async def test_the_sweeper_compacts_what_a_dead_owner_left_in_parts() -> None:
    """It died between the record and the recording: another makes it, and then nobody looks for it again."""
    bench = Bench(task_id=OTHER)
    bench.audio.objects[PART] = PCM
    bench.sessions.metas[SESSION] = committed_meta(samples=5, sha256=PCM_SHA256)
    bench.board.observe([lease(OTHER)], 0.0)

    async with sweeping(bench):
        await until(lambda: bench.sessions.metas[SESSION].is_finished, within_s=600.0)
        epoch = bench.sessions.metas[SESSION].epoch
        await asyncio.sleep(600.0)

    meta = bench.sessions.metas[SESSION]
    assert (meta.recording, meta.epoch) == (RecordingState.COMPACTED, epoch)
    assert bench.audio.ending_with(".pcm") == []
    assert len(bench.audio.ending_with(".flac")) == 1
    assert SESSION in bench.finals.expiries
    await bench.leave()


@in_virtual_time
async def test_parts_that_must_be_kept_are_looked_at_once() -> None:
    """A person must look at them now: to sweep the session for ever would tell her nothing more."""
    bench = Bench(task_id=OTHER)
    bench.audio.objects[PART] = PCM
    bench.sessions.metas[SESSION] = committed_meta(samples=5, sha256="another")
    bench.board.observe([lease(OTHER)], 0.0)

    async with sweeping(bench):
        await until(lambda: bench.sessions.metas[SESSION].is_finished, within_s=600.0)
        await asyncio.sleep(600.0)

    assert bench.sessions.metas[SESSION].recording is RecordingState.KEPT
    assert bench.audio.ending_with(".pcm") == [PART]
    assert bench.reports.count("PartsKept") == 1
    await bench.leave()


@in_virtual_time
async def test_compaction_outlasts_a_bad_hour_of_the_store() -> None:
    """Sweep after sweep fails, and the parts wait for the one that does not."""
    bench = Bench(task_id=OTHER)
    bench.sessions.metas[SESSION] = committed_meta(samples=0, sha256=NOTHING_SHA256)
    bench.board.observe([lease(OTHER)], 0.0)
    bench.audio.lists.fail(*[Unavailable("SlowDown")] * 60)

    async with sweeping(bench):
        await until(lambda: bench.sessions.metas[SESSION].is_finished, within_s=7200.0)

    assert bench.sessions.metas[SESSION].recording is RecordingState.COMPACTED
    await bench.leave()


@in_virtual_time
async def test_a_transcript_pending_for_a_day_is_incomplete_everywhere() -> None:
    """The row, the session and its parts: nothing of it waits any longer."""
    bench = Bench(task_id=OTHER)
    meta = committed_meta(samples=0, end_offset=9, transcript=TranscriptState.PENDING, sha256=NOTHING_SHA256)
    a_day_ago = replace(meta.terms, started_at=meta.terms.started_at - PENDING_FOR_S)
    bench.sessions.metas[SESSION] = replace(meta, terms=a_day_ago)
    bench.board.observe([lease(OTHER)], 0.0)

    async with sweeping(bench):
        await until(lambda: bench.sessions.metas[SESSION].is_finished, within_s=600.0)

    assert bench.sessions.metas[SESSION].transcript is TranscriptState.INCOMPLETE
    assert bench.records.rows[SESSION].transcript is TranscriptState.INCOMPLETE
    assert bench.recognition.streams == []
    await bench.leave()
