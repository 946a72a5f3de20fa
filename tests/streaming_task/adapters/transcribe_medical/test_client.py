"""The client against the stand-in: every part real but the speech."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from streaming_task.core.results import StreamEnd
from tests.fakes.transcribe import FakeRecognisers, Rig, read_all, running, settings

CHUNK = bytes(6_400)  # 200 ms at 16 kHz


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture
def recognisers() -> FakeRecognisers:
    return FakeRecognisers()


@pytest.fixture
async def rig(certificates: Path, recognisers: FakeRecognisers) -> AsyncIterator[Rig]:
    async with running(certificates, recognisers=recognisers) as running_rig:
        yield running_rig


async def test_what_is_said_comes_back_and_the_stream_ends_clean(
    rig: Rig, recognisers: FakeRecognisers
) -> None:
    """Audio goes in unchanged, partials and the final come out, and our end is answered by theirs."""
    stream = await rig.client.open(settings())

    for number in range(5):
        assert stream.send_audio(bytes([number, 0]) * 3_200)
    stream.end()
    results, ended = await read_all(stream)

    assert recognisers.opened[0].heard == b"".join(bytes([number, 0]) * 3_200 for number in range(5))
    assert [result.is_partial for result in results] == [True] * 5 + [False]
    assert results[-1].text == "w0 w1 w2 w3 w4"
    assert ended.end is StreamEnd.CLEAN
