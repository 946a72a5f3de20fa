"""Faults of a running stand-in: as its streams feel them, and as its admin interface sets them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest

from local_stack.transcribe.faults import Faults
from streaming_task.core.results import StreamEnd
from tests.fakes.transcribe import FakeRecognisers, Rig, read_all, running, settings

CHUNK = bytes(6_400)


# -- faults -------------------------------------------------------------------------------------------


async def test_a_hang_takes_audio_and_says_nothing_until_it_is_lifted(certificates: Path) -> None:
    """What was heard meanwhile is said then, in order."""
    recognisers = FakeRecognisers()
    async with running(certificates, recognisers=recognisers) as rig:
        stream = await rig.client.open(settings())
        rig.server.account.set_faults(Faults(hang=True))
        stream.send_audio(CHUNK)
        stream.end()
        reading = asyncio.ensure_future(read_all(stream))
        await recognisers.opened[0].finished.wait()
        assert not reading.done()

        rig.server.account.set_faults(Faults())
        results, ended = await reading

    assert [result.is_partial for result in results] == [True, False]
    assert ended.end is StreamEnd.CLEAN


async def test_a_delay_delays_and_keeps_the_order(rig: Rig) -> None:
    """Everything that a stream says comes that much later."""
    rig.server.account.set_faults(Faults(delay_ms=80))
    loop = asyncio.get_running_loop()
    stream = await rig.client.open(settings())
    said_at_s = loop.time()
    stream.send_audio(CHUNK)
    stream.send_audio(CHUNK)
    stream.end()

    results, ended = await read_all(stream)

    assert loop.time() - said_at_s >= 0.08
    assert [result.text for result in results] == ["w0", "w0 w1", "w0 w1"]
    assert ended.end is StreamEnd.CLEAN


async def test_a_reset_comes_again_at_the_same_age(rig: Rig) -> None:
    """Every stream, until the fault is cleared."""
    rig.server.account.set_faults(Faults(reset_every_s=0.03))

    for _ in range(2):
        stream = await rig.client.open(settings())
        assert (await read_all(stream))[1].end is StreamEnd.RESET
    rig.server.account.set_faults(Faults())
    stream = await rig.client.open(settings())
    stream.end()

    assert (await read_all(stream))[1].end is StreamEnd.CLEAN
    assert rig.server.account.counts["faults_reset"] == 2


# -- admin --------------------------------------------------------------------------------------------


async def test_faults_are_put_shown_and_cleared(rig: Rig) -> None:
    """A PUT replaces the whole set; GET adds the counts and the streams."""
    stream = await rig.client.open(settings(stream_id="aaaaaaaa-0000-4000-8000-000000000000"))
    for _ in range(5):
        stream.send_audio(CHUNK)
        await stream.read()
    url = f"{rig.server.admin_url}/faults"
    async with aiohttp.ClientSession() as http:
        async with http.put(url, json={"hang": True}) as put:
            assert put.status == 200
        async with http.put(url, json={"delay_ms": 5}) as put:
            assert (await put.json())["faults"] == Faults(delay_ms=5).as_json()
        async with http.delete(url) as deleted:
            assert (await deleted.json())["faults"] == Faults().as_json()
        async with http.get(url) as got:
            body = await got.json()

    assert body["faults"] == Faults().as_json()
    assert body["counts"]["audio_events"] == 5
    assert body["streams"] == [
        {
            "session_id": "aaaaaaaa-0000-4000-8000-000000000000",
            "sample_rate": 16_000,
            "encoding": "pcm",
            "seconds": 1.0,
            "words": 0,
            "open": True,
        }
    ]
    stream.end()
    await read_all(stream)
    assert rig.server.account.describe_streams()[0]["words"] == 5


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"resets": 1}', b'{"exception": "Boom"}', b"[" * 50_000]
)
async def test_a_bad_set_of_faults_is_400_with_a_sentence(rig: Rig, body: bytes) -> None:
    """And nothing changes."""
    async with (
        aiohttp.ClientSession() as http,
        http.put(f"{rig.server.admin_url}/faults", data=body) as put,
    ):
        assert put.status == 400
        assert (await put.json())["message"].endswith(".")

    assert rig.server.account.faults == Faults()


# -- certificates -------------------------------------------------------------------------------------
