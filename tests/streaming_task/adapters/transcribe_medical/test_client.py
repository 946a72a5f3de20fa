"""The client against the stand-in: all real but the speech. Each way to end is a value, never a hang."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from uuid import uuid4

import pytest
import uvloop

from local_stack.transcribe.eventstream import write_event, write_message
from local_stack.transcribe.faults import Faults
from local_stack.transcribe.limits import Limits
from streaming_task.adapters.transcribe_medical import TranscribeMedical, TranscribeTimeouts
from streaming_task.core.results import Ended, StreamEnd
from streaming_task.ports import StreamRefused
from tests.fakes.http2_peer import listening
from tests.fakes.transcribe import (
    FakeCredentials,
    FakeRecognisers,
    Rig,
    read_all,
    running,
    settings,
)

CHUNK = bytes(6_400)  # 200 ms at 16 kHz
EVENT = write_event(
    "TranscriptEvent", {"Transcript": {"Results": [{"Alternatives": [{"Transcript": "before"}]}]}}
)


async def test_what_is_said_comes_back_and_the_stream_ends_clean(
    rig: Rig, recognisers: FakeRecognisers
) -> None:
    """Audio goes in unchanged, partials and the final come out, and our end is answered by theirs."""
    stream = await rig.client.open(settings())

    for number in range(5):
        assert stream.send_audio(bytes([number, 0]) * 3_200)
    stream.end()
    results, ended = await read_all(stream)

    assert recognisers.opened[0].heard == b"".join(bytes([number, 0]) * 3_200 for number in range(5))
    assert [result.is_partial for result in results] == [True] * 5 + [False]
    assert results[-1].text == "w0 w1 w2 w3 w4"
    assert results[-1].items[4].start_s == 2.0
    assert ended.end is StreamEnd.CLEAN
    assert await stream.read() == ended


async def test_speakers_are_told_apart_only_when_asked_for(rig: Rig) -> None:
    """`speaker_labels` reaches the service, and its labels come back."""
    for speaker_labels, speaker in ((True, "0"), (False, None)):
        stream = await rig.client.open(settings(speaker_labels=speaker_labels))
        stream.send_audio(CHUNK)
        stream.end()

        results, _ = await read_all(stream)

        assert results[-1].items[0].speaker == speaker


async def test_two_streams_at_once_keep_apart(rig: Rig, recognisers: FakeRecognisers) -> None:
    """Each has its own connection: the end of one is nothing to the other."""
    first = await rig.client.open(settings())
    second = await rig.client.open(settings(sample_rate_hz=48_000))
    first.send_audio(b"\x01\x00")
    second.send_audio(b"\x02\x00")
    first.abort()
    second.send_audio(b"\x03\x00")
    second.end()

    results, ended = await read_all(second)

    assert recognisers.rates_hz == [16_000, 48_000]
    assert recognisers.opened[1].heard == b"\x02\x00\x03\x00"
    assert results[-1].text == "w0 w1"
    assert ended.end is StreamEnd.CLEAN


@pytest.mark.parametrize("rate_hz", [16_000, 48_000])
async def test_long_audio_is_cut_to_what_the_service_takes(
    rig: Rig, recognisers: FakeRecognisers, rate_hz: int
) -> None:
    """Three seconds in one call: no event over 32 KB or a second, no sample cut in half, none lost."""
    audio = bytes(range(256)) * (rate_hz * 6 // 256)
    stream = await rig.client.open(settings(sample_rate_hz=rate_hz))

    assert stream.send_audio(audio)
    stream.end()
    _, ended = await read_all(stream)

    assert ended.end is StreamEnd.CLEAN
    assert recognisers.opened[0].heard == audio


async def test_no_audio_is_not_the_end_of_the_audio(rig: Rig) -> None:
    """An empty event would end the stream at the service."""
    stream = await rig.client.open(settings())

    assert stream.send_audio(b"")
    stream.send_audio(CHUNK)
    stream.end()
    results, _ = await read_all(stream)

    assert len(results) == 2


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        (Faults(reset_every_s=0.05), Ended(StreamEnd.RESET, "INTERNAL_ERROR")),
        (Faults(close_clean_every_s=0.05), Ended(StreamEnd.EARLY, "EndStream")),
        (
            Faults(exception="InternalFailureException"),
            Ended(StreamEnd.INTERNAL, "InternalFailureException"),
        ),
        (
            Faults(exception="LimitExceededException"),
            Ended(StreamEnd.LIMIT_EXCEEDED, "LimitExceededException"),
        ),
        (Faults(exception="ConflictException"), Ended(StreamEnd.CONFLICT, "ConflictException")),
        (Faults(exception="BadRequestException"), Ended(StreamEnd.BAD_REQUEST, "BadRequestException")),
        (
            Faults(exception="ServiceUnavailableException"),
            Ended(StreamEnd.UNAVAILABLE, "ServiceUnavailableException"),
        ),
    ],
)
@pytest.mark.parametrize("is_open_already", [True, False])
async def test_an_open_stream_that_fails_says_how(
    rig: Rig, faults: Faults, expected: Ended, is_open_already: bool
) -> None:
    """Faults reach open streams and new ones; what was said before is still read."""
    if not is_open_already:
        rig.server.account.set_faults(faults)
    stream = await rig.client.open(settings())
    stream.send_audio(CHUNK)
    if is_open_already:
        assert (await stream.read())[0].text == "w0"  # type: ignore[index]
        rig.server.account.set_faults(faults)

    _, ended = await read_all(stream)

    assert ended == expected
    assert stream.send_audio(CHUNK)  # dropped, and no error
    await stream.writable()
    stream.end()
    stream.abort()
    assert await stream.read() == expected


async def test_a_connection_that_breaks_is_lost(rig: Rig) -> None:
    """TCP gone in mid-speech ends the reading with a name."""
    stream = await rig.client.open(settings())
    for connection in list(rig.server.connections):
        connection.abort()

    _, ended = await read_all(stream)

    assert ended.end is StreamEnd.LOST
    assert [each["open"] for each in rig.server.account.describe_streams()] == [False]


@pytest.mark.parametrize(
    ("said", "is_last", "expected"),
    [
        (EVENT[:-3], True, Ended(StreamEnd.LOST, "Truncated")),
        (bytes(100), False, Ended(StreamEnd.INTERNAL, "Undecodable")),
        (write_event("TranscriptEvent", []), False, Ended(StreamEnd.INTERNAL, "Undecodable")),
        (write_event("NewEvent", []), True, Ended(StreamEnd.EARLY, "EndStream")),
        (write_message({":message-type": "new"}, b""), True, Ended(StreamEnd.EARLY, "EndStream")),
        (
            write_message({":message-type": "error", ":error-code": "InternalFailure"}, b""),
            False,
            Ended(StreamEnd.INTERNAL, "InternalFailure"),
        ),
        (
            write_message({":message-type": "exception"}, b""),
            False,
            Ended(StreamEnd.INTERNAL, "UnknownException"),
        ),
    ],
)
async def test_whatever_the_service_says_is_read_or_ends_the_stream(
    said: bytes, is_last: bool, expected: Ended
) -> None:
    """What came whole before is read; what makes no sense has a name; what is new is passed over."""
    async with listening() as listener:
        client = TranscribeMedical(
            region="us-east-1", endpoint_url=listener.url, ca_file=None, credentials=FakeCredentials()
        )
        stream = await client.open(settings())
        (await listener.peer()).say(EVENT + said, is_last=is_last)

        results, ended = await read_all(stream)

    assert [result.text for result in results] == ["before"]
    assert ended == expected


async def test_a_hanging_service_is_not_waited_for_after_our_end(rig: Rig) -> None:
    """It takes audio and says nothing: the drain has its limit."""
    rig.server.account.set_faults(Faults(hang=True))
    client = rig.another_client(TranscribeTimeouts(drain_s=0.1))
    stream = await client.open(settings())
    stream.send_audio(CHUNK)
    stream.end()

    _, ended = await read_all(stream)

    assert ended == Ended(StreamEnd.TIMEOUT, "Drain")


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        (Faults(refuse=True), Ended(StreamEnd.UNAVAILABLE, "ServiceUnavailableException")),
        (Faults(limit_exceeded=True), Ended(StreamEnd.LIMIT_EXCEEDED, "LimitExceededException")),
    ],
)
async def test_a_stream_that_is_not_opened_says_why(rig: Rig, faults: Faults, expected: Ended) -> None:
    """The response's error type is the code."""
    rig.server.account.set_faults(faults)

    with pytest.raises(StreamRefused) as refused:
        await rig.client.open(settings())

    assert refused.value.ended == expected


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"sample_rate_hz": 8_000}, "Invalid:media_sample_rate_hz"),
        ({"specialty": "DENTISTRY"}, "Invalid:specialty"),
        ({"conversation": "MONOLOGUE"}, "Invalid:type"),
        ({"vocabulary": "no spaces"}, "Invalid:vocabulary_name"),
        ({"stream_id": "1"}, "Invalid:session_id"),
    ],
)
async def test_settings_that_no_service_would_take_never_leave(
    rig: Rig, changes: dict[str, object], code: str
) -> None:
    """The service is not asked at all."""
    with pytest.raises(StreamRefused) as refused:
        await rig.client.open(settings(**changes))

    assert refused.value.ended == Ended(StreamEnd.BAD_REQUEST, code)
    assert rig.server.account.counts["requests"] == 0


