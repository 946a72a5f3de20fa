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

from contract.audio import PCM_RATE_HZ, Encoding, Quality, bytes_in, session_rate_hz
from contract.opus import packets_in, with_length
from local_stack.recognisers.counter_audio import FRAMES_PER_S as PACKETS_PER_S
from local_stack.recognisers.counter_audio import counter_audio, counter_packet
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


def counter_packets(seconds: float) -> bytes:
    """Make counter audio in Opus, each packet after its length."""
    return b"".join(with_length(counter_packet(number)) for number in range(round(seconds * PACKETS_PER_S)))


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
    stack: RunningStack,
    audio: bytes,
    quality: Quality,
    *,
    user: str = "doctor1",
    speed: float = 1.0,
    encoding: Encoding = Encoding.PCM,
) -> AsyncIterator[ClientSession]:
    """Do something while PCM, or packets of 20 ms, are sent at a pace; leave once everything was heard."""
    rate_hz = session_rate_hz(encoding, quality)
    terms = Terms(str(uuid.uuid4()), str(uuid.uuid4()), quality, rate_hz, encoding=encoding)
    session = ClientSession(terms)
    steps = _steps(audio, rate_hz) if encoding is Encoding.PCM else _rows(audio)
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
        began_at = time.monotonic()
        for number, step in enumerate(steps, start=1):
            await asyncio.sleep(began_at + number * STEP_S / speed - time.monotonic())
            session.capture(step)
        session.finish()

    connection = LiveConnection(session, ticket=ticket, origin=info["api_url"])
    async with asyncio.timeout(len(steps) * STEP_S / speed + SAVED_WITHIN_S):
        async with asyncio.TaskGroup() as group:
            group.create_task(speak())
            group.create_task(connection.run())
            yield session


def _steps(pcm: bytes, rate_hz: int) -> list[bytes]:
    step = bytes_in(round(rate_hz * STEP_S))
    return [pcm[start : start + step] for start in range(0, len(pcm), step)]


def _rows(audio: bytes) -> list[bytes]:
    packets = [with_length(packet) for packet, _ in packets_in(audio)]
    count = round(STEP_S * PACKETS_PER_S)
    return [b"".join(packets[first : first + count]) for first in range(0, len(packets), count)]


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
