"""One stream's audio goes in whole and in order, whatever becomes of the stream."""

from __future__ import annotations

import asyncio

from contract.audio import bytes_in
from streaming_task.core import events as ev
from streaming_task.core.results import Ended, StreamEnd
from streaming_task.ports import StreamCoder, StreamSettings
from streaming_task.streams import LiveStream
from tests.fakes.live_ports import CLEAN, FakeRecognition, FakeResampler, FakeStream
from tests.fakes.virtual_time import in_virtual_time, settled
from tests.streaming_task.bench import final_result

SETTINGS = StreamSettings("stream-7", 16_000, "pcm", "PRIMARYCARE", "DICTATION", False, None)
LOST = Ended(StreamEnd.LOST, "Closed")


class Listener:
    """A stream with the number 7, and what it has told its session."""

    def __init__(self, recognition: FakeRecognition, coder: StreamCoder | None = None) -> None:
        self.told: list[ev.Event] = []
        self.recognition = recognition
        self.live = LiveStream(7, SETTINGS, recognition, coder, self.told.append)

    @property
    def stream(self) -> FakeStream:
        """Give the recogniser's end."""
        return self.recognition.streams[-1]


async def opened(coder: StreamCoder | None = None) -> Listener:
    listener = Listener(FakeRecognition(), coder)
    await settled()
    return listener


def tasks() -> list[str]:
    return [task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()]


@in_virtual_time
async def test_audio_goes_in_and_results_come_out() -> None:
    """A stream from its opening to its clean end."""
    listener = await opened()
    result = final_result()
    listener.live.feed(b"\x01\x00", 0)
    listener.stream.say(result)
    await settled()

    listener.live.end()
    await settled()

    assert listener.stream.heard == b"\x01\x00"
    assert listener.told == [
        ev.StreamOpened(7, None),
        ev.StreamResults(7, (result,)),
        ev.StreamEnded(7, CLEAN),
    ]
    assert not tasks()


@in_virtual_time
async def test_a_refused_stream_is_one_that_ended() -> None:
    """The session hears why, and decides when to try again."""
    recognition = FakeRecognition()
    recognition.refuse(StreamEnd.LIMIT_EXCEEDED)
    listener = Listener(recognition)

    await settled()

    assert listener.told == [ev.StreamEnded(7, Ended(StreamEnd.LIMIT_EXCEEDED, "Faked"))]


@in_virtual_time
async def test_a_full_stream_keeps_what_it_was_given_and_refuses_what_follows() -> None:
    """Nothing is lost and nothing overtakes: what waits goes first, the others are asked for again."""
    listener = await opened()
    listener.stream.is_full = True
    listener.live.feed(b"\x01\x00", 0)
    listener.live.feed(b"\x02\x00", 1)
    listener.live.feed(b"\x03\x00", 2)

    listener.stream.make_room()
    await settled()
    listener.live.feed(b"\x02\x00", 1)

    assert listener.told[1:] == [ev.StreamBlocked(7, 1), ev.StreamBlocked(7, 2), ev.StreamWritable(7)]
    assert listener.stream.heard == b"\x01\x00\x02\x00"


@in_virtual_time
async def test_the_end_waits_for_audio_that_waits() -> None:
    """A stream that is full when the session ends still hears its last piece before the end."""
    listener = await opened()
    listener.stream.is_full = True
    listener.live.feed(b"\x01\x00", 0)
    listener.live.end()
    await settled()
    was_told_too_soon = listener.stream.was_told_to_end

    listener.stream.make_room()
    await settled()

    assert not was_told_too_soon
    assert listener.stream.was_told_to_end
    assert listener.stream.heard == b"\x01\x00"
    assert listener.told[-1] == ev.StreamEnded(7, CLEAN)


@in_virtual_time
async def test_the_resamplers_tail_is_heard_before_the_end() -> None:
    """A filter holds the last of the speech back: it must be flushed, or the last word is cut."""
    listener = await opened(FakeResampler(8_000, 16_000))
    listener.live.feed(b"\x01\x00\x02\x00", 0)
    listener.live.feed(b"\x03\x00", 2)

    listener.live.end()
    await settled()

    assert listener.stream.heard == b"\x01\x00\x01\x00\x02\x00\x02\x00\x03\x00\x03\x00"
    assert listener.stream.was_told_to_end


@in_virtual_time
async def test_a_tail_that_finds_the_stream_full_is_heard_too() -> None:
    """The flush is audio like any other: it waits for room, and the end waits for it."""
    listener = await opened(FakeResampler(8_000, 16_000))
    listener.live.feed(b"\x01\x00\x02\x00", 0)
    listener.stream.is_full = True
    listener.live.end()
    await settled()

    listener.stream.make_room()
    await settled()

    assert len(listener.stream.heard) == bytes_in(4)
    assert listener.told[-1] == ev.StreamEnded(7, CLEAN)


@in_virtual_time
async def test_a_stream_that_ends_while_full_stops_nobody() -> None:
    """No room will ever come: the one who waits for it gives up at once, and the loop goes on turning."""
    listener = await opened()
    listener.stream.is_full = True
    listener.live.feed(b"\x01\x00", 0)
    await settled()

    listener.stream.finish(LOST)
    await settled()

    assert listener.told[-1] == ev.StreamEnded(7, LOST)
    assert not tasks()


@in_virtual_time
async def test_room_that_was_no_room_is_not_asked_for_in_a_frenzy() -> None:
    """An ended stream calls itself writable at once: asking it again and again would stop the whole task."""
    listener = await opened()
    listener.stream.is_full = True
    asked: list[None] = []

    async def writable() -> None:
        asked.append(None)
        assert len(asked) < 100

    listener.stream.writable = writable  # type: ignore[method-assign]
    listener.live.feed(b"\x01\x00", 0)
    await settled()
    listener.live.abort()
    await settled()

    assert len(asked) == 1


@in_virtual_time
async def test_a_stream_that_breaks_has_ended() -> None:
    """A defect while a stream opens or is read must not leave the session waiting for it."""
    recognition = FakeRecognition()
    recognition.opens.fail(RuntimeError("a patient's name"))

    listener = Listener(recognition)
    await settled()

    assert listener.told == [ev.StreamEnded(7, Ended(StreamEnd.INTERNAL, "RuntimeError"))]


@in_virtual_time
async def test_aborting_leaves_no_task_and_says_nothing_more() -> None:
    """Dropped while full and with results under way: all of it is gone."""
    listener = await opened()
    listener.stream.drops_after_end = True
    listener.stream.is_full = True
    listener.live.feed(b"\x01\x00", 0)
    await settled()
    listener.stream.say(final_result())
    told = list(listener.told)

    listener.live.abort()
    listener.live.abort()
    await settled()

    assert listener.told == told
    assert listener.stream.is_aborted
    assert not tasks()


@in_virtual_time
async def test_aborting_while_it_opens_leaves_no_task() -> None:
    """A session may end before its stream has opened."""
    recognition = FakeRecognition()
    recognition.opens.hold()
    listener = Listener(recognition)
    await settled()

    listener.live.abort()
    recognition.opens.release()
    await settled()

    assert not listener.told
    assert not recognition.streams
    assert not tasks()
