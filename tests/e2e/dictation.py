"""Dictate to a stack as a client does, and read the WER of what came of it."""

from __future__ import annotations

import asyncio
import re
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import jiwer
import numpy as np
import soundfile

from contract.audio import PCM_RATE_HZ, Quality, bytes_in
from local_stack.recognisers.counter_audio import counter_audio
from tests.stack import RunningStack
from tools.client_session import ClientSession, Terms
from tools.live_connection import LiveConnection, fetch_ticket

AUDIO = Path(__file__).parent.parent / "data" / "audio"
SAVED_WITHIN_S = 90.0
TICKET_WITHIN_S = 60.0
STEP_S = 0.1
POLL_S = 0.02


def counter_pcm(quality: Quality, seconds: float) -> bytes:
    """Make counter audio of a quality."""
    return counter_audio(PCM_RATE_HZ[quality], 0, round(seconds * 50))


def counter_words(seconds: float) -> list[str]:
    """Name the words of counter audio."""
    return [f"w{number:06d}" for number in range(int(seconds * 2))]


async def dictate(
    stack: RunningStack, pcm: bytes, quality: Quality, *, user: str = "doctor1", speed: float = 1.0
) -> ClientSession:
    """Send PCM at a pace through the whole path; give the session once everything of it was heard."""
    async with dictating(stack, pcm, quality, user=user, speed=speed) as session:
        pass
    return session


@asynccontextmanager
async def dictating(
    stack: RunningStack, pcm: bytes, quality: Quality, *, user: str = "doctor1", speed: float = 1.0
) -> AsyncIterator[ClientSession]:
    """Do something while PCM is sent at a pace; leave once everything of the session was heard."""
    session = ClientSession(Terms(str(uuid.uuid4()), str(uuid.uuid4()), quality, PCM_RATE_HZ[quality]))
    info = stack.info
    token = await asyncio.to_thread(stack.token, user)

    async def ticket() -> tuple[str, str]:
        async with asyncio.timeout(TICKET_WITHIN_S):
            while True:
                try:
                    return await asyncio.to_thread(fetch_ticket, info["api_url"], token)
                except OSError:  # a busy machine's function ran out of time: a page asks again, too
                    await asyncio.sleep(POLL_S)

    async def speak() -> None:
        step = bytes_in(round(PCM_RATE_HZ[quality] * STEP_S))
        began_at = time.monotonic()
        for number, start in enumerate(range(0, len(pcm), step), start=1):
            await asyncio.sleep(began_at + number * STEP_S / speed - time.monotonic())
            session.capture(pcm[start : start + step])
        session.finish()

    connection = LiveConnection(session, ticket=ticket, origin=info["api_url"])
    async with asyncio.timeout(len(pcm) / bytes_in(PCM_RATE_HZ[quality]) / speed + SAVED_WITHIN_S):
        async with asyncio.TaskGroup() as group:
            group.create_task(speak())
            group.create_task(connection.run())
            yield session


async def until(is_so: Callable[[], bool], within_s: float = 60.0) -> None:
    """Wait for something to become true while a dictation goes on.

    Raises:
        TimeoutError: it has not in time.
    """
    async with asyncio.timeout(within_s):
        while not is_so():  # noqa: ASYNC110 - a client session tells nobody of what it hears
            await asyncio.sleep(POLL_S)


def read_wav(name: str) -> tuple[np.ndarray, int]:
    """Give a recording of the test data."""
    samples, rate_hz = soundfile.read(AUDIO / f"{name}.wav", dtype="int16")
    return samples, rate_hz


def words_of(text: str) -> list[str]:
    """Give a text's words: lower case, no punctuation."""
    spoken = text.lower().replace("mr.", "mister").replace("-", " ")
    return re.sub(r"[^a-z0-9\s]", "", spoken).split()


def reference(name: str) -> str:
    """Give what was said in a recording of the test data."""
    return " ".join(words_of((AUDIO / f"{name}.txt").read_text()))


def word_error_rate(name: str, text: str) -> float:
    """Compare a transcript with what was said."""
    return float(jiwer.wer(reference(name), " ".join(words_of(text))))
