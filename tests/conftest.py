"""What holds for every test: no example of a property is timed; what shares a fixture shares a process."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

_SYNTHESIS = Path(__file__).parent / "cdk_app"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a module's tests in one process, and all that read the one synthesis in another."""
    for item in items:
        group = "synthesis" if item.path.is_relative_to(_SYNTHESIS) else item.nodeid.partition("::")[0]
        item.add_marker(pytest.mark.xdist_group(group))
