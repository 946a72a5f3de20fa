"""Stream a sound file through the whole path as a browser would: `python -m tools.stream_file FILE.wav`.

Exits 0 only after `saved`. Without --api it speaks to the local stack of --state-dir; with --api and --token
it is the smoke test of a deployed one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from contract.audio import (
    OPUS_BITS_PER_S,
    OPUS_RATE_HZ,
    PCM_RATE_HZ,
    Encoding,
    Quality,
    bytes_in,
    session_rate_hz,
)
from tools.audio_file import NotAudio, read_pcm
from tools.client_session import ClientSession, Terms
from tools.live_connection import LiveConnection, NotAllowed, fetch_ticket
from tools.opus_encoder import OpusEncoder

CAPTURE_S = 0.1
TOKEN_VARIABLE = "SEVA_ACCESS_TOKEN"  # noqa: S105 - a variable's name
SAVED_WITHIN_S = 120.0  # after the last sample was captured


@dataclass(frozen=True, slots=True)
class Target:
    """Where to stream to, and as whom."""

    api_url: str
    origin: str
    token: str


class SteadyConsole(Console):
    """Goes on when nobody reads it any more: what is being recorded matters more than who watches."""

    def on_broken_pipe(self) -> None:
        """Write nowhere from now on."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


class View:
    """The progress bar and the live text, on a terminal; plain lines elsewhere."""

    def __init__(self, console: Console, seconds: float) -> None:
        self._console = console
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:.1f} of {task.total:.1f} s"),
            TimeElapsedColumn(),
            console=console,
        )
        self._bar = self._progress.add_task("connecting", total=seconds)
        self._said = 0
        self._trouble: str | None = None
        self.live = Live(self._progress, console=console, refresh_per_second=8, transient=True)

    def show(self, session: ClientSession, rate_hz: int) -> None:
        """Show how far the session has come."""
        self._trouble = None
        heard = session.heard
        while self._said in heard.finals:
            self._console.print(Text(heard.finals[self._said]["text"]), soft_wrap=True)
            self._said += 1
        state = "saved" if heard.saved else "stored" if heard.stored else heard.transcription or "connecting"
        self._progress.update(self._bar, completed=heard.durable / rate_hz, description=state)
        self.live.update(Group(Text(heard.partial, style="dim"), self._progress))

    def tell_trouble(self, why: str) -> None:
        """Say why there is no connection just now; once, as long as it is the same."""
        if why != self._trouble:
            self._trouble = why
            self._console.print(Text(f"{why}; trying again", style="dim"), soft_wrap=True)


async def stream(
    pcm: bytes,
    quality: Quality,
    target: Target,
    realtime_factor: float,
    console: Console,
    encoding: Encoding = Encoding.PCM,
) -> ClientSession:
    """Stream PCM, at 48 kHz if it is to be encoded, at a pace; give the session after `saved`.

    Raises:
        ExceptionGroup: of NotAllowed, when the server refuses this user, NeverConnected, when there is no
            server, or TimeoutError, when it was not saved in time.
    """
    rate_hz = session_rate_hz(encoding, quality)
    terms = Terms(str(uuid.uuid4()), str(uuid.uuid4()), quality, rate_hz, encoding=encoding)
    session = ClientSession(terms)
    encoder = None if encoding is Encoding.PCM else OpusEncoder(OPUS_BITS_PER_S[quality])
    view = View(console, len(pcm) / bytes_in(rate_hz))

    async def ticket() -> tuple[str, str]:
        return await asyncio.to_thread(fetch_ticket, target.api_url, target.token)

    async def capture() -> None:
        started = time.monotonic()
        step = bytes_in(round(CAPTURE_S * rate_hz))
        for number, start in enumerate(range(0, len(pcm), step), start=1):
            await asyncio.sleep(started + number * CAPTURE_S / realtime_factor - time.monotonic())
            heard = pcm[start : start + step]
            session.capture(heard if encoder is None else encoder.push(heard))
        if encoder is not None:
            session.capture(encoder.flush())
        session.finish()

    connection = LiveConnection(
        session,
        ticket=ticket,
        origin=target.origin,
        on_message=lambda: view.show(session, rate_hz),
        on_trouble=view.tell_trouble,
    )
    with view.live:
        async with asyncio.TaskGroup() as group:
            group.create_task(capture(), name="capture")
            talking = asyncio.wait_for(
                connection.run(), len(pcm) / bytes_in(rate_hz) / realtime_factor + SAVED_WITHIN_S
            )
            group.create_task(talking, name="connection")
        view.show(session, rate_hz)
    return session


