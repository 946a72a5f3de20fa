"""Who called an API, when and with what outcome: one line of JSON a call.

A line names no path's query, no header and no body: tickets travel in a query, words in bodies.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

import jsii
from aws_cdk import RemovalPolicy
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk_app.constructs.encryption_key import EncryptionKey

_EVERY_CALL: Final = (
    "requestId",
    "requestTime",
    "routeKey",
    "status",
    "identity.sourceIp",
    "error.messageString",
)
WEBSOCKET_FIELDS: Final = (
    *_EVERY_CALL,
    "connectionId",
    "eventType",
    "integrationLatency",
    "integration.status",
)
HTTP_FIELDS: Final = (*_EVERY_CALL, "httpMethod", "path", "responseLatency", "integration.status")


@jsii.implements(apigatewayv2.IAccessLogSettings)
class AccessLog(Construct):
    """A log group under the product's key, and the form of a line with these fields of the call's context."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        fields: Sequence[str],
        key: EncryptionKey,
        log_retention: logs.RetentionDays,
        removal_policy: RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        self.log_group = logs.LogGroup(
            self,
            "Lines",
            retention=log_retention,
            encryption_key=key.key,
            removal_policy=removal_policy,
        )
        self._line = json.dumps({field: f"$context.{field}" for field in fields})

    @property
    def destination(self) -> apigatewayv2.IAccessLogDestination:
        """Where the lines go."""
        return apigatewayv2.LogGroupLogDestination(self.log_group)

    @property
    def format(self) -> apigateway.AccessLogFormat:
        """What a line holds."""
        return apigateway.AccessLogFormat.custom(self._line)
