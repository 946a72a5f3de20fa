"""A client keeps every sample until it is durable, and asks for what it lacks, whatever the network does."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib

import pytest

from contract.audio import Encoding, Quality, bytes_in
from contract.wire import MAX_MESSAGE_BYTES, Audio, Resume, Start, Stop, parse_client_message
from tests.fakes.opus import packets
from tests.tools.stage import PAGE, REQUEST, TICK_S, Stage, of
from tools.client_session import (
    ASK_AGAIN_S,
    DEAD_AFTER_S,
    IN_FLIGHT_BYTES,
    PING_EVERY_S,
    REPLAY_SPEED,
    RESEND_FIRST_S,
    ClientSession,
    Terms,
)


def test_everything_said_is_what_the_contract_reads() -> None:
    """Start, resume, audio of the highest rate and stop: parsed by the server's own reader, in its size."""
    stage = Stage(Quality.HIGH)
    stage.capture(1.0)
    stage.session.finish()
    said = stage.connect() + stage.run(2.0)
    said += [json.loads(text) for text in stage.session.connected(stage.now)]

    bodies = [json.dumps(message).encode() for message in said]
    kinds = {type(parse_client_message(body)) for body in bodies}

    assert {Start, Audio, Stop, Resume} <= kinds
    assert max(len(body) for body in bodies) <= MAX_MESSAGE_BYTES


def test_audio_waits_for_ready() -> None:
    """Capturing begins at once, sending when the session is there; an unanswered start is repeated."""
    stage = Stage()
    stage.capture(1.0)
    stage.session.connected(stage.now)

    said = stage.run(ASK_AGAIN_S * 2 + TICK_S * 2)

    assert [message["type"] for message in said] == ["start", "start"]


def test_live_audio_is_sent_in_whole_messages() -> None:
    """200 ms each, in order, with the right sum; what is not yet a message waits."""
    stage = Stage()
    stage.connect()
    stage.capture(0.5)

    said = of(stage.run(1.0), "audio")

    assert [message["offset"] for message in said] == [0, 3200]
    data = base64.b64decode(said[0]["data"])
    assert (len(data), zlib.crc32(data)) == (bytes_in(3200), said[0]["crc32"])


def test_packets_are_cut_between_and_sent_again_whole() -> None:
    """Ten a message; what is trimmed and resent are whole packets, the hash is over all of them."""
    session = ClientSession(Terms(REQUEST, PAGE, Quality.LOW, 48_000, encoding=Encoding.OPUS))
    (start,) = map(json.loads, session.connected(0.0))
    ready = {"type": "ready", "session_id": "s1", "epoch": 1, "next_offset": 0}
    session.hear(json.dumps(ready), 0.0)
    session.capture(packets(0, 25))
    session.finish()

    said = of([json.loads(text) for text in session.due(1.0)], "audio")
    ack = {"type": "ack", "session_id": "s1", "epoch": 1, "received": 9_600, "durable": 5 * 960}
    session.hear(json.dumps(ack), 1.1)
    again = of([json.loads(text) for text in session.due(4.0)], "audio")

    assert (start["encoding"], start["sample_rate"]) == ("opus", 48_000)
    assert [(message["offset"], base64.b64decode(message["data"])) for message in said] == [
        (0, packets(0, 10)),
        (9_600, packets(10, 10)),
        (19_200, packets(20, 5)),
    ]
    assert [base64.b64decode(message["data"]) for message in again] == [packets(10, 10), packets(20, 5)]
    assert session.sha256 == hashlib.sha256(packets(0, 25)).hexdigest()


def test_the_ring_is_trimmed_by_durable_alone() -> None:
    """Received is not safe: a task may die with it. What is not durable can be sent again."""
    stage = Stage()
    stage.connect()
    stage.capture(1.0)
    stage.run(1.0)
    stage.hear(type="ack", received=16_000, durable=3200)

    (resume,) = stage.connect(next_offset=3200)
    resent = of(stage.run(1.0), "audio")

    assert resume["have_from"] == 3200
    assert [message["offset"] for message in resent] == [3200, 6400, 9600, 12800]


def test_what_is_not_received_is_sent_again_ever_more_slowly() -> None:
    """After 2.5 s, then 5 s, then 10 s."""
    stage = Stage()
    stage.connect()
    stage.capture(0.2)
    stage.run(TICK_S)
    began_at = stage.now
    resent_at: list[float] = []

    while stage.now < began_at + 30.0:
        if of(stage.run(TICK_S), "audio"):
            resent_at.append(round(stage.now - began_at, 1))

    assert resent_at == pytest.approx([2.5, 7.5, 17.5, 27.5], abs=0.2)


def test_a_nack_is_answered_at_once() -> None:
    """Also while live audio is going on: waiting for the next whole message costs no credit."""
    stage = Stage()
    stage.connect()
    stage.capture(0.5)
    stage.run(10 * TICK_S)

    said = stage.hear(type="nack", missing=[[0, 10], [3200, 3300]])

    assert [message["offset"] for message in said] == [0, 3200]


def test_replay_is_paced() -> None:
    """A minute that was held back is sent at most at four times its speed."""
    stage = Stage()
    stage.connect()
    stage.capture(60.0)

    for _ in range(100):
        for message in of(stage.run(TICK_S), "audio"):
            stage.hear(type="ack", received=message["offset"] + 3200, durable=message["offset"] + 3200)

    sent_s = stage.session.heard.durable / stage.rate_hz
    assert 0.9 * REPLAY_SPEED * 5.0 <= sent_s <= REPLAY_SPEED * 6.5


def test_little_is_in_flight() -> None:
    """Without acknowledgements sending stops at 512 KB."""
    stage = Stage(Quality.HIGH)
    stage.connect()
    stage.capture(60.0)

    said = of(stage.run(RESEND_FIRST_S - TICK_S), "audio")

    sent_bytes = sum(len(base64.b64decode(message["data"])) for message in said)
    assert IN_FLIGHT_BYTES <= sent_bytes <= IN_FLIGHT_BYTES + 23_000


def test_a_connection_that_swallowed_all_that_may_be_in_flight_is_outlived() -> None:
    """Everything sent was lost: it is sent again over the next connection, and the rest after it."""
    stage = Stage(Quality.HIGH)
    stage.connect()
    stage.capture(12.0)
    stage.session.finish()
    stage.run(DEAD_AFTER_S)
    stage.session.disconnected()
    stage.connect()
    received: set[int] = set()
    at = 0

    for _ in range(400):
        for message in of(stage.run(TICK_S), "audio"):
            received.add(message["offset"])
            while at in received:
                at += 9600
            stage.hear(type="ack", received=at, durable=at)

    assert stage.session.heard.durable == 12 * stage.rate_hz


def test_silence_is_a_dead_connection() -> None:
    """Twelve seconds without a word while the session is open; the gateway's own frames are no word."""
    stage = Stage()
    stage.connect()
    stage.now += DEAD_AFTER_S - 1
    stage.session.hear('{"message": "Internal server error", "connectionId": "c"}', stage.now)
    is_dead_before = stage.session.is_dead(stage.now)
    stage.now += 1

    assert not is_dead_before
    assert stage.session.is_dead(stage.now)


def test_a_paused_client_pings() -> None:
    """A message a minute keeps the connection and the session."""
    stage = Stage()
    stage.connect()

    said = [message["type"] for message in stage.run(2 * PING_EVERY_S + 1)]

    assert said[-2:] == ["ping", "ping"]
    assert len(said) <= 3
