"""`@connections` as tasks call it, over real sockets on loopback."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from botocore.exceptions import ClientError

from tests.local_stack.gateway.running_gateway import Stack, close_code


async def test_a_connection_is_described_and_deleted(stack: Stack) -> None:
    """After the DELETE the id is gone."""
    async with stack.client() as client:
        connection_id = await stack.connection_id()

        described = await stack.connections("get_connection", ConnectionId=connection_id)
        await stack.connections("delete_connection", ConnectionId=connection_id)

        assert described["Identity"]["SourceIp"] == "127.0.0.1"
        assert described["LastActiveAt"] >= described["ConnectedAt"]
        assert await close_code(client) == 1000
    with pytest.raises(ClientError) as gone:
        await stack.connections("get_connection", ConnectionId=connection_id)
    assert gone.value.response["Error"]["Code"] == "GoneException"


@pytest.mark.parametrize(
    ("arguments", "code", "status"),
    [
        ({"ConnectionId": "nobody=", "Data": b"{}"}, "GoneException", 410),
        ({"ConnectionId": "nobody=", "Data": b"x" * 131_073}, "PayloadTooLargeException", 413),
        ({"ConnectionId": "nobody=", "Data": b"{}", "secret": "wrong"}, "InvalidSignatureException", 403),
    ],
)
async def test_a_push_fails_as_aws_fails_it(
    stack: Stack, arguments: dict[str, Any], code: str, status: int
) -> None:
    """SDKs see the same exceptions as from AWS."""
    with pytest.raises(ClientError) as failed:
        await stack.connections("post_to_connection", **arguments)

    assert failed.value.response["Error"]["Code"] == code
    assert failed.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


async def test_an_unsigned_push_is_forbidden(stack: Stack) -> None:
    """The body is AWS's: a message and nothing else."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{stack.http_url}/@connections/x=", data=b"{}") as response,
    ):
        assert response.status == 403
        assert await response.json() == {"message": "Missing Authentication Token"}


async def test_the_stage_may_stand_before_the_path(stack: Stack) -> None:
    """A deployed `@connections` address ends with the stage, and is called the same way."""
    async with stack.client() as client:
        connection_id = await stack.connection_id()
        stack.path_prefix = "/local"

        await stack.connections("post_to_connection", ConnectionId=connection_id, Data=b"{}")

        assert await client.recv() == "{}"