async def test_the_same_id_again_takes_the_stream_over(rig: Rig) -> None:
    """The older stream hears ConflictException; the newer one lives."""
    stream_id = str(uuid4())
    older = await rig.client.open(settings(stream_id=stream_id))
    newer = await rig.client.open(settings(stream_id=stream_id))

    _, ended = await read_all(older)
    newer.send_audio(CHUNK)

    assert ended.end is StreamEnd.CONFLICT
    assert (await newer.read())[0].text == "w0"  # type: ignore[index]
    newer.abort()


async def test_a_silent_stream_is_ended_by_the_service(certificates: Path) -> None:
    """Fifteen seconds there, less here: BadRequestException, which is how the service says it."""
    async with running(certificates, recognisers=FakeRecognisers(), limits=Limits(silence_s=0.05)) as rig:
        stream = await rig.client.open(settings())

        assert (await read_all(stream))[1] == Ended(StreamEnd.BAD_REQUEST, "BadRequestException")


# -- the loop ---------------------------------------------------------------------------------------


async def test_opening_can_be_cancelled_and_leaves_nothing() -> None:
    """A session that ends while its stream opens takes the connection with it."""
    async with listening(answers=False) as listener:
        client = TranscribeMedical(
            region="us-east-1", endpoint_url=listener.url, ca_file=None, credentials=FakeCredentials()
        )
        opening = asyncio.ensure_future(client.open(settings()))
        peer = await listener.peer()

        opening.cancel()

        with pytest.raises(asyncio.CancelledError):
            await opening
        await peer.lost


async def test_an_idle_stream_costs_no_cpu(rig: Rig) -> None:
    """Client and service together, TLS included, over half a second."""
    stream = await rig.client.open(settings())
    stream.send_audio(CHUNK)
    await stream.read()
    before_s = time.process_time()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await stream.read()

    assert time.process_time() - before_s < 0.05
    stream.abort()


def test_it_runs_on_uvloop(certificates: Path) -> None:
    """The task does: transports there are no subclasses of asyncio's."""

    async def converse() -> Ended:
        async with running(certificates, recognisers=FakeRecognisers()) as rig:
            stream = await rig.client.open(settings())
            stream.send_audio(CHUNK)
            stream.end()
            return (await read_all(stream))[1]

    assert uvloop.run(converse()).end is StreamEnd.CLEAN
