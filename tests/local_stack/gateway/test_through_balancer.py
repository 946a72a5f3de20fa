"""Gateway and balancer together: messages meet every task, and a dead one costs only what it held."""

from __future__ import annotations

import asyncio

from websockets.asyncio.client import connect

from local_stack.balancer import Balancer, BalancerSettings
from local_stack.gateway import Gateway, GatewaySettings
from local_stack.targets import Health
from tests.fakes.http_task import FakeHttpTask


async def test_messages_meet_every_task_and_survive_a_dead_one() -> None:
    """Any task may receive any message; after a death the others receive all that is sent again."""
    tasks = [FakeHttpTask(), FakeHttpTask()]
    balancer = Balancer(BalancerSettings(nlb_probe_s=0.02))
    await balancer.start()
    for task in tasks:
        await task.start()
    balancer.set_targets([("127.0.0.1", task.port) for task in tasks])
    await balancer.until(lambda health: set(health.values()) == {Health.HEALTHY})
    gateway = Gateway(
        GatewaySettings(balancer_port=balancer.port, pool_connections=4),
        connect=lambda _event, _context: {"statusCode": 200},
        disconnect=lambda _event, _context: None,
        lookup=lambda _key_id: None,
    )
    await gateway.start()
    dead, alive = tasks
    try:
        async with connect(f"ws://127.0.0.1:{gateway.port}/") as client:
            for number in range(8):
                await client.send(f"before {number}")
            before = [await one.requests.get() for one in tasks for _ in range(4)]

            await dead.stop()
            await balancer.until(lambda health: Health.UNHEALTHY in health.values())
            for number in range(8):
                await client.send(f"after {number}")
            after = [await alive.requests.get() for _ in range(8)]

        assert {one.body for one in before} == {b"before %d" % number for number in range(8)}
        assert {one.body for one in after} == {b"after %d" % number for number in range(8)}
        assert balancer.swallowed == 0
    finally:
        await gateway.stop()
        await balancer.stop()
        await asyncio.gather(*(task.stop() for task in tasks))
