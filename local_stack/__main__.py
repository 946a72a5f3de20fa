"""`python -m local_stack`: the whole product on this machine. `token` prints an access token for a shell."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from local_stack.logs import log_json_lines
from local_stack.settings import USERS, Settings, TokenRequest, read_command_line
from local_stack.start_failed import StartFailed

if TYPE_CHECKING:
    from local_stack.stack import Stack


TASK_MODULE: Final = "streaming_task"


def main(arguments: Sequence[str], task_module: str = TASK_MODULE) -> int:
    """Do what the command line asks for and give the exit code."""
    asked = read_command_line(arguments)
    match asked:
        case TokenRequest(user, state_dir):
            return print_token(user, state_dir)
        case Settings():
            return asyncio.run(run_stack(asked, task_module))


def print_token(user: str, state_dir: Path) -> int:
    """Print an access token and nothing else."""
    from local_stack.access_token import NoToken, access_token

    try:
        print(access_token(user, state_dir))
    except NoToken as reason:
        print(reason, file=sys.stderr)
        return 1
    return 0


async def run_stack(settings: Settings, task_module: str) -> int:
    """Run the stack until it is told to stop (0) or a part fails (1)."""
    log_json_lines("WARNING")
    told_to_stop = asyncio.Event()
    for how in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(how, told_to_stop.set)
    began_at = time.monotonic()
    from local_stack.stack import Stack  # slow, and so not before Ctrl-C is heard

    def report(part: str) -> None:
        print(f"  {time.monotonic() - began_at:4.1f} s  {part}", flush=True)

    try:
        stack = Stack(settings, report, task_module)
    except StartFailed as reason:
        print(reason, file=sys.stderr)
        return 1
    print(f"Starting the local stack; its state folder {settings.state_dir} was emptied.", flush=True)
    living = asyncio.ensure_future(_live(stack, settings))
    stopping = asyncio.ensure_future(told_to_stop.wait())
    try:
        await asyncio.wait([living, stopping], return_when=asyncio.FIRST_COMPLETED)
        if living.done():
            living.result()
        print("Stopping.", flush=True)
    except StartFailed as reason:
        print(reason, file=sys.stderr, flush=True)
        return 1
    finally:
        stopping.cancel()
        living.cancel()
        await asyncio.wait([living])
        await stack.stop()
    return 0


async def _live(stack: Stack, settings: Settings) -> None:
    from local_stack.http_api import page_address

    await stack.start()
    print(
        f"\nThe page:  {page_address(settings.ports)}\n"
        f"Sign in:   choose {' or '.join(USERS)} there, no password; in a shell:\n"
        f"           {sys.executable} -m local_stack token --state-dir {settings.state_dir}\n"
        f"Details:   {settings.state_dir / 'stack.json'}\n"
        "Stop:      Ctrl-C\n",
        flush=True,
    )
    await stack.run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
