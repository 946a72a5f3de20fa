"""What the local stack is told on its command line: flags, ports, limits. Pure."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final, Literal

REGION: Final = "us-east-1"
USERS: Final = ("doctor1", "doctor2")
DEFAULT_STATE_DIR: Final = Path(".local")
DEFAULT_PORT_BASE: Final = 5000
AIRPLAY_PORT: Final = 5000  # macOS keeps it for AirPlay
HIGHEST_PORT_BASE: Final = 65_000
MOST_TASKS: Final = 40
WHOLE: Final = frozenset({"max_sessions", "transcribe_streams", "ticket_s", "token_s"})

Recogniser = Literal["offline", "scripted", "aws"]


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits that `--limits` named; None leaves the product's or the service's own.

    Seconds, but for `max_sessions` (a task) and `transcribe_streams` (the account, at once).
    """

    idle_s: float | None = None
    duration_s: float | None = None
    ticket_s: int | None = None
    seal_s: float | None = None
    sweep_s: float | None = None
    credentials_s: float | None = None
    nlb_probe_s: float | None = None
    connection_max_s: float | None = None
    connection_idle_s: float | None = None
    max_sessions: int | None = None
    token_s: int | None = None
    silence_s: float | None = None
    transcribe_streams: int | None = None


@dataclass(frozen=True, slots=True)
class Ports:
    """Which part listens where."""

    base: int

    @property
    def page(self) -> int:
        """The page, the HTTP API and the sign-in."""
        return self.base

    @property
    def gateway(self) -> int:
        """The WebSocket, `@connections` and the gateway's admin interface."""
        return self.base + 1

    @property
    def aws(self) -> int:
        """The AWS endpoint."""
        return self.base + 2

    @property
    def transcribe(self) -> int:
        """Transcribe, TLS and HTTP/2."""
        return self.base + 3

    @property
    def balancer(self) -> int:
        """The balancer in front of the tasks."""
        return self.base + 4

    @property
    def transcribe_admin(self) -> int:
        """Transcribe's admin interface."""
        return self.base + 5

    @property
    def postgres(self) -> int:
        """PostgreSQL."""
        return self.base + 6

    def of_tasks(self, tasks: int) -> range:
        """Give where tasks may listen: twice as many as there are, so that a new one gets a new address."""
        return range(self.base + 10, self.base + 10 + 2 * tasks)

    def needed(self, tasks: int) -> tuple[int, ...]:
        """Give every port that must be free at the start."""
        return (*range(self.page, self.postgres + 1), *self.of_tasks(tasks)[:tasks])


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything `make run` can be told."""

    tasks: int
    recognizer: Recogniser
    state_dir: Path
    restart_after_s: float
    ports: Ports
    limits: Limits

    @property
    def transcribes_in_aws(self) -> bool:
        """Tell whether Transcribe is the real one."""
        return self.recognizer == "aws"

    @property
    def origins(self) -> tuple[str, str]:
        """The origins that may open a WebSocket."""
        return (f"http://localhost:{self.ports.page}", f"http://127.0.0.1:{self.ports.page}")


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """The `token` subcommand: an access token for a built-in user of the stack that runs on `state_dir`."""

    user: str
    state_dir: Path


def read_command_line(arguments: Sequence[str]) -> Settings | TokenRequest:
    """Read the command line; a wrong one ends the program with a usage message, as argparse does."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.command == "token":
        return TokenRequest(given.user, given.state_dir.absolute())
    return Settings(
        tasks=given.tasks,
        recognizer=given.recognizer,
        state_dir=given.state_dir.absolute(),
        restart_after_s=given.restart_after,
        ports=Ports(given.port_base),
        limits=given.limits,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local_stack", description="Run SEVA Arogya Live Transcription on this machine."
    )
    parser.add_argument("--tasks", type=_tasks, default=1, metavar="N", help="streaming tasks (default 1)")
    parser.add_argument(
        "--recognizer",
        choices=("offline", "scripted", "aws"),
        default="offline",
        help="real speech recognition (default); words counted from counter audio; or the real Transcribe "
        "Medical, with your own AWS credentials and at your cost (about 0.075 USD a minute)",
    )
    parser.add_argument(
        "--state-dir",
        type=Path,
        default=DEFAULT_STATE_DIR,
        metavar="DIR",
        help="logs and data; emptied at every start (default .local)",
    )
    parser.add_argument(
        "--restart-after",
        type=_seconds,
        default=2.0,
        metavar="S",
        help="start a dead task or PostgreSQL again after so many seconds (default 2)",
    )
    parser.add_argument(
        "--port-base",
        type=_port_base,
        default=DEFAULT_PORT_BASE,
        metavar="P",
        help="first port (default 5000)",
    )
    parser.add_argument(
        "--limits",
        type=read_limits,
        default=Limits(),
        metavar="K=V,...",
        help="lower any of " + ", ".join(field.name for field in fields(Limits)),
    )
    commands = parser.add_subparsers(dest="command", metavar="")
    token = commands.add_parser("token", help="print an access token for a built-in user of a running stack")
    token.add_argument("--user", choices=USERS, default=USERS[0])
    token.add_argument("--state-dir", type=Path, default=argparse.SUPPRESS, metavar="DIR")
    parser.set_defaults(command=None)
    return parser


def read_limits(text: str) -> Limits:
    """Read `K=V,...`.

    Raises:
        argparse.ArgumentTypeError: a name is unknown or a value is not above 0.
    """
    known = {field.name for field in fields(Limits)}
    given: dict[str, float | int] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = pair.partition("=")
        if name not in known:
            raise argparse.ArgumentTypeError(f"{name!r} is no limit; there are {', '.join(sorted(known))}")
        try:
            given[name] = int(value) if name in WHOLE else float(value)
        except ValueError:
            kind = "whole number" if name in WHOLE else "number"
            raise argparse.ArgumentTypeError(f"{name} must be a {kind}, not {value!r}") from None
        if not (math.isfinite(given[name]) and given[name] > 0):
            raise argparse.ArgumentTypeError(f"{name} must be above 0 and finite")
    return Limits(**given)  # type: ignore[arg-type]  # the names were checked, and which of them are whole


def _tasks(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text) <= MOST_TASKS):
        raise argparse.ArgumentTypeError(f"there can be 1 to {MOST_TASKS} tasks")
    return int(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise argparse.ArgumentTypeError("must be a number of seconds, 0 or more")
    return value


def _port_base(text: str) -> int:
    if not (text.isdecimal() and 1024 <= int(text) <= HIGHEST_PORT_BASE):
        raise argparse.ArgumentTypeError(f"must be from 1024 to {HIGHEST_PORT_BASE}")
    return int(text)
