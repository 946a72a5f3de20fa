"""One simulated browser: a microphone in real time, a session, a connection. It judges nothing."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable

from contract.audio import PCM_RATE_HZ, Quality
from tools.client_session import MESSAGE_S, ClientSession, Terms
from tools.live_connection import LiveConnection
from tools.simulation.microphone import CounterMicrophone
from tools.simulation.verdict import Outcome
from tools.simulation.witness import Witness

SAVED_WITHIN_S = 120.0  # after the last sample was captured
OPENED_WITHIN_S = 10.0  # after the last sample was captured: a server that is full may have room by then

TicketSource = Callable[[], Awaitable[tuple[str, str]]]


class NeverOpened(Exception):
    """The server took no session all the while."""


class SimulatedBrowser:
    """Speaks for so many seconds, from when it is run, and stays until all of it is saved."""

    def __init__(self, quality: Quality, seconds: float, *, ticket: TicketSource, origin: str) -> None:
        self._rate_hz = PCM_RATE_HZ[quality]
        self._seconds = seconds
        self._microphone = CounterMicrophone(self._rate_hz, seconds)
        self._is_told_to_finish = False
        self.witness = Witness(self._rate_hz)
        terms = Terms(str(uuid.uuid4()), str(uuid.uuid4()), quality, self._rate_hz)
        self.session = ClientSession(terms, self.witness)
        self.connection = LiveConnection(self.session, ticket=ticket, origin=origin)
        self.broke: list[str] = []  # by type: why it gave up

    @property
    def is_live(self) -> bool:
        """Tell whether the server has opened its session, and the microphone is on."""
        return self.session.heard.session_id is not None and not self.session.is_finished

    @property
    def outcome(self) -> Outcome:
        """Give what has become of it."""
        heard = self.session.heard
        return Outcome(
            rate_hz=self._rate_hz,
            was_opened=heard.session_id is not None,
            captured=self.session.captured,
            sha256=self.session.sha256,
            saved=heard.saved,
            finals=heard.contiguous_finals,
            text=heard.text,
        )

    def finish(self) -> None:
        """Switch the microphone off before its time."""
        self._is_told_to_finish = True

    async def run(self) -> None:
        """Speak, and wait until it is saved; what goes wrong is in `broke`."""
        try:
            async with asyncio.timeout(self._seconds + SAVED_WITHIN_S), asyncio.TaskGroup() as group:
                group.create_task(self._speak(), name="microphone")
                group.create_task(self.connection.run(), name="connection")
        except TimeoutError:
            self.broke.append("TimeoutError")
        except ExceptionGroup as group_of:
            self.broke += [type(error).__name__ for error in group_of.exceptions]

    async def _speak(self) -> None:
        session = self.session
        began_at = time.monotonic()
        steps = 0
        while not self._microphone.is_silent and not self._is_told_to_finish:
            steps += 1
            await asyncio.sleep(began_at + steps * MESSAGE_S - time.monotonic())
            session.capture(self._microphone.heard_by(time.monotonic() - began_at))
        session.finish()
        give_up_at = time.monotonic() + OPENED_WITHIN_S
        while session.heard.session_id is None:
            if time.monotonic() >= give_up_at:
                raise NeverOpened
            await asyncio.sleep(MESSAGE_S)
