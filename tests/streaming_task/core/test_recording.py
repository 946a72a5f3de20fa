"""The recording takes audio in any order, writes it in parts, and says it is durable only when it is."""

from __future__ import annotations

import hashlib

import pytest

from contract.audio import bytes_in
from contract.wire import AHEAD_BYTES, BUFFER_BYTES, Code, Refusal
from streaming_task.core import recording as module
from streaming_task.core.recording import PARTS_IN_FLIGHT, Part, Recording

SECOND = 16_000


def recording(duration_s: int = 1800) -> Recording:
    return Recording(duration_limit_samples=duration_s * SECOND)


def audio(samples: int, value: int = 1) -> bytes:
    return bytes([value, 0]) * samples


def refused(take: Recording, offset: int, data: bytes) -> Code:
    with pytest.raises(Refusal) as caught:
        take.add(offset, data, 0.0)
    return caught.value.code


def test_a_part_is_cut_two_seconds_after_its_first_sample() -> None:
    """Little audio waits for more, but not for long."""
    take = recording()
    take.add(0, audio(SECOND), 10.0)

    assert take.due(11.9) == []
    assert take.next_due_at() == 12.0
    assert take.due(12.0) == [Part(0, SECOND, audio(SECOND))]
    assert take.next_due_at() is None


def test_a_full_part_does_not_wait() -> None:
    """256 KB are written at once, and never more in one part."""
    take = recording()
    take.add(0, audio(200_000), 0.0)

    parts = take.due(0.0)

    assert [(part.start, part.end) for part in parts] == [(0, 131_072), (131_072, 200_000)]


def test_durable_grows_only_with_the_stores_word() -> None:
    """Handing a part over is not storing it."""
    take = recording()
    take.add(0, audio(SECOND), 0.0)
    (part,) = take.due(5.0)

    assert take.durable == 0
    take.stored(part.start, part.end)
    assert take.durable == SECOND
    assert take.all_durable
    take.stored(part.start, part.end)  # said twice
    assert take.durable == SECOND


def test_a_failed_part_is_written_again_as_it_was() -> None:
    """The same range and bytes, so that the same key cannot hold anything else."""
    take = recording()
    take.add(0, audio(SECOND), 0.0)
    (part,) = take.due(5.0)
    take.add(SECOND, audio(10), 5.0)

    take.failed(part.start, part.end, 5.0)

    assert take.next_due_at() == 5.25
    assert take.due(5.25) == [part]
    take.failed(part.start, part.end, 6.0)
    assert take.next_due_at() == 6.5
    take.failed(99, 100, 6.0)  # of a part that is not known: nothing to do


def test_a_slow_store_is_not_flooded() -> None:
    """At most a few parts are on their way; what waits becomes fuller parts."""
    take = recording()
    for second in range(10):
        take.add(second * SECOND, audio(SECOND), float(second))
        take.due(float(second) + 0.5, flush=True)

    assert len(take.due(20.0, flush=True)) == 0
    take.stored(0, SECOND)
    (part,) = take.due(20.0, flush=True)
    assert part.start == PARTS_IN_FLIGHT * SECOND
    assert part.end == 10 * SECOND


def test_late_audio_fills_the_hole() -> None:
    """Received is what is here without a hole; the hash follows it."""
    take = recording()
    take.add(10, audio(10, 2), 0.0)
    assert (take.received, take.received_end, take.missing()) == (0, 20, [(0, 10)])

    take.add(0, audio(10, 1), 0.0)

    assert take.received == 20
    assert take.sha256 == hashlib.sha256(audio(10, 1) + audio(10, 2)).hexdigest()


def test_a_repeat_is_a_duplicate_and_other_bytes_are_a_conflict() -> None:
    """The first copy stays; who contradicts it is told."""
    take = recording()
    take.add(0, audio(10), 0.0)

    assert take.add(0, audio(10), 0.0) is False
    assert refused(take, 5, audio(10, 9)) is Code.CONFLICT
    assert take.received == 10


def test_below_durable_nothing_is_compared() -> None:
    """What is stored is acknowledged unexamined; only what is not stored yet can be contradicted."""
    take = recording()
    take.add(0, audio(10), 0.0)
    take.due(0.0, flush=True)
    take.stored(0, 10)
    take.add(10, audio(10), 0.0)

    assert take.add(0, audio(10, 9), 0.0) is False
    assert take.add(0, audio(10, 9) + audio(10), 0.0) is False
    assert refused(take, 0, audio(10, 9) + audio(10, 9)) is Code.CONFLICT


