"""The HTTP API as an object with an address, and its routes to the Lambdas behind it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from aws_cdk import Stack
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk_app.constructs.access_log import AccessLog
from cdk_app.constructs.sign_in import SignIn

# Each route has a share of the stage's requests for itself, so that none can use up another's.
_SHARES: Final[Mapping[str, float]] = MappingProxyType(
    {
        "GET /health": 0.25,  # open to anyone: whoever floods it must not keep doctors from their tickets
        "POST /tickets": 0.25,  # a write each
        "POST /sign-out-everywhere": 0.05,  # rare, and a call to Cognito each
        "GET /transcriptions": 0.15,
        "GET /transcriptions/{id}": 0.1,
        "GET /transcriptions/{id}/audio": 0.05,
        "GET /transcriptions/{id}/export": 0.05,
        "PATCH /transcriptions/{id}": 0.05,
        "DELETE /transcriptions/{id}": 0.05,
    }
)
_TICKETS_AND_SIGN_OUT: Final = ("POST /tickets", "POST /sign-out-everywhere")
_HISTORY: Final = tuple(route for route in _SHARES if "/transcriptions" in route)


class HttpApi(Construct):
    """The API behind the page's own domain: no CORS, since the page asks where it came from."""

    # CloudFront passes these on; everything else is the page's.
    PATHS = ("/tickets", "/sign-out-everywhere", "/health", "/transcriptions", "/transcriptions/*")

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        access_log: AccessLog,
        requests_per_s: int,
        burst: int,
    ) -> None:
        super().__init__(scope, construct_id)
        self.api = apigatewayv2.HttpApi(
            self, "Api", description="Tickets, sign-out, history and health", create_default_stage=False
        )
        self._stage = apigatewayv2.HttpStage(
            self,
            "Stage",
            http_api=self.api,
            auto_deploy=True,
            detailed_metrics_enabled=True,
            access_log_settings=access_log,
            throttle=apigatewayv2.ThrottleSettings(rate_limit=requests_per_s, burst_limit=burst),
        )
        plain = self._stage.node.default_child
        assert isinstance(plain, apigatewayv2.CfnStage)
        plain.route_settings = {
            route: {
                "ThrottlingRateLimit": requests_per_s * share,
                "ThrottlingBurstLimit": int(burst * share),
                "DetailedMetricsEnabled": True,  # a route's own settings replace the stage's as a whole
            }
            for route, share in _SHARES.items()
        }

    @property
    def domain_name(self) -> str:
        """The host that CloudFront asks."""
        stack = Stack.of(self)
        return f"{self.api.api_id}.execute-api.{stack.region}.{stack.url_suffix}"

    def add_routes(self, api: lambda_.IFunction, history: lambda_.IFunction, *, sign_in: SignIn) -> None:
        """Route what each function answers: health to anyone, all else to who is signed in."""
        integration = integrations.HttpLambdaIntegration("ApiIntegration", api)
        of_history = integrations.HttpLambdaIntegration("HistoryIntegration", history)
        signed_in = authorizers.HttpJwtAuthorizer(
            "SignedIn", sign_in.issuer, jwt_audience=[sign_in.client.user_pool_client_id]
        )
        routes = self.api.add_routes(
            path="/health", methods=[apigatewayv2.HttpMethod.GET], integration=integration
        )
        for keys, answered_by in ((_TICKETS_AND_SIGN_OUT, integration), (_HISTORY, of_history)):
            for method, _, path in (key.partition(" ") for key in keys):
                routes += self.api.add_routes(
                    path=path,
                    methods=[apigatewayv2.HttpMethod(method)],
                    integration=answered_by,
                    authorizer=signed_in,
                )
        # API Gateway refuses settings of a route that is not there yet.
        self._stage.node.add_dependency(*routes)
