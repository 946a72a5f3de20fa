"""What may be done to anything at all: only what AWS gives no resource for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cdk_app.constructs.execution_role import NETWORK_INTERFACE_ACTIONS
from tests.cdk_app.assembly import Assembly, Properties, Resource, synthesise

_WITHOUT_A_RESOURCE = {
    *NETWORK_INTERFACE_ACTIONS,  # Lambda asks for them on everything, to place a function in the VPC
    "transcribe:StartMedicalStreamTranscription",  # streams have no ARN
    "ecr:GetAuthorizationToken",  # a token is for the registry, not for a repository
}


def _statements(resource: Resource) -> Iterator[Properties]:
    if resource.type in {"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"}:
        yield from resource.properties["PolicyDocument"]["Statement"]
    if resource.type == "AWS::IAM::Role":
        for policy in resource.properties.get("Policies", ()):
            yield from policy["PolicyDocument"]["Statement"]


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def test_a_permission_names_its_resource_or_stands_in_the_list(assembly: Assembly) -> None:
    """A star is a decision, with its reason beside it."""
    starred = {
        action
        for resource in assembly.resources()
        for statement in _statements(resource)
        if "*" in _as_list(statement["Resource"])
        for action in _as_list(statement["Action"])
    }

    assert starred == _WITHOUT_A_RESOURCE


def test_no_ready_made_policy_is_used_but_where_aws_insists(assembly: Assembly) -> None:
    """They are written for everybody, and say `*`; the library's own custom resources come with one."""
    ready_made = {
        str(arn).partition("service-role/")[2].rstrip("'}]")
        for role in assembly.resources()
        if role.type == "AWS::IAM::Role"
        for arn in role.properties.get("ManagedPolicyArns", ())
    }

    assert ready_made == {
        "AmazonRDSEnhancedMonitoringRole",  # for RDS's own agent
        "AmazonAPIGatewayPushToCloudWatchLogs",  # API Gateway refuses a role that may do less
    }


def test_no_permission_is_to_do_anything(assembly: Assembly) -> None:
    """Not even to a resource of our own."""
    for resource in assembly.resources():
        for statement in _statements(resource):
            for action in _as_list(statement["Action"]):
                assert not str(action).endswith(":*"), resource.logical_id


def test_the_table_is_never_scanned(assembly: Assembly) -> None:
    """The sweeper has its index; a scan would be every patient's words at once."""
    actions = {
        action
        for resource in assembly.resources()
        for statement in _statements(resource)
        for action in _as_list(statement["Action"])
    }

    assert "dynamodb:Query" in actions
    assert "dynamodb:Scan" not in actions


def test_a_functions_code_cannot_use_what_lambda_needs_to_place_it(assembly: Assembly) -> None:
    """Who took over the code must not be able to take the network apart."""
    denied = [
        statement
        for resource in assembly.resources()
        for statement in _statements(resource)
        if statement["Effect"] == "Deny" and "ec2:DeleteNetworkInterface" in _as_list(statement["Action"])
    ]

    assert len(denied) == 3  # migrate, api and history
    for statement in denied:
        assert set(_as_list(statement["Action"])) == set(NETWORK_INTERFACE_ACTIONS)
        assert "lambda:SourceFunctionArn" in statement["Condition"]["ArnLike"]


@pytest.mark.parametrize(("stage", "may_erase"), [("dev", True), ("prod", False)])
def test_where_nobody_may_delete_nothing_can_be_deleted(tmp_path: Path, stage: str, may_erase: bool) -> None:
    """The policy is no mere word of the code: the role could not if it wanted to."""
    edge = synthesise({"stage": stage}, tmp_path).edge
    (policy,) = (
        resource for resource in edge.of_type("AWS::IAM::Policy") if "HistoryExecution" in resource.logical_id
    )
    actions = {action for one in _statements(policy) for action in _as_list(one["Action"])}

    assert {"s3:GetObject", "dynamodb:Query"} <= actions
    assert ({"s3:DeleteObjectVersion", "dynamodb:BatchWriteItem"} <= actions) == may_erase
    assert (
        any("s3:Delete" in str(action) or "dynamodb:Batch" in str(action) for action in actions) == may_erase
    )


def test_the_key_is_used_through_the_services_that_hold_the_data(assembly: Assembly) -> None:
    """A task that could decrypt by itself could decrypt what it was never shown."""
    (policy,) = (
        resource
        for resource in assembly.service.of_type("AWS::IAM::Policy")
        if "TaskRole" in resource.logical_id
    )
    statements = [
        statement
        for statement in _statements(policy)
        if any(str(action).startswith("kms:") for action in _as_list(statement["Action"]))
    ]

    through = {statement["Condition"]["StringEquals"]["kms:ViaService"] for statement in statements}
    assert through == {
        f"{service}.us-east-1.amazonaws.com" for service in ("s3", "dynamodb", "secretsmanager")
    }
