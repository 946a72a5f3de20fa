"""S3, DynamoDB or PostgreSQL in trouble for a while: the text goes on, and nothing is lost or there twice."""

from __future__ import annotations

import asyncio
import json
import secrets

import pg8000.native

from contract.audio import Quality, to_ms
from contract.records import TranscriptState
from local_stack.environments import APPLICATION_SECRET
from tests.e2e.dictation import counter_pcm, counter_words, dictating, until
from tests.e2e.raw_client import RATE_HZ, SAVED_WITHIN_S, as_session, raw_client, start, stop
from tests.e2e.records import aws_client
from tests.e2e.test_sessions import assert_perfect
from tests.faults.owners import owner_of
from tests.stack import RunningStack
from tools.client_session import ClientSession

SPEED = 2.0  # as fast as text follows
SLOW_MS = 3_000


def text_until_ms(session: ClientSession) -> int:
    """Give where the text ends that a client has seen."""
    return max((int(final["end_ms"]) for final in session.heard.finals.values()), default=0)


def aws_counts(stack: RunningStack) -> dict[str, int]:
    """Give how many calls to AWS were refused, delayed, and left without an answer."""
    counts: dict[str, int] = stack.admin("gateway", "aws")["counts"]
    return counts


async def test_a_bad_s3_costs_acknowledgements_and_nothing_else(hurried_stack: RunningStack) -> None:
    """Refusing, then slow, then done but unheard of: text goes on, no sample is acknowledged too early."""
    pcm = counter_pcm(Quality.MEDIUM, 26.0)
    async with dictating(hurried_stack, pcm, Quality.MEDIUM, speed=SPEED) as session:
        await until(lambda: session.heard.durable > 0)
        await asyncio.to_thread(hurried_stack.aws_rules, {"service": "s3", "status": 503})
        captured = session.captured
        await until(lambda: text_until_ms(session) > to_ms(captured, RATE_HZ) + 2_500)
        await until(lambda: aws_counts(hurried_stack)["refused"] > 0)
        durable_without_s3 = session.heard.durable
        await asyncio.to_thread(hurried_stack.aws_rules, {"service": "s3", "delay_ms": SLOW_MS})
        await until(lambda: session.heard.durable > captured)
        before = await asyncio.to_thread(aws_counts, hurried_stack)
        await asyncio.to_thread(hurried_stack.aws_rules, {"service": "s3", "lose_answer": True})
        await until(lambda: aws_counts(hurried_stack)["answers_lost"] > before["answers_lost"])
        await asyncio.to_thread(hurried_stack.aws_rules)

    assert 0 < durable_without_s3 <= captured
    assert before["refused"] > 0
    assert before["delayed"] > 0
    assert "buffer_limit" not in session.heard.errors
    assert_perfect(hurried_stack, session, pcm, counter_words(26.0))


async def test_a_bad_table_delays_finals_and_doubles_none(hurried_stack: RunningStack) -> None:
    """Every other call is throttled or stays without an answer: each final is there once, in its place."""
    pcm = counter_pcm(Quality.MEDIUM, 16.0)
    async with dictating(hurried_stack, pcm, Quality.MEDIUM, speed=SPEED) as session:
        owner = await owner_of(hurried_stack, session)
        of_the_owner = {"service": "dynamodb", "task": owner["id"]}
        before = await asyncio.to_thread(aws_counts, hurried_stack)
        await asyncio.to_thread(
            hurried_stack.aws_rules,
            of_the_owner | {"status": 400, "rate": 0.3},
            of_the_owner | {"lose_answer": True, "rate": 0.3},
        )
        await until(lambda: len(session.heard.finals) >= 4)
        after = await asyncio.to_thread(aws_counts, hurried_stack)
        await asyncio.to_thread(hurried_stack.aws_rules)

    assert after["refused"] > before["refused"]
    assert after["answers_lost"] > before["answers_lost"]
    assert_perfect(hurried_stack, session, pcm, counter_words(16.0))


async def test_a_record_waits_for_the_database_and_its_new_password(hurried_stack: RunningStack) -> None:
    """`stored` at once, whatever PostgreSQL does; `saved` once it is back and lets us in, with one row."""
    pcm = counter_pcm(Quality.MEDIUM, 3.0)
    vault = aws_client(hurried_stack, "secretsmanager")
    secret = json.loads(vault.get_secret_value(SecretId=APPLICATION_SECRET)["SecretString"])
    renewed = secret | {"password": secrets.token_hex(16)}
    async with raw_client(hurried_stack) as client:
        session_id = (await client.answer_to(start(), "ready"))["session_id"]
        await client.speak(session_id, pcm)
        await asyncio.to_thread(change_password, hurried_stack, renewed)
        await asyncio.to_thread(hurried_stack.postgres_down, True)
        await client.send(stop(session_id, pcm))
        await client.wait_for_kind("stored")
        await asyncio.to_thread(hurried_stack.postgres_down, False)
        is_saved_early = any(message["type"] == "saved" for message in client.heard)
        await asyncio.to_thread(
            vault.put_secret_value, SecretId=APPLICATION_SECRET, SecretString=json.dumps(renewed)
        )
        saved = await client.wait_for_kind("saved", within_s=SAVED_WITHIN_S)

    assert not is_saved_early
    assert saved["transcript"] == TranscriptState.COMPLETE
    assert_perfect(hurried_stack, as_session(client, session_id=session_id), pcm, counter_words(3.0))


def change_password(stack: RunningStack, user: dict[str, str]) -> None:
    """Give the application's database user another password, and cut the connections it has."""
    where = stack.info["postgres"]
    database = pg8000.native.Connection(
        where["user"],
        host=where["host"],
        port=where["port"],
        password=where["password"],
        database=where["database"],
    )
    try:
        name = pg8000.native.identifier(user["username"])
        database.run(f"ALTER ROLE {name} PASSWORD {pg8000.native.literal(user['password'])}")
        database.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = :name",
            name=user["username"],
        )
    finally:
        database.close()
