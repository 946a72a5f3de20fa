"""The stack of what runs: the schema's migration, the streaming service, the balancer before it."""

from __future__ import annotations

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from cdk_app.config import StageConfiguration
from cdk_app.constructs.load_balancer import LoadBalancer
from cdk_app.constructs.migration import Migration
from cdk_app.constructs.provider_logs import ProviderLogs
from cdk_app.constructs.python_functions import PythonFunctions
from cdk_app.constructs.streaming_service import StreamingService
from cdk_app.constructs.streaming_task import StreamingTask
from cdk_app.constructs.websocket_api import WebsocketApi
from cdk_app.stacks.data import DataStack


class ServiceStack(Stack):
    """Schema first, then tasks. The WebSocket API is here because the tasks must know its address."""

    def __init__(
        self, scope: Construct, construct_id: str, *, stage: StageConfiguration, data: DataStack
    ) -> None:
        super().__init__(scope, construct_id, env=stage.environment)
        functions = PythonFunctions(self, "Functions", key=data.key, log_retention=stage.log_retention)
        migration = Migration(
            self,
            "Migration",
            functions=functions,
            network=data.network,
            database=data.database,
            stage_name=stage.name,
            log_level=stage.log_level,
        )
        self.websocket = WebsocketApi(self, "Websocket")
        task = StreamingTask(
            self,
            "Task",
            stage=stage,
            key=data.key,
            audio=data.audio,
            table=data.table,
            database=data.database,
            websocket=self.websocket,
        )
        service = StreamingService(
            self,
            "Streaming",
            stage=stage,
            network=data.network,
            task=task,
            database=data.database,
        )
        migration.execute_before(service.service)
        ProviderLogs(self, "ProviderLogs", key=data.key, log_retention=stage.log_retention)
        self.streaming = service
        self.migration = migration
        self.balancer = LoadBalancer(
            self,
            "Balancer",
            network=data.network,
            service=service,
            domain=stage.domain,
        )
        # The edge asks for it by this name only while there is no domain. CloudFormation would refuse to take
        # an export back before the edge has let go of it, and the edge is deployed after this.
        self.export_value(self.balancer.balancer.load_balancer_dns_name)

        CfnOutput(self, "WebsocketUrl", value=self.websocket.url)
        CfnOutput(self, "ClusterName", value=service.cluster.cluster_name)
        CfnOutput(self, "ServiceName", value=service.service.service_name)
        CfnOutput(self, "TaskLogGroup", value=task.log_group.log_group_name)
        CfnOutput(self, "MigrationFunctionName", value=migration.function.function_name)
        CfnOutput(self, "MigrationLogGroup", value=migration.function.log_group.log_group_name)
        CfnOutput(
            self,
            "TranscribeEndpoint",
            value=f"https://transcribestreaming.{stage.transcribe_region}.{self.url_suffix}",
        )
