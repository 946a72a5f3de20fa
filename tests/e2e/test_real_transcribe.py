"""`--recognizer aws`: all but Transcribe goes on here, under the caller's own key. No stream is opened."""

from __future__ import annotations

import json
import urllib.request

import pytest

from tests.e2e.raw_client import raw_client
from tests.stack import WITHOUT_PROXY, running_stack

KEY = "AKIACALLERSOWNKEY"


async def test_every_stand_in_takes_the_callers_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The task renews its lease in DynamoDB and pushes through `@connections`; the key is gone afterwards."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret of the caller")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with running_stack(recognizer="aws") as stack:
        file = stack.state_dir / "credentials.json"
        known = json.loads(file.read_text())
        async with raw_client(stack) as client:
            answer = await client.refusal_of({"type": "unknown"})
        request = urllib.request.Request(f"{stack.info['api_url']}/health")
        with WITHOUT_PROXY.open(request, timeout=10) as report:
            health = json.load(report)
        said, logs = stack.said(), "".join(stack.logs().values())
        code = stack.stop()

        assert code == 0
        assert not file.exists()
    assert known[KEY]["secret"] == "secret of the caller"
    assert answer["code"] == "bad_message"
    assert health["status"] == "healthy"
    assert "the real one in eu-west-1" in said
    assert "0.075 USD a minute" in said
    assert "secret of the caller" not in said + logs
