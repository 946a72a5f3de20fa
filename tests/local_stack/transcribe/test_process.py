"""The stand-in as the process that the stack starts."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from local_stack.recognisers.counter_audio import counter_audio
from streaming_task.adapters.transcribe_medical import TranscribeMedical
from streaming_task.core.results import StreamEnd
from tests.fakes.transcribe import KEY, SHORT, FakeCredentials, read_all, settings

ROOT = Path(__file__).parents[3]


@asynccontextmanager
async def process(directory: Path, *more: str) -> AsyncIterator[asyncio.subprocess.Process]:
    keys = directory / "keys.json"
    entry = {"secret": KEY.secret_access_key, "token": KEY.session_token, "expires_at": None}
    keys.write_text(json.dumps({KEY.access_key_id: entry}))
    files = ["--certificate-dir", str(directory), "--credentials-file", str(keys)]
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "local_stack.transcribe",
        *["--recognizer", "scripted", *files, *more],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
            await started.wait()


async def test_it_says_ready_recognises_and_leaves_on_sigterm(tmp_path: Path) -> None:
    """Ready on stdout when it listens; 0 and no words in its log when it is told to stop."""
    async with process(tmp_path, "--port", "0", "--admin-port", "0") as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert await running.stdout.readline() == b"ready\n"
        listening = await running.stderr.readline()
        port = int(re.findall(rb" port=(\d+)", listening)[0])
        client = TranscribeMedical(
            region="us-east-1",
            endpoint_url=f"https://localhost:{port}",
            ca_file=str(tmp_path / "ca.pem"),
            credentials=FakeCredentials(),
            timeouts=SHORT,
        )
        stream = await client.open(settings())
        stream.send_audio(counter_audio(16_000, 0, 150))
        stream.end()
        results, ended = await read_all(stream)
        left_open = await client.open(settings())

        running.send_signal(signal.SIGTERM)
        _, log = await running.communicate()
        _, cut = await read_all(left_open)

    finals = [result.text for result in results if not result.is_partial]
    assert finals == ["w000000 w000001 w000002 w000003 w000004", "w000005"]
    assert (ended.end, cut.end) == (StreamEnd.CLEAN, StreamEnd.LOST)
    assert running.returncode == 0
    assert b"words=6" in log
    assert b"w00000" not in log


async def test_a_taken_port_is_one_sentence_and_exit_code_1(tmp_path: Path) -> None:
    """Whoever starts it can pass the sentence on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        async with process(tmp_path, "--port", port, "--admin-port", "0") as running:
            out, log = await running.communicate()

    assert running.returncode == 1
    assert out == b""
    assert b"cannot listen" in log
    assert b"Traceback" not in log
