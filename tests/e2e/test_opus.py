"""Opus end to end on the scripted recogniser: every packet is kept as it was sent, every word comes once."""

from __future__ import annotations

import asyncio
import hashlib
import io
import time
from random import Random

import av
import pytest

from contract.audio import OPUS_RATE_HZ, Quality
from contract.opus import with_length
from contract.records import TranscriptState
from local_stack.recognisers.counter_audio import FRAMES_PER_S, counter_packet
from tests.e2e.dictation import counter_words
from tests.e2e.raw_client import RawClient, audio, raw_client, start, stop
from tests.e2e.records import (
    find_row,
    read_finals,
    read_object,
    recognition_streams,
    wait_until_parts_are_gone,
)
from tests.stack import RunningStack

SECONDS = 10
PACKET_SAMPLES = OPUS_RATE_HZ // FRAMES_PER_S
PACKETS = [counter_packet(number) for number in range(SECONDS * FRAMES_PER_S)]
WHOLE = b"".join(map(with_length, PACKETS))
MOST_PACKETS = 30  # 600 ms
AGAIN_S = 1.0
SAVED_WITHIN_S = 60.0


def opus_start(quality: Quality = Quality.MEDIUM) -> dict[str, object]:
    return start(encoding="opus", quality=quality, sample_rate=OPUS_RATE_HZ)


def packets(first: int, count: int) -> bytes:
    return b"".join(map(with_length, PACKETS[first : first + count]))


def received(client: RawClient) -> int:
    """Give how many packets the server has without a hole, as far as the client has heard."""
    acks = [message["received"] for message in client.heard if message.get("type") in ("ack", "stored")]
    return max((int(samples) for samples in acks if samples is not None), default=0) // PACKET_SAMPLES


async def send_from(client: RawClient, session_id: str, first: int, random: Random) -> None:
    """Send all packets from one on, cut between others every time."""
    while first < len(PACKETS):
        count = random.randint(1, MOST_PACKETS)
        await client.send(audio(session_id, first * PACKET_SAMPLES, packets(first, count)))
        first += count


async def test_packets_come_through_a_hostile_network_as_they_were_sent(scripted_stack: RunningStack) -> None:
    """Lost, doubled, out of order, and cut anew in every resend: the file has the same packets."""
    random = Random(7)
    async with raw_client(scripted_stack) as client:
        session_id = (await client.answer_to(opus_start(), "ready"))["session_id"]
        scripted_stack.gateway_faults(drop=0.2, duplicate=0.3, reorder_ms=300, seed=3)
        async with asyncio.timeout(SAVED_WITHIN_S):
            while (first := received(client)) < len(PACKETS):
                await send_from(client, session_id, first, random)
                await asyncio.sleep(AGAIN_S)  # the pace of a client that resends
            ending = stop(session_id, WHOLE, end_offset=len(PACKETS) * PACKET_SAMPLES)
            while not any(message.get("type") == "saved" for message in client.heard):
                await client.send(ending)
                await asyncio.sleep(AGAIN_S)
        saved = await client.wait_for_kind("saved")
        scripted_stack.gateway_faults()

    assert (saved["samples"], saved["gaps"]) == (len(PACKETS) * PACKET_SAMPLES, [])
    assert saved["sha256"] == hashlib.sha256(WHOLE).hexdigest()
    assert saved["transcript"] == TranscriptState.COMPLETE
    row = find_row(scripted_stack, saved["transcription_id"])
    assert row.text.split() == counter_words(SECONDS)
    assert [final["segment"] for final in read_finals(scripted_stack, session_id)] == list(
        range(saved["segments"])
    )
    assert (row.sample_rate_hz, row.seconds) == (OPUS_RATE_HZ, SECONDS)
    assert row.audio_key.endswith("/recording.ogg")
    with av.open(io.BytesIO(read_object(scripted_stack, row.audio_key)), mode="r") as ogg:
        assert [bytes(packet) for packet in ogg.demux(audio=0) if packet.size] == PACKETS
    wait_until_parts_are_gone(scripted_stack, row)


async def test_a_stream_that_breaks_goes_on_with_packets(scripted_stack: RunningStack) -> None:
    """Every new stream has headers of its own and begins between packets: no word is lost or said twice."""
    before = len(recognition_streams(scripted_stack))
    async with raw_client(scripted_stack) as client:
        session_id = (await client.answer_to(opus_start(Quality.LOW), "ready"))["session_id"]
        scripted_stack.transcribe_faults(reset_every_s=1.5)
        began_at = time.monotonic()
        for first in range(0, len(PACKETS), 10):
            await client.send(audio(session_id, first * PACKET_SAMPLES, packets(first, 10)))
            await asyncio.sleep(max(0.0, began_at + (first + 10) / 100 - time.monotonic()))  # twice real time
        scripted_stack.transcribe_faults()
        await client.send(stop(session_id, WHOLE, end_offset=len(PACKETS) * PACKET_SAMPLES))
        saved = await client.wait_for_kind("saved", within_s=SAVED_WITHIN_S)

    streams = recognition_streams(scripted_stack)[before:]
    assert find_row(scripted_stack, saved["transcription_id"]).text.split() == counter_words(SECONDS)
    assert len(streams) > 1
    assert {(stream["encoding"], stream["sample_rate"]) for stream in streams} == {("ogg-opus", OPUS_RATE_HZ)}


@pytest.mark.parametrize(
    ("offset", "data", "code"),
    [
        (0, WHOLE[:20], "bad_message"),
        (0, bytes(640), "bad_message"),
        (100, packets(0, 1), "bad_message"),
        (0, packets(5, 2), "conflict"),
        (480, packets(5, 1), "conflict"),
    ],
    ids=["half a packet", "PCM", "off the grid", "other packets", "other borders"],
)
async def test_what_is_no_audio_of_the_session_is_refused(
    scripted_stack: RunningStack, offset: int, data: bytes, code: str
) -> None:
    """The session goes on as if it had not been said."""
    async with raw_client(scripted_stack) as client:
        session_id = (await client.answer_to(opus_start(Quality.HIGH), "ready"))["session_id"]
        await client.send(audio(session_id, 0, packets(0, 2)))

        refused = await client.refusal_of(audio(session_id, offset, data))

        assert refused["code"] == code
        await client.send(stop(session_id, packets(0, 2), end_offset=2 * PACKET_SAMPLES))
        saved = await client.wait_for_kind("saved", within_s=SAVED_WITHIN_S)
        assert (saved["samples"], saved["gaps"]) == (2 * PACKET_SAMPLES, [])
