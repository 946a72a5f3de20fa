"""What the store holds, asked again before anything is given up. Pure.

An owner that was taken for dead may have stored audio, and have acknowledged it, after its successor had
learnt what is stored: the client holds it no more, the successor does not know of it, and yet it is not lost.
"""

from __future__ import annotations

from collections.abc import Iterable

from contract.audio import Range
from streaming_task.core.effects import Effect, ListParts
from streaming_task.core.recording import Recording

RETRY_S = 1.0


class Inventory:
    """Asks for the list of parts when it matters; who never had a predecessor knows it by heart."""

    def __init__(self, recording: Recording, *, is_first_owner: bool) -> None:
        self._recording = recording
        self._is_first_owner = is_first_owner
        self._wanted: list[int | None] = []  # below these samples what is missing is to be given up
        self._asked: list[int | None] = []  # the same, of the listing that is under way
        self._is_under_way = False
        self._is_up_to_date = False
        self._retry_at = 0.0

    @property
    def is_awaited(self) -> bool:
        """Tell whether something waits for the list of parts."""
        return self._is_under_way or bool(self._wanted)

    def heard(self) -> None:
        """Note that the client is there: another owner may store what it sends."""
        self._is_up_to_date = False

    def give_up(self, below: int | None) -> None:
        """Give up what is missing below a sample (None: at all) and what no part holds."""
        if self._is_first_owner:
            self._recording.give_up(below)
        elif bool(self._recording.missing()) if below is None else self._recording.received < below:
            self._wanted.append(below)

    def is_known(self) -> bool:
        """Tell whether all that is stored is known; if not, it is asked for."""
        if self._is_first_owner or self._is_up_to_date:
            return True
        if not self.is_awaited:
            self._wanted.append(0)
        return False

    def advance(self, now: float) -> list[Effect]:
        """Ask, if that is to be done now."""
        if not self._wanted or self._is_under_way or now < self._retry_at:
            return []
        self._asked, self._wanted = self._wanted, []
        self._is_under_way = True
        return [ListParts()]

    def listed(self, parts: Iterable[Range] | None, now: float) -> None:
        """Take the list of parts, and give up what was to be given up before it was asked for.

        None: there was no answer, so it is asked for again.
        """
        asked, self._asked = self._asked, []
        self._is_under_way = False
        if parts is None:
            self._wanted = [*asked, *self._wanted]
            self._retry_at = now + RETRY_S
            return
        self._recording.found(parts)
        for below in asked:
            self._recording.give_up(below)
        self._is_up_to_date = True

    def next_due_at(self) -> float | None:
        """Give when `advance` may next have something to do, if nothing else happens."""
        return self._retry_at if self._wanted and not self._is_under_way else None
