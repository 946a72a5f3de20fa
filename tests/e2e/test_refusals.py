"""What the task refuses, on the whole path: each fault its code, nothing changed, nobody else disturbed."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Any

import pytest

from contract.audio import Quality, bytes_in, samples_in
from contract.wire import MAX_MESSAGE_BYTES, RETRYABLE, Code
from tests.e2e.dictation import counter_pcm, counter_words, dictate
from tests.e2e.faulty_messages import bad_audio, bad_starts, bad_texts, nested, padded
from tests.e2e.raw_client import (
    Message,
    as_session,
    audio,
    finish,
    raw_client,
    resume,
    start,
    stop,
    ticket_for,
)
from tests.e2e.test_sessions import assert_perfect
from tests.stack import RunningStack

SECONDS = 4.0
PCM = counter_pcm(Quality.MEDIUM, SECONDS)
WORDS = counter_words(SECONDS)
HALF = samples_in(len(PCM)) // 2
FLOOD = 300  # messages at once: three times the burst that is allowed


async def test_every_fault_gets_its_code_and_the_neighbour_notices_nothing(
    scripted_stack: RunningStack,
) -> None:
    """Two doctors at once, one of them with a broken page: both records are perfect."""
    neighbour_pcm = counter_pcm(Quality.MEDIUM, 12.0)
    neighbour = asyncio.create_task(dictate(scripted_stack, neighbour_pcm, Quality.MEDIUM, user="doctor2"))
    answers: dict[str, Message] = {}
    expected: dict[str, Code] = {}
    async with raw_client(scripted_stack) as client:
        session_id = (await client.answer_to(start(), "ready"))["session_id"]
        await client.speak(session_id, PCM[: bytes_in(HALF)])
        await client.wait_for(lambda message: message.get("received") == HALF)
        for faults in (bad_texts(session_id), bad_starts(), bad_audio(session_id, HALF)):
            for name, message, code in faults:
                expected[name] = code
                answers[name] = await client.refusal_of(message)
        await finish(client, session_id, PCM, start=HALF)

    assert {name: answer["code"] for name, answer in answers.items()} == expected
    assert all(answer["retryable"] == (answer["code"] in RETRYABLE) for answer in answers.values())
    assert all(answer["message"].endswith(".") for answer in answers.values())
    assert_perfect(scripted_stack, as_session(client, session_id=session_id), PCM, WORDS)
    assert_perfect(scripted_stack, await neighbour, neighbour_pcm, counter_words(12.0))


async def test_what_is_within_the_bounds_is_taken(scripted_stack: RunningStack) -> None:
    """The largest message, the deepest nesting and fields of a later protocol are no faults."""
    async with raw_client(scripted_stack) as client:
        session_id = (await client.answer_to(start(later={"field": [1.5]}), "ready"))["session_id"]
        await client.send(padded(audio(session_id, 0, PCM[:640]), MAX_MESSAGE_BYTES))
        await client.send(nested(16).replace('"s"', json.dumps(session_id)))
        await finish(client, session_id, PCM)

    assert [message for message in client.heard if message.get("type") == "error"] == []
    assert_perfect(scripted_stack, as_session(client, session_id=session_id), PCM, WORDS)


async def test_an_error_names_the_message_and_the_session_it_is_about(scripted_stack: RunningStack) -> None:
    """A client with several messages under way knows which of them failed."""
    async with raw_client(scripted_stack) as client:
        opened = await client.answer_to(start(), "ready")
        session_id = opened["session_id"]
        about = await client.refusal_of(audio(session_id, 0, PCM[:640], crc32=0, id="one"))
        early = await client.refusal_of({"type": "shutdown", "id": "two"})
        badly_started = start(protocol=9)
        unopened = await client.refusal_of(badly_started)
        await finish(client, session_id, PCM)

    assert (about["ref"], about["session_id"], about["epoch"]) == ("one", session_id, opened["epoch"])
    assert (early["ref"], early["session_id"]) == ("two", None)
    assert (unopened["ref"], unopened["session_id"]) == (badly_started["id"], None)
    assert_perfect(scripted_stack, as_session(client, session_id=session_id), PCM, WORDS)


@pytest.mark.parametrize(
    ("message", "code"),
    [(b"\x00\x01", 1003), ("x" * 32_769, 1009)],
    ids=["a binary frame", "more than 32 KB"],
)
async def test_what_the_gateway_cannot_carry_costs_the_connection_and_nothing_else(
    scripted_stack: RunningStack, message: str | bytes, code: int
) -> None:
    """The page comes back over a new connection and goes on where it was."""
    opening = start()
    async with raw_client(scripted_stack) as first:
        session_id = (await first.answer_to(opening, "ready"))["session_id"]
        await first.speak(session_id, PCM[: bytes_in(HALF)])
        await first.wait_for(lambda said: said.get("received") == HALF)
        await first.send(message)
        closed_with = await first.wait_until_closed()
    async with raw_client(scripted_stack) as second:
        ready = await second.answer_to(resume(session_id, opening["client"]), "ready")
        await finish(second, session_id, PCM, start=ready["next_offset"])

    assert closed_with == code
    assert ready["next_offset"] == HALF
    assert_perfect(scripted_stack, as_session(first, second, session_id=session_id), PCM, WORDS)


async def test_a_flood_is_refused_and_not_answered_with_a_flood(scripted_stack: RunningStack) -> None:
    """Over the burst nothing is taken; the few answers say so, and the connection is good again at once."""
    async with raw_client(scripted_stack) as client:
        session_id = (await client.answer_to(start(), "ready"))["session_id"]
        ping = {"type": "ping", "session_id": session_id}
        for _ in range(FLOOD):
            await client.send(ping)
        error = await client.wait_for_kind("error")
        await asyncio.sleep(1.0)  # the bucket refills: 40 messages
        refusals = [message for message in client.heard if message.get("type") == "error"]
        await finish(client, session_id, PCM)

    assert error["code"] == Code.RATE_LIMITED
    assert error["retryable"] is True
    assert {refusal["code"] for refusal in refusals} == {Code.RATE_LIMITED}
    assert len(refusals) < FLOOD / 10
    assert_perfect(scripted_stack, as_session(client, session_id=session_id), PCM, WORDS)


async def test_a_page_that_was_replaced_is_told_and_not_heard(scripted_stack: RunningStack) -> None:
    """One page at a time: the other's samples never meet those of the page that took over."""
    opening = start()
    async with raw_client(scripted_stack) as old, raw_client(scripted_stack) as new:
        session_id = (await old.answer_to(opening, "ready"))["session_id"]
        await old.speak(session_id, PCM[: bytes_in(HALF)])
        await old.wait_for(lambda message: message.get("received") == HALF)

        ready = await new.answer_to(resume(session_id, str(uuid.uuid4())), "ready")
        told = await old.wait_for_kind("error")
        refused = await old.refusal_of(audio(session_id, HALF, b"\x01\x01" * 320, id="late"))
        await finish(new, session_id, PCM, start=ready["next_offset"])

    assert (told["code"], told["ref"]) == (Code.SUPERSEDED, None)
    assert (refused["code"], refused["ref"]) == (Code.SUPERSEDED, "late")
    assert_perfect(scripted_stack, as_session(new, session_id=session_id), PCM, WORDS)


