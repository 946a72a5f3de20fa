"""The HTTP API as an object with an address, and its routes to the api Lambda."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk_app.constructs.access_log import AccessLog
from cdk_app.constructs.sign_in import SignIn


class HttpApi(Construct):
    """The API behind the page's own domain: no CORS, since the page asks where it came from."""

    # CloudFront passes these on; everything else is the page's.
    PATHS = ("/tickets", "/sign-out-everywhere", "/health")

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
            self, "Api", description="Tickets, sign-out and health", create_default_stage=False
        )
        apigatewayv2.HttpStage(
            self,
            "Stage",
            http_api=self.api,
            auto_deploy=True,
            detailed_metrics_enabled=True,
            access_log_settings=access_log,
            throttle=apigatewayv2.ThrottleSettings(rate_limit=requests_per_s, burst_limit=burst),
        )

    @property
    def domain_name(self) -> str:
        """The host that CloudFront asks."""
        stack = Stack.of(self)
        return f"{self.api.api_id}.execute-api.{stack.region}.{stack.url_suffix}"

    def add_routes(self, function: lambda_.IFunction, *, sign_in: SignIn) -> None:
        """Route what the function answers: health to anyone, all else to who is signed in."""
        integration = integrations.HttpLambdaIntegration("ApiIntegration", function)
        signed_in = authorizers.HttpJwtAuthorizer(
            "SignedIn", sign_in.issuer, jwt_audience=[sign_in.client.user_pool_client_id]
        )
        for path in ("/tickets", "/sign-out-everywhere"):
            self.api.add_routes(
                path=path,
                methods=[apigatewayv2.HttpMethod.POST],
                integration=integration,
                authorizer=signed_in,
            )
        self.api.add_routes(path="/health", methods=[apigatewayv2.HttpMethod.GET], integration=integration)
