"""The names that operators type, and no others: what has a fixed name cannot be replaced or made twice."""

from __future__ import annotations

from cdk_app import names
from tests.cdk_app.assembly import Assembly

# The property by which CloudFormation takes a name that it would otherwise make up.
_NAME_PROPERTIES = {
    "AWS::Cognito::UserPool": "UserPoolName",
    "AWS::Cognito::UserPoolClient": "ClientName",
    "AWS::DynamoDB::GlobalTable": "TableName",
    "AWS::EC2::SecurityGroup": "GroupName",
    "AWS::ECS::Cluster": "ClusterName",
    "AWS::ECS::Service": "ServiceName",
    "AWS::ECS::TaskDefinition": "Family",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "Name",
    "AWS::ElasticLoadBalancingV2::TargetGroup": "Name",
    "AWS::IAM::Role": "RoleName",
    "AWS::KMS::Alias": "AliasName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Lambda::LayerVersion": "LayerName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::RDS::DBInstance": "DBInstanceIdentifier",
    "AWS::RDS::DBParameterGroup": "DBParameterGroupName",
    "AWS::RDS::DBSubnetGroup": "DBSubnetGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SecretsManager::Secret": "Name",
}


def test_only_what_operators_type_has_a_name(assembly: Assembly) -> None:
    """The cluster, the service, the task's family and its log group."""
    named = {
        name
        for resource in assembly.resources()
        if (property_name := _NAME_PROPERTIES.get(resource.type))
        and isinstance(name := resource.properties.get(property_name), str)  # else it follows another's
    }

    assert named == {
        names.cluster("dev"),
        names.service("dev"),
        names.task_family("dev"),
        names.task_log_group("dev"),
    }


def test_the_names_are_those_in_the_runbooks() -> None:
    """Renaming one breaks an operator's habit and every note that has it."""
    assert names.cluster("prod") == "seva-arogya-prod-cluster"
    assert names.service("prod") == "seva-arogya-prod-service"
    assert names.task_family("prod") == "seva-arogya-prod-task"
    assert names.task_log_group("prod") == "/ecs/seva-arogya-prod"
