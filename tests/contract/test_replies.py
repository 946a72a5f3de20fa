"""What the server says, as JSON."""

from __future__ import annotations

import json

from contract.replies import (
    Ack,
    Entity,
    Error,
    Final,
    Item,
    Renewed,
    encode,
    encode_without_session,
    final_from_json,
    final_to_json,
)
from contract.wire import Code

FINAL = Final(
    segment=3,
    start_ms=10,
    end_ms=900,
    text="No fever.",
    stream=1,
    speaker=None,
    items=(Item("No", "word", 10, 200, 0.5, "0"), Item(".", "punctuation", 900, 900, None, None)),
    entities=(Entity("Ann", "NAME", 1, 2, 0.9),),
)


def test_a_message_about_a_session_names_it_and_its_epoch() -> None:
    """The client ignores what an older owner says, so every message tells whose it is."""
    said = json.loads(encode(Ack(received=5, durable=3), "s1", 4))

    assert said == {"type": "ack", "session_id": "s1", "epoch": 4, "received": 5, "durable": 3}


def test_an_error_says_whether_to_try_again() -> None:
    """Known session or not, a person gets a sentence and a client gets a code."""
    known = json.loads(encode(Error("r", Code.CONFLICT, "No."), "s1", 4))
    unknown = json.loads(encode_without_session(Error(None, Code.BUSY, "Later.", 5.0)))

    assert (known["session_id"], known["epoch"], known["retryable"]) == ("s1", 4, False)
    assert (unknown["session_id"], unknown["retryable"], unknown["retry_after_s"]) == (None, True, 5.0)
    assert "epoch" not in unknown


def test_renewed_is_about_no_session() -> None:
    """Authorisation belongs to the connection."""
    said = json.loads(encode_without_session(Renewed("r", 900)))

    assert said == {"type": "renewed", "ref": "r", "expires_in_s": 900}


def test_a_final_comes_back_from_the_store_as_it_was() -> None:
    """A resumed client must see the same final, to the last item."""
    assert final_from_json(final_to_json(FINAL)) == FINAL
