"""The fakes keep the promises of the ports they stand for: a test believes them blindly."""

from __future__ import annotations

import asyncio
import time

import pytest

from contract.records import ConnectionId, RecordStatus, SessionState, TaskId, UserId
from contract.replies import Final
from streaming_task.core.leases import Lease
from streaming_task.core.ownership import SessionChanges
from streaming_task.core.record import Record
from streaming_task.core.results import StreamEnd
from streaming_task.ports import (
    AudioStore,
    Compactor,
    Connection,
    Connections,
    Delivered,
    Diverged,
    Fenced,
    Finals,
    Gateway,
    Gone,
    Leases,
    Recognition,
    Records,
    Sessions,
    SignOuts,
    StreamRefused,
    StreamSettings,
    Throttled,
    Unavailable,
)
from tests.fakes.live_ports import CLEAN, FakeCompactor, FakeGateway, FakeRecognition, FakeResampler
from tests.fakes.ports import (
    FakeAudioStore,
    FakeConnections,
    FakeFinals,
    FakeLeases,
    FakeRecords,
    FakeSessions,
    FakeSignOuts,
)
from tests.fakes.virtual_time import in_virtual_time, settled, until
from tests.streaming_task.bench import SESSION, final_result, open_meta, terms

HERE = ConnectionId("here")
SETTINGS = StreamSettings("stream-1", 16_000, "pcm", "PRIMARYCARE", "DICTATION", False, None)


def final(segment: int, text: str = "hello") -> Final:
    return Final(segment, 0, 1000, text, 0, None, (), ())


def sessions_with_one() -> FakeSessions:
    sessions = FakeSessions()
    sessions.metas[SESSION] = open_meta()
    return sessions


async def test_each_fake_has_the_face_of_its_port() -> None:
    """The type checker reads this; at run time it only has to hold together."""
    sessions: Sessions = FakeSessions()
    faces: tuple[AudioStore, Finals, Records, Connections, Leases, Recognition, Gateway, Compactor] = (
        FakeAudioStore(),
        FakeFinals(FakeSessions()),
        FakeRecords(),
        FakeConnections(),
        FakeLeases(),
        FakeRecognition(),
        FakeGateway(),
        FakeCompactor(),
    )

    assert sessions
    assert all(faces)


async def test_an_object_is_written_once() -> None:
    """A second write of a key is a success that changes nothing."""
    store = FakeAudioStore()

    await store.put("key", b"first", "audio/flac")
    await store.put("key", b"second", "audio/flac")
    await store.delete(["absent"])

    assert await store.read("key") == b"first"
    assert await store.read("absent") is None


async def test_a_turnstile_holds_fails_and_loses() -> None:
    """Held calls wait; failed ones did nothing; lost ones did everything."""
    store = FakeAudioStore()
    store.puts.fail()
    store.puts.lose()
    with pytest.raises(Unavailable):
        await store.put("failed", b"", "text/plain")
    with pytest.raises(Unavailable):
        await store.put("lost", b"", "text/plain")
    store.puts.hold()
    held = asyncio.create_task(store.put("held", b"", "text/plain"))
    await settled()
    there_before = list(store.objects)

    store.puts.release()
    await held

    assert there_before == ["lost"]
    assert list(store.objects) == ["lost", "held"]
    assert store.puts.calls == 3


async def test_sessions_are_fenced_and_created_once() -> None:
    """A second create gives what is there; an update with another epoch writes nothing."""
    sessions = sessions_with_one()
    other = open_meta(owner=TaskId("t2"))

    there = await sessions.create(other)
    await sessions.update(SESSION, 1, SessionChanges(state=SessionState.STOPPING, end_offset=3))
    with pytest.raises(Fenced):
        await sessions.update(SESSION, 2, SessionChanges(end_offset=4))

    assert there is not None
    assert there.owner == "t1"
    meta = await sessions.find(SESSION)
    assert meta is not None
    assert (meta.state, meta.end_offset, meta.owner) == (SessionState.STOPPING, 3, "t1")


async def test_finals_are_fenced_contiguous_dense_and_repeatable() -> None:
    """The promises of the transaction: fence, position, number, and a repeat that changes nothing."""
    sessions = sessions_with_one()
    finals = FakeFinals(sessions)
    await finals.append(SESSION, 1, 0, 10, final(0))
    await finals.append(SESSION, 1, 0, 10, final(0))
    await finals.append(SESSION, 1, 10, 20, None)

    for epoch, start, segment, error in ((2, 20, 1, Fenced), (1, 10, 1, Diverged), (1, 20, 2, Diverged)):
        with pytest.raises(error):
            await finals.append(SESSION, epoch, start, 30, final(segment, "other"))

    assert await finals.after(SESSION, -1) == [final(0)]
    assert (sessions.metas[SESSION].final_until, sessions.metas[SESSION].segments) == (20, 1)


async def test_a_row_is_guarded_by_the_epoch() -> None:
    """The newer owner's row stands."""
    records = FakeRecords()
    older = Record(terms(), 1, RecordStatus.COMPLETED, "key")
    newer = Record(terms(), 2, RecordStatus.COMPLETED, "key")
    await records.begin(older)

    row_id = await records.commit(newer)
    with pytest.raises(Fenced):
        await records.commit(older)

    assert row_id == 1
    assert records.rows[SESSION] == newer


