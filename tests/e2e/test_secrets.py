"""No log holds what was said, typed or shown as proof: the task's, the Lambdas', PostgreSQL's, none."""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import numpy as np
import pg8000.native
import pytest
from websockets.exceptions import InvalidStatus

from contract.audio import Quality, bytes_in
from tests.e2e.canaries import Canaries
from tests.e2e.dictation import counter_pcm, counter_words, dictate
from tests.e2e.raw_client import RATE_HZ, audio, finish, raw_client, resume, start, stop
from tests.e2e.records import wait_for
from tests.e2e.talkative_task import PROOF
from tests.e2e.test_sessions import assert_perfect
from tests.stack import RunningStack, running_stack
from tools.client_session import ClientSession
from tools.live_connection import fetch_ticket

SECONDS = 12.0
PCM = counter_pcm(Quality.MEDIUM, SECONDS)
CONSTRAINT = "refuses_records"


@pytest.fixture(scope="module")
def talkative_stack() -> Iterator[RunningStack]:
    """Give a stack whose task logs at DEBUG, and that tries again soon what PostgreSQL refused."""
    with running_stack("--limits", "sweep_s=1", module="tests.e2e.talkative_stack") as stack:
        yield stack


def test_the_search_finds_what_it_must() -> None:
    """Plain, in hex, in base64, spoken: a search that found nothing would prove nothing."""
    canaries = Canaries()
    word = canaries.word("a note")
    hostile = canaries.hostile("a field")
    clean = {"clean": '{"message": "Session opened", "session_id": "5d1f", "active": 1}'}
    coded = [base64.b64encode(f"{'x' * lead}{word} and more".encode()).decode() for lead in range(6)]

    assert canaries.leaks(clean) == []
    for text in (word, f"x{word}y", word.encode().hex(), *coded):
        assert canaries.leaks(clean | {"log": f'{{"message": "{text}"}}'}) == ["a note in log"]
    for text in (hostile, json.dumps(hostile), repr(hostile)):
        assert canaries.leaks({"log": text}) == ["a field in log"]
    assert canaries.leaks({"log": '{"text": "w000000 w000001"}'}) == ["what was spoken in log"]


async def test_no_log_holds_a_word(talkative_stack: RunningStack) -> None:
    """Everything that takes text is given a word of its own; whatever fails, none of them is written down."""
    canaries = Canaries()
    canaries.keep("the database's password", talkative_stack.info["postgres"]["password"])

    await asyncio.to_thread(knock, talkative_stack, canaries)
    await say_what_is_not_understood(talkative_stack, canaries)
    said = await say_what_is_understood(talkative_stack, canaries)
    session = await dictate_while_everything_fails(talkative_stack)

    gateway_counts = talkative_stack.admin("gateway", "faults")["counts"]
    aws_counts = talkative_stack.admin("gateway", "aws")["counts"]
    assert all(gateway_counts[name] for name in ("corrupted", "pushes_410", "pushes_429", "pushes_5xx"))
    assert all(aws_counts[name] for name in ("refused", "answers_lost"))
    logs = {file.name: text for file, text in talkative_stack.logs().items()}
    logs["what the stack printed"] = talkative_stack.said()
    assert canaries.leaks(logs) == []
    assert [name for name, text in logs.items() if "\x1b" in text] == []
    # None of this would mean anything had the logs been empty, or had the search not found a word there.
    task_log = f"task-{talkative_stack.tasks[0]['id']}.log"
    assert said in logs[task_log]
    assert session.heard.session_id is not None
    assert session.heard.session_id in logs[task_log]
    assert PROOF in logs[task_log]
    assert CONSTRAINT in logs["postgres.log"]
    for name in ("lambda-api.log", "lambda-connect.log", "lambda-disconnect.log"):
        assert logs[name]
    planted = canaries.word("a word that was logged")
    logs[task_log] += json.dumps({"level": "INFO", "message": f"heard {planted}"})
    assert canaries.leaks(logs) == [f"a word that was logged in {task_log}"]
    assert_perfect(talkative_stack, session, PCM, counter_words(SECONDS))


