"""Delays are measured from the message that completes a word, and every oddity is counted."""

from __future__ import annotations

from typing import Any

import pytest

from tools.simulation.witness import Delay, Witness

RATE_HZ = 16_000
MESSAGE = 3_200  # samples: 200 ms


def speaking(messages: int, at: float = 100.0) -> Witness:
    """Make a witness of so many messages, one every 0.2 s."""
    witness = Witness(RATE_HZ)
    for number in range(messages):
        witness.sent((number + 1) * MESSAGE, at + 0.2 * number)
    return witness


def partial(text: str) -> dict[str, Any]:
    return {"type": "partial", "text": text}


def final(segment: int, text: str) -> dict[str, Any]:
    return {"type": "final", "segment": segment, "text": text}


def test_a_word_is_timed_from_the_message_that_completes_it() -> None:
    """Word 0 ends at 500 ms: in the third message, which left 0.4 s after the first."""
    witness = speaking(5)

    witness.heard(partial("w000000"), 100.45)

    assert witness.partials == [pytest.approx(Delay(100.45, 0.05))]


def test_a_word_is_timed_when_it_is_first_shown() -> None:
    """A partial repeats the words before it; they were shown already."""
    witness = speaking(5)
    witness.heard(partial("w000000"), 100.45)

    witness.heard(partial("w000000 w000001"), 100.9)

    assert [delay.took_s for delay in witness.partials] == pytest.approx([0.05, 0.1])


def test_a_final_is_timed_by_its_last_word() -> None:
    """It could not come before that one was spoken."""
    witness = speaking(5)

    witness.heard(final(0, "w000000 w000001"), 100.9)

    assert [delay.took_s for delay in witness.finals] == pytest.approx([0.1])


def test_a_word_that_was_not_spoken_yet_has_no_delay() -> None:
    """A recogniser that guesses must not look quick."""
    witness = speaking(1)

    witness.heard(partial("w000000"), 100.1)

    assert witness.partials == []


def test_each_message_is_durable_once() -> None:
    """An `ack` may cover several, and the next one speaks of the rest only."""
    witness = speaking(3)

    witness.heard({"type": "ack", "received": 3 * MESSAGE, "durable": 2 * MESSAGE}, 102.0)
    witness.heard({"type": "ack", "received": 3 * MESSAGE, "durable": 2 * MESSAGE}, 103.0)
    witness.heard({"type": "stored", "samples": 3 * MESSAGE}, 104.0)

    assert [delay.took_s for delay in witness.durables] == pytest.approx([2.0, 1.8, 3.6])


def test_finals_in_order_are_nothing_to_count() -> None:
    """One after another, each once."""
    witness = speaking(20)
    for segment in range(3):
        witness.heard(final(segment, f"w{segment:06d}"), 105.0)

    assert (witness.repeated_finals, witness.disordered_finals) == (0, 0)


def test_a_final_told_again_is_counted_and_not_timed_again() -> None:
    """It came in time the first time."""
    witness = speaking(5)
    witness.heard(final(0, "w000000"), 100.5)

    witness.heard(final(0, "w000000"), 110.0)

    assert witness.repeated_finals == 1
    assert len(witness.finals) == 1


def test_a_final_before_its_predecessor_is_counted() -> None:
    """Order is promised, so it is watched."""
    witness = speaking(20)

    witness.heard(final(1, "w000001"), 105.0)
    witness.heard(final(0, "w000000"), 105.0)

    assert witness.disordered_finals == 2


def test_what_is_no_counter_word_is_not_timed() -> None:
    """A recogniser of real speech says other things."""
    witness = speaking(5)

    witness.heard(partial("the patient"), 100.5)
    witness.heard(final(0, "is well"), 100.6)

    assert witness.partials == witness.finals == []
