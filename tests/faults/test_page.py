"""The page itself, while the task behind it is killed."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from contract.records import TranscriptState
from tests.e2e.browser import browser_with_microphone, microphone_file, sign_in
from tests.e2e.dictation import AUDIO
from tests.e2e.recording_page import wait_until_recorded
from tests.e2e.records import aws_client, find_row, read_recording
from tests.stack import RunningStack

SAVED_WITHIN_MS = 90_000


def test_a_doctor_does_not_lose_a_word_when_the_task_is_killed(
    three_tasks: RunningStack, tmp_path: Path
) -> None:
    """kill -9 while she speaks: the page goes on by itself, and what it captured is what is stored."""
    with browser_with_microphone(microphone_file(AUDIO / "real_austen_0870.wav", tmp_path)) as browser:
        page = browser.new_page()
        sign_in(page, three_tasks.info["frontend_url"], "doctor1")
        page.click("#start")
        wait_until_recorded(page, 4)
        kill_the_owner(three_tasks)
        wait_until_recorded(page, 12)
        page.click("#stop")
        page.wait_for_selector("#receipt[data-transcription-id]", timeout=SAVED_WITHIN_MS)
        receipt = page.locator("#receipt")
        number = int(receipt.get_attribute("data-transcription-id") or "")
        session_id = receipt.get_attribute("data-session-id") or ""
        transcript = receipt.get_attribute("data-transcript")

    item = session_item(three_tasks, session_id)
    samples, rate_hz = read_recording(three_tasks, find_row(three_tasks, number))
    assert int(item["epoch"]["N"]) >= 2
    assert item["client_sha256"]["S"] == item["sha256"]["S"]
    assert item.get("gaps", {"L": []}) in ({"L": []}, {"S": "[]"})
    assert len(samples) >= 12 * rate_hz
    assert transcript == TranscriptState.COMPLETE


def kill_the_owner(stack: RunningStack) -> None:
    """Kill the task that owns the only session that is open."""
    answer = aws_client(stack, "dynamodb").scan(TableName=stack.info["table"], ConsistentRead=True)
    (owner,) = {item["owner"]["S"] for item in answer["Items"] if item.get("state", {}).get("S") == "OPEN"}
    (pid,) = [task["pid"] for task in stack.tasks if task["id"] == owner]
    os.kill(pid, signal.SIGKILL)


def session_item(stack: RunningStack, session_id: str) -> dict[str, dict[str, str]]:
    """Give a session's item, as it is stored."""
    found: dict[str, dict[str, str]] = aws_client(stack, "dynamodb").get_item(
        TableName=stack.info["table"],
        Key={"pk": {"S": f"session#{session_id}"}, "sk": {"S": "meta"}},
        ConsistentRead=True,
    )["Item"]
    return found