def deployed_target(api_url: str, origin: str | None, token: str) -> Target:
    """Give a deployed API's address, and the origin as a browser on its page names it: without a slash."""
    return Target(api_url, (origin or api_url).rstrip("/"), token)


def local_target(state_dir: Path, user: str) -> Target:
    """Give the local stack's address and a token for one of its users.

    Raises:
        NotAllowed: no stack runs there.
    """
    from local_stack.access_token import NoToken, access_token

    try:
        described = json.loads((state_dir / "stack.json").read_text())
        api_url = str(described["api_url"])
        return Target(api_url, api_url, access_token(user, state_dir))
    except (OSError, ValueError, KeyError, NoToken) as error:
        raise NotAllowed(f"no stack runs in {state_dir}: start it with `make run`") from error


def read_arguments(given: Sequence[str], environ: Mapping[str, str]) -> argparse.Namespace:
    """Read the command line; the token may come from the environment, where no other process reads it."""
    parser = argparse.ArgumentParser(prog="python -m tools.stream_file", description=__doc__)
    parser.add_argument("file", type=Path, help="a sound file: WAV, FLAC, Ogg")
    parser.add_argument("--state-dir", type=Path, default=Path(".local"), help="of the local stack")
    parser.add_argument("--user", default="doctor1", help="of the local stack")
    parser.add_argument("--api", help="address of a deployed API")
    parser.add_argument(
        "--token", help=f"access token for --api; better in {TOKEN_VARIABLE}, unseen by others"
    )
    parser.add_argument("--origin", help="the page's origin, for a deployment (default: the API's address)")
    parser.add_argument("--quality", type=Quality, choices=list(Quality), help="default: the file's own")
    parser.add_argument(
        "--encoding",
        type=Encoding,
        choices=list(Encoding),
        default=Encoding.PCM,
        help="default: pcm; quality is the bit rate of opus",
    )
    parser.add_argument("--realtime-factor", type=float, default=1.0, help="times real time")
    arguments = parser.parse_args(given)
    if arguments.api is not None and arguments.token is None:
        arguments.token = environ.get(TOKEN_VARIABLE) or None
    if (arguments.api is None) != (arguments.token is None):
        parser.error(f"--api and --token (or {TOKEN_VARIABLE}) go together")
    if not 0 < arguments.realtime_factor <= 100:
        parser.error("--realtime-factor must be above 0 and at most 100")
    return arguments


def main() -> int:
    """Stream the file named on the command line; give the exit code."""
    arguments = read_arguments(sys.argv[1:], os.environ)
    console = SteadyConsole()
    try:
        pcm, quality = read_pcm(arguments.file, arguments.quality)
        if arguments.encoding is Encoding.OPUS and PCM_RATE_HZ[quality] != OPUS_RATE_HZ:
            pcm, _ = read_pcm(arguments.file, Quality.HIGH)
        if arguments.api is None:
            target = local_target(arguments.state_dir, arguments.user)
        else:
            target = deployed_target(arguments.api, arguments.origin, arguments.token)
        session = asyncio.run(
            stream(pcm, quality, target, arguments.realtime_factor, console, arguments.encoding)
        )
    except (NotAudio, NotAllowed) as error:
        return _fail(str(error))
    except ExceptionGroup as group:
        return _fail("; ".join(_sentence(error) for error in group.exceptions))
    except KeyboardInterrupt:
        return _fail("interrupted")
    saved = session.heard.saved
    if saved is None:
        return _fail(f"the session ended without being saved ({', '.join(session.heard.errors)})")
    console.print(
        f"saved as transcription {saved['transcription_id']}: {saved['samples']} samples, "
        f"{saved['segments']} segments, {len(saved['gaps'])} gaps, transcript {saved['transcript']}",
        highlight=False,
        soft_wrap=True,
    )
    return 0


def _sentence(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "the session was not saved in time"
    return str(error) or type(error).__name__


def _fail(sentence: str) -> int:
    print(f"stream_file: {sentence}.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
