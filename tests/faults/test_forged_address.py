"""A table that names an owner where none may be."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from typing import Any, Final

from contract.records import TASKS_KEY, session_key
from tests.e2e.raw_client import SAVED_WITHIN_S, Message, RawClient, raw_client, resume, start, stop
from tests.e2e.records import aws_client
from tests.stack import RunningStack

ADDRESS_REFUSED: Final = "Task address refused"
METADATA_SERVICE: Final = "169.254.169.254:80"
ASK_AGAIN_S: Final = 1.0


async def test_no_message_goes_where_no_task_may_be(hurried_stack: RunningStack) -> None:
    """Whoever could write to the table points a task at nothing outside; the session is taken as orphaned."""
    dynamodb, table = aws_client(hurried_stack, "dynamodb"), hurried_stack.info["table"]
    forged: dict[str, Any] = {"pk": {"S": TASKS_KEY}, "sk": {"S": "forged"}}
    dynamodb.put_item(
        TableName=table,
        Item=forged | {"version": {"N": "1"}, "address": {"S": METADATA_SERVICE}, "room": {"N": "0"}},
    )
    try:
        async with raw_client(hurried_stack) as client:
            ready = await client.answer_to(start(), "ready")
            found = dynamodb.get_item(TableName=table, Key=meta_key(ready["session_id"]))["Item"]
            misled = str(uuid.uuid4())
            dynamodb.put_item(
                TableName=table,
                Item=found | meta_key(misled) | {"session_id": {"S": misled}, "owner": {"S": "forged"}},
            )
            claimed = await ask_until_ready(client, misled)
            for session_id in (misled, ready["session_id"]):
                await client.send(stop(session_id, b""))
                await client.wait_for(has_saved(session_id), within_s=SAVED_WITHIN_S)
    finally:
        dynamodb.delete_item(TableName=table, Key=forged)

    assert claimed["epoch"] > ready["epoch"]
    assert ADDRESS_REFUSED in hurried_stack.log_of(hurried_stack.tasks[0]["id"])
    assert METADATA_SERVICE.split(":")[0] not in hurried_stack.log_of(hurried_stack.tasks[0]["id"])


def meta_key(session_id: str) -> dict[str, dict[str, str]]:
    """Give the key of a session's item."""
    return {"pk": {"S": session_key(session_id)}, "sk": {"S": "meta"}}


def has_saved(session_id: str) -> Callable[[Message], bool]:
    """Make a test for the message that a session's record is written."""
    return lambda message: message.get("type") == "saved" and message["session_id"] == session_id


async def ask_until_ready(client: RawClient, session_id: str) -> Message:
    """Say `resume` as a page does that hears nothing, until it is answered; give the answer."""
    page = str(uuid.uuid4())
    ready = asyncio.create_task(
        client.wait_for(
            lambda message: message.get("type") == "ready" and message["session_id"] == session_id,
            within_s=SAVED_WITHIN_S,
        )
    )
    while not ready.done():
        await client.send(resume(session_id, page))
        await asyncio.wait([ready], timeout=ASK_AGAIN_S)
    return await ready
