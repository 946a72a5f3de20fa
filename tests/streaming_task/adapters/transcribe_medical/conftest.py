"""A stand-in of the service for the tests of its client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.transcribe import FakeRecognisers, Rig, running


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture
def recognisers() -> FakeRecognisers:
    return FakeRecognisers()


@pytest.fixture
async def rig(certificates: Path, recognisers: FakeRecognisers) -> AsyncIterator[Rig]:
    async with running(certificates, recognisers=recognisers) as running_rig:
        yield running_rig