async def test_a_page_that_was_replaced_can_take_over_again(scripted_stack: RunningStack) -> None:
    """Taking over is a `resume`, for either page."""
    opening, other_page = start(), str(uuid.uuid4())
    async with raw_client(scripted_stack) as first, raw_client(scripted_stack) as second:
        session_id = (await first.answer_to(opening, "ready"))["session_id"]
        await second.answer_to(resume(session_id, other_page), "ready")
        await first.wait_for_kind("error")

        await first.answer_to(resume(session_id, opening["client"]), "ready")
        told = await second.wait_for_kind("error")
        await finish(first, session_id, PCM)

    assert told["code"] == Code.SUPERSEDED
    assert_perfect(scripted_stack, as_session(first, session_id=session_id), PCM, WORDS)


async def test_another_users_session_is_as_absent_as_one_that_never_was(scripted_stack: RunningStack) -> None:
    """Whoever guesses an id learns nothing by it, whatever they send."""

    def asked_about(session_id: str) -> list[dict[str, Any]]:
        return [
            resume(session_id, str(uuid.uuid4())),
            audio(session_id, 0, b"\x01\x01" * 320),
            audio(session_id, 0, b"\x01\x01" * 320, crc32=0),
            {"type": "pause", "session_id": session_id},
            {"type": "ping", "session_id": session_id},
            stop(session_id, PCM, end_offset=0),
        ]

    async with raw_client(scripted_stack) as owner, raw_client(scripted_stack, "doctor2") as stranger:
        session_id = (await owner.answer_to(start(), "ready"))["session_id"]
        about_foreign = [await stranger.refusal_of(message) for message in asked_about(session_id)]
        about_absent = [await stranger.refusal_of(message) for message in asked_about(str(uuid.uuid4()))]
        await finish(owner, session_id, PCM)
        about_finished = [await stranger.refusal_of(message) for message in asked_about(session_id)]

    assert about_foreign == about_absent == about_finished
    codes = [error["code"] for error in about_foreign]
    assert codes == [Code.NOT_FOUND] * 2 + [Code.BAD_MESSAGE] + [Code.NOT_FOUND] * 3
    assert [message for message in stranger.heard if message.get("type") != "error"] == []
    assert_perfect(scripted_stack, as_session(owner, session_id=session_id), PCM, WORDS)