def test_limits_refuse_a_message_whole() -> None:
    """Odd bytes, past the duration, too far ahead, too much not stored."""
    take = recording(duration_s=600)
    ahead = AHEAD_BYTES // 2

    assert refused(take, 0, b"\x01") is Code.BAD_MESSAGE
    assert refused(take, 600 * SECOND - 1, audio(2)) is Code.DURATION_LIMIT
    assert refused(take, ahead, audio(1)) is Code.BUFFER_LIMIT
    assert take.add(ahead - 1, audio(1), 0.0)
    assert take.received == 0


def test_sixty_megabytes_may_wait_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client's ring is the copy that counts from there on."""
    monkeypatch.setattr(module, "BUFFER_BYTES", 1000)
    take = recording()
    take.add(0, audio(500), 0.0)

    assert refused(take, 500, audio(1)) is Code.BUFFER_LIMIT
    take.due(0.0, flush=True)
    take.stored(0, 500)
    assert take.add(500, audio(1), 0.0)
    assert BUFFER_BYTES == 60 * 1024 * 1024


def test_audio_past_the_end_is_left_out() -> None:
    """The first stop's end stands."""
    take = recording()
    take.end_at(15)

    assert take.add(10, audio(10), 0.0)
    assert take.received_end == 15
    assert take.add(15, audio(5), 0.0) is False


def test_gaps_become_silence_but_for_the_last() -> None:
    """A gap in the middle is heard as silence; one at the end is not worth hearing."""
    take = recording()
    take.add(0, audio(10), 0.0)
    take.add(20, audio(10), 0.0)
    take.end_at(40)

    take.give_up()

    assert take.gaps == ((10, 20), (30, 40))
    assert (take.received, take.audio_end) == (40, 30)
    assert take.sha256 is None
    assert take.read(8, 22) == audio(2) + bytes(20) + audio(2)
    take.due(0.0, flush=True)
    take.stored(0, 10)
    take.stored(20, 30)
    assert take.durable == 40


def test_what_is_given_up_may_lie_past_the_last_audio() -> None:
    """Who holds nothing older says so before sending on; what lies past the end is no part of the session."""
    take = recording(duration_s=1)
    take.add(0, audio(10), 0.0)

    take.give_up(below=SECOND + 1)
    assert (take.gaps, take.received, take.audio_end) == (((10, SECOND),), SECOND, 10)
    assert take.add(20, audio(10), 0.0)
    assert (take.gaps, take.audio_end) == (((10, 20), (30, SECOND)), 30)

    take.end_at(take.end_for(None))
    assert (take.end, take.gaps) == (30, ((10, 20),))
    take.give_up(below=40)
    assert take.gaps == ((10, 20),)


def test_audio_that_comes_after_all_fills_its_gap() -> None:
    """A gap is given up, not forbidden: until the recording is sealed, sound is better than silence."""
    take = recording()
    take.add(20, audio(10), 0.0)
    take.give_up(below=15)
    assert (take.gaps, take.missing(), take.received) == (((0, 15),), [(15, 20)], 15)

    assert take.add(5, audio(10), 0.0)

    assert take.gaps == ((0, 5),)
    assert take.durable == 5
    assert take.bytes_not_durable == bytes_in(20)
    assert take.read(0, 15) == bytes(10) + audio(10)


def test_an_earlier_owners_audio_counts_and_is_not_held() -> None:
    """What is stored is durable, its hash must be made of the store, and its bytes be read back."""
    take = Recording(duration_limit_samples=1000, stored=[(0, 100), (120, 130)], end=200, gaps=((100, 120),))

    assert (take.received, take.durable, take.missing()) == (130, 130, [(130, 200)])
    assert take.sha256 is None
    assert not take.holds(0, 10)
    assert take.add(50, audio(10, 9), 0.0) is False
    assert take.add(130, audio(70), 0.0)
    assert take.received == 200


def test_memory_is_freed_when_text_is_stored_or_under_pressure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Durable audio is kept for a recogniser that must start again, up to a few megabytes."""
    monkeypatch.setattr(module, "DURABLE_HELD_BYTES", bytes_in(25))
    take = recording()
    for start in range(0, 40, 10):
        take.add(start, audio(10), 0.0)
        take.due(0.0, flush=True)
        take.stored(start, start + 10)

    take.let_go(covered=10, fed=20)
    assert not take.holds(0, 10)
    assert take.holds(20, 40)
    assert not take.holds(10, 20)  # over the bound, so what was fed went too

    take.put_back(10, audio(10))
    assert take.read(10, 40) == audio(30)


def test_what_is_not_durable_is_never_let_go() -> None:
    """Whatever the recogniser has covered, bytes that only live here stay."""
    take = recording()
    take.add(0, audio(10), 0.0)

    take.let_go(covered=10, fed=10)

    assert take.holds(0, 10)
    assert take.bytes_not_durable == 20
