"""More than there is room for: pushes that fail, a client that never reads, crowds, strangers who hold on."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
from collections.abc import Callable
from urllib.parse import urlsplit

from contract.audio import Quality, bytes_in, samples_in
from contract.wire import Code
from tests.e2e.dictation import counter_pcm, counter_words, dictate, dictating, until
from tests.e2e.raw_client import (
    SAVED_WITHIN_S,
    Message,
    RawClient,
    as_session,
    raw_client,
    resume,
    start,
    stop,
)
from tests.e2e.test_sessions import assert_perfect
from tests.shared_stacks import ROOM
from tests.stack import Process, RunningStack, list_processes

SPEED = 2.0  # as fast as text follows
TIMES_OVER = 10
KNOCK_EVERY_S = 0.2
HOLDERS = 60
FLOOD = 400  # messages at once on one connection, of which 100 may be taken
MOST_RESUMES = 1_000
RESUMES_AT_ONCE = 80  # within a connection's burst
RESUME_EVERY_S = 1 / 25  # below the 40 messages a second that a connection has
ASK_AGAIN_S = 1.0
SMALL_BUFFER_BYTES = 4_096
GROWTH_MOST_MB = 32
REFUSED_PUSHES = 3


def gateway_counts(stack: RunningStack) -> dict[str, int]:
    """Give what the gateway has counted."""
    counts: dict[str, int] = stack.admin("gateway", "faults")["counts"]
    return counts


async def test_pushes_that_fail_for_a_while_come_later(hurried_stack: RunningStack) -> None:
    """5xx, then 429, then 410: partials may be missing, of the finals none, and nothing is lost."""
    pcm = counter_pcm(Quality.MEDIUM, 20.0)
    async with dictating(hurried_stack, pcm, Quality.MEDIUM, speed=SPEED) as session:
        await until(lambda: len(session.heard.finals) > 0)
        for status in ("5xx", "429", "410"):
            await refuse_pushes(hurried_stack, status)
        await asyncio.to_thread(hurried_stack.gateway_faults)

    assert_perfect(hurried_stack, session, pcm, counter_words(20.0))


async def refuse_pushes(stack: RunningStack, status: str) -> None:
    """Let pushes fail until some have."""
    name = f"pushes_{status}"
    enough = gateway_counts(stack)[name] + REFUSED_PUSHES
    await asyncio.to_thread(stack.gateway_faults, **{f"connections_{status}": 1.0})
    await until(lambda: gateway_counts(stack)[name] >= enough)


async def test_a_terrible_network_changes_no_byte(hurried_stack: RunningStack) -> None:
    """Each message twice, a tenth of them never, a tenth of them spoiled, all of them out of order."""
    pcm = counter_pcm(Quality.MEDIUM, 8.0)
    before = gateway_counts(hurried_stack)
    hurried_stack.gateway_faults(duplicate=1.0, drop=0.1, corrupt=0.1, reorder_ms=800, seed=3)

    session = await dictate(hurried_stack, pcm, Quality.MEDIUM)

    after = gateway_counts(hurried_stack)
    for fault in ("duplicated", "dropped", "corrupted", "reordered"):
        assert after[fault] > before[fault]
    assert Code.BAD_MESSAGE in session.heard.errors
    assert_perfect(hurried_stack, session, pcm, counter_words(8.0))


async def test_ten_times_too_many_are_turned_away_and_nobody_is_harmed(hurried_stack: RunningStack) -> None:
    """Whoever is in goes on; every other start is answered by `busy`, again and again."""
    pcm = counter_pcm(Quality.MEDIUM, 16.0)
    async with contextlib.AsyncExitStack() as there:
        admitted = await there.enter_async_context(raw_client(hurried_stack))
        empty = [(await admitted.answer_to(start(), "ready"))["session_id"] for _ in range(ROOM - 1)]
        crowd = [await there.enter_async_context(raw_client(hurried_stack)) for _ in range(TIMES_OVER)]
        async with dictating(hurried_stack, pcm, Quality.MEDIUM, user="doctor2", speed=SPEED) as session:
            await until(lambda: session.heard.session_id is not None)
            refusals = await asyncio.gather(
                *(knock(client, lambda: len(session.heard.finals) < 4) for client in crowd)
            )
        for session_id in empty:
            await admitted.send(stop(session_id, b""))
            await admitted.wait_for(lambda message: message.get("type") == "saved", within_s=SAVED_WITHIN_S)

    assert all(len(refused) >= ROOM for refused in refusals)
    assert {refusal["code"] for refused in refusals for refusal in refused} == {Code.BUSY}
    assert session.heard.errors == []
    assert_perfect(hurried_stack, session, pcm, counter_words(16.0))


async def knock(client: RawClient, goes_on: Callable[[], bool]) -> list[Message]:
    """Ask for as many places as there are, again and again; give what was answered."""
    answers: list[Message] = []
    while goes_on():
        openings = [start() for _ in range(ROOM)]
        for opening in openings:
            await client.send(opening)
        answers += [await client.wait_for(answers_to(opening)) for opening in openings]
        await asyncio.sleep(KNOCK_EVERY_S)
    return answers


def answers_to(asked: Message) -> Callable[[Message], bool]:
    """Make a test for the answer to a message."""
    return lambda message: message.get("ref") == asked["id"]


async def test_a_client_that_never_reads_fills_nobodys_memory(hurried_stack: RunningStack) -> None:
    """What cannot be said is dropped, audio goes on being stored, and whoever comes back reads all of it."""
    pcm = counter_pcm(Quality.MEDIUM, 8.0)
    most = samples_in(len(pcm)) * 3 // 4
    opening = start()
    enough = gateway_counts(hurried_stack)["pushes_unread"] + REFUSED_PUSHES
    async with (
        raw_client(hurried_stack, receive_buffer_bytes=SMALL_BUFFER_BYTES) as deaf,
        raw_client(hurried_stack) as again,
    ):
        session_id = (await deaf.answer_to(opening, "ready"))["session_id"]
        await deaf.speak(session_id, pcm[: bytes_in(most)])
        await deaf.wait_for(lambda message: message.get("segment") == 1, within_s=30.0)
        deaf.stop_reading()
        before_mb = memory_mb(hurried_stack)
        for number in range(MOST_RESUMES):
            await deaf.send(resume(session_id, opening["client"]))
            if number > RESUMES_AT_ONCE:
                await asyncio.sleep(RESUME_EVERY_S)
                if gateway_counts(hurried_stack)["pushes_unread"] >= enough:
                    break
        grown_mb = memory_mb(hurried_stack) - before_mb
        await deaf.speak(session_id, pcm, start=most)
        deaf.break_off()
        await again.speak(session_id, pcm, start=most)  # what was refused in the crowd of resumes
        await again.send(stop(session_id, pcm))
        saved = asyncio.create_task(again.wait_for_kind("saved", within_s=SAVED_WITHIN_S))
        while not saved.done():
            await again.send(resume(session_id, opening["client"]))
            await asyncio.wait([saved], timeout=ASK_AGAIN_S)
        await saved

    assert gateway_counts(hurried_stack)["pushes_unread"] >= enough
    assert grown_mb < GROWTH_MOST_MB
    assert_perfect(hurried_stack, as_session(again, session_id=session_id), pcm, counter_words(8.0))


def memory_mb(stack: RunningStack) -> float:
    """Give what the task and the gateway hold in memory together."""
    gateway = next(process.pid for process in list_processes() if is_gateway_of(stack, process))
    pids = f"{stack.tasks[0]['pid']},{gateway}"
    listed = subprocess.run(["ps", "-o", "rss=", "-p", pids], capture_output=True, text=True, check=True)
    return sum(map(int, listed.stdout.split())) / 1024


def is_gateway_of(stack: RunningStack, process: Process) -> bool:
    """Tell whether a process is the gateway of that stack."""
    return process.parent == stack.process.pid and process.command.endswith("-m local_stack.edge")


async def test_strangers_who_hold_on_harm_nobody(hurried_stack: RunningStack) -> None:
    """Halves of requests, connections that say nothing, a flood on one: a neighbour notices none of it."""
    pcm = counter_pcm(Quality.MEDIUM, 8.0)
    gateway = urlsplit(hurried_stack.info["websocket_url"]).port
    ports = (gateway, hurried_stack.tasks[0]["port"], hurried_stack.port_base + 4)
    holders: list[socket.socket] = []
    try:
        for port in ports:
            for number in range(HOLDERS):
                holder = socket.create_connection(("127.0.0.1", port), timeout=10)
                holder.sendall(b"POST /messages HTTP/1.1\r\nx-half: "[: number % 40])
                holders.append(holder)
        async with (
            dictating(hurried_stack, pcm, Quality.MEDIUM, speed=SPEED) as session,
            raw_client(hurried_stack, "doctor2") as flooding,
        ):
            for number in range(FLOOD):
                await flooding.send({"type": "ping", "session_id": "none", "id": str(number)})
            limited = await flooding.wait_for(lambda message: message.get("code") == Code.RATE_LIMITED)
    finally:
        for holder in holders:
            holder.close()

    assert limited["retryable"]
    assert session.heard.errors == []
    assert_perfect(hurried_stack, session, pcm, counter_words(8.0))