async def test_the_first_copy_of_a_sample_stays(scripted_stack: RunningStack) -> None:
    """Other bytes for samples that are not durable yet are refused; below `durable` they go unexamined."""
    other = bytes(len(PCM[: bytes_in(HALF)]))
    async with raw_client(scripted_stack) as client:
        session_id = (await client.answer_to(start(), "ready"))["session_id"]
        # A slow store, so that the samples are not durable before the other copy comes.
        slow = {"service": "s3", "action": "PutObject", "delay_ms": 5_000}
        await asyncio.to_thread(scripted_stack.aws_rules, slow)
        try:
            await client.speak(session_id, PCM[: bytes_in(HALF)])
            await client.wait_for(lambda message: message.get("received") == HALF)
            error = await client.refusal_of(audio(session_id, 0, other[:640], id="other"))
        finally:
            await asyncio.to_thread(scripted_stack.aws_rules)
        await client.wait_for(lambda message: message.get("durable") == HALF)
        since = len(client.heard)
        await client.send(audio(session_id, 0, other[:640]))
        await client.wait_for_kind("ack", since=since)
        await finish(client, session_id, PCM, start=HALF)

    assert (error["code"], error["ref"], error["retryable"]) == (Code.CONFLICT, "other", False)
    assert [message for message in client.heard[since:] if message.get("type") == "error"] == []
    assert_perfect(scripted_stack, as_session(client, session_id=session_id), PCM, WORDS)


async def test_only_a_fresh_ticket_of_the_same_user_renews(scripted_stack: RunningStack) -> None:
    """A bad one changes nothing; a good one is answered as often as it is asked."""

    def renew(ticket: str, name: str) -> Message:
        return {"type": "renew", "ticket": ticket, "id": name}

    good, of_another = await asyncio.gather(ticket_for(scripted_stack), ticket_for(scripted_stack, "doctor2"))
    async with raw_client(scripted_stack) as client:
        session_id = (await client.answer_to(start(), "ready"))["session_id"]
        refused = [
            await client.refusal_of(renew("no such ticket", "forged")),
            await client.refusal_of(renew(of_another, "another's")),
        ]
        await client.speak(session_id, PCM[: bytes_in(HALF)])
        await client.wait_for(lambda message: message.get("received") == HALF)
        renewed = [await client.answer_to(renew(good, name), "renewed", "error") for name in ("a", "b")]
        await finish(client, session_id, PCM, start=HALF)
        async with raw_client(scripted_stack) as second:
            spent = await second.refusal_of(renew(good, "spent"))
    async with raw_client(scripted_stack, ticket=of_another) as its_owner:
        await its_owner.refusal_of({"type": "unknown"})

    assert [error["code"] for error in (*refused, spent)] == [Code.AUTH_EXPIRED] * 3
    assert [error["ref"] for error in refused] == ["forged", "another's"]
    assert [answer.get("ref") for answer in renewed] == ["a", "b"]
    assert all(0 < answer["expires_in_s"] <= 900 for answer in renewed)
    assert_perfect(scripted_stack, as_session(client, session_id=session_id), PCM, WORDS)
