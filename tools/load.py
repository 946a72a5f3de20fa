"""Put load on a stack as so many browsers would: `python -m tools.load --sessions 50`.

Speaks counter audio in real time, so the local stack should run with `--recognizer scripted`. Prints how long
text and safety took, and exits 0 only if every session was saved whole: every sample, every word, once. Load
goes to this machine alone, unless a deployment is named with --api, --token and --beyond-loopback.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ipaddress
import json
import signal
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import uvloop

from contract.audio import Quality
from tools.live_connection import NotAllowed, fetch_ticket
from tools.simulation.crowd import Crowd, Plan
from tools.simulation.meter import Meter, task_pids
from tools.simulation.progress import progress
from tools.simulation.report import Report, report_on, table_of
from tools.stream_file import Target, deployed_target, local_target

MOST_SESSIONS, MOST_SECONDS, MOST_RAMP_S, MOST_ROUNDS = 500, 600.0, 120.0, 100
SESSIONS_A_SECOND = 10.0  # how many begin in a second, unless told otherwise
TOKEN_S = 300.0  # how long a token of the local stack is used: it lives 15 min
INTERRUPTED = 130


class Tickets:
    """Gets each connection its ticket; keeps to this machine unless told that it may leave it."""

    def __init__(self, target: Target, *, state_dir: Path | None, user: str, beyond_loopback: bool) -> None:
        self._target = target
        self._token_at = time.monotonic()
        self._state_dir = state_dir  # None: the token is given, and as it is
        self._user = user
        self._beyond_loopback = beyond_loopback

    def fetch(self) -> tuple[str, str]:
        """Get a ticket and the WebSocket's address. Blocking.

        Raises:
            NotAllowed: the token is not accepted, or the address is not on this machine.
            OSError: the server could not be reached or did not answer well.
        """
        if self._state_dir is not None and time.monotonic() - self._token_at > TOKEN_S:
            self._target, self._token_at = local_target(self._state_dir, self._user), time.monotonic()
        self._check(self._target.api_url)
        ticket, url = fetch_ticket(self._target.api_url, self._target.token)
        self._check(url)
        return ticket, url

    def _check(self, url: str) -> None:
        if not self._beyond_loopback and not is_loopback(url):
            raise NotAllowed("that address is not on this machine: load needs --beyond-loopback to go there")


def is_loopback(url: str) -> bool:
    """Tell whether an address is on this machine, without asking any other."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def run(plan: Plan, tickets: Tickets, origin: str, pids: list[int], *, has_words: bool) -> Report:
    """Run the plan; Ctrl-C lets every session end well, a second one ends at once."""

    async def ticket() -> tuple[str, str]:
        return await asyncio.to_thread(tickets.fetch)

    meter = Meter(pids)
    crowd = Crowd(plan, ticket=ticket, origin=origin, mark=meter.mark)
    running = asyncio.ensure_future(crowd.run())
    telling = asyncio.create_task(progress(plan, crowd, meter), name="progress")

    def interrupt() -> None:
        if crowd.is_interrupted:
            running.cancel()
        crowd.stop()

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, interrupt)
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await running
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
    return report_on(plan, crowd, meter, has_words=has_words)


def read_arguments(given: list[str]) -> argparse.Namespace:
    """Read the command line; a wrong one ends the program with a usage message."""
    parser = argparse.ArgumentParser(prog="python -m tools.load", description=__doc__)
    parser.add_argument("--sessions", type=int, default=10, help="how many at once (default 10)")
    parser.add_argument("--seconds", type=float, default=30.0, help="how long all speak (default 30)")
    parser.add_argument("--ramp", type=float, help="seconds in which they begin (default: 10 a second)")
    parser.add_argument("--quality", type=Quality, choices=list(Quality), default=Quality.MEDIUM)
    parser.add_argument("--rounds", type=int, default=1, help="how often, one after another (default 1)")
    parser.add_argument("--json", type=Path, help="a file to write all figures to")
    parser.add_argument("--state-dir", type=Path, default=Path(".local"), help="of the local stack")
    parser.add_argument("--user", default="doctor1", help="of the local stack")
    parser.add_argument("--no-words", action="store_true", help="the recogniser does not read counter audio")
    parser.add_argument("--api", help="address of another stack's API")
    parser.add_argument("--token", help="access token for --api")
    parser.add_argument("--origin", help="the page's origin, for --api (default: the API's address)")
    parser.add_argument("--task-pid", type=int, action="append", help="of a task on this machine, for --api")
    parser.add_argument(
        "--beyond-loopback", action="store_true", help="--api is not on this machine, and may be loaded"
    )
    arguments = parser.parse_args(given)
    if arguments.ramp is None:
        arguments.ramp = max(1.0, arguments.sessions / SESSIONS_A_SECOND)
    limits = (
        ("--sessions", arguments.sessions, 1, MOST_SESSIONS),
        ("--seconds", arguments.seconds, 1, MOST_SECONDS),
        ("--ramp", arguments.ramp, 0, MOST_RAMP_S),
        ("--rounds", arguments.rounds, 1, MOST_ROUNDS),
    )
    for name, value, least, most in limits:
        if not least <= value <= most:
            parser.error(f"{name} must be from {least} to {most:g}")
    if (arguments.api is None) != (arguments.token is None):
        parser.error("--api and --token go together")
    if arguments.api is not None and not arguments.beyond_loopback and not is_loopback(arguments.api):
        parser.error("load goes to this machine alone, unless --beyond-loopback says otherwise")
    return arguments


def main() -> int:
    """Run what the command line says; give the exit code."""
    arguments = read_arguments(sys.argv[1:])
    plan = Plan(arguments.sessions, arguments.seconds, arguments.ramp, arguments.quality, arguments.rounds)
    is_local = arguments.api is None
    try:
        if is_local:
            target = local_target(arguments.state_dir, arguments.user)
            pids = task_pids(arguments.state_dir)
        else:
            target = deployed_target(arguments.api, arguments.origin, arguments.token)
            pids = arguments.task_pid or []
    except NotAllowed as error:
        print(f"load: {error}.", file=sys.stderr)
        return 1
    tickets = Tickets(
        target,
        state_dir=arguments.state_dir if is_local else None,
        user=arguments.user,
        beyond_loopback=arguments.beyond_loopback,
    )
    has_words = not arguments.no_words and plan.quality is not Quality.LOW  # resampled, it has no marks
    report = uvloop.run(run(plan, tickets, target.origin, pids, has_words=has_words))
    print(table_of(report))
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(report.as_json(), indent=1) + "\n")
    if report.is_interrupted:
        return INTERRUPTED
    return 0 if report.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
