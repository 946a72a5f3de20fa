"""Schema first, then tasks."""

from __future__ import annotations

from contract import environment
from tests.cdk_app.assembly import Assembly


def test_no_task_starts_before_the_schema_is_there(assembly: Assembly) -> None:
    """A failed migration must stop the deployment while the old tasks still run."""
    trigger = assembly.service.only("Custom::Trigger")
    service = assembly.service.only("AWS::ECS::Service")

    assert trigger.logical_id in service.depends_on


def test_the_migration_runs_when_it_can_reach_the_database(assembly: Assembly) -> None:
    """Without its network rules and its policy the function could only wait for its end."""
    trigger = assembly.service.only("Custom::Trigger")

    depended_on = {assembly.service.resources[logical_id].type for logical_id in trigger.depends_on}
    assert {
        "AWS::Lambda::Function",
        "AWS::IAM::Policy",
        "AWS::EC2::SecurityGroupEgress",
        "AWS::EC2::SecurityGroupIngress",
    } <= depended_on


def test_the_migrations_end_is_heard_within_five_minutes(assembly: Assembly) -> None:
    """A custom resource that nobody answers for holds CloudFormation for an hour."""
    function = assembly.function("migrate")
    trigger = assembly.service.only("Custom::Trigger")

    version = assembly.service.resources[trigger.properties["HandlerArn"]["Ref"]]
    assert version.properties["FunctionName"] == {"Ref": function.logical_id}
    assert function.properties["Timeout"] * 1000 < int(trigger.properties["Timeout"]) <= 300_000


def test_the_migration_is_told_where_the_database_is(assembly: Assembly) -> None:
    """It reads what the contract names, and there is nothing that it must guess."""
    variables = assembly.function("migrate").properties["Environment"]["Variables"]

    assert variables.keys() == environment.MIGRATE
