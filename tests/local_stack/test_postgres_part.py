"""PostgreSQL as a part: what a tester may ask of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from local_stack.children import Children
from local_stack.postgres import Postgres
from local_stack.postgres_part import PostgresPart


@pytest.fixture
async def part(tmp_path: Path) -> AsyncIterator[PostgresPart]:
    children = Children()
    yield PostgresPart(Postgres(tmp_path / "data"), children, 0.1, lambda: None)
    await children.close()


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b'{"down": 1}', b'{"down": true, "for": 3}', b"[" * 5000]
)
async def test_a_request_that_is_not_understood_changes_nothing(part: PostgresPart, body: bytes) -> None:
    """A typing error must not stop a database."""
    status, answer = await part.admin("PUT", body)

    assert status == 400
    assert answer == {"message": 'the body must be {"down": true} or {"down": false}'}
    assert await part.admin("GET", b"") == (
        200,
        {"faults": {"down": False}, "counts": {"stopped": 0, "restarted": 0}},
    )


async def test_other_methods_are_refused(part: PostgresPart) -> None:
    """PUT replaces, DELETE clears, GET shows."""
    assert (await part.admin("POST", b"{}"))[0] == 405
