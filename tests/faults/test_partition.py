"""An owner that the table does not hear any more, and a table that names an owner where none may be."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from typing import Any, Final

from contract.audio import Quality
from contract.records import TASKS_KEY, session_key
from tests.e2e.dictation import counter_pcm, counter_words, dictating
from tests.e2e.raw_client import SAVED_WITHIN_S, Message, RawClient, raw_client, resume, start, stop
from tests.e2e.records import aws_client
from tests.e2e.test_sessions import assert_perfect
from tests.faults.owners import is_alive, owner_of, wait_for_other_owner
from tests.stack import RunningStack

WENT_SILENT: Final = "Session let go: the lease could not be kept"
ADDRESS_REFUSED: Final = "Task address refused"
METADATA_SERVICE: Final = "169.254.169.254:80"
ASK_AGAIN_S: Final = 1.0


async def test_an_owner_cut_off_from_the_table_falls_silent_and_lives(three_tasks: RunningStack) -> None:
    """Clients still reach it: it lets go by itself, another goes on, and it is of use again afterwards."""
    pcm = counter_pcm(Quality.MEDIUM, 16.0)
    async with dictating(three_tasks, pcm, Quality.MEDIUM) as session:
        cut_off = await owner_of(three_tasks, session)
        await asyncio.to_thread(
            three_tasks.aws_rules, {"service": "dynamodb", "task": cut_off["id"], "status": 503}
        )
        await wait_for_other_owner(three_tasks, session, cut_off)
        await asyncio.to_thread(three_tasks.aws_rules)

    said = three_tasks.log_of(cut_off["id"])
    assert is_alive(cut_off["pid"])
    assert cut_off in three_tasks.tasks
    assert WENT_SILENT in said
    assert_perfect(three_tasks, session, pcm, counter_words(16.0))


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
