"""Speak through a deployment at the pace of speech, and judge what came of it."""

from __future__ import annotations

import asyncio
import hashlib
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from contract.audio import PCM_RATE_HZ, Quality, bytes_in
from contract.records import TranscriptState
from contract.wire import Conversation, Specialty
from tools.client_session import ClientSession, Terms
from tools.heard import Heard
from tools.live_connection import LiveConnection, NeverConnected, NotAllowed
from tools.smoke_checks.outcome import Outcome, all_of, sentences
from tools.smoke_checks.raw_socket import ticket_for
from tools.stream_file import Target

CAPTURE_S = 0.1
SAVED_WITHIN_S = 90.0  # after the last sample
MEDICAL_S = 2.0  # of the sample for each kind of request; Medical charges 15 s for any
AT_ONCE = 4  # requests under way: well under the quota, and no burst of new streams


@dataclass(frozen=True, slots=True)
class Speech:
    """What is said, and as which kind of session."""

    pcm: bytes
    quality: Quality
    specialty: Specialty = Specialty.PRIMARYCARE
    conversation: Conversation = Conversation.DICTATION

    @property
    def name(self) -> str:
        """Name the kind of request."""
        return f"{self.specialty} {self.conversation} {self.quality}"


@dataclass(slots=True)
class Spoken:
    """What was sent and heard, and when text came; seconds since the first sample."""

    heard: Heard
    samples: int = 0
    sha256: str = ""
    text_at: list[float] = field(default_factory=list)
    final_lag: list[float] = field(default_factory=list)  # from the end of the words to their final text
    owners: int = 0  # how many tasks had the session, one after the other


class _Listener:
    """Notes when a task took the session, and when text came."""

    def __init__(self, spoken: Spoken, has_owner: asyncio.Event | None) -> None:
        self._spoken = spoken
        self._has_owner = has_owner
        self._text: tuple[int, str] = (0, "")
        self._epoch = 0
        self.began_at = time.monotonic()

    def __call__(self) -> None:
        spoken, now = self._spoken, time.monotonic() - self.began_at
        heard = spoken.heard
        if heard.epoch > self._epoch:
            self._epoch = heard.epoch
            spoken.owners += 1
            if self._has_owner is not None:
                self._has_owner.set()
        text = (len(heard.finals), heard.partial)
        for segment in range(self._text[0], heard.contiguous_finals):
            spoken.final_lag.append(now - heard.finals[segment]["end_ms"] / 1000)
        if text != self._text and (heard.partial or text[0] > self._text[0]):
            spoken.text_at.append(now)
        self._text = text


async def speak(
    target: Target,
    speech: Speech,
    *,
    until: asyncio.Event | None = None,
    has_owner: asyncio.Event | None = None,
) -> Spoken:
    """Say it once, or over and over until told; give what came of it after `saved`.

    `has_owner` is set as soon as a task is known to have the session.

    Raises:
        ExceptionGroup: of what LiveConnection raises, or TimeoutError, when it was not saved in time.
    """
    rate_hz = PCM_RATE_HZ[speech.quality]
    session = ClientSession(
        Terms(
            str(uuid.uuid4()),
            str(uuid.uuid4()),
            speech.quality,
            rate_hz,
            speech.specialty,
            speech.conversation,
        )
    )
    spoken = Spoken(session.heard)
    listener = _Listener(spoken, has_owner)
    connection = LiveConnection(
        session, ticket=lambda: ticket_for(target), origin=target.origin, on_message=listener
    )
    hashed = hashlib.sha256()

    async def capture() -> None:
        step = bytes_in(round(CAPTURE_S * rate_hz))
        listener.began_at = time.monotonic()
        number = 0
        while True:
            for start in range(0, len(speech.pcm), step):
                number += 1
                await asyncio.sleep(listener.began_at + number * CAPTURE_S - time.monotonic())
                session.capture(speech.pcm[start : start + step])
                hashed.update(speech.pcm[start : start + step])
                if until is not None and until.is_set():
                    break
            if until is None or until.is_set():
                break
        session.finish()
        spoken.samples, spoken.sha256 = session.captured, hashed.hexdigest()
        async with asyncio.timeout(SAVED_WITHIN_S):
            await talking

    async with asyncio.TaskGroup() as group:
        talking = group.create_task(connection.run(), name="connection")
        group.create_task(capture(), name="capture")
    return spoken


def losses(spoken: Spoken) -> list[str]:
    """Name what is wrong with the record of what was spoken."""
    saved = spoken.heard.saved
    if saved is None:
        return [f"it was not saved ({', '.join(spoken.heard.errors) or 'no error'})"]
    problems = []
    if saved["samples"] != spoken.samples:
        problems.append(f"{saved['samples']} of {spoken.samples} samples saved")
    if saved["sha256"] != spoken.sha256:
        problems.append("the stored audio is not what was sent (sha256)")
    if saved["gaps"]:
        problems.append(f"{len(saved['gaps'])} gaps")
    if saved["transcript"] != TranscriptState.COMPLETE:
        problems.append(f"the transcript is {saved['transcript']}")
    if spoken.heard.lacks_finals:
        problems.append("finals are missing")
    return problems


async def check_sample(target: Target, speech: Speech) -> Outcome:
    """Stream a sample to `saved`; compare what is stored, and measure the text's delay."""
    return judge_sample(await speak(target, speech))


def judge_sample(spoken: Spoken) -> Outcome:
    """Judge a sample with speech in it."""
    problems = losses(spoken)
    if not spoken.text_at:
        problems.append("no word came")
        return all_of(problems, "")
    lags = sorted(spoken.final_lag)
    finals = f"finals p50 {lags[len(lags) // 2]:.1f} s, latest {lags[-1]:.1f} s" if lags else "no final"
    return all_of(
        problems,
        f"{spoken.samples} samples, sha256 equal; first text after {spoken.text_at[0]:.1f} s, {finals}",
    )


def medical_kinds(samples: dict[Quality, bytes]) -> list[Speech]:
    """List every kind of request that a start can bring about: specialties, conversations, qualities."""
    short = {
        quality: pcm[: bytes_in(round(PCM_RATE_HZ[quality] * MEDICAL_S))] for quality, pcm in samples.items()
    }
    kinds = [
        Speech(short[Quality.MEDIUM], Quality.MEDIUM, specialty, conversation)
        for specialty in Specialty
        for conversation in Conversation
    ]
    return [*kinds, Speech(short[Quality.LOW], Quality.LOW), Speech(short[Quality.HIGH], Quality.HIGH)]


async def check_medical(target: Target, kinds: Sequence[Speech]) -> Outcome:
    """See every kind of request accepted: its whole audio went through Transcribe."""
    room = asyncio.Semaphore(AT_ONCE)

    async def ask(kind: Speech) -> list[str]:
        async with room:
            try:
                problems = losses(await speak(target, kind))
            except* (NotAllowed, NeverConnected, TimeoutError) as group:
                problems = [sentences(group)]
        return [f"{kind.name}: {problem}" for problem in problems]

    problems = await asyncio.gather(*(ask(kind) for kind in kinds))
    return all_of(
        [one for some in problems for one in some],
        f"{len(kinds)} kinds of request accepted: specialties, conversations, low, medium, high",
    )
