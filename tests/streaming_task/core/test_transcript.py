"""Finals are numbered without holes, stored before they are said, one at a time."""

from __future__ import annotations

from contract.replies import Final, Partial
from streaming_task.core.results import RecognisedEntity, RecognisedItem, RecognisedResult
from streaming_task.core.timeline import Timeline
from streaming_task.core.transcript import Transcript

RATE = 16_000


def result(text: str, start_s: float, end_s: float, *, is_partial: bool = False) -> RecognisedResult:
    item = RecognisedItem(text, "word", start_s, end_s, 0.9, "0")
    entity = RecognisedEntity(text, "NAME", start_s, end_s, 0.8)
    return RecognisedResult("r", is_partial, start_s, end_s, text, (item,), (entity,))


def hear(transcript: Transcript, said: RecognisedResult, base: int = 0, fed: int = 10 * RATE) -> object:
    return transcript.heard(said, stream=2, timeline=Timeline(base, RATE), fed_until=fed)


def store_next(transcript: Transcript) -> Final | None:
    assert transcript.due(0.0) is not None
    return transcript.stored()


def test_times_are_the_streams_base_plus_its_own() -> None:
    """However often streams are reopened, nothing drifts."""
    transcript = Transcript()
    hear(transcript, result("hello", 0.5, 1.0), base=RATE)

    final = store_next(transcript)

    assert final is not None
    assert (final.segment, final.stream, final.speaker) == (0, 2, "0")
    assert (final.start_ms, final.end_ms) == (1500, 2000)
    assert (final.items[0].start_ms, final.entities[0].end_ms) == (1500, 2000)


def test_one_final_is_stored_at_a_time_and_said_when_it_is() -> None:
    """The next waits; what is not stored is not said."""
    transcript = Transcript()
    hear(transcript, result("one", 0.0, 1.0))
    hear(transcript, result("two", 1.0, 2.0))

    first = transcript.due(0.0)
    assert first is not None
    assert (first.start, first.end) == (0, RATE)
    assert transcript.due(0.0) is None
    assert not transcript.is_settled

    said = [transcript.stored(), store_next(transcript)]

    assert [final.text for final in said if final] == ["one", "two"]
    assert (transcript.final_until, transcript.segments) == (2 * RATE, 2)
    assert transcript.is_settled


def test_a_failed_store_is_repeated_as_it_was() -> None:
    """Same range, same segment: a repeat of what was stored after all is recognised."""
    transcript = Transcript()
    hear(transcript, result("one", 0.0, 1.0))
    first = transcript.due(0.0)

    transcript.failed(0.0)

    assert transcript.due(0.1) is None
    assert transcript.next_due_at() == 0.25
    assert transcript.due(0.25) == first


def test_a_final_without_words_only_moves_on() -> None:
    """Segments are dense: silence takes no number, and takes back what partials said of it."""
    transcript = Transcript()
    withdrawn = hear(transcript, result("", 0.0, 1.0))
    hear(transcript, result("word", 1.0, 2.0))

    assert withdrawn == Partial(0, 1, 0, 1000, "", "0")

    assert store_next(transcript) is None
    final = store_next(transcript)
    assert final is not None
    assert final.segment == 0


def test_coverage_never_passes_what_was_fed_and_never_goes_back() -> None:
    """A recogniser's rounding must neither skip audio nor cover it twice."""
    transcript = Transcript()
    hear(transcript, result("one", 0.0, 1.5), fed=RATE)
    hear(transcript, result("two", 0.2, 0.4), fed=RATE)

    assert transcript.planned_until == RATE
    transcript.covered(RATE // 2)
    assert transcript.planned_until == RATE
    transcript.covered(2 * RATE)
    assert transcript.planned_until == 2 * RATE


def test_partials_count_their_revisions_and_speak_of_the_next_segment() -> None:
    """A partial replaces the one before it, until a final closes it."""
    transcript = Transcript(final_until=RATE, segments=4)

    said = [hear(transcript, result("a", 0.0, 0.5, is_partial=True)) for _ in range(2)]
    hear(transcript, result("a", 0.0, 0.5))
    after = hear(transcript, result("b", 0.5, 1.0, is_partial=True))

    numbers = [(p.segment, p.revision) for p in (*said, after)]  # type: ignore[attr-defined]
    assert numbers == [(4, 1), (4, 2), (5, 1)]
