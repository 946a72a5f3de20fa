"""How messages leave API Gateway: the local gateway must do the same."""

from __future__ import annotations

from cdk_app.config import STAGES
from tests.cdk_app.assembly import DOMAIN, Assembly, Properties, Resource, StackTemplate


def _integration_of(edge: StackTemplate, route_key: str) -> Resource:
    route = edge.only("AWS::ApiGatewayV2::Route", RouteKey=route_key)
    target = route.properties["Target"]
    assert target["Fn::Join"][1][0] == "integrations/"
    return edge.resources[target["Fn::Join"][1][1]["Ref"]]


def test_there_are_three_routes_and_no_more(assembly: Assembly) -> None:
    """Lambdas run at the edges of a connection; everything said on it goes to the tasks."""
    routes = assembly.edge.of_type("AWS::ApiGatewayV2::Route")
    websocket_routes = [route for route in routes if route.properties["RouteKey"].startswith("$")]

    assert {route.properties["RouteKey"] for route in websocket_routes} == {
        "$connect",
        "$disconnect",
        "$default",
    }


def test_a_message_is_posted_to_the_tasks_over_a_private_link(assembly: Assembly) -> None:
    """No Lambda sits on the audio path, and nothing about the tasks is public."""
    integration = _integration_of(assembly.edge, "$default").properties

    link = assembly.edge.only("AWS::ApiGateway::VpcLink")
    assert integration["IntegrationType"] == "HTTP_PROXY"
    assert integration["IntegrationMethod"] == "POST"
    assert integration["ConnectionType"] == "VPC_LINK"
    assert integration["ConnectionId"] == {"Ref": link.logical_id}
    assert integration["TimeoutInMillis"] == 29_000
    before, host, after = integration["IntegrationUri"]["Fn::Join"][1]
    assert (before, after) == ("http://", "/messages")
    assert "Balancer" in host["Fn::ImportValue"]
    assert "DNSName" in host["Fn::ImportValue"]


def test_a_message_carries_whose_it_is_in_three_headers(assembly: Assembly) -> None:
    """The task trusts the connection's id from the gateway, and nothing that the client could say."""
    integration = _integration_of(assembly.edge, "$default").properties

    assert integration["RequestParameters"] == {
        "integration.request.header.x-connection-id": "context.connectionId",
        "integration.request.header.x-message-id": "context.messageId",
        "integration.request.header.x-request-id": "context.requestId",
    }


def test_the_tasks_answer_does_not_travel_back(assembly: Assembly) -> None:
    """The task answers "taken"; what the client must know is pushed to it."""
    route = assembly.edge.only("AWS::ApiGatewayV2::Route", RouteKey="$default")

    assert "RouteResponseSelectionExpression" not in route.properties
    assert assembly.edge.of_type("AWS::ApiGatewayV2::RouteResponse") == []


def test_the_edges_of_a_connection_are_lambdas(assembly: Assembly) -> None:
    """$connect checks origin and ticket; $disconnect forgets the connection."""
    for route_key, name in (("$connect", "connect"), ("$disconnect", "disconnect")):
        integration = _integration_of(assembly.edge, route_key).properties

        assert integration["IntegrationType"] == "AWS_PROXY"
        function = assembly.function(name)
        assert {"Fn::GetAtt": [function.logical_id, "Arn"]} in integration["IntegrationUri"]["Fn::Join"][1]


def test_the_stage_is_deployed_after_its_routes(assembly: Assembly) -> None:
    """API Gateway refuses to deploy a WebSocket API without routes."""
    stages = assembly.edge.of_type("AWS::ApiGatewayV2::Stage")
    (stage,) = (stage for stage in stages if stage.properties["StageName"] == "live")

    routes = assembly.edge.of_type("AWS::ApiGatewayV2::Route")
    websocket_routes = {route.logical_id for route in routes if route.properties["RouteKey"].startswith("$")}
    assert websocket_routes <= stage.depends_on


def _stage(assembly: Assembly) -> Properties:
    stages = assembly.edge.of_type("AWS::ApiGatewayV2::Stage")
    (stage,) = (stage for stage in stages if stage.properties["StageName"] == "live")
    return stage.properties


def test_the_gateway_keeps_no_message(assembly: Assembly) -> None:
    """An execution log with data trace would hold every word that is said."""
    settings = _stage(assembly)["DefaultRouteSettings"]

    assert settings["DataTraceEnabled"] is False
    assert settings["LoggingLevel"] == "OFF"


def test_the_stage_is_throttled_as_configured(assembly: Assembly) -> None:
    """One stage's flood must not use up the account."""
    settings = _stage(assembly)["DefaultRouteSettings"]

    assert settings["ThrottlingRateLimit"] == STAGES["dev"].websocket_messages_per_s
    assert settings["ThrottlingBurstLimit"] == STAGES["dev"].websocket_burst


def test_the_access_log_is_allowed_before_it_is_asked_for(assembly: Assembly) -> None:
    """API Gateway refuses a stage with a log in an account that never allowed it one."""
    account = assembly.edge.only("AWS::ApiGateway::Account")
    stages = assembly.edge.of_type("AWS::ApiGatewayV2::Stage")
    (stage,) = (stage for stage in stages if stage.properties["StageName"] == "live")

    assert account.logical_id in stage.depends_on


def test_with_a_domain_the_message_travels_encrypted(named_assembly: Assembly) -> None:
    """API Gateway asks the balancer for the name on its certificate."""
    integration = _integration_of(named_assembly.edge, "$default").properties

    assert integration["IntegrationUri"] == f"https://{DOMAIN['domain']}/messages"
    listener = named_assembly.service.only("AWS::ElasticLoadBalancingV2::Listener").properties
    assert (listener["Protocol"], listener["Port"]) == ("TLS", 443)
    assert listener["Certificates"] == [{"CertificateArn": DOMAIN["certificate"]}]
    assert "TLS13" in listener["SslPolicy"]


def test_the_link_goes_to_the_internal_balancer(assembly: Assembly) -> None:
    """WebSocket APIs take only the first version of a VPC link, which takes a network load balancer."""
    (target,) = assembly.edge.only("AWS::ApiGateway::VpcLink").properties["TargetArns"]

    balancer = assembly.service.only("AWS::ElasticLoadBalancingV2::LoadBalancer")
    assert balancer.logical_id in target["Fn::ImportValue"]
    assert balancer.properties["Type"] == "network"
    assert balancer.properties["Scheme"] == "internal"
    assert balancer.properties["EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"] == "off"
