"""People who speak to a stack while things happen to it; who owns what, and when text comes again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from contract.audio import PCM_RATE_HZ, Quality
from local_stack.settings import USERS
from tests.e2e.dictation import counter_pcm, counter_words, dictating
from tests.e2e.records import aws_client
from tests.e2e.test_sessions import assert_perfect
from tests.stack import RunningStack
from tools.client_session import ClientSession

QUALITY = Quality.MEDIUM
WORDS_A_SECOND = 2  # of counter audio: w000000, w000001, ...
TEXT_WITHIN_S = 90.0
LOOK_EVERY_S = 0.02


class Speakers:
    """Sessions that speak to one stack, all of them the same counter audio."""

    def __init__(self, stack: RunningStack, sessions: Sequence[ClientSession], seconds: float) -> None:
        self._stack = stack
        self.sessions = sessions
        self._seconds = seconds
        self._dynamodb = aws_client(stack, "dynamodb")

    @property
    def left_s(self) -> float:
        """Give for how long all of them go on speaking."""
        return self._seconds - max(spoken_s(session) for session in self.sessions)

    async def by_owner(self) -> dict[str, list[ClientSession]]:
        """Group the sessions by the task that owns them, as it is stored."""
        return await asyncio.to_thread(self._by_owner)

    def _by_owner(self) -> dict[str, list[ClientSession]]:
        owned: dict[str, list[ClientSession]] = {}
        for session in self.sessions:
            key = {"pk": {"S": f"session#{session.heard.session_id}"}, "sk": {"S": "meta"}}
            table = self._stack.info["table"]
            item = self._dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item", {})
            owned.setdefault(item.get("owner", {}).get("S", ""), []).append(session)
        return owned

    async def fullest(self) -> tuple[dict[str, Any], list[ClientSession]]:
        """Give the task that owns most of the sessions, and these.

        Raises:
            TimeoutError: none that lives owns any.
        """
        async with asyncio.timeout(TEXT_WITHIN_S):
            while True:
                owned = await self.by_owner()
                known = [task for task in self._stack.tasks if task["id"] in owned]
                if known:
                    task = max(known, key=lambda task: len(owned[task["id"]]))
                    return task, owned[task["id"]]
                await asyncio.sleep(LOOK_EVERY_S)


@asynccontextmanager
async def speaking(stack: RunningStack, count: int, seconds: float) -> AsyncIterator[Speakers]:
    """Let so many speak; leave once all of it is stored, and assert that nothing was lost or doubled."""
    pcm = counter_pcm(QUALITY, seconds)
    async with AsyncExitStack() as entered:
        sessions = []
        for number in range(count):  # one after another: opening is not what is measured
            user = USERS[number % len(USERS)]
            session = await entered.enter_async_context(dictating(stack, pcm, QUALITY, user=user))
            await text_about(session, 0.0, time.monotonic())
            sessions.append(session)
        speakers = Speakers(stack, sessions, seconds)
        yield speakers
    for session in sessions:
        await asyncio.to_thread(assert_perfect, stack, session, pcm, counter_words(seconds))


def spoken_s(session: ClientSession) -> float:
    """Give how much of a session has been captured, in seconds."""
    return session.captured / PCM_RATE_HZ[QUALITY]


async def text_about(session: ClientSession, until_s: float, began_at: float) -> float:
    """Wait for text about audio past a moment of the session; give the seconds since `began_at`.

    Raises:
        TimeoutError: none has come.
    """
    async with asyncio.timeout(TEXT_WITHIN_S):
        while heard_s(session) <= until_s:  # noqa: ASYNC110 - a client session tells nobody of what it hears
            await asyncio.sleep(LOOK_EVERY_S)
    return time.monotonic() - began_at


def heard_s(session: ClientSession) -> float:
    """Give the end of the last word that the client has the text of, in seconds of the session."""
    heard = session.heard
    last_final = heard.finals[max(heard.finals)]["text"] if heard.finals else ""
    words = f"{last_final} {heard.partial}".split()
    return max((int(word[1:]) + 1 for word in words), default=0) / WORDS_A_SECOND
