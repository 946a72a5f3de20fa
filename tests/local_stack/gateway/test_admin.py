"""The admin interface and the faults that it sets, over real sockets on loopback."""

from __future__ import annotations

from tests.local_stack.gateway.running_gateway import Stack, close_code


async def test_faults_are_set_shown_and_cleared(stack: Stack) -> None:
    """The answer always holds the whole set and the counts."""
    status, shown = await stack.admin("PUT", body={"drop": 1, "seed": 3})
    async with stack.client() as client:
        await client.send("lost")
        await (await client.ping())
    _, counted = await stack.admin("GET")
    _, cleared = await stack.admin("DELETE")
    async with stack.client() as client:
        await client.send("kept")
        request = await stack.task.requests.get()

    assert (status, shown["faults"]["drop"], shown["faults"]["seed"]) == (200, 1, 3)
    assert (counted["counts"]["messages"], counted["counts"]["dropped"]) == (1, 1)
    assert cleared["faults"]["drop"] == 0
    assert request.body == b"kept"


async def test_a_wrong_set_of_faults_changes_nothing(stack: Stack) -> None:
    """The tester is told in a sentence."""
    await stack.admin("PUT", body={"drop": 0.5})

    status, said = await stack.admin("PUT", body={"drop": 2})

    assert status == 400
    assert said == {"message": "drop must be a number from 0 to 1"}
    assert (await stack.admin("GET"))[1]["faults"]["drop"] == 0.5
    assert (await stack.admin("POST"))[0] == 405


async def test_duplicates_and_delays_reach_the_task(stack: Stack) -> None:
    """Every copy arrives, sooner or later."""
    await stack.admin("PUT", body={"duplicate": 1, "reorder_ms": 30})
    async with stack.client() as client:
        await client.send("x")

        first, second = [await stack.task.requests.get() for _ in range(2)]

    assert first.body == second.body == b"x"
    assert first.headers["x-message-id"] == second.headers["x-message-id"]


async def test_connections_are_cut_at_the_age_asked_for(stack: Stack) -> None:
    """The client sees a lost connection, the Lambda an abnormal end."""
    async with stack.client() as client:
        await stack.admin("PUT", body={"cut_connections_every_s": 0.05})

        assert await close_code(client) == 1006
    assert (await stack.disconnected())["disconnectStatusCode"] == 1006


async def test_a_dropped_disconnect_is_never_called(stack: Stack) -> None:
    """The next connection's is, once the fault is cleared."""
    await stack.admin("PUT", body={"drop_disconnect": True})
    async with stack.client():
        pass
    while (await stack.admin("GET"))[1]["counts"]["disconnects_dropped"] == 0:
        pass
    await stack.admin("DELETE")
    async with stack.client():
        first_id, second_id = await stack.connection_id(), await stack.connection_id()

    assert (await stack.disconnected())["connectionId"] == second_id != first_id


async def test_other_parts_mount_their_own_admin_handlers(stack: Stack) -> None:
    """A failing one answers 500 without saying what it held; an unknown one names the known."""
    assert await stack.admin("PUT", "echo/more", {"a": 1}) == (201, ["PUT", "echo/more", '{"a": 1}'])
    status, said = await stack.admin("GET", "broken")
    assert (status, "secret" in said["message"]) == (500, False)
    status, said = await stack.admin("GET", "nothing")
    assert (status, said["message"]) == (404, "known are broken, echo, faults")
