"""What has an end of its own while somebody speaks: credentials, and the connections of API Gateway."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest

from contract.audio import Quality
from local_stack.aws import WHEN_EXPIRED
from tests.e2e.dictation import counter_pcm, counter_words, dictate
from tests.e2e.test_sessions import assert_perfect, last_stream
from tests.stack import RunningStack, running_stack

CREDENTIALS_S: Final = 4
CONNECTION_S: Final = 5
SECONDS: Final = 16.0


@pytest.fixture(scope="module")
def restless_stack() -> Iterator[RunningStack]:
    """Give a stack where credentials and connections last a few seconds."""
    with running_stack("--limits", f"credentials_s={CREDENTIALS_S},connection_max_s={CONNECTION_S}") as stack:
        yield stack


async def test_what_expires_is_replaced_before_anybody_notices(restless_stack: RunningStack) -> None:
    """Streams roll, pushes and stores are signed anew, connections are opened anew: not a word is missing."""
    pcm = counter_pcm(Quality.MEDIUM, SECONDS)

    session = await dictate(restless_stack, pcm, Quality.MEDIUM)

    gateway_counts = restless_stack.admin("gateway", "faults")["counts"]
    transcribe = restless_stack.admin("transcribe", "faults")
    aws_log = (restless_stack.state_dir / "logs" / "aws.log").read_text()
    assert gateway_counts["connections"] >= SECONDS // (CONNECTION_S + 1)
    assert last_stream(session) >= 2
    assert [
        name for name in transcribe["counts"] if name.endswith("Exception")
    ] == []  # refused, or broken off
    assert WHEN_EXPIRED not in aws_log
    for refusal in ("ExpiredToken", "Signature", "UnrecognizedClient", "http_403"):
        assert refusal not in restless_stack.log_of(restless_stack.tasks[0]["id"])
    assert_perfect(restless_stack, session, pcm, counter_words(SECONDS))
