"""Run the Transcribe Medical stand-in as a process of its own: say `ready` when it listens, stop on SIGTERM.

Its log, on stderr, holds ids, counts and codes; never what was said.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from pathlib import Path

from local_stack.recognisers.interface import RecogniserFactory
from local_stack.transcribe.known_keys import KeyFile
from local_stack.transcribe.limits import Limits, read_limits
from local_stack.transcribe.server import TranscribeServer


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to stop; give the exit code."""
    options = _parse(arguments)
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    return asyncio.run(_serve(options))


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local_stack.transcribe", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="TLS with HTTP/2; 0: any free one")
    parser.add_argument("--admin-port", type=int, required=True, help="plain HTTP/1.1; 0: any free one")
    parser.add_argument("--recognizer", choices=("offline", "scripted"), default="offline")
    parser.add_argument("--certificate-dir", type=Path, required=True)
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument(
        "--credentials-file",
        type=Path,
        required=True,
        help='{"<access key id>": {"secret", "token", "expires_at"}}',
    )
    parser.add_argument(
        "--limits", type=_limits, default=Limits(), help="silence_s, stream_s, transcribe_streams as K=V,..."
    )
    return parser.parse_args(arguments)


def _limits(text: str) -> Limits:
    try:
        return read_limits(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


async def _serve(options: argparse.Namespace) -> int:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    recognisers = await _recognisers(options.recognizer)
    server = TranscribeServer(
        certificate_dir=options.certificate_dir,
        lookup=KeyFile(options.credentials_file).lookup,
        recognisers=recognisers,
        region=options.region,
        port=options.port,
        admin_port=options.admin_port,
        limits=options.limits,
    )
    try:
        try:
            await server.start()
        except OSError as error:
            sys.stderr.write(f"The Transcribe stand-in cannot listen: {error.strerror}.\n")
            return 1
        logging.getLogger(__name__).info(
            "listening port=%d admin_port=%d recognizer=%s",
            server.port,
            server.admin_port,
            options.recognizer,
        )
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await stopped.wait()
    finally:
        await server.stop()
        recognisers.close()
    return 0


async def _recognisers(name: str) -> RecogniserFactory:
    # Imported here: the models' libraries take seconds to load, and scripted runs do without them.
    if name == "scripted":
        from local_stack.recognisers.scripted import ScriptedFactory

        return ScriptedFactory()
    from local_stack.recognisers.offline import OfflineFactory

    factory = OfflineFactory()
    await factory.warm_up()
    return factory


if __name__ == "__main__":
    sys.exit(main())
