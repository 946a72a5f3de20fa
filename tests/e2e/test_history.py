"""A record's whole life on a whole stack: made, found, read, corrected, exported, heard, deleted."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from typing import Any

from contract.audio import Quality
from tests.e2e.dictation import counter_pcm, counter_words, dictate, dictating, until
from tests.e2e.records import aws_client, find_row, read_finals, wait_for, wait_until_parts_are_gone
from tests.http_reply import Reply
from tests.stack import WITHOUT_PROXY, RunningStack


def ask(
    stack: RunningStack, method: str, path: str, *, user: str = "doctor1", body: dict[str, Any] | None = None
) -> Reply:
    """Ask the HTTP API as the page does."""
    return fetch(
        f"{stack.info['api_url']}{path}",
        method=method,
        body=None if body is None else json.dumps(body).encode(),
        authorization=f"Bearer {stack.token(user)}",
    )


def fetch(url: str, *, method: str = "GET", body: bytes | None = None, **headers: str) -> Reply:
    """Ask any address."""
    request = urllib.request.Request(url, body, headers, method=method)
    try:
        with WITHOUT_PROXY.open(request, timeout=30) as answer:
            return Reply(answer.status, dict(answer.headers.items()), answer.read())
    except urllib.error.HTTPError as refused:
        return Reply(refused.code, dict(refused.headers.items()), refused.read())


async def test_a_record_lives_and_is_gone(scripted_stack: RunningStack) -> None:
    """By every route; nothing of it is left anywhere, and nobody else ever saw it."""
    stack = scripted_stack
    pcm = counter_pcm(Quality.MEDIUM, 6.0)
    session = await dictate(stack, pcm, Quality.MEDIUM, speed=2.0)
    assert session.heard.saved is not None
    number = int(session.heard.saved["transcription_id"])
    row = find_row(stack, number)
    await asyncio.to_thread(wait_until_parts_are_gone, stack, row)
    path = f"/transcriptions/{number}"

    listed = ask(stack, "GET", "/transcriptions?limit=1").body["transcriptions"]
    assert [one["transcription_id"] for one in listed] == [number]
    record = ask(stack, "GET", f"/transcriptions/{row.session_id}").body
    assert record == ask(stack, "GET", path).body
    assert record["text"].split() == counter_words(6.0)
    assert (record["samples"], record["has_audio"]) == (len(pcm) // 2, True)

    corrected = ask(stack, "PATCH", path, body={"segment": 0, "text": "Metoprolol 50 mg", "base_version": 0})
    assert (corrected.status, corrected.body["version"]) == (200, 1)
    found = ask(stack, "GET", "/transcriptions?q=metoprolol+w000005").body["transcriptions"]
    assert number in [one["transcription_id"] for one in found]
    text = ask(stack, "GET", f"{path}/export?format=txt")
    assert text.content.decode().splitlines()[0] == "Metoprolol 50 mg"
    assert text.headers["content-disposition"] == f'attachment; filename="transcription-{number}.txt"'

    link = ask(stack, "GET", f"{path}/audio").body
    bucket, s3 = stack.info["audio_bucket"], aws_client(stack, "s3")
    whole = s3.get_object(Bucket=bucket, Key=row.audio_key)["Body"].read()
    piece = fetch(link["url"], range="bytes=100-1099")
    assert (piece.status, piece.content) == (206, whole[100:1100])
    assert piece.headers["content-type"] == link["content_type"] == "audio/flac"
    assert fetch(link["url"]).content == whole

    for method, route in (
        ("GET", path),
        ("GET", f"{path}/audio"),
        ("GET", f"{path}/export?format=txt"),
        ("DELETE", path),
    ):
        assert ask(stack, method, route, user="doctor2").status == 404

    assert ask(stack, "DELETE", path).body == {"status": "deleted"}
    assert ask(stack, "GET", path).status == 404
    kept = s3.list_object_versions(Bucket=bucket)
    left = [one["Key"] for one in (*kept.get("Versions", ()), *kept.get("DeleteMarkers", ()))]
    assert not [key for key in left if row.session_id in key]
    assert read_finals(stack, row.session_id) == []
    assert fetch(link["url"]).status in (403, 404)  # a good signature of what is not there


async def test_a_word_is_corrected_while_its_session_records(scripted_stack: RunningStack) -> None:
    """By the session, all that the page knows then; the record has it at the end."""
    stack = scripted_stack
    pcm = counter_pcm(Quality.MEDIUM, 8.0)

    async with dictating(stack, pcm, Quality.MEDIUM) as session:
        await until(lambda: 0 in session.heard.finals)
        path = f"/transcriptions/{session.heard.session_id}"

        def correct() -> bool | None:
            body = {"segment": 0, "text": "Corrected at once", "base_version": 0}
            return True if ask(stack, "PATCH", path, body=body).status == 200 else None

        await asyncio.to_thread(wait_for, correct, "the record to be begun")
        during = await asyncio.to_thread(ask, stack, "GET", path)
        refused = await asyncio.to_thread(ask, stack, "DELETE", path)

    assert during.body["status"] == "IN_PROGRESS"
    assert during.body["segments"][0]["corrected_text"] == "Corrected at once"
    assert refused.status == 409
    after = ask(stack, "GET", path).body
    assert after["status"] == "COMPLETED"
    assert after["text"].split() == ["Corrected", "at", "once", *counter_words(8.0)[5:]]
