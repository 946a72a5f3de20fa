"""Signing out everywhere in mid-recording: what came is kept, the old is refused, the new is welcome."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from urllib.parse import urlencode

import pytest
from websockets.exceptions import InvalidStatus

from contract.audio import Quality, bytes_in, from_seconds
from contract.wire import Code
from local_stack.access_token import tokens
from tests.e2e.dictation import counter_pcm, counter_words
from tests.e2e.raw_client import (
    RATE_HZ,
    SAVED_WITHIN_S,
    as_session,
    audio,
    finish,
    raw_client,
    resume,
    start,
    ticket_for,
)
from tests.e2e.records import wait_for
from tests.e2e.test_sessions import assert_perfect
from tests.stack import WITHOUT_PROXY, RunningStack
from tools.live_connection import NotAllowed, fetch_ticket

SECONDS = 4.0
PCM = counter_pcm(Quality.MEDIUM, SECONDS)
HALF = from_seconds(SECONDS / 2, RATE_HZ)
SEALED_WITHIN_S = 30.0


def post(url: str, token: str | None = None, form: dict[str, str] | None = None) -> tuple[int, object]:
    """Post a form, or nothing; give the status and the JSON that came."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    request = urllib.request.Request(url, urlencode(form or {}).encode(), headers, method="POST")
    try:
        with WITHOUT_PROXY.open(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read())


def sign_out_everywhere(stack: RunningStack, token: str) -> tuple[int, object]:
    """Do what the page does."""
    return post(f"{stack.info['api_url']}/sign-out-everywhere", token)


def refresh(stack: RunningStack, refresh_token: str) -> int:
    """Ask for a new access token; give the status."""
    with WITHOUT_PROXY.open(f"{stack.info['api_url']}/config.json", timeout=30) as answer:
        config = json.loads(answer.read())["sign_in"]
    form = {"grant_type": "refresh_token", "client_id": config["client_id"], "refresh_token": refresh_token}
    return post(config["token_url"], form=form)[0]


def new_ticket(stack: RunningStack, user: str = "doctor1") -> str:
    """Sign in again; within the second of the sign-out a token may be as old as it, so until one is not."""

    def look() -> str | None:
        try:
            return fetch_ticket(stack.info["api_url"], stack.token(user))[0]
        except NotAllowed:
            return None

    return wait_for(look, "a sign-in after the sign-out")


async def test_what_was_recorded_is_sealed_and_a_new_sign_in_starts_anew(hurried_stack: RunningStack) -> None:
    """One press ends every session of the user, with all its audio; and nothing of anybody else's."""
    stack = hurried_stack
    old = tokens("doctor1", stack.state_dir)
    unspent = (await asyncio.to_thread(fetch_ticket, stack.info["api_url"], old["access_token"]))[0]
    opening = start()
    async with raw_client(stack) as client, raw_client(stack, "doctor2") as other:
        session_id = (await client.answer_to(opening, "ready"))["session_id"]
        others_id = (await other.answer_to(start(), "ready"))["session_id"]
        await client.speak(session_id, PCM[: bytes_in(HALF)])
        await other.speak(others_id, PCM[: bytes_in(HALF)])
        await client.wait_for(lambda message: message.get("received") == HALF)

        answers = [await asyncio.to_thread(sign_out_everywhere, stack, old["access_token"]) for _ in range(2)]
        stored = await client.wait_for_kind("stored", within_s=SEALED_WITHIN_S)
        refused = await client.refusal_of(audio(session_id, HALF, PCM[bytes_in(HALF) :][:640], id="late"))
        await client.wait_for_kind("saved", within_s=SAVED_WITHIN_S)
        await finish(other, others_id, PCM, start=HALF)
    with pytest.raises(InvalidStatus) as handshake:
        async with raw_client(stack, ticket=unspent):
            pass
    with pytest.raises(NotAllowed):
        await asyncio.to_thread(fetch_ticket, stack.info["api_url"], old["access_token"])
    refreshed = await asyncio.to_thread(refresh, stack, old["refresh_token"])

    assert answers == [(200, {"status": "signed_out"})] * 2
    assert stored["samples"] == HALF
    assert (refused["code"], refused["ref"]) == (Code.AUTH_EXPIRED, "late")
    assert handshake.value.response.status_code == 403
    assert refreshed == 400
    assert_perfect(
        stack, as_session(client, session_id=session_id), PCM[: bytes_in(HALF)], counter_words(SECONDS / 2)
    )
    assert_perfect(stack, as_session(other, session_id=others_id), PCM, counter_words(SECONDS))

    async with raw_client(stack, ticket=await asyncio.to_thread(new_ticket, stack)) as again:
        ended = await again.answer_to(resume(session_id, opening["client"]), "saved")
        new_id = (await again.answer_to(start(), "ready"))["session_id"]
        await finish(again, new_id, PCM)

    assert ended["samples"] == HALF
    assert_perfect(stack, as_session(again, session_id=new_id), PCM, counter_words(SECONDS))


async def test_who_is_not_signed_in_signs_nobody_out(hurried_stack: RunningStack) -> None:
    """The authoriser stands before this route too."""
    status, _ = await asyncio.to_thread(sign_out_everywhere, hurried_stack, "no token")

    assert status == 401
    assert await ticket_for(hurried_stack, "doctor2")
