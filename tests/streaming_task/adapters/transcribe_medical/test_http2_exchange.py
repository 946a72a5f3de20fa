"""One exchange against a raw peer that misbehaves: each way to end has its own name, and nothing hangs."""

from __future__ import annotations

import asyncio
import time

import h2.events
import pytest

from streaming_task.adapters.transcribe_medical.http2_exchange import Http2Exchange, Http2Head, Http2Limits
from streaming_task.adapters.transcribe_medical.http2_transport import Http2Transport
from streaming_task.core.results import Ended, StreamEnd
from streaming_task.ports import StreamRefused
from tests.fakes.http2_peer import Listener, listening

BUFFER_BYTES = 10_000


def limits(*, headers_s: float = 5.0, drain_s: float = 5.0, ping_every_s: float = 5.0) -> Http2Limits:
    return Http2Limits(headers_s, drain_s, ping_every_s, BUFFER_BYTES)


async def start(listener: Listener, given: Http2Limits | None = None) -> Http2Exchange:
    transport = Http2Transport(ca_file=None, connect_s=1.0, limits=given or limits())
    return await transport.make_request(f"{listener.url}/path", "POST", [("host", "somewhere")])


async def end_of(exchange: Http2Exchange) -> Ended:
    while not isinstance(got := await exchange.chunk(), Ended):
        pass
    return got


async def test_both_bodies_flow_at_once() -> None:
    """The response is read while the request's body is still open."""
    async with listening() as listener:
        exchange = await start(listener)
        peer = await listener.peer()

        exchange.write(b"question")
        await peer.until_heard(8)
        peer.say(b"answer")

        assert await exchange.head() == Http2Head(200, {":status": "200"})
        assert await exchange.chunk() == b"answer"
        exchange.abort()


async def test_an_end_that_answers_ours_is_clean() -> None:
    """What was said before the end is still read; then the end, for ever."""
    async with listening() as listener:
        exchange = await start(listener)
        peer = await listener.peer()
        exchange.write(b"all")
        exchange.finish()
        await peer.until(h2.events.StreamEnded)
        peer.say(b"last words", is_last=True)

        assert await exchange.chunk() == b"last words"
        assert await exchange.chunk() == Ended(StreamEnd.CLEAN, "EndStream")
        assert await exchange.chunk() == Ended(StreamEnd.CLEAN, "EndStream")


async def test_an_end_that_we_did_not_ask_for_is_early() -> None:
    """A good close in mid-speech must not pass for the end of the audio."""
    async with listening() as listener:
        exchange = await start(listener)
        (await listener.peer()).say(b"", is_last=True)

        assert (await end_of(exchange)).end is StreamEnd.EARLY


async def test_an_end_before_our_end_has_left_is_early() -> None:
    """The peer cannot have heard all if flow control still held some back."""
    async with listening(window_bytes=10) as listener:
        exchange = await start(listener)
        peer = await listener.peer()
        await exchange.head()
        exchange.write(b"x" * 100)
        exchange.finish()
        await peer.until_heard(10)
        peer.say(b"", is_last=True)

        assert (await end_of(exchange)).end is StreamEnd.EARLY


async def test_a_reset_is_told_from_an_end() -> None:
    """The library's own transport ends a reset stream like a good one."""
    async with listening() as listener:
        exchange = await start(listener)
        (await listener.peer()).reset(2)

        assert await end_of(exchange) == Ended(StreamEnd.RESET, "INTERNAL_ERROR")


async def test_a_lost_connection_is_noticed_before_and_after_the_headers() -> None:
    """The library's own transport waits for ever for headers that no one will send."""
    async with listening(answers=False) as listener:
        exchange = await start(listener)
        (await listener.peer()).transport.abort()

        head = await exchange.head()

        assert isinstance(head, Ended)
        assert head.end is StreamEnd.LOST


async def test_headers_that_do_not_come_are_not_waited_for() -> None:
    """A server that accepts and says nothing costs `headers_s`, no more."""
    async with listening(answers=False) as listener:
        exchange = await start(listener, limits(headers_s=0.05))

        assert await exchange.head() == Ended(StreamEnd.TIMEOUT, "Headers")


async def test_a_drain_that_does_not_end_is_not_waited_for() -> None:
    """After our end the peer has `drain_s` of silence."""
    async with listening() as listener:
        exchange = await start(listener, limits(drain_s=0.05))
        peer = await listener.peer()
        peer.say(b"partial")
        exchange.finish()

        assert await end_of(exchange) == Ended(StreamEnd.TIMEOUT, "Drain")


async def test_a_peer_that_answers_no_ping_is_dead() -> None:
    """A cable that was cut sends no FIN: only asking finds out."""
    async with listening() as listener:
        exchange = await start(listener, limits(ping_every_s=0.05))
        (await listener.peer()).fall_silent()

        assert await end_of(exchange) == Ended(StreamEnd.TIMEOUT, "Ping")


async def test_a_peer_that_has_nothing_to_say_is_not_dead() -> None:
    """A silent consultation is no dead one: PINGs are answered."""
    async with listening() as listener:
        exchange = await start(listener, limits(ping_every_s=0.05))
        peer = await listener.peer()

        for _ in range(3):
            peer.events.clear()
            await peer.until(h2.events.PingReceived)

        assert exchange.ended is None
        exchange.abort()


async def test_a_goaway_meant_kindly_lets_the_stream_finish() -> None:
    """A draining server takes no new streams; ours goes on to its end, audio and answers."""
    async with listening() as listener:
        exchange = await start(listener)
        peer = await listener.peer()
        peer.go_away()
        peer.say(b"still here")
        assert await exchange.chunk() == b"still here"

        exchange.write(b"more")
        exchange.finish()
        await peer.until(h2.events.StreamEnded)
        peer.say(b"", is_last=True)

        assert peer.body == b"more"
        assert (await end_of(exchange)).end is StreamEnd.CLEAN