def knock(stack: RunningStack, canaries: Canaries) -> None:
    """Ask for everything that HTTP can be asked for, with a word wherever one can stand."""
    headers = {
        name: canaries.word(f"HTTP header {name}")
        for name in (
            "User-Agent",
            "Origin",
            "Referer",
            "Cookie",
            "X-Forwarded-For",
            "X-Amzn-Trace-Id",
            "X-Note",
        )
    }
    for method, path, body in (
        ("POST", "/tickets", canaries.hostile("the body for a ticket")),
        ("GET", f"/{canaries.word('a path')}?x={canaries.word('a query')}", ""),
        ("GET", f"/health?x={canaries.word('a query for health')}", ""),
        ("POST", "/oauth2/token", f"grant_type=authorization_code&code={canaries.word('a code')}"),
        ("GET", f"/oauth2/authorize?state={canaries.word('a state')}", ""),
        ("PUT", "/config.json", canaries.hostile("a body for nothing")),
    ):
        bearer = {"Authorization": f"Bearer {canaries.word('a forged token')}"}
        ask(stack.port_base, method, path, body, headers | bearer)
    token = canaries.keep("an access token", stack.token())
    bearer = {"Authorization": f"Bearer {token}"}
    ask(stack.port_base, "POST", "/tickets", canaries.hostile("the body of a good request"), headers | bearer)
    for port in (stack.port_base, urlsplit(stack.info["websocket_url"]).port, stack.tasks[0]["port"]):
        garbage = f"GET /{canaries.word('garbage')} HTTP/7\r\n{canaries.word('half a header')}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
            line.sendall(garbage.encode())
            line.recv(1000)
    forged = {
        name: canaries.word(f"{name} to the task") for name in ("x-message-id", "x-request-id", "x-note")
    }
    task = stack.tasks[0]["port"]
    ask(
        task,
        "POST",
        "/messages",
        canaries.hostile("a body"),
        forged | {"x-connection-id": "AAAAAAAAAAAAAAA="},
    )
    ask(task, "POST", f"/{canaries.word('a path of the task')}", "", forged)


