"""The task as it is started: settings, limits, names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from contract import environment
from tests.cdk_app.assembly import Assembly

# What a deployed task finds out or decides by itself.
_LEFT_TO_THE_TASK = {
    environment.TASK_ADDRESS,  # from the ECS metadata
    environment.TRANSCRIBE_ENDPOINT_URL,  # the region's own
    environment.TRANSCRIBE_CA_FILE,  # the system's
    environment.DURATION_LIMIT_S,
    environment.SEAL_TIMEOUT_S,
    environment.SWEEP_INTERVAL_S,
    environment.SILENCE_TIMEOUT_S,
}


@pytest.fixture(scope="module")
def container(assembly: Assembly) -> Mapping[str, Any]:
    """The one container of the task."""
    (container,) = assembly.service.only("AWS::ECS::TaskDefinition").properties["ContainerDefinitions"]
    return dict(container)


def test_the_task_gets_the_settings_that_it_reads(container: Mapping[str, Any]) -> None:
    """A misspelt name would be a task that never starts."""
    names = {variable["Name"] for variable in container["Environment"]}

    assert names == environment.TASK - _LEFT_TO_THE_TASK


def test_no_secret_is_a_setting(container: Mapping[str, Any]) -> None:
    """Settings are shown by every console: they say where a secret is, never what."""
    values = {variable["Name"]: variable["Value"] for variable in container["Environment"]}

    assert "ApplicationPassword" in str(values[environment.DATABASE_SECRET_ID])
    assert "ForwardingKey" in values[environment.FORWARDING_SECRET_ID]["Ref"]
    assert "resolve:" not in str(container)


def test_the_task_runs_on_arm_and_writes_to_no_disk(assembly: Assembly, container: Mapping[str, Any]) -> None:
    """The image is for arm64 only; audio lies in memory and in S3."""
    task = assembly.service.only("AWS::ECS::TaskDefinition").properties

    assert task["RuntimePlatform"] == {"CpuArchitecture": "ARM64", "OperatingSystemFamily": "LINUX"}
    assert container["ReadonlyRootFilesystem"] is True
    assert container["StopTimeout"] == 120
    assert container["User"] == "10001:10001"


def test_the_task_pushes_to_the_stage_that_clients_connect_to(
    assembly: Assembly, container: Mapping[str, Any]
) -> None:
    """A push to another stage is a 410 for every connection."""
    values = {variable["Name"]: variable["Value"] for variable in container["Environment"]}
    before, api, domain, *_, path = values[environment.CONNECTIONS_URL]["Fn::Join"][1]

    assert before == "https://"
    assert assembly.service.resources[api["Ref"]].type == "AWS::ApiGatewayV2::Api"
    assert domain == ".execute-api.us-east-1."
    stages = assembly.edge.of_type("AWS::ApiGatewayV2::Stage")
    (stage,) = (stage for stage in stages if "Websocket" in str(stage.properties["ApiId"]))
    assert path == f"/{stage.properties['StageName']}"


@pytest.mark.parametrize(
    "action", ["execute-api:ManageConnections", "transcribe:StartMedicalStreamTranscription"]
)
def test_the_task_may_hear_and_speak(assembly: Assembly, action: str) -> None:
    """The two calls that no local stand-in asks a policy for: without one there is no text at all."""
    task = assembly.service.only("AWS::ECS::TaskDefinition").properties
    (role,) = task["TaskRoleArn"]["Fn::GetAtt"][:1]

    allowed = [
        allowed_action
        for policy in assembly.service.of_type("AWS::IAM::Policy")
        if {"Ref": role} in policy.properties["Roles"]
        for statement in policy.properties["PolicyDocument"]["Statement"]
        for allowed_action in _as_list(statement["Action"])
    ]

    assert action in allowed


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
