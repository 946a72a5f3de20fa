"""See to it that who signs out everywhere is out everywhere: look for marks, and tell sessions of them.

What is looked for is decided by who is connected and whose sessions are here, so a new owner of a session
comes to the same answer. A look that fails ends nothing and is taken again.
"""

from __future__ import annotations

import asyncio
import logging
from random import Random
from weakref import WeakSet

from streaming_task import ports
from streaming_task.core.authorisation import is_revoked
from streaming_task.core.events import SignedOut
from streaming_task.runner import SessionRunner
from streaming_task.sessions import SessionDirectory

_log = logging.getLogger(__name__)

LOOK_EVERY_S = 15.0  # a session is to be sealed 30 s after the sign-out
RETRY_S = 3.0
JITTER = 0.2  # of the interval, so that tasks do not look together


class SignOutWatch:
    """A duty of every task, for the users it serves."""

    def __init__(
        self, directory: SessionDirectory, sign_outs: ports.SignOuts, every_s: float, random: Random
    ) -> None:
        self._directory = directory
        self._sign_outs = sign_outs
        self._every_s = min(every_s, LOOK_EVERY_S)
        self._random = random
        self._told: WeakSet[SessionRunner] = WeakSet()

    async def run(self) -> None:
        """Look now and then, for ever."""
        while True:
            every_s = self._every_s if await self.look() else min(self._every_s, RETRY_S)
            await asyncio.sleep(every_s * (1 - JITTER * self._random.random()))

    async def look(self) -> bool:
        """Look once; False: it could not be read, and nothing was ended for it."""
        users = self._directory.users
        try:
            signed_out_at = await self._sign_outs.read(users) if users else {}
        except ports.Unavailable as error:
            _log.warning("Sign-outs not read", extra={"users": len(users), "code": error.code})
            return False
        self._directory.known.note_sign_outs(signed_out_at)
        for runner in self._directory.recording:
            terms = runner.session.meta.terms
            if runner not in self._told and is_revoked(terms.issued_at, signed_out_at.get(terms.user_id)):
                self._told.add(runner)
                _log.info("Session ended by a sign-out", extra={"session_id": terms.session_id})
                runner.post(SignedOut())
        return True
