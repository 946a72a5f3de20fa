"""Who may open a WebSocket, and who may speak to a task: refused at the door, with nothing spent."""

from __future__ import annotations

import asyncio
import http.client
import json
import uuid
from collections.abc import Iterable

import pytest
from websockets.exceptions import InvalidStatus

from tests.e2e.raw_client import OWN_ORIGIN, raw_client, start, ticket_for
from tests.stack import RunningStack

MESSAGE_HEADERS = {
    "x-connection-id": "AAAAAAAAAAAAAAA=",
    "x-message-id": "m",
    "x-request-id": "r",
}


async def refused_with(stack: RunningStack, ticket: str, origin: str | None = OWN_ORIGIN) -> int:
    """Give the status with which a handshake was refused."""
    with pytest.raises(InvalidStatus) as caught:
        async with raw_client(stack, ticket=ticket, origin=origin):
            pass
    return caught.value.response.status_code


@pytest.mark.parametrize(
    "origin",
    [None, "null", "https://evil.example", "http://localhost:1", "{own}.evil.example", "{own}/"],
    ids=["none", "null", "foreign", "another port", "a longer name", "a path"],
)
async def test_a_foreign_page_is_refused_and_spends_no_ticket(
    scripted_stack: RunningStack, origin: str | None
) -> None:
    """Whoever lures a doctor to another page gets no connection, and the doctor's own ticket stays good."""
    ticket = await ticket_for(scripted_stack)
    foreign = origin and origin.replace("{own}", scripted_stack.info["api_url"])

    status = await refused_with(scripted_stack, ticket, foreign)

    assert status == 403
    async with raw_client(scripted_stack, ticket=ticket) as client:
        assert (await client.answer_to({"type": "?"}, "error"))["code"] == "bad_message"


async def test_without_a_ticket_nobody_comes_in(scripted_stack: RunningStack) -> None:
    """401 says: get one."""
    assert await refused_with(scripted_stack, "") == 401


@pytest.mark.parametrize("ticket", ["forged", "x" * 4_000, "tick\u00e9t", "a\r\nb"])
async def test_a_forged_ticket_is_refused(scripted_stack: RunningStack, ticket: str) -> None:
    """403, whatever it looks like."""
    assert await refused_with(scripted_stack, ticket) == 403


async def test_a_ticket_opens_one_connection(scripted_stack: RunningStack) -> None:
    """Used is used, whether or not its connection is still open."""
    ticket = await ticket_for(scripted_stack)

    async with raw_client(scripted_stack, ticket=ticket):
        while_open = await refused_with(scripted_stack, ticket)
    once_closed = await refused_with(scripted_stack, ticket)

    assert (while_open, once_closed) == (403, 403)


async def test_of_ten_uses_at_once_one_succeeds(scripted_stack: RunningStack) -> None:
    """A ticket that leaked is worth nothing beside the race for it."""
    ticket = await ticket_for(scripted_stack)

    async def use() -> int:
        try:
            async with raw_client(scripted_stack, ticket=ticket):
                return 101
        except InvalidStatus as refused:
            return refused.response.status_code

    statuses = sorted(await asyncio.gather(*(use() for _ in range(10))))

    assert statuses == [101] + [403] * 9


@pytest.mark.parametrize("missing", MESSAGE_HEADERS)
async def test_a_message_without_the_gateways_headers_is_refused(
    scripted_stack: RunningStack, missing: str
) -> None:
    """What did not come through the gateway is no message."""
    headers = {name: value for name, value in MESSAGE_HEADERS.items() if name != missing}

    assert await asyncio.to_thread(post_to_task, scripted_stack, headers.items()) == 400


async def test_a_forged_connection_is_refused(scripted_stack: RunningStack) -> None:
    """The record that the connect Lambda wrote says who it is, no header does."""
    assert await asyncio.to_thread(post_to_task, scripted_stack, MESSAGE_HEADERS.items()) == 403


@pytest.mark.parametrize("forged", ["", "a b", "session", "../meta", "x" * 200, "a\x00b", "caf\xe9"])
async def test_a_malformed_connection_id_is_refused(scripted_stack: RunningStack, forged: str) -> None:
    """An id goes into a key: only what the gateway could have made is looked up."""
    headers = MESSAGE_HEADERS | {"x-connection-id": forged}

    assert await asyncio.to_thread(post_to_task, scripted_stack, headers.items()) in (400, 403)


async def test_two_connection_ids_are_none(scripted_stack: RunningStack) -> None:
    """Which of them was checked must not differ from which of them was used."""
    headers = [*MESSAGE_HEADERS.items(), ("x-connection-id", str(uuid.uuid4()))]

    assert await asyncio.to_thread(post_to_task, scripted_stack, headers) == 400


def post_to_task(stack: RunningStack, headers: Iterable[tuple[str, str]]) -> int:
    """Post a good `start` straight to a task's port, as somebody inside the network could."""
    connection = http.client.HTTPConnection("127.0.0.1", stack.tasks[0]["port"], timeout=10)
    body = json.dumps(start()).encode()
    try:
        connection.putrequest("POST", "/messages")
        for name, value in (*headers, ("content-length", str(len(body)))):
            connection.putheader(name, value.encode("latin-1"))
        connection.endheaders(body)
        return connection.getresponse().status
    finally:
        connection.close()
