"""What may be done to anything at all: only what AWS gives no resource for."""

from __future__ import annotations

from collections.abc import Iterator

from tests.cdk_app.assembly import Assembly, Properties, Resource

_WITHOUT_A_RESOURCE = {
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
