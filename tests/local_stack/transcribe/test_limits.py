"""Limits are lowered by name."""

from __future__ import annotations

import pytest

from local_stack.transcribe.limits import Limits, read_limits


def test_only_what_is_named_changes() -> None:
    """The others stay as the service has them."""
    assert read_limits("") == Limits()
    assert read_limits("transcribe_streams=3,silence_s=0.5") == Limits(silence_s=0.5, transcribe_streams=3)


@pytest.mark.parametrize(
    "text", ["silence", "silence_s=", "silence_s=0", "silence_s=nan", "seal_s=1", "stream_s=-1"]
)
def test_what_makes_no_sense_is_refused_with_a_sentence(text: str) -> None:
    """So that a lowered limit is one."""
    with pytest.raises(ValueError, match=r"\.$"):
        read_limits(text)


def test_an_endless_quota_is_no_number_of_streams() -> None:
    """It is counted in whole streams."""
    with pytest.raises(ValueError, match="too large"):
        read_limits("transcribe_streams=inf")
