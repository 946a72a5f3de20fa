"""The WebSocket API as an object with an address. Its routes are made where their targets are."""

from __future__ import annotations

from typing import Final

from aws_cdk import Stack
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_iam as iam
from constructs import Construct

STAGE_NAME: Final = "live"


class WebsocketApi(Construct):
    """The API that owns the sockets; the task pushes to its connections."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.api = apigatewayv2.WebSocketApi(
            self,
            "Api",
            description="Live transcription",
            # No route but $default takes messages: what they are is the task's business.
            route_selection_expression="$request.body.type",
        )

    @property
    def origin(self) -> str:
        """What the page must be allowed to connect to."""
        return self.api.api_endpoint

    @property
    def url(self) -> str:
        """Where the page connects."""
        return f"{self.origin}/{STAGE_NAME}"

    @property
    def connections_url(self) -> str:
        """Where the task posts to connections."""
        stack = Stack.of(self)
        return f"https://{self.api.api_id}.execute-api.{stack.region}.{stack.url_suffix}/{STAGE_NAME}"

    def grant_push(self, grantee: iam.IGrantable) -> None:
        """Let the grantee send to connections."""
        connections = Stack.of(self).format_arn(
            service="execute-api",
            resource=self.api.api_id,
            resource_name=f"{STAGE_NAME}/POST/@connections/*",
        )
        iam.Grant.add_to_principal(
            grantee=grantee, actions=["execute-api:ManageConnections"], resource_arns=[connections]
        )
