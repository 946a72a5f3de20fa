"""Opus in Ogg: another's reader finds every packet and every sample where the session's clock has it."""

from __future__ import annotations

import io

import av
import numpy as np
import pytest

from contract.opus import packets_in, silence
from streaming_task.adapters.ogg_opus import OggCompactor, OggStream, OpusEar
from streaming_task.adapters.ogg_opus.pages import BadOgg, read_pages, write_page
from tests.fakes.opus import packets
from tests.fakes.opus_sound import decoded, encoded, in_a_row

RATE_HZ = 48_000
TONE = (8_000 * np.sin(np.arange(2 * RATE_HZ) * 2 * np.pi * 440 / RATE_HZ)).astype(np.int16)


def samples_in(data: bytes) -> int:
    return sum(samples for _, samples in packets_in(data))


def packets_read(ogg: bytes) -> list[bytes]:
    with av.open(io.BytesIO(ogg), mode="r") as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


@pytest.mark.parametrize("bits_per_s", [16_000, 32_000, 96_000])
def test_a_recording_has_as_many_samples_as_the_session(bits_per_s: int) -> None:
    """FFmpeg decodes the file to the session's length to the sample, silence of a gap included."""
    sound = in_a_row(encoded(TONE, bits_per_s))
    gap = 3 * RATE_HZ + 120
    audio = sound + silence(gap) + sound

    ogg = OggCompactor().encode(audio, RATE_HZ)

    heard = decoded(ogg)
    assert len(heard) == samples_in(audio) == 2 * len(TONE) + gap
    assert OggCompactor().decode(ogg) == audio
    assert packets_read(ogg) == [packet for packet, _ in packets_in(audio)]
    in_gap = heard[len(TONE) + 480 : len(TONE) + gap]
    assert abs(in_gap).max() <= 1
    assert abs(heard[: len(TONE)]).max() > 6_000


def test_an_empty_session_is_a_file_too() -> None:
    """A session that was stopped at once has a recording of no samples."""
    ogg = OggCompactor().encode(b"", RATE_HZ)

    assert OggCompactor().decode(ogg) == b""


def test_a_recording_has_a_page_a_second() -> None:
    """Seeking goes by pages: granules are the samples up to the end of each."""
    ogg = OggCompactor().encode(packets(0, 120), RATE_HZ)

    pages = list(read_pages(ogg))

    assert [page.granule for page in pages] == [0, 0, 48_000, 96_000, 115_200]
    assert [page.flags for page in pages] == [2, 0, 0, 0, 4]


def test_a_stream_is_pages_as_its_packets_come() -> None:
    """What is pushed is on its way at once: nothing waits for a page to be full."""
    stream = OggStream()
    sound = encoded(TONE)

    pushed = [stream.push(in_a_row(sound[at : at + 10])) for at in range(0, len(sound), 10)]

    assert stream.flush() == b""
    assert [len(list(read_pages(pages))) for pages in pushed] == [3] + [1] * 9
    assert packets_read(b"".join(pushed)) == sound
    assert len(decoded(b"".join(pushed))) == len(TONE)


def test_many_packets_take_many_pages() -> None:
    """A page has 255 segments at most, and no packet is cut over two of ours."""
    large = b"\x78" + bytes(1_000)
    audio = in_a_row([large] * 120)

    ogg = OggStream().push(audio)

    assert packets_read(ogg) == [large] * 120
    assert len(list(read_pages(ogg))) == 4


@pytest.mark.parametrize("at", range(0, 400, 7))
def test_a_file_that_was_changed_is_refused(at: int) -> None:
    """A byte that flipped anywhere is noticed: the parts are not deleted for such a file."""
    ogg = bytearray(OggCompactor().encode(packets(0, 40), RATE_HZ))
    ogg[at] ^= 0x10

    with pytest.raises(ValueError):
        OggCompactor().decode(bytes(ogg))


def _pages(*flags_and_granules: tuple[int, int], packet: bytes = b"\x78\x01") -> bytes:
    return b"".join(
        write_page([packet], flags=flags, granule=granule, serial=1, number=number + 2)
        for number, (flags, granule) in enumerate(flags_and_granules)
    )


HEADERS = OggStream().push(b"")


@pytest.mark.parametrize(
    "ogg",
    [
        b"",
        b"fLaC",
        HEADERS,
        HEADERS + _pages((0, 960)),
        HEADERS + _pages((4, 961)),
        HEADERS + _pages((4, 960), (4, 1920)),
        HEADERS + _pages((1, 960)),
        HEADERS + _pages((4, 960), packet=b"\x7b"),
        HEADERS + _pages((4, 960))[:-1],
        _pages((4, 960)),
        write_page([b"x"], flags=2, granule=0, serial=1, number=0),
    ],
    ids=[
        "nothing",
        "another format",
        "headers alone",
        "no end",
        "another time",
        "more after the end",
        "a continued packet",
        "a bad packet",
        "cut off",
        "no headers",
        "headers of something else",
    ],
)
def test_a_file_that_is_not_whole_is_refused(ogg: bytes) -> None:
    """What was not made here from a whole session is no recording of it."""
    with pytest.raises(ValueError):
        OggCompactor().decode(ogg)


def test_half_a_packet_makes_no_file() -> None:
    """Nothing is written that would not read back."""
    with pytest.raises(ValueError, match="cut off"):
        OggCompactor().encode(b"\x05\x00\x78", RATE_HZ)
    with pytest.raises(BadOgg):
        list(read_pages(b"OggS"))


def test_the_ear_hears_a_voice_and_not_a_quiet_room() -> None:
    """The size of packets says nothing: a quiet room is coded nearly as large as speech."""
    room = np.random.default_rng(1).normal(0, 30, 4 * RATE_HZ).astype(np.int16)
    heard = {}
    for name, sound in (("tone", TONE), ("room", room), ("nothing", np.zeros(RATE_HZ, np.int16))):
        ear = OpusEar()
        coded = encoded(sound)
        heard[name] = {ear(in_a_row(coded[at : at + 10])) for at in range(0, len(coded), 10)}

    assert heard == {"tone": {True}, "room": {False}, "nothing": {False}}


def test_the_ear_survives_what_no_decoder_takes() -> None:
    """Packets that are whole by their headers may still be no sound: that is not loud."""
    assert not OpusEar()(b"")
    assert OpusEar()(packets(0, 10)) in (True, False)
