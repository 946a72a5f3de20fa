"""A client keeps every sample until it is durable, and asks for what it lacks, whatever the network does."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from typing import Any

import pytest

from contract.audio import PCM_RATE_HZ, Encoding, Quality, bytes_in
from contract.wire import MAX_MESSAGE_BYTES, Audio, Resume, Start, Stop, parse_client_message
from tests.fakes.opus import packets
from tools.client_session import (
    ASK_AGAIN_S,
    DEAD_AFTER_S,
    IN_FLIGHT_BYTES,
    PING_EVERY_S,
    REPLAY_SPEED,
    RESEND_FIRST_S,
    SAVED_EVERY_S,
    ClientSession,
    Terms,
)

REQUEST = "22222222-2222-4222-8222-222222222222"
PAGE = "11111111-1111-4111-8111-111111111111"
TICK_S = 0.05


class Stage:
    """A session, its clock, and what it has said."""

    def __init__(self, quality: Quality = Quality.MEDIUM) -> None:
        self.rate_hz = PCM_RATE_HZ[quality]
        self.session = ClientSession(Terms(REQUEST, PAGE, quality, self.rate_hz))
        self.now = 100.0

    def capture(self, seconds: float) -> None:
        """Hear a microphone for so long."""
        self.session.capture(bytes(range(1, 3)) * round(seconds * self.rate_hz))

    def connect(self, next_offset: int = 0) -> list[dict[str, Any]]:
        """Connect and hear `ready`; give what the connection began with."""
        said = [json.loads(text) for text in self.session.connected(self.now)]
        self.hear(type="ready", session_id="s1", epoch=1, next_offset=next_offset)
        return said

    def hear(self, **message: Any) -> list[dict[str, Any]]:
        """Hear the server; give what is said at once."""
        text = json.dumps({"session_id": "s1", "epoch": 1} | message)
        return [json.loads(said) for said in self.session.hear(text, self.now)]

    def final(self, segment: int, text: str = "text") -> list[dict[str, Any]]:
        """Hear a final."""
        return self.hear(type="final", segment=segment, text=text)

    def run(self, seconds: float) -> list[dict[str, Any]]:
        """Let time pass; give what was said in it."""
        said: list[dict[str, Any]] = []
        until = self.now + seconds
        while self.now < until:
            self.now += TICK_S
            said += [json.loads(text) for text in self.session.due(self.now)]
        return said


def of(said: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [message for message in said if message["type"] == kind]


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


def test_stop_is_repeated_until_it_is_answered() -> None:
    """Every second until `stored`, every 15 s until `saved`, and with the hash of everything captured."""
    stage = Stage()
    stage.connect()
    stage.capture(0.2)
    stage.session.finish()
    asking = of(stage.run(5.0), "stop")
    stage.hear(type="stored", samples=3200, sha256="x")
    waiting = of(stage.run(SAVED_EVERY_S * 2 + 1), "stop")
    stage.hear(type="saved", samples=3200, sha256="x", segments=0, transcript="complete", gaps=[])
    done = of(stage.run(60.0), "stop")

    assert len(asking) == pytest.approx(5, abs=1)
    assert len(waiting) == 2
    assert done == []
    assert (asking[0]["end_offset"], asking[0]["sha256"]) == (
        3200,
        hashlib.sha256(b"\x01\x02" * 3200).hexdigest(),
    )
    assert stage.session.is_done
    assert not stage.session.needs_connection


def test_a_hole_in_the_finals_is_asked_for_until_it_is_filled() -> None:
    """At once, and again when the answer is lost."""
    stage = Stage()
    stage.connect()
    stage.final(0)
    stage.now += ASK_AGAIN_S

    asked = stage.final(2)
    repeated = of(stage.run(ASK_AGAIN_S + TICK_S), "resume")
    stage.final(1)
    satisfied = of(stage.run(ASK_AGAIN_S * 2), "resume")

    assert [(message["type"], message["last_segment"]) for message in asked] == [("resume", 0)]
    assert [message["last_segment"] for message in repeated] == [0]
    assert satisfied == []
    assert stage.session.heard.text == "text text text"


def test_finals_that_saved_counts_and_nobody_heard_are_asked_for() -> None:
    """The last finals may be lost with nothing after them; so may the answer to the question."""
    stage = Stage()
    stage.connect()
    stage.session.finish()
    stage.now += ASK_AGAIN_S
    asked = stage.hear(type="saved", samples=0, sha256="x", segments=1, transcript="complete", gaps=[])
    repeated = of(stage.run(2 * ASK_AGAIN_S + TICK_S), "resume")
    needed_before = stage.session.needs_connection

    stage.final(0)

    assert len(asked) == 1
    assert len(repeated) == 2
    assert needed_before
    assert not stage.session.needs_connection


def test_a_final_that_changes_is_a_defect() -> None:
    """What was shown once stays: a server that says otherwise is broken, and the tool says so."""
    stage = Stage()
    stage.connect()
    stage.final(0, "one")
    stage.final(0, "one")

    with pytest.raises(ValueError, match="changed"):
        stage.final(0, "two")


def test_an_older_owner_is_not_listened_to() -> None:
    """A lower epoch than was seen is a zombie's."""
    stage = Stage()
    stage.connect()
    stage.capture(1.0)
    stage.hear(type="ready", next_offset=0, epoch=2)
    stage.hear(type="ack", received=1, durable=1, epoch=2)

    stage.hear(type="ack", received=9, durable=9, epoch=1)

    assert stage.session.heard.durable == 1


def test_moved_is_answered_with_resume() -> None:
    """The new owner hears what this client holds and what it has seen."""
    stage = Stage()
    stage.connect()
    stage.capture(1.0)
    stage.run(1.0)
    stage.final(0)

    (resume,) = stage.hear(type="moved", epoch=2)

    assert (resume["type"], resume["have_from"], resume["last_segment"]) == ("resume", 0, 0)


def test_a_new_owner_is_asked_again_and_again_until_it_answers() -> None:
    """It has only what is durable, and the first resume may have gone to nobody."""
    stage = Stage()
    stage.connect()
    stage.capture(1.0)
    stage.run(1.0)
    stage.hear(type="ack", received=16_000, durable=0, epoch=1)
    (first,) = stage.hear(type="ack", received=0, durable=0, epoch=2)

    again = stage.run(3.0)
    stage.hear(type="ready", next_offset=0, epoch=2)
    resent = of(stage.run(1.0), "audio")

    assert first["type"] == "resume"
    assert [message["type"] for message in again] == ["resume"]
    assert min(message["offset"] for message in resent) == 0


def test_a_superseded_page_stops() -> None:
    """Another page has the session: this one says nothing more and wants no connection."""
    stage = Stage()
    stage.connect()
    stage.capture(1.0)

    stage.hear(type="error", code="superseded", message="", retryable=False)

    assert stage.run(10.0) == []
    assert not stage.session.needs_connection
    assert stage.session.heard.errors == ["superseded"]


def test_a_pending_transcript_is_not_the_end_of_it() -> None:
    """`saved` with a pending transcript needs nothing more of the connection, but is not all."""
    stage = Stage()
    stage.connect()

    stage.hear(type="saved", samples=0, sha256="x", segments=0, transcript="pending", gaps=[])

    assert not stage.session.is_done
    assert not stage.session.needs_connection