@pytest.mark.parametrize(
    ("code", "last_stream_id", "name"), [(11, 2**31 - 1, "ENHANCE_YOUR_CALM"), (0, 0, "NO_ERROR")]
)
async def test_a_goaway_meant_unkindly_ends_the_stream(code: int, last_stream_id: int, name: str) -> None:
    """With an error, or naming a last stream before ours, nothing more will come."""
    async with listening() as listener:
        exchange = await start(listener)
        (await listener.peer()).go_away(code=code, last_stream_id=last_stream_id)

        assert await end_of(exchange) == Ended(StreamEnd.RESET, name)


async def test_bytes_that_are_no_http2_end_the_stream() -> None:
    """Rubbish is an end with a name, not an exception in a callback."""
    async with listening() as listener:
        exchange = await start(listener)
        (await listener.peer()).transport.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        ended = await end_of(exchange)

        assert ended.end is StreamEnd.RESET


async def test_a_peer_that_gives_no_window_fills_a_bounded_buffer() -> None:
    """Back-pressure reaches the writer at the bound; it is woken when the peer takes more."""
    async with listening(window_bytes=1_000) as listener:
        exchange = await start(listener)
        peer = await listener.peer()
        await exchange.head()
        written = 0
        while exchange.has_room():
            exchange.write(bytes(1_000))
            written += 1_000
        assert written == 1_000 + BUFFER_BYTES

        waiting = asyncio.ensure_future(exchange.writable())
        await asyncio.sleep(0)
        assert not waiting.done()
        peer.widen(20_000)
        await waiting

        await peer.until_heard(written)
        assert exchange.has_room()
        exchange.abort()


async def test_a_peer_that_stops_reading_fills_a_bounded_buffer_too() -> None:
    """With all the window in the world, TCP pushes back in the end, and that reaches the writer as well."""
    async with listening(window_bytes=2**30) as listener:
        exchange = await start(listener)
        peer = await listener.peer()
        await exchange.head()
        peer.widen(2**29)
        peer.say(b"go on")
        await exchange.chunk()
        peer.fall_silent()
        written = 0

        while exchange.has_room() and written < 100_000_000:
            exchange.write(bytes(BUFFER_BYTES))
            written += BUFFER_BYTES

        assert not exchange.has_room()
        assert written < 20_000_000  # what the kernel holds for a connection, and our own
        exchange.abort()


async def test_a_writer_that_waits_is_woken_by_the_end() -> None:
    """Nobody waits for room in a stream that is gone."""
    async with listening(window_bytes=0) as listener:
        exchange = await start(listener)
        peer = await listener.peer()
        await exchange.head()
        exchange.write(bytes(BUFFER_BYTES))
        waiting = asyncio.ensure_future(exchange.writable())
        await asyncio.sleep(0)

        peer.reset(8)

        await waiting


async def test_a_reader_that_was_cancelled_loses_nothing() -> None:
    """The next reader gets what came meanwhile."""
    async with listening() as listener:
        exchange = await start(listener)
        peer = await listener.peer()
        await exchange.head()
        reading = asyncio.ensure_future(exchange.chunk())
        await asyncio.sleep(0)
        reading.cancel()

        peer.say(b"kept")

        assert await exchange.chunk() == b"kept"
        exchange.abort()


async def test_reading_lets_the_peer_say_more() -> None:
    """Flow control bounds what waits to be read; reading makes room."""
    async with listening() as listener:
        exchange = await start(listener)
        peer = await listener.peer()
        for _ in range(4):
            peer.say(bytes(15_000))
        read = 0

        while read < 60_000:
            chunk = await exchange.chunk()
            assert isinstance(chunk, bytes)
            read += len(chunk)

        await peer.until(h2.events.WindowUpdated)
        exchange.abort()


async def test_abort_tells_the_peer_and_takes_no_time() -> None:
    """It may be called at any moment, twice, by code that cannot wait."""
    async with listening() as listener:
        exchange = await start(listener)
        peer = await listener.peer()

        exchange.abort()
        exchange.abort()

        assert await exchange.chunk() == Ended(StreamEnd.RESET, "Aborted")
        await peer.until(h2.events.StreamReset)
        await peer.lost


async def test_no_connection_has_a_name_too() -> None:
    """A refused connection is a refused stream, with the error's type as its code."""
    async with listening() as listener:
        pass

    with pytest.raises(StreamRefused) as refused:
        await start(listener)

    assert refused.value.ended == Ended(StreamEnd.LOST, "ConnectionRefusedError")


async def test_connecting_is_given_up_in_time() -> None:
    """A port that accepts but never speaks TLS costs `connect_s`."""
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    transport = Http2Transport(ca_file=None, connect_s=0.05, limits=limits())

    with pytest.raises(StreamRefused) as refused:
        await transport.make_request(f"https://127.0.0.1:{port}/")

    assert refused.value.ended == Ended(StreamEnd.TIMEOUT, "Connect")
    server.close()


async def test_idle_exchanges_cost_no_cpu() -> None:
    """Ten idle streams, half a second: the stock transport burns most of a core on one."""
    async with listening() as listener:
        exchanges = [await start(listener) for _ in range(10)]
        for _ in exchanges:
            await listener.peer()
        before_s = time.process_time()

        await asyncio.gather(*(_idle(exchange) for exchange in exchanges))

        assert time.process_time() - before_s < 0.05
        for exchange in exchanges:
            exchange.abort()


async def _idle(exchange: Http2Exchange) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(exchange.chunk(), 0.5)
