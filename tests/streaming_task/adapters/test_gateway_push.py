"""What a push tells of the gateway, against a small `@connections`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Keys

from contract.records import ConnectionId
from streaming_task.adapters.gateway_push import GatewayPush
from streaming_task.ports import AwsCredentials, Delivered, Failed, Gone, PushResult, Throttled, Unavailable

ID = ConnectionId("L0SM9cOF/vHc+Ihw=")
NOW = 1_767_225_599.0


class Held:
    """Credentials at hand, until they are not."""

    def __init__(self) -> None:
        self.held: AwsCredentials | None = AwsCredentials("ASIA1", "secret", "to/ken==", None)

    async def current(self) -> AwsCredentials:
        """Give them."""
        if self.held is None:
            raise Unavailable("NoCredentials")
        return self.held


@dataclass
class Connections:
    """A stand-in for `@connections`: notes what it gets, answers `status`, or hangs, or cuts."""

    status: int = 200
    hangs: bool = False
    cuts: bool = False
    got: list[tuple[str, bytes]] = field(default_factory=list)
    requests: list[web.Request] = field(default_factory=list)
    peers: set[object] = field(default_factory=set)

    async def answer(self, request: web.Request) -> web.Response:
        """Take a POST."""
        assert request.transport is not None
        self.got.append((request.raw_path, await request.read()))
        self.requests.append(request)
        self.peers.add(request.transport.get_extra_info("peername"))
        if self.hangs:
            await asyncio.sleep(60)
        if self.cuts:
            request.transport.abort()
        return web.Response(status=self.status, text="" if self.status == 200 else '{"message": "x"}')


@pytest.fixture
async def connections() -> AsyncIterator[tuple[Connections, str]]:
    """Serve `@connections`; give it and its URL."""
    served = Connections()
    application = web.Application()
    application.router.add_post("/prod/@connections/{id:.*}", served.answer)
    runner = web.AppRunner(application, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield served, f"http://127.0.0.1:{runner.addresses[0][1]}/prod"
    await runner.cleanup()


@pytest.fixture
def held() -> Held:
    """Hold credentials."""
    return Held()


@pytest.fixture
async def gateway(connections: tuple[Connections, str], held: Held) -> AsyncIterator[GatewayPush]:
    """Push to the stand-in; impatient only so far that a gateway that hangs holds no test up for long."""
    push = GatewayPush(
        connections_url=connections[1],
        region="us-east-1",
        credentials=held,
        clock=lambda: NOW,
        timeout_s=2.0,
    )
    yield push
    await push.close()


async def test_a_message_arrives_signed_and_untouched(
    connections: tuple[Connections, str], gateway: GatewayPush
) -> None:
    """The path is the id, quoted; the signature is the one botocore would make."""
    served, url = connections

    result = await gateway.push(ID, '{"text":"Ω"}')

    request = served.requests[0]
    sent = AWSRequest(
        "POST",
        f"{url}/%40connections/L0SM9cOF%2FvHc%2BIhw%3D",
        headers={"content-type": "application/json"},
        data='{"text":"Ω"}'.encode(),
    )
    sent.context["timestamp"] = request.headers["x-amz-date"]
    sent.headers["X-Amz-Date"] = request.headers["x-amz-date"]
    sent.headers["X-Amz-Security-Token"] = "to/ken=="
    auth = SigV4Auth(Keys("ASIA1", "secret", "to/ken=="), "execute-api", "us-east-1")
    signature = auth.signature(auth.string_to_sign(sent, auth.canonical_request(sent)), sent)
    assert result == Delivered()
    assert served.got == [("/prod/%40connections/L0SM9cOF%2FvHc%2BIhw%3D", '{"text":"Ω"}'.encode())]
    assert request.headers["authorization"].endswith(f"Signature={signature}")


@pytest.mark.parametrize(
    ("status", "result"),
    [
        (200, Delivered()),
        (410, Gone()),
        (429, Throttled()),
        (403, Failed("http_403")),
        (413, Failed("http_413")),
        (302, Failed("http_302")),
        (500, Failed("http_500")),
    ],
)
async def test_every_status_has_its_result(
    connections: tuple[Connections, str], gateway: GatewayPush, status: int, result: PushResult
) -> None:
    """Nothing that the gateway says is an exception."""
    connections[0].status = status

    assert await gateway.push(ID, "{}") == result


async def test_connections_are_kept_whatever_the_answers(
    connections: tuple[Connections, str], gateway: GatewayPush
) -> None:
    """A handshake for every push would cost more than the push."""
    for status in (200, 410, 429, 500, 200):
        connections[0].status = status
        await gateway.push(ID, "{}")

    assert len(connections[0].peers) == 1


async def test_a_gateway_that_hangs_is_a_timeout(
    connections: tuple[Connections, str], gateway: GatewayPush
) -> None:
    """The sender must get its turn back."""
    connections[0].hangs = True

    assert await gateway.push(ID, "{}") == Failed("timeout")


async def test_a_cut_after_the_message_was_taken_is_a_failure_not_a_second_message(
    connections: tuple[Connections, str], gateway: GatewayPush
) -> None:
    """Whether it arrived is not known; the sender decides whether to say it again."""
    connections[0].cuts = True

    result = await gateway.push(ID, "{}")

    assert isinstance(result, Failed)
    assert len(connections[0].got) == 1


async def test_nobody_listening_is_a_failure(held: Held) -> None:
    """An unreachable gateway is no exception either."""
    push = GatewayPush(connections_url="http://127.0.0.1:1", region="us-east-1", credentials=held)

    result = await push.push(ID, "{}")
    await push.close()

    assert result == Failed("not_connected")


async def test_no_credentials_is_a_failure(gateway: GatewayPush, held: Held) -> None:
    """They may be back for the next one."""
    held.held = None

    assert await gateway.push(ID, "{}") == Failed("NoCredentials")
