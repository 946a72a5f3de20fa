"""Who reaches the tasks, and how soon a dead one is taken out."""

from __future__ import annotations

from tests.cdk_app.assembly import Assembly


def test_only_the_balancer_and_the_tasks_themselves_reach_a_task(assembly: Assembly) -> None:
    """A caller inside the VPC could otherwise claim any connection's id."""
    ingress = assembly.service.of_type("AWS::EC2::SecurityGroupIngress")
    to_tasks = [rule for rule in ingress if "Streaming" in str(rule.properties["GroupId"])]

    assert len(to_tasks) == 2
    for rule in to_tasks:
        assert rule.properties["FromPort"] == rule.properties["ToPort"] == 8080
        assert "SourceSecurityGroupId" in rule.properties
    groups = assembly.service.of_type("AWS::EC2::SecurityGroup")
    assert [group for group in groups if "SecurityGroupIngress" in group.properties] == []


def test_readiness_is_probed_as_fast_as_the_balancer_can(assembly: Assembly) -> None:
    """A dead task swallows new connections until two probes in a row have failed."""
    targets = assembly.service.only("AWS::ElasticLoadBalancingV2::TargetGroup").properties

    assert targets["HealthCheckProtocol"] == "HTTP"
    assert targets["HealthCheckPath"] == "/readyz"
    assert targets["HealthCheckIntervalSeconds"] == 5
    assert targets["HealthCheckTimeoutSeconds"] == 2
    assert targets["UnhealthyThresholdCount"] == 2
    attributes = {attribute["Key"]: attribute["Value"] for attribute in targets["TargetGroupAttributes"]}
    assert attributes["deregistration_delay.timeout_seconds"] == "30"


def test_a_first_deployment_that_failed_can_be_taken_back(named_assembly: Assembly) -> None:
    """CloudFormation cannot delete a protected balancer, and one that is half gone stays so."""
    balancer = named_assembly.service.only("AWS::ElasticLoadBalancingV2::LoadBalancer").properties

    attributes = {attribute["Key"]: attribute["Value"] for attribute in balancer["LoadBalancerAttributes"]}
    assert attributes["deletion_protection.enabled"] == "false"


def test_a_deployment_that_does_not_come_up_is_taken_back(assembly: Assembly) -> None:
    """The old tasks stay until the new ones are healthy."""
    deployment = assembly.service.only("AWS::ECS::Service").properties["DeploymentConfiguration"]

    assert deployment["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
    assert deployment["MinimumHealthyPercent"] == 100
