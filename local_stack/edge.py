"""The edge: gateway and balancer in a process of their own, where nothing else can starve them.

`python -m local_stack.edge` reads its settings as one JSON line from stdin, then a line
`{"targets": [[host, port]]}` whenever the tasks change; it says `ready` on stdout and ends when stdin does,
or on SIGTERM.
"""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
from pathlib import Path
from typing import Final

import aiohttp
import uvloop

from local_stack.balancer import Balancer, BalancerSettings
from local_stack.credentials import CredentialsFile
from local_stack.edge_settings import EdgeSettings
from local_stack.gateway import AdminAnswer, AdminHandler, AdminRequest, Gateway, GatewaySettings
from local_stack.lambdas import FunctionFailed, FunctionSettings, LambdaFunction
from local_stack.logs import log_json_lines

logger = logging.getLogger(__name__)

PASSED_ON_WITHIN: Final = aiohttp.ClientTimeout(total=60)  # PostgreSQL takes a moment to stop and start
LIMIT_NAMES: Final = frozenset({"connection_idle_s", "connection_max_s"})


def passed_on(url: str, headers: dict[str, str]) -> AdminHandler:
    """Give a handler that another part's port answers for."""

    async def handle(request: AdminRequest) -> AdminAnswer:
        try:
            async with (
                aiohttp.ClientSession(timeout=PASSED_ON_WITHIN, headers=headers) as session,
                session.request(request.method, url, data=request.body) as answer,
            ):
                return AdminAnswer(answer.status, json.loads(await answer.read()))
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return AdminAnswer(503, {"message": "that part of the stack does not answer"})

    return handle


async def _run(settings: EdgeSettings, lines: asyncio.StreamReader) -> int:
    limits = {name: value for name in LIMIT_NAMES if (value := getattr(settings, name)) is not None}
    balancer = Balancer(
        BalancerSettings(port=settings.balancer_port)
        if settings.nlb_probe_s is None
        else BalancerSettings(port=settings.balancer_port, nlb_probe_s=settings.nlb_probe_s)
    )
    connect, disconnect = (
        LambdaFunction(FunctionSettings.from_json(settings.functions[name]))
        for name in ("connect", "disconnect")
    )
    await balancer.start()
    gateway = Gateway(
        GatewaySettings(
            balancer_port=balancer.port, port=settings.gateway_port, region=settings.region, **limits
        ),
        connect=connect,
        disconnect=disconnect,
        lookup=CredentialsFile(Path(settings.credentials_file)).lookup,
        admin_routes={
            "aws": passed_on(settings.aws_admin_url, {}),
            "postgres": passed_on(settings.postgres_admin_url, {"Authorization": settings.control_password}),
        },
    )
    await gateway.start()
    try:
        await asyncio.gather(asyncio.to_thread(connect.warm), asyncio.to_thread(disconnect.warm))
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while line := await lines.readline():
            balancer.set_targets([(host, port) for host, port in json.loads(line)["targets"]])
    except FunctionFailed as failed:
        logger.error("function did not load", extra={"error": failed.kind})  # noqa: TRY400 - says enough
        return 1
    except asyncio.CancelledError:
        return 0  # SIGTERM
    finally:
        connect.close()
        disconnect.close()
        await gateway.stop()
        await balancer.stop()
    return 0


async def _main() -> int:
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    settings = EdgeSettings(**json.loads(await lines.readline()))
    running = asyncio.ensure_future(_run(settings, lines))
    for how in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(how, running.cancel)
    return await running


def main() -> int:
    """Serve until told to stop."""
    log_json_lines("INFO")
    return uvloop.run(_main())


if __name__ == "__main__":
    sys.exit(main())
