"""No log is kept for ever, and none lies outside of our key."""

from __future__ import annotations

from tests.cdk_app.assembly import Assembly, Resource


def _groups(assembly: Assembly) -> dict[str, Resource]:
    return {
        resource.logical_id: resource
        for resource in assembly.resources()
        if resource.type == "AWS::Logs::LogGroup"
    }


def test_every_log_group_ends_its_lines_and_encrypts_them(assembly: Assembly) -> None:
    """What nobody deletes by hand must delete itself."""
    for group in _groups(assembly).values():
        assert group.properties["RetentionInDays"] >= 1, group.logical_id
        assert "KmsKeyId" in group.properties, group.logical_id


def test_every_function_writes_to_a_log_group_of_ours(assembly: Assembly) -> None:
    """The library's own among them: Lambda would make a group that keeps everything for ever."""
    groups = _groups(assembly)
    functions = [resource for resource in assembly.resources() if resource.type == "AWS::Lambda::Function"]

    assert len(functions) == 8  # five of ours, three of the library's
    for function in functions:
        assert function.properties["LoggingConfig"]["LogGroup"]["Ref"] in groups, function.logical_id


def test_the_databases_logs_are_made_before_it(assembly: Assembly) -> None:
    """RDS makes what is not there, without an end and without our key."""
    database = assembly.data.only("AWS::RDS::DBInstance")
    identifier = database.properties["DBInstanceIdentifier"]["Fn::Join"][1]

    named = {
        "".join(map(str, name["Fn::Join"][1])): group.logical_id
        for group in assembly.data.of_type("AWS::Logs::LogGroup")
        if isinstance(name := group.properties.get("LogGroupName"), dict)
    }
    for log in database.properties["EnableCloudwatchLogsExports"]:
        (group,) = (
            logical_id
            for name, logical_id in named.items()
            if name.startswith("/aws/rds/instance/") and name.endswith(f"/{log}")
        )
        assert group in database.depends_on
    assert all(str(identifier[-1]) in name for name in named)


def test_a_custom_resource_of_the_librarys_writes_to_no_other_log(assembly: Assembly) -> None:
    """AWS's ready-made policy is to write to every log of the account."""
    roles = [resource for resource in assembly.resources() if resource.type == "AWS::IAM::Role"]

    for role in roles:
        assert "AWSLambdaBasicExecutionRole" not in str(role.properties.get("ManagedPolicyArns", "")), (
            role.logical_id
        )
    providers = [role for role in roles if "CustomResourceProvider" in role.logical_id]
    assert len(providers) == 2
    for provider in providers:
        own, lines = provider.properties["Policies"]
        assert "logs:" not in str(own)
        (statement,) = lines["PolicyDocument"]["Statement"]
        assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
        assert statement["Resource"] != "*"
