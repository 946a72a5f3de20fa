"""A running Transcribe stand-in with a recogniser that says what it is told, and credentials to reach it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from local_stack.recognisers.interface import Emit, RecogniserFactory, Result, Word
from local_stack.transcribe.limits import Limits
from local_stack.transcribe.server import TranscribeServer
from local_stack.transcribe.signature import Clock, KnownKey
from streaming_task.adapters.transcribe_medical import TranscribeMedical, TranscribeTimeouts
from streaming_task.core.results import Ended, RecognisedResult
from streaming_task.ports import AwsCredentials, Recognition, RecognitionStream, StreamSettings

KEY = AwsCredentials("AKIDLOCAL", "secret", "token", None)
SHORT = TranscribeTimeouts(credentials_s=2.0, connect_s=2.0, headers_s=2.0, drain_s=2.0, ping_every_s=5.0)


def word(number: int) -> Word:
    """Give the word of the n-th half second."""
    return Word(f"w{number}", "pronunciation", number / 2, number / 2 + 0.5, 0.75, "0")


class EveryChunkAWord:
    """Hear a word in every chunk; say it as a partial, and all of them as one final at the end."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self.heard = b""
        self.words: list[Word] = []
        self.is_closed = False
        self.finished = asyncio.Event()

    def feed(self, pcm: bytes) -> None:
        self.heard += pcm
        self.words.append(word(len(self.words)))
        self._say(is_partial=True)

    async def finish(self) -> None:
        if self.words:
            self._say(is_partial=False)
        self.finished.set()

    def close(self) -> None:
        self.is_closed = True

    def _say(self, *, is_partial: bool) -> None:
        text = " ".join(each.text for each in self.words)
        self._emit(Result("r1", is_partial, 0.0, self.words[-1].end_s, text, tuple(self.words)))


@dataclass
class FakeRecognisers:
    """Open recognisers, and remember them."""

    opened: list[EveryChunkAWord] = field(default_factory=list)
    rates_hz: list[int] = field(default_factory=list)

    def open(self, *, sample_rate_hz: int, emit: Emit) -> EveryChunkAWord:
        self.opened.append(EveryChunkAWord(emit))
        self.rates_hz.append(sample_rate_hz)
        return self.opened[-1]

    def close(self) -> None:
        """Nothing is shared."""


@dataclass
class FakeCredentials:
    """Give whatever credentials are current."""

    now: AwsCredentials = KEY

    async def current(self) -> AwsCredentials:
        return self.now


@dataclass
class KnownKeys:
    """What the service knows; a test adds to it and takes away."""

    keys: dict[str, KnownKey] = field(
        default_factory=lambda: {KEY.access_key_id: KnownKey(KEY.secret_access_key, KEY.session_token, None)}
    )

    is_readable: bool = True

    def lookup(self, access_key_id: str) -> KnownKey | None:
        if not self.is_readable:
            raise FileNotFoundError
        return self.keys.get(access_key_id)


@dataclass
class Rig:
    """The stand-in and a client of it."""

    server: TranscribeServer
    client: Recognition
    credentials: FakeCredentials
    keys: KnownKeys

    def another_client(self, timeouts: TranscribeTimeouts = SHORT, **kwargs: int) -> TranscribeMedical:
        """Make a client with other timeouts or bounds."""
        return TranscribeMedical(
            region="us-east-1",
            endpoint_url=self.server.endpoint_url,
            ca_file=str(self.server.ca_file),
            credentials=self.credentials,
            timeouts=timeouts,
            **kwargs,
        )


@asynccontextmanager
async def running(
    certificate_dir: Path,
    *,
    recognisers: RecogniserFactory,
    limits: Limits | None = None,
    now: Clock = time.time,
) -> AsyncIterator[Rig]:
    """Run a stand-in on free ports for as long as the context lasts."""
    keys = KnownKeys()
    server = TranscribeServer(
        certificate_dir=certificate_dir,
        lookup=keys.lookup,
        recognisers=recognisers,
        limits=limits,
        now=now,
    )
    await server.start()
    credentials = FakeCredentials()
    client = TranscribeMedical(
        region="us-east-1",
        endpoint_url=server.endpoint_url,
        ca_file=str(server.ca_file),
        credentials=credentials,
        timeouts=SHORT,
    )
    try:
        yield Rig(server, client, credentials, keys)
    finally:
        await server.stop()


def settings(**changes: object) -> StreamSettings:
    """Give good settings with a fresh id, but for the changes."""
    values: dict[str, object] = {
        "stream_id": str(uuid4()),
        "sample_rate_hz": 16_000,
        "encoding": "pcm",
        "specialty": "PRIMARYCARE",
        "conversation": "DICTATION",
        "speaker_labels": False,
        "vocabulary": None,
        **changes,
    }
    return StreamSettings(**values)  # type: ignore[arg-type]


async def read_all(stream: RecognitionStream) -> tuple[list[RecognisedResult], Ended]:
    """Read to the end."""
    results: list[RecognisedResult] = []
    while True:
        got = await stream.read()
        if isinstance(got, Ended):
            return results, got
        results.extend(got)
