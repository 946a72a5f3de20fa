"""Saying things again, saying nothing, and resting: whatever a client repeats, it hears the same again."""

from __future__ import annotations

import json
import uuid
from itertools import pairwise

from contract.audio import Quality, bytes_in, samples_in
from tests.e2e.dictation import counter_pcm, counter_words
from tests.e2e.raw_client import Message, as_session, audio, finish, raw_client, resume, start, stop
from tests.e2e.records import find_row
from tests.e2e.test_sessions import assert_perfect
from tests.stack import RunningStack

SECONDS = 4.0
PCM = counter_pcm(Quality.MEDIUM, SECONDS)
WORDS = counter_words(SECONDS)
HALF = samples_in(len(PCM)) // 2


def kinds(messages: list[Message]) -> list[str]:
    """Name what was said."""
    return [str(message.get("type")) for message in messages]


async def test_a_repeated_start_is_the_same_session(scripted_stack: RunningStack) -> None:
    """The first one's terms stand; a client that missed `ready` asks again, over any connection."""
    opening = start()
    async with raw_client(scripted_stack) as first, raw_client(scripted_stack) as second:
        ready = await first.answer_to(opening, "ready")
        again = await first.answer_to(opening | {"specialty": "UROLOGY", "id": "again"}, "ready", "error")
        session_id = ready["session_id"]
        await first.speak(session_id, PCM[: bytes_in(HALF)])
        await first.wait_for(lambda message: message.get("received") == HALF)
        elsewhere = await second.answer_to(opening, "ready", "error")
        saved = await finish(second, session_id, PCM, start=HALF)

    user_id = find_row(scripted_stack, saved["transcription_id"]).user_id
    expected = uuid.uuid5(uuid.NAMESPACE_URL, f"seva-arogya:{user_id}:{opening['request_id']}")
    assert session_id == str(expected)
    assert again | {"ref": ready["ref"]} == ready
    assert (ready["ref"], again["ref"]) == (opening["id"], "again")
    assert (elsewhere["session_id"], elsewhere["epoch"]) == (session_id, ready["epoch"])
    assert elsewhere["next_offset"] == HALF
    assert_perfect(scripted_stack, as_session(first, second, session_id=session_id), PCM, WORDS)


async def test_the_same_request_of_another_user_is_another_session(scripted_stack: RunningStack) -> None:
    """A session's id holds its user: nobody comes into a session by repeating its request."""
    opening = start()
    async with raw_client(scripted_stack) as one, raw_client(scripted_stack, "doctor2") as other:
        own = (await one.answer_to(opening, "ready"))["session_id"]
        others = (await other.answer_to(opening, "ready"))["session_id"]
        await finish(other, others, PCM[: bytes_in(HALF)])
        await finish(one, own, PCM)

    assert own != others
    assert_perfect(scripted_stack, as_session(one, session_id=own), PCM, WORDS)


async def test_a_finished_session_answers_with_its_record(scripted_stack: RunningStack) -> None:
    """Whatever is said to it: nothing is opened again, nothing is written twice."""
    opening = start()
    async with raw_client(scripted_stack) as client:
        session_id = (await client.answer_to(opening, "ready"))["session_id"]
        saved = await finish(client, session_id, PCM)
    async with raw_client(scripted_stack) as later:
        answers = [
            await later.answer_to(message, "ready", "stored", "saved", "error")
            for message in (
                opening,
                stop(session_id, PCM),
                stop(session_id, PCM, end_offset=None, sha256=None),
                audio(session_id, 0, PCM[:640]),
            )
        ]
        since = len(later.heard)
        for kind in ("ping", "pause"):
            await later.send({"type": kind, "session_id": session_id})
        await later.send(resume(session_id, str(uuid.uuid4()), last_segment=0))
        await later.wait_for_kind("saved", since=since)
        resumed = [said for said in later.heard[since:] if said["type"] != "ack"]

    assert answers == [saved] * 4
    assert kinds(resumed) == ["ready", *["final"] * (saved["segments"] - 1), "saved"]
    assert resumed[0]["next_offset"] == samples_in(len(PCM))
    assert [final["segment"] for final in resumed[1:-1]] == list(range(1, saved["segments"]))
    assert resumed[-1] == saved
    assert_perfect(scripted_stack, as_session(client, session_id=session_id), PCM, WORDS)


async def test_everything_sent_twice_is_recorded_once(scripted_stack: RunningStack) -> None:
    """Resent, re-cut, out of order, over two connections: the same bytes, the same words."""
    opening = start()
    async with raw_client(scripted_stack) as first, raw_client(scripted_stack) as second:
        session_id = (await first.answer_to(opening, "ready"))["session_id"]
        await first.speak(session_id, PCM, start=HALF)
        for at in range(0, HALF, 1_000):
            await second.send(audio(session_id, at, PCM[bytes_in(at) : bytes_in(at + 1_500)]))
        await first.speak(session_id, PCM)
        await finish(first, session_id, PCM)

    assert_perfect(scripted_stack, as_session(first, session_id=session_id), PCM, WORDS)


async def test_a_pause_rests_the_recogniser_and_not_the_session(scripted_stack: RunningStack) -> None:
    """`parked` at once; the next audio is heard by a new stream, and times go on where they were."""
    async with raw_client(scripted_stack) as client:
        session_id = (await client.answer_to(start(), "ready"))["session_id"]
        await client.speak(session_id, PCM[: bytes_in(HALF)])
        await client.wait_for(lambda message: "w000003" in message.get("text", ""))
        since = len(client.heard)
        await client.send({"type": "pause", "session_id": session_id})
        parked = await client.wait_for_kind("status", since=since)
        await finish(client, session_id, PCM, start=HALF)

    assert parked["transcription"] == "parked"
    finals = [message for message in client.heard if message.get("type") == "final"]
    assert {final["stream"] for final in finals} == {0, 1}
    assert all(left["end_ms"] <= right["start_ms"] for left, right in pairwise(finals))
    assert finals[-1]["end_ms"] == SECONDS * 1000
    assert_perfect(scripted_stack, as_session(client, session_id=session_id), PCM, WORDS)


async def test_a_stop_before_the_audio_waits_for_it(scripted_stack: RunningStack) -> None:
    """Messages overtake one another: the end is known first, what is missing is asked for."""
    async with raw_client(scripted_stack) as client:
        session_id = (await client.answer_to(start(), "ready"))["session_id"]
        await client.speak(session_id, PCM, start=HALF)
        await client.send(stop(session_id, PCM))
        nack = await client.wait_for_kind("nack")
        await finish(client, session_id, PCM)

    assert nack["missing"] == [[0, HALF]]
    assert_perfect(scripted_stack, as_session(client, session_id=session_id), PCM, WORDS)


async def test_an_empty_session_becomes_a_record_of_nothing(scripted_stack: RunningStack) -> None:
    """Start and stop: a row, no words, and no error on the way."""
    async with raw_client(scripted_stack) as client:
        session_id = (await client.answer_to(start(), "ready"))["session_id"]
        saved = await finish(client, session_id, b"")

    assert (saved["samples"], saved["segments"], saved["gaps"]) == (0, 0, [])
    assert find_row(scripted_stack, saved["transcription_id"]).text == ""
    assert "error" not in json.dumps(kinds(client.heard))
