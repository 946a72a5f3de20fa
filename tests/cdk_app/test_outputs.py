"""What a deployment tells the one who deployed."""

from __future__ import annotations

from tests.cdk_app.assembly import Assembly


def test_a_deployment_says_where_everything_is(assembly: Assembly) -> None:
    """Nobody should have to look for it in a console."""
    said = {
        name for stack in (assembly.data, assembly.service, assembly.edge) for name in stack.outputs
        if not name.startswith("ExportsOutput")
    }  # fmt: skip

    assert said >= {
        "PageUrl",
        "HealthUrl",
        "WebsocketUrl",
        "TranscribeEndpoint",
        "ClusterName",
        "ServiceName",
        "TaskLogGroup",
        "MigrationFunctionName",
        "MigrationLogGroup",
        "ConnectLogGroup",
        "DisconnectLogGroup",
        "ApiLogGroup",
        "HttpAccessLogGroup",
        "WebsocketAccessLogGroup",
        "FlowLogGroup",
        "UserPoolId",
        "AudioBucketName",
    }


def test_a_domain_takes_no_export_away(assembly: Assembly, named_assembly: Assembly) -> None:
    """CloudFormation refuses to take back what a later stack still imports: the deployment would fail."""
    for unnamed, named in ((assembly.data, named_assembly.data), (assembly.service, named_assembly.service)):
        assert unnamed.outputs.keys() == named.outputs.keys()


def test_every_log_group_ends_its_lines(assembly: Assembly) -> None:
    """A log group without a retention keeps, and costs, for ever."""
    groups = [resource for resource in assembly.resources() if resource.type == "AWS::Logs::LogGroup"]

    assert len(groups) >= 9
    for group in groups:
        assert group.properties["RetentionInDays"] == 14, group.logical_id
        assert "KmsKeyId" in group.properties, group.logical_id
