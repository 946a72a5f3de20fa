"""One synthesis for all the tests that only read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cdk_app.assembly import DOMAIN, Assembly, synthesise

_HERE = Path(__file__).parent
_SYNTHESIS_TIMEOUT_S = 300  # the first test that asks for it waits for Node to start and for every asset


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give these tests the time that a synthesis takes on a busy machine."""
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.timeout(_SYNTHESIS_TIMEOUT_S))


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """The stage `dev`, as the repository's cdk.json has it."""
    return synthesise({}, tmp_path_factory.mktemp("cdk.out"))


@pytest.fixture(scope="session")
def named_assembly(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """The stage `staging`, under a domain of the operator's."""
    return synthesise({"stage": "staging", **DOMAIN}, tmp_path_factory.mktemp("named.cdk.out"))
