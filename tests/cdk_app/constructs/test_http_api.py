"""What is asked over HTTP, by whom, and through which door."""

from __future__ import annotations

from fnmatch import fnmatch

import pytest

from cdk_app.config import STAGES
from lambdas.history.handler import ACTIONS
from tests.cdk_app.assembly import Assembly


@pytest.mark.parametrize(
    "route_key", ["POST /tickets", "POST /sign-out-everywhere", *(str(route) for route in ACTIONS)]
)
def test_all_but_health_is_for_who_is_signed_in(assembly: Assembly, route_key: str) -> None:
    """The authoriser knows one issuer and one client: ours."""
    route = assembly.edge.only("AWS::ApiGatewayV2::Route", RouteKey=route_key).properties
    authorizer = assembly.edge.only("AWS::ApiGatewayV2::Authorizer")

    assert route["AuthorizationType"] == "JWT"
    assert route["AuthorizerId"] == {"Ref": authorizer.logical_id}
    client = assembly.edge.only("AWS::Cognito::UserPoolClient")
    jwt = authorizer.properties["JwtConfiguration"]
    assert jwt["Audience"] == [{"Ref": client.logical_id}]
    assert "https://cognito-idp.us-east-1.amazonaws.com/" in str(jwt["Issuer"])


def test_health_is_for_anyone(assembly: Assembly) -> None:
    """A monitor has no account."""
    route = assembly.edge.only("AWS::ApiGatewayV2::Route", RouteKey="GET /health").properties

    assert route["AuthorizationType"] == "NONE"


def test_the_page_reaches_every_route_on_its_own_domain(assembly: Assembly) -> None:
    """No other origin is involved, so there is no CORS to get wrong."""
    routes = assembly.edge.of_type("AWS::ApiGatewayV2::Route")
    asked = {route.properties["RouteKey"] for route in routes if " " in route.properties["RouteKey"]}
    distribution = assembly.edge.only("AWS::CloudFront::Distribution").properties["DistributionConfig"]

    behaviours = {behaviour["PathPattern"] for behaviour in distribution["CacheBehaviors"]}
    paths = {key.partition(" ")[2] for key in asked}
    assert all(any(fnmatch(path, pattern) for pattern in behaviours) for path in paths)
    assert all(any(fnmatch(path, pattern) for path in paths) for pattern in behaviours)
    apis = assembly.edge.of_type("AWS::ApiGatewayV2::Api")
    assert not [api for api in apis if "CorsConfiguration" in api.properties]


def test_the_api_is_throttled_as_configured(assembly: Assembly) -> None:
    """Health is open to anyone, a ticket is a write."""
    stages = assembly.edge.of_type("AWS::ApiGatewayV2::Stage")
    (stage,) = (stage for stage in stages if stage.properties["StageName"] == "$default")

    settings = stage.properties["DefaultRouteSettings"]
    assert settings["ThrottlingRateLimit"] == STAGES["dev"].http_requests_per_s
    assert settings["ThrottlingBurstLimit"] == STAGES["dev"].http_burst


def test_no_route_can_use_up_anothers_requests(assembly: Assembly) -> None:
    """Health is open to anyone: whoever floods it must not keep a doctor from a ticket."""
    routes = [
        route
        for route in assembly.edge.of_type("AWS::ApiGatewayV2::Route")
        if not route.properties["RouteKey"].startswith("$")
    ]
    stages = assembly.edge.of_type("AWS::ApiGatewayV2::Stage")
    (stage,) = (stage for stage in stages if stage.properties["StageName"] == "$default")

    limits = stage.properties["RouteSettings"]
    assert set(limits) == {route.properties["RouteKey"] for route in routes}
    assert sum(limit["ThrottlingRateLimit"] for limit in limits.values()) <= STAGES["dev"].http_requests_per_s
    assert sum(limit["ThrottlingBurstLimit"] for limit in limits.values()) <= STAGES["dev"].http_burst
    assert all(limit["ThrottlingBurstLimit"] >= 1 for limit in limits.values())
    assert {route.logical_id for route in routes} <= stage.depends_on  # or the stage cannot be made
