"""Read what a session left behind: the row, the recording, the stored finals, the recognition streams."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import boto3
import numpy as np
import pg8000.native
import soundfile

from contract.object_keys import parts_prefix
from tests.stack import RunningStack

WAIT_S = 60.0
POLL_S = 0.1

_Found = TypeVar("_Found")


@dataclass(frozen=True)
class Row:
    """What `transcriptions` says of a session."""

    transcription_id: int
    user_id: str
    session_id: str
    status: str
    text: str
    audio_key: str
    sample_rate_hz: int
    quality: str
    seconds: float


def wait_for(look: Callable[[], _Found | None], what: str) -> _Found:
    """Look again and again until there is something; fail loudly when there never is."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        if (found := look()) is not None:
            return found
        time.sleep(POLL_S)
    raise AssertionError(f"waited {WAIT_S:.0f} s in vain for {what}")


def find_row(stack: RunningStack, transcription_id: int) -> Row:
    """Read a row by its number."""
    where = stack.info["postgres"]
    connection = pg8000.native.Connection(
        where["user"],
        host=where["host"],
        port=where["port"],
        password=where["password"],
        database=where["database"],
    )
    try:
        rows = connection.run(
            "SELECT transcription_id, user_id, session_id, status, transcript_text, audio_s3_key,"
            " sample_rate, quality, audio_duration_seconds"
            " FROM transcriptions WHERE transcription_id = :number",
            number=transcription_id,
        )
    finally:
        connection.close()
    assert len(rows) == 1
    number, user_id, session_id, status, text, key, rate_hz, quality, seconds = rows[0]
    return Row(number, user_id, str(session_id), status, text, key, rate_hz, quality, float(seconds))


def aws_client(stack: RunningStack, service: str) -> Any:
    """Give a client of the stack's AWS endpoint, as whoever made its resources."""
    return boto3.client(
        service,
        endpoint_url=stack.info["aws_endpoint_url"],
        region_name=stack.info["region"],
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def read_object(stack: RunningStack, key: str) -> bytes:
    """Give a recording's file; it is made shortly after the record."""
    s3 = aws_client(stack, "s3")

    def look() -> bytes | None:
        try:
            return bytes(s3.get_object(Bucket=stack.info["audio_bucket"], Key=key)["Body"].read())
        except s3.exceptions.NoSuchKey:
            return None

    return wait_for(look, "the recording")


def read_recording(stack: RunningStack, row: Row) -> tuple[np.ndarray[Any, Any], int]:
    """Give the recording's samples and their rate."""
    samples, rate_hz = soundfile.read(io.BytesIO(read_object(stack, row.audio_key)), dtype="int16")
    return samples, rate_hz


def wait_until_parts_are_gone(stack: RunningStack, row: Row) -> None:
    """Wait for the compaction's last step."""
    s3 = aws_client(stack, "s3")
    prefix = parts_prefix(row.user_id, row.session_id)

    def look() -> bool | None:
        listed = s3.list_objects_v2(Bucket=stack.info["audio_bucket"], Prefix=prefix)
        return True if listed["KeyCount"] == 0 else None

    wait_for(look, "the parts to go")


def read_finals(stack: RunningStack, session_id: str) -> list[dict[str, Any]]:
    """Give the stored finals of a session, in order."""
    answer = aws_client(stack, "dynamodb").query(
        TableName=stack.info["table"],
        KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
        ExpressionAttributeValues={":pk": {"S": f"session#{session_id}"}, ":sk": {"S": "final#"}},
        ConsistentRead=True,
    )
    return [json.loads(item["body"]["S"]) for item in answer["Items"]]


def recognition_streams(stack: RunningStack) -> list[dict[str, Any]]:
    """Give what Transcribe's stand-in knows of its streams."""
    streams: list[dict[str, Any]] = stack.admin("transcribe", "faults")["streams"]
    return streams


def session_item(stack: RunningStack, session_id: str) -> dict[str, Any]:
    """Give the session's own item, in DynamoDB's form."""
    item: dict[str, Any] = aws_client(stack, "dynamodb").get_item(
        TableName=stack.info["table"],
        Key={"pk": {"S": f"session#{session_id}"}, "sk": {"S": "meta"}},
        ConsistentRead=True,
    )["Item"]
    return item
