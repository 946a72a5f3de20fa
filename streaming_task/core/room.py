"""How many more sessions the task would take: by number, by its event loop, by Transcribe's quota. Pure.

Only a `start` obeys. Whoever runs goes on, late if need be, and claims are never refused.
"""

from __future__ import annotations

# A loop that is late at every look has a queue that never empties: more is asked of it than it can do. One
# that is late now and then is merely busy. (CoDel judges a router's queue by its least delay, and why.)
LATE_S = 0.25  # longer than the 200 ms after which the same client speaks again
LATE_FOR_S = 2.0  # a collection of garbage or a start of streams is shorter
EASY_S = 0.1
EASY_FOR_S = 5.0  # longer than it takes to come, so that admission does not swing with what it lets in

QUOTA_FOR_S = 15.0  # a session without a stream asks again after 10 s at most: nobody was refused since


class Room:
    """Decides over new sessions."""

    def __init__(self, most: int) -> None:
        """Take at most so many sessions."""
        self._most = most
        self._late_since: float | None = None
        self._easy_since: float | None = None
        self.is_overloaded = False
        self._streams = 0  # open now
        self._streams_most = 0  # that the account let this task have when it last refused one
        self._refused_at: float | None = None

    # -- what was seen -------------------------------------------------------------------------------

    def looked(self, late_s: float, now: float) -> None:
        """Note how late the event loop was just now."""
        if late_s < LATE_S:
            self._late_since = None
        elif self._late_since is None:
            self._late_since = now
        if late_s >= EASY_S:
            self._easy_since = None
        elif self._easy_since is None:
            self._easy_since = now
        if self._late_since is not None and now >= self._late_since + LATE_FOR_S:
            self.is_overloaded = True
        if self._easy_since is not None and now >= self._easy_since + EASY_FOR_S:
            self.is_overloaded = False

    def stream_opened(self) -> None:
        """Note that Transcribe opened a stream: the account has room for as many as there are now."""
        self._streams += 1
        self._streams_most = max(self._streams_most, self._streams)

    def stream_closed(self) -> None:
        """Note that a stream is over."""
        self._streams -= 1

    def stream_refused(self, now: float) -> None:
        """Note that the account's quota was full: what is open is what there is."""
        self._streams_most = self._streams
        self._refused_at = now

    # -- what there is -------------------------------------------------------------------------------

    def left(self, sessions: int, now: float) -> int:
        """Count the sessions that may start yet, beside those that record or are being opened.

        While the quota is full a new session would only wait for text, behind all that wait already; with
        another task, or a moment later, it may have some at once. So each session counts as a stream here,
        whether it has one, waits for one, or is parked and will want one.
        """
        if self.is_overloaded:
            return 0
        is_full = self._refused_at is not None and now < self._refused_at + QUOTA_FOR_S
        return max(0, min(self._most, self._streams_most if is_full else self._most) - sessions)