def ask(port: int, method: str, path: str, body: str, headers: Mapping[str, str]) -> None:
    """Ask one thing; whatever is answered is good."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body.encode(), dict(headers))
        connection.getresponse().read()
    finally:
        connection.close()


async def say_what_is_not_understood(stack: RunningStack, canaries: Canaries) -> None:
    """Come with forged tickets and origins; then put a word into every field of every message."""
    refused = {"X-Note": canaries.word("a refused header")}
    for wrong in (
        raw_client(stack, ticket=canaries.hostile("a ticket"), headers=refused),
        raw_client(stack, origin=f"https://{canaries.word('an origin')}", headers=refused),
    ):
        with pytest.raises(InvalidStatus):
            async with wrong:
                pass
    headers = {
        name: canaries.word(f"handshake header {name}")
        for name in ("User-Agent", "Cookie", "X-Forwarded-For", "Sec-WebSocket-Protocol", "X-Note")
    }
    about = "11111111-1111-4111-8111-111111111111"
    async with raw_client(stack, headers=headers) as client:
        for message in (
            start(speaker_labels=True, vocabulary="Words"),
            audio(about, 0, b"\x01\x01" * 320),
            resume(about, about),
            {"type": "pause", "session_id": about},
            {"type": "ping", "session_id": about},
            stop(about, b""),
            {"type": "renew", "ticket": "t"},
        ):
            for field in message:
                place = f"{field} of {message['type']}"
                await client.refusal_of(
                    message | {"id": canaries.word("an id"), field: canaries.hostile(place)}
                )
            if "session_id" in message:
                await client.refusal_of(
                    message | {"session_id": canaries.word("a session that is not there")}
                )
        for place in ("text that is not JSON", "JSON that ends too soon"):
            await client.refusal_of('{"type": "' + canaries.hostile(place))
        await client.close(canaries.word("the reason of a close"))
    for frame in (canaries.word("a binary frame").encode(), canaries.word("a huge frame") * 2_000):
        async with raw_client(stack) as client:
            await client.send(frame)
            await client.wait_until_closed()


async def say_what_is_understood(stack: RunningStack, canaries: Canaries) -> str:
    """Dictate with a word wherever a good message has room for one; give the session's id."""
    token = canaries.keep("an access token", await asyncio.to_thread(stack.token, "doctor2"))
    ticket, _ = await asyncio.to_thread(fetch_ticket, stack.info["api_url"], token)
    canaries.keep("a ticket", ticket)
    noise = np.random.default_rng(1).integers(-999, 999, RATE_HZ).astype("<i2").tobytes()
    pcm = PCM[: bytes_in(RATE_HZ * 4)] + noise
    opening = start(
        id=canaries.word("the id of a start"),
        vocabulary=canaries.word("a vocabulary"),
        note=canaries.hostile("an unknown field"),
        speaker_labels=True,
    )
    canaries.keep("a request's id", opening["request_id"])
    canaries.keep("a page's id", opening["client"])
    async with raw_client(stack, ticket=canaries.keep("a ticket", ticket)) as client:
        ready = await client.answer_to(opening, "ready")
        session_id = str(ready["session_id"])
        noisy = audio(session_id, RATE_HZ * 4, noise[:16_000], id=canaries.word("the id of audio"))
        canaries.keep("audio", noisy["data"][3_000:3_040])
        await client.send(noisy)
        renewal, _ = await asyncio.to_thread(fetch_ticket, stack.info["api_url"], token)
        renewing = {"type": "renew", "ticket": canaries.keep("a renewal's ticket", renewal)}
        await client.answer_to(renewing, "renewed")
        await finish(client, session_id, pcm)
        await client.answer_to(resume(session_id, opening["client"]), "saved")
    return session_id


async def dictate_while_everything_fails(stack: RunningStack) -> ClientSession:
    """Dictate over a bad network, with dying streams and stores, to a database that refuses the record."""
    where = stack.info["postgres"]

    def alter(change: str) -> None:
        database = pg8000.native.Connection(
            where["user"],
            host=where["host"],
            port=where["port"],
            password=where["password"],
            database=where["database"],
        )
        try:
            database.run(f"ALTER TABLE transcriptions {change}")
        finally:
            database.close()

    def refused() -> bool | None:
        log = next(text for file, text in stack.logs().items() if file.name == "postgres.log")
        return True if CONSTRAINT in log else None

    def fail() -> None:
        alter(f"ADD CONSTRAINT {CONSTRAINT} CHECK (status <> 'COMPLETED') NOT VALID")
        rates = ("drop", "duplicate", "corrupt", "connections_410", "connections_429", "connections_5xx")
        stack.gateway_faults(**dict.fromkeys(rates, 0.1), cut_connections_every_s=4)
        stack.transcribe_faults(reset_every_s=3)
        stack.aws_rules(
            {"service": "s3", "status": 503, "rate": 0.2},
            {"service": "dynamodb", "status": 500, "rate": 0.1},
            {"service": "dynamodb", "lose_answer": True, "rate": 0.1},
        )

    def recover() -> None:
        stack.transcribe_faults(exception="InternalFailureException")
        stack.transcribe_faults()
        stack.aws_rules()
        stack.gateway_faults()
        wait_for(refused, "PostgreSQL to refuse the record")
        stack.postgres_down(True)
        stack.postgres_down(False)
        alter(f"DROP CONSTRAINT {CONSTRAINT}")

    await asyncio.to_thread(fail)
    dictating = asyncio.create_task(dictate(stack, PCM, Quality.MEDIUM))
    await asyncio.sleep(SECONDS - 2)
    await asyncio.to_thread(recover)
    return await dictating
