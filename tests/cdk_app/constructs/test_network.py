"""What the VPC lets through, and what it notes."""

from __future__ import annotations

from tests.cdk_app.assembly import Assembly


def test_there_are_two_zones_of_three_kinds_of_subnets(assembly: Assembly) -> None:
    """A zone may fail; the database's subnets lead nowhere."""
    subnets = assembly.data.of_type("AWS::EC2::Subnet")

    zones = {str(subnet.properties["AvailabilityZone"]) for subnet in subnets}
    assert len(zones) == 2
    assert len(subnets) == 6
    assert not [subnet for subnet in subnets if subnet.properties["MapPublicIpOnLaunch"]]


def test_audio_and_live_state_do_not_pay_for_nat(assembly: Assembly) -> None:
    """They are the bulk of the traffic, and gateway endpoints cost nothing."""
    endpoints = assembly.data.of_type("AWS::EC2::VPCEndpoint")

    services = {str(endpoint.properties["ServiceName"]) for endpoint in endpoints}
    assert len(services) == 2
    assert any(".s3" in service for service in services)
    assert any(".dynamodb" in service for service in services)
    assert {endpoint.properties["VpcEndpointType"] for endpoint in endpoints} == {"Gateway"}


def test_every_connection_is_noted_under_our_key(assembly: Assembly) -> None:
    """Refused ones too: they are how a search shows."""
    flow_log = assembly.data.only("AWS::EC2::FlowLog").properties

    assert flow_log["ResourceType"] == "VPC"
    assert flow_log["TrafficType"] == "ALL"
    group = assembly.data.resources[flow_log["LogGroupName"]["Ref"]]
    assert "KmsKeyId" in group.properties
    assert "RetentionInDays" in group.properties


def test_pushes_leave_by_nat(assembly: Assembly) -> None:
    """An execute-api endpoint with private DNS answers 403 to `@connections`."""
    endpoints = [resource for resource in assembly.resources() if resource.type == "AWS::EC2::VPCEndpoint"]

    assert not [endpoint for endpoint in endpoints if "execute-api" in str(endpoint.properties)]
