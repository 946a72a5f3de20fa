"""The WebSocket API's routes: the edges of a connection to Lambdas, every message to the tasks."""

from __future__ import annotations

from typing import Final

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk_app.constructs.access_log import AccessLog
from cdk_app.constructs.api_gateway_account import ApiGatewayAccount
from cdk_app.constructs.load_balancer import LoadBalancer
from cdk_app.constructs.websocket_api import STAGE_NAME, WebsocketApi

_INTEGRATION_TIMEOUT_MS: Final = 29_000  # API Gateway's most
_MESSAGES_PATH: Final = "/messages"
_MESSAGE_HEADERS: Final = {
    "x-connection-id": "context.connectionId",
    "x-message-id": "context.messageId",
    "x-request-id": "context.requestId",
}


class WebsocketRoutes(Construct):
    """$connect and $disconnect to their Lambdas, $default over the VPC link; and the stage with them."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        websocket: WebsocketApi,
        connect: lambda_.IFunction,
        disconnect: lambda_.IFunction,
        balancer: LoadBalancer,
        access_log: AccessLog,
        messages_per_s: int,
        burst: int,
    ) -> None:
        super().__init__(scope, construct_id)
        routes = (
            self._lambda_route("Connect", "$connect", websocket, connect),
            self._lambda_route("Disconnect", "$disconnect", websocket, disconnect),
            self._message_route(websocket, balancer),
        )
        self.stage = apigatewayv2.WebSocketStage(
            self,
            "Stage",
            web_socket_api=websocket.api,
            stage_name=STAGE_NAME,
            auto_deploy=True,
            detailed_metrics_enabled=True,
            access_log_settings=access_log,
            throttle=apigatewayv2.ThrottleSettings(rate_limit=messages_per_s, burst_limit=burst),
        )
        self.stage.node.add_dependency(*routes)  # a stage with no route cannot be deployed
        self.stage.node.add_dependency(ApiGatewayAccount(self, "Logging").account)
        # Said and not left to a default: an execution log with data trace holds every word.
        plain = self.stage.node.default_child
        assert isinstance(plain, apigatewayv2.CfnStage)
        plain.add_property_override("DefaultRouteSettings.DataTraceEnabled", False)
        plain.add_property_override("DefaultRouteSettings.LoggingLevel", "OFF")

    def _lambda_route(
        self, name: str, route_key: str, websocket: WebsocketApi, function: lambda_.IFunction
    ) -> Construct:
        return apigatewayv2.WebSocketRoute(
            self,
            name,
            web_socket_api=websocket.api,
            route_key=route_key,
            integration=integrations.WebSocketLambdaIntegration(f"{name}Integration", function),
        )

    def _message_route(self, websocket: WebsocketApi, balancer: LoadBalancer) -> Construct:
        # Plain resources: the library knows no WebSocket integration by VPC link. The link is of the first
        # version, the only one that WebSocket APIs take, and so needs a network load balancer.
        link = apigateway.VpcLink(self, "Link", targets=[balancer.balancer])
        integration = apigatewayv2.CfnIntegration(
            self,
            "Messages",
            api_id=websocket.api.api_id,
            integration_type="HTTP_PROXY",
            integration_method="POST",
            integration_uri=f"{balancer.origin}{_MESSAGES_PATH}",
            connection_type="VPC_LINK",
            connection_id=link.vpc_link_id,
            payload_format_version="1.0",
            passthrough_behavior="WHEN_NO_MATCH",
            timeout_in_millis=_INTEGRATION_TIMEOUT_MS,
            request_parameters={
                f"integration.request.header.{header}": source for header, source in _MESSAGE_HEADERS.items()
            },
        )
        return apigatewayv2.CfnRoute(
            self,
            "Default",
            api_id=websocket.api.api_id,
            route_key="$default",
            authorization_type="NONE",  # $connect has authorised the connection
            target=f"integrations/{integration.ref}",
        )
