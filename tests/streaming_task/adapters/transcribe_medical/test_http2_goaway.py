"""GOAWAY frames are found wherever the network cuts the bytes."""

from __future__ import annotations

from hyperframe.frame import DataFrame, Frame, GoAwayFrame, PingFrame
from hypothesis import given
from hypothesis import strategies as st

from streaming_task.adapters.transcribe_medical.http2_goaway import GoAway, GoAwayFilter

FRAMES: list[Frame] = [
    DataFrame(1, b"x" * 40),
    GoAwayFrame(0, last_stream_id=7, error_code=2, additional_data=b"why"),
    PingFrame(0, b"12345678"),
    GoAwayFrame(0, last_stream_id=2**31 - 1, error_code=0),
    DataFrame(1, b""),
]
WIRE = b"".join(frame.serialize() for frame in FRAMES)
WITHOUT = b"".join(frame.serialize() for frame in FRAMES if not isinstance(frame, GoAwayFrame))


@given(cuts=st.lists(st.integers(0, len(WIRE)), max_size=12).map(sorted))
def test_however_the_bytes_are_cut_goaways_come_out_and_the_rest_goes_through(cuts: list[int]) -> None:
    """TCP keeps no frame together: what is found must not depend on where it cuts."""
    found = GoAwayFilter()
    through = b""
    goaways: list[GoAway] = []

    for start, end in zip([0, *cuts], [*cuts, len(WIRE)], strict=True):
        passed, seen = found.feed(WIRE[start:end])
        through += passed
        goaways += seen

    assert through == WITHOUT
    assert goaways == [GoAway(7, 2), GoAway(2**31 - 1, 0)]


def test_bytes_without_goaway_are_not_copied() -> None:
    """The usual case costs no copy of the audio's answers."""
    data = DataFrame(1, b"x" * 1000).serialize()

    passed, _ = GoAwayFilter().feed(data)

    assert passed is data
