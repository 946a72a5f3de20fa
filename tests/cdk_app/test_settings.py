"""Each part starts with the settings that its template gives it: its own reader is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from contract import environment
from lambdas.settings import (
    read_api_settings,
    read_connect_settings,
    read_disconnect_settings,
    read_history_settings,
    read_migrate_settings,
)
from streaming_task.settings import read_settings
from tests.cdk_app.assembly import Assembly

_MADE_AT_DEPLOYMENT = "made-at-deployment"


def _resolved(value: object) -> str:
    """Give a template's value with a stand-in for all that only a deployment knows."""
    match value:
        case str():
            return value
        case {"Fn::Join": [str(separator), [*parts]]}:
            return separator.join(_resolved(part) for part in parts)
        case _:
            return _MADE_AT_DEPLOYMENT


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("connect", read_connect_settings),
        ("disconnect", read_disconnect_settings),
        ("api", read_api_settings),
        ("history", read_history_settings),
        ("migrate", read_migrate_settings),
    ],
)
def test_a_function_accepts_its_settings(
    assembly: Assembly, name: str, read: Callable[[Mapping[str, str]], object]
) -> None:
    """A setting of the wrong shape would be found by the first patient."""
    variables = assembly.function(name).properties["Environment"]["Variables"]

    assert read({key: _resolved(value) for key, value in variables.items()})


def test_the_page_is_an_origin_that_connect_admits(assembly: Assembly) -> None:
    """An origin has no path and no slash at its end."""
    variables = assembly.function("connect").properties["Environment"]["Variables"]

    settings = read_connect_settings({key: _resolved(value) for key, value in variables.items()})

    assert settings.allowed_origins == {f"https://{_MADE_AT_DEPLOYMENT}"}


def test_the_task_accepts_its_settings(assembly: Assembly) -> None:
    """It would otherwise leave again at once, and the deployment with it."""
    (container,) = assembly.service.only("AWS::ECS::TaskDefinition").properties["ContainerDefinitions"]
    variables = {variable["Name"]: _resolved(variable["Value"]) for variable in container["Environment"]}

    settings = read_settings({**variables, "AWS_REGION": "us-east-1"})  # Fargate sets the region

    assert settings.port == container["PortMappings"][0]["ContainerPort"]
    assert settings.transcribe_region == "us-east-1"
    assert settings.database.sslmode == "verify-full"
    assert environment.TASK_ADDRESS not in variables  # the task finds out where it is
