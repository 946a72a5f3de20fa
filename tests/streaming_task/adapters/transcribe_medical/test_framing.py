"""The framer writes what the library would, byte for byte, and the service's side believes it."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from amazon_transcribe.auth import Credentials
from amazon_transcribe.eventstream import EventSigner, EventStreamMessageSerializer
from amazon_transcribe.model import AudioEvent
from amazon_transcribe.serialize import AudioEventSerializer
from hypothesis import given
from hypothesis import strategies as st

from local_stack.transcribe.eventstream import Reader
from local_stack.transcribe.refusal import Refusal
from local_stack.transcribe.signature import EventChain, KnownKey
from streaming_task.adapters.transcribe_medical.framing import EventFramer

SECRET = "wJalrXUtnFEMI/K7MDENG"
SEED = bytes(range(32))
NOON_MS = 1_800_014_400_000


class StockFramer:
    """The library's own serializers and signer, joined as its AudioStream joins them, under a given clock."""

    def __init__(self, times_ms: list[int]) -> None:
        self._times = iter(times_ms)
        self._signer = EventSigner("transcribe", "us-east-1", utc_now=self._now)
        self._wire = EventStreamMessageSerializer()
        self._prior: bytes = SEED

    def audio(self, data: bytes) -> bytes:
        return self._signed(self._wire.serialize(*AudioEventSerializer().serialize(AudioEvent(data))))

    def end(self) -> bytes:
        return self._signed(b"")

    def _signed(self, payload: bytes) -> bytes:
        headers = self._signer.sign(payload, self._prior, Credentials("AKID", SECRET))
        self._prior = headers[":chunk-signature"]  # type: ignore[assignment]
        return bytes(self._wire.serialize(headers, payload))

    def _now(self) -> datetime:
        return datetime.fromtimestamp(next(self._times) / 1000, UTC)


def framer(times_ms: list[int]) -> EventFramer:
    times = iter(times_ms)
    return EventFramer(secret_access_key=SECRET, region="us-east-1", seed=SEED, now_ms=lambda: next(times))


@given(
    chunks=st.lists(st.binary(min_size=1, max_size=200), max_size=6),
    # Quarters of a second are exact in the stock signer's floating-point time too.
    steps_ms=st.lists(st.sampled_from([0, 250, 1_000, 3_600_000, 86_400_000]), min_size=7, max_size=7),
)
def test_frames_are_the_librarys_byte_for_byte(chunks: list[bytes], steps_ms: list[int]) -> None:
    """Audio and end, within a second, across seconds and across midnight."""
    times_ms = [NOON_MS + sum(steps_ms[: n + 1]) for n in range(7)]
    ours = framer(times_ms)
    theirs = StockFramer(times_ms)

    for chunk in chunks:
        assert ours.audio(chunk) == theirs.audio(chunk)
    assert ours.end() == theirs.end()


def check_chain(wire: bytes) -> int:
    chain = EventChain(
        key=KnownKey(SECRET, None, None), region="us-east-1", seed=SEED, now=lambda: NOON_MS / 1000
    )
    count = 0
    for headers, payload in Reader().feed(wire):
        chain.check(headers, payload)
        count += 1
    return count


def test_the_services_side_believes_the_chain() -> None:
    """The two were written apart: neither shares a line with the other."""
    ours = framer([NOON_MS] * 4)

    wire = ours.audio(b"one") + ours.audio(b"two") + ours.audio(b"three") + ours.end()

    assert check_chain(wire) == 4


@pytest.mark.parametrize("change", ["swapped", "dropped", "repeated"])
def test_the_chain_breaks_where_an_event_is_not_the_next(change: str) -> None:
    """Each signature covers the one before: no event can move, vanish or come again."""
    ours = framer([NOON_MS] * 3)
    one, two, three = ours.audio(b"one"), ours.audio(b"two"), ours.audio(b"three")
    wires = {"swapped": one + three + two, "dropped": one + three, "repeated": one + one}

    with pytest.raises(Refusal, match="signature"):
        check_chain(wires[change])


def test_signatures_differ_though_the_audio_does_not() -> None:
    """Silence is the same bytes over and over; its frames are not."""
    ours = framer([NOON_MS] * 5)

    frames = [ours.audio(bytes(320)) for _ in range(5)]

    assert all(before != after for before, after in pairwise(frames))
