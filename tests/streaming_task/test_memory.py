"""What a session held is let go of: a task serves thousands, one after another."""

from __future__ import annotations

import gc
import uuid
from collections import Counter

from contract.records import session_id_for
from streaming_task.core.meter import SessionMeter
from streaming_task.core.recording import Recording
from streaming_task.core.session import Session
from streaming_task.runner import SessionRunner
from streaming_task.streams import LiveStream
from streaming_task.voice import Voice
from tests.fakes.virtual_time import in_virtual_time, settled, until
from tests.streaming_task.bench import PIECE, RATE_HZ, USER, Bench, audio_message, final_result

OF_A_SESSION = (Session, SessionRunner, Recording, LiveStream, Voice, SessionMeter)


def alive() -> Counter[str]:
    """Count what is alive of sessions."""
    gc.collect()
    return Counter(type(one).__name__ for one in gc.get_objects() if isinstance(one, OF_A_SESSION))


async def serve(bench: Bench, connection_id: str) -> None:
    """Open a session, speak a second, have it heard, stop it, and wait until it is closed."""
    request_id = str(uuid.uuid4())
    session_id = session_id_for(USER, request_id)
    bench.connect(connection_id)
    await bench.start(connection_id, request_id=request_id)
    for piece in range(5):
        await bench.say(connection_id, **audio_message(piece * RATE_HZ // 5, PIECE, session_id))
    await until(lambda: bench.recognition.streams and len(bench.recognition.streams[-1].heard) > 0)
    bench.recognition.streams[-1].say(final_result())
    await bench.say(connection_id, type="stop", session_id=session_id, end_offset=RATE_HZ, sha256=None)
    await until(lambda: bench.heard("saved", connection_id))
    await until(lambda: not bench.directory._runners and not bench.directory._closing)
    await settled()


@in_virtual_time
async def test_nothing_of_a_session_outlives_it() -> None:
    """Neither its audio nor its timers nor whoever ran it."""
    before = alive()
    bench = Bench()

    for number in range(3):
        await serve(bench, f"connection{number}")
    left = alive() - before
    await bench.leave()

    assert left == Counter()