async def test_a_ticket_renews_its_users_connection_once() -> None:
    """Another's ticket is not spent."""
    connections = FakeConnections()
    now = time.time()
    connection = Connection(HERE, UserId("u1"), now, now)
    connections.known[HERE] = connection
    connections.tickets |= {"own": UserId("u1"), "foreign": UserId("u2")}

    renewed = [await connections.renew(connection, ticket) for ticket in ("own", "own", "foreign")]

    assert [one is not None for one in renewed] == [True, False, False]
    assert list(connections.tickets) == ["foreign"]


async def test_an_older_bump_changes_no_lease() -> None:
    """A late repeat must not turn a lease back."""
    leases = FakeLeases()
    newer, older = (Lease(TaskId("t1"), version, "a:1", 0, 1) for version in (2, 1))

    await leases.bump(newer)
    await leases.bump(older)

    assert await leases.list() == [newer]


@in_virtual_time
async def test_a_stream_says_everything_before_its_end() -> None:
    """Results, then the end, then the end for ever."""
    stream = await FakeRecognition().open(SETTINGS)
    stream.say(final_result())
    stream.end()

    heard = [await stream.read() for _ in range(3)]

    assert heard[1:] == [CLEAN, CLEAN]
    assert isinstance(heard[0], tuple)


@in_virtual_time
async def test_a_full_stream_takes_nothing_until_it_has_room_or_has_ended() -> None:
    """`writable` returns for either reason."""
    streams = [await FakeRecognition().open(SETTINGS) for _ in range(2)]
    for stream in streams:
        stream.is_full = True
    taken = streams[0].send_audio(b"\x01\x02")
    waiting = [asyncio.create_task(stream.writable()) for stream in streams]
    await settled()
    were_waiting = not any(task.done() for task in waiting)

    streams[0].make_room()
    streams[1].abort()
    await asyncio.gather(*waiting)

    assert not taken
    assert were_waiting
    assert not streams[0].heard


async def test_a_refused_stream_is_not_opened() -> None:
    """The next one is."""
    recognition = FakeRecognition()
    recognition.refuse(StreamEnd.UNAVAILABLE)

    with pytest.raises(StreamRefused):
        await recognition.open(SETTINGS)
    await recognition.open(SETTINGS)

    assert len(recognition.streams) == 1


async def test_the_gateway_answers_what_it_is_told_to() -> None:
    """Only what was delivered is kept."""
    gateway = FakeGateway()
    gateway.answers.append(Throttled())

    first = await gateway.push(HERE, "throttled")
    second = await gateway.push(HERE, "delivered")
    gateway.gone.add(HERE)
    third = await gateway.push(HERE, "gone")

    assert (first, second, third) == (Throttled(), Delivered(), Gone())
    assert gateway.said_to(HERE) == ["delivered"]


def test_the_resampler_loses_nothing_once_flushed() -> None:
    """However it is cut, every sample comes out twice."""
    whole, cut = FakeResampler(8_000, 16_000), FakeResampler(8_000, 16_000)

    at_once = whole.push(b"abcdef") + whole.flush()
    in_pieces = cut.push(b"ab") + cut.push(b"cdef") + cut.flush()

    assert at_once == in_pieces == b"ababcdcdefef"


async def test_sign_outs_are_read_for_those_who_are_asked_about() -> None:
    """Others' are nobody's business, and who never signed out is left out."""
    fake = FakeSignOuts()
    sign_outs: SignOuts = fake
    fake.marks = {UserId("u1"): 7.0, UserId("u2"): 8.0}

    found = await sign_outs.read([UserId("u1"), UserId("u3")])

    assert found == {"u1": 7.0}


# -- the clock ----------------------------------------------------------------------------------------------


@in_virtual_time
async def test_time_passes_only_as_far_as_someone_waits() -> None:
    """An hour of virtual time costs nothing, and those who wait are woken in order."""
    woken: list[str] = []

    async def wait(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        woken.append(name)

    began_at = time.monotonic()
    await asyncio.gather(wait("late", 3600.0), wait("early", 1.0))

    assert woken == ["early", "late"]
    assert asyncio.get_running_loop().time() == pytest.approx(3600.0)
    assert time.monotonic() - began_at < 30.0


@in_virtual_time
async def test_the_clock_stands_still_while_a_thread_works() -> None:
    """Work in a thread is never overtaken by a timer."""
    loop = asyncio.get_running_loop()
    timer = asyncio.create_task(asyncio.sleep(10.0))

    await asyncio.to_thread(sum, range(200_000))

    assert loop.time() < 10.0
    assert not timer.done()


def test_waiting_for_nothing_is_an_error_not_a_hang() -> None:
    """A test that waits for what cannot come says so at once."""

    @in_virtual_time
    async def wait() -> None:
        await asyncio.Event().wait()

    with pytest.raises(RuntimeError, match="nothing can happen"):
        wait()


@in_virtual_time
async def test_waiting_for_what_never_happens_fails() -> None:
    """With time passing, but no end."""
    with pytest.raises(AssertionError, match="never happened"):
        await until(lambda: False, within_s=60.0)
