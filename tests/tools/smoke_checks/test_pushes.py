"""410 and 429: what `@connections` says is told as it is, also where it is not what texts promise."""

from __future__ import annotations

from tests.tools.smoke_checks.deployment_stub import DeploymentStub, deployment_stub
from tools.smoke_checks.outcome import Failed, Ok
from tools.smoke_checks.pushes import check_gone, check_unread


class Connections:
    """`@connections` of a stub: a status while its socket is open, another when it is not."""

    def __init__(
        self, stub: DeploymentStub, *, when_closed: int = 410, room: int = 10**6, over: int = 429
    ) -> None:
        self._stub = stub
        self._when_closed = when_closed
        self._room = room
        self._over = over
        self.posted = 0

    def of_session(self, session_id: str) -> str:
        assert session_id == "session-1"
        return "connection-1"

    def post(self, connection_id: str, data: bytes) -> int:
        assert connection_id == "connection-1"
        self.posted += len(data)
        if self._stub.open_sockets == 0:
            return self._when_closed
        return self._over if self.posted > self._room else 200


async def test_a_closed_connection_is_gone() -> None:
    """Open 200, closed 410."""
    async with deployment_stub() as stub:
        outcome = await check_gone(stub.target, Connections(stub))

    assert isinstance(outcome, Ok)
    assert outcome.detail.startswith("410 within")


async def test_a_closed_connection_that_still_takes_is_a_failure() -> None:
    """Tasks would push to nobody."""
    async with deployment_stub() as stub:
        outcome = await check_gone(stub.target, Connections(stub, when_closed=200), within_s=0.1)

    assert isinstance(outcome, Failed)
    assert "200 instead of 410" in outcome.why


async def test_how_much_stays_unread_before_429_is_told() -> None:
    """Nobody could find that out without an account."""
    async with deployment_stub() as stub:
        outcome = await check_unread(stub.target, Connections(stub, room=320_000))

    assert outcome == Ok("429 after 281 KB unread")


async def test_no_429_at_all_is_told_and_no_failure() -> None:
    """A client with large buffers reads after all, as far as API Gateway can tell."""
    async with deployment_stub() as stub:
        outcome = await check_unread(stub.target, Connections(stub, room=10**9))

    assert isinstance(outcome, Ok)
    assert outcome.detail.startswith("no 429 in")


async def test_any_other_answer_is_a_failure() -> None:
    """A 403 is the role's or an endpoint's: the tasks would meet it too."""
    async with deployment_stub() as stub:
        outcome = await check_unread(stub.target, Connections(stub, room=0, over=403))

    assert isinstance(outcome, Failed)
    assert "403" in outcome.why
