"""A running stand-in, and requests to it signed by botocore, which shares no line with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.transcribe import FakeRecognisers, Rig, running


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture
async def rig(certificates: Path) -> AsyncIterator[Rig]:
    async with running(certificates, recognisers=FakeRecognisers()) as running_rig:
        yield running_rig
