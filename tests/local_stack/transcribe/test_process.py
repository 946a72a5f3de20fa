"""The stand-in as the process that the stack starts."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from pathlib import Path

from local_stack.recognisers.counter_audio import counter_audio
from streaming_task.adapters.transcribe_medical import TranscribeMedical
from streaming_task.core.results import StreamEnd
from tests.fakes.transcribe import KEY, SHORT, FakeCredentials, read_all, settings

ROOT = Path(__file__).parents[3]


async def test_it_says_ready_recognises_and_leaves_on_sigterm(tmp_path: Path) -> None:
    """Ready on stdout when it listens; 0 and no words in its log when it is told to stop."""
    keys = tmp_path / "keys.json"
    keys.write_text(
        json.dumps(
            {
                KEY.access_key_id: {
                    "secret": KEY.secret_access_key,
                    "token": KEY.session_token,
                    "expires_at": None,
                }
            }
        )
    )
    arguments = ["--port", "0", "--admin-port", "0", "--recognizer", "scripted"]
    files = ["--certificate-dir", str(tmp_path), "--credentials-file", str(keys)]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "local_stack.transcribe",
        *arguments,
        *files,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        assert await process.stdout.readline() == b"ready\n"
        listening = await process.stderr.readline()
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

        process.send_signal(signal.SIGTERM)
        _, log = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()

    finals = [result.text for result in results if not result.is_partial]
    assert finals == ["w000000 w000001 w000002 w000003 w000004", "w000005"]
    assert ended.end is StreamEnd.CLEAN
    assert process.returncode == 0
    assert b"words=6" in log
    assert b"w00000" not in log
