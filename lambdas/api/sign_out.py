"""Sign a user out everywhere, in the order in which a failure half-way is safe. Knows no SDK."""

from __future__ import annotations

from typing import Protocol

from lambdas.identity import Identity


class Marks(Protocol):
    """Where it is noted who signed out everywhere."""

    def mark(self, identity: Identity, *, now: float) -> None:
        """Note that this user signs out everywhere."""
        ...


class EndsSessions(Protocol):
    """The user pool."""

    def end_sessions(self, username: str) -> None:
        """Refuse every refresh token of a user."""
        ...


def sign_out_everywhere(identity: Identity, marks: Marks, pool: EndsSessions, *, now: float) -> None:
    """Refuse whatever this user was given until `now`, Unix seconds; harmless when repeated.

    The mark comes first: with it alone, nothing of the old gets in any more but by a refresh, and the user is
    told to try again. The other way round, a failure would leave an access token good for its quarter of an
    hour, and nobody in the task would know.

    Raises:
        Unavailable: it is not, or not all, done.
    """
    marks.mark(identity, now=now)
    pool.end_sessions(identity.username)
