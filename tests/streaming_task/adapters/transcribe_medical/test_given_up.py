"""A connection that is given up while it is being made leaves nothing behind, least of all a timer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import h2.events
import pytest
import uvloop

from streaming_task.adapters.transcribe_medical.http2_exchange import Http2Limits
from streaming_task.adapters.transcribe_medical.http2_transport import Http2Transport
from tests.fakes.http2_peer import Listener, listening

LIMITS = Http2Limits(headers_s=5.0, drain_s=5.0, ping_every_s=0.01, send_buffer_bytes=10_000)
STEPS = 40  # of the loop: many more than a connection on this machine takes
PINGS = 3  # of a living exchange; by the second one a forgotten exchange would have written too


async def give_up(transport: Http2Transport, listener: Listener, after_steps: int) -> None:
    """Begin a request, and call it off so many steps of the loop later."""
    opening = asyncio.ensure_future(transport.make_request(f"{listener.url}/path", "POST"))
    for _ in range(after_steps):
        await asyncio.sleep(0)
    opening.cancel()
    (made,) = await asyncio.gather(opening, return_exceptions=True)
    if not isinstance(made, BaseException):
        made.abort()  # it was faster


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_what_is_given_up_half_way_never_writes_again(
    new_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    """uvloop closes such a transport without a word to its protocol, and a write to it is a defect."""

    async def try_every_moment() -> list[str]:
        defects: list[str] = []
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: defects.append(type(context.get("exception")).__name__)
        )
        transport = Http2Transport(ca_file=None, connect_s=1.0, limits=LIMITS)
        async with listening() as listener, listening() as control:
            for after_steps in range(STEPS):
                while not listener.peers.empty():
                    listener.peers.get_nowait()
                await give_up(transport, listener, after_steps)
            living = await transport.make_request(f"{control.url}/path", "POST")
            peer = await control.peer()
            await peer.until_times(h2.events.PingReceived, PINGS)
            living.abort()
        return defects

    with asyncio.Runner(loop_factory=new_loop) as runner:
        assert runner.run(try_every_moment()) == []
