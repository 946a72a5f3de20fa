"""Fixtures of the gateway's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.local_stack.gateway.running_gateway import Stack, running


@pytest.fixture
async def stack() -> AsyncIterator[Stack]:
    """Give a gateway with API Gateway's own limits."""
    async with running() as stack:
        yield stack
