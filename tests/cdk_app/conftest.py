"""One synthesis for all the tests that only read it."""

from __future__ import annotations

import pytest

from tests.cdk_app.assembly import DOMAIN, Assembly, synthesise


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """The stage `dev`, as the repository's cdk.json has it."""
    return synthesise({}, tmp_path_factory.mktemp("cdk.out"))


@pytest.fixture(scope="session")
def named_assembly(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """The stage `staging`, under a domain of the operator's."""
    return synthesise({"stage": "staging", **DOMAIN}, tmp_path_factory.mktemp("named.cdk.out"))
