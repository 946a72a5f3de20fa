"""The stack of what browsers meet: the page, sign-in, the HTTP API, the WebSocket API's routes."""

from __future__ import annotations

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from cdk_app.config import StageConfiguration
from cdk_app.constructs import access_log
from cdk_app.constructs.access_log import AccessLog
from cdk_app.constructs.alarms import Alarms
from cdk_app.constructs.dashboard import Dashboard
from cdk_app.constructs.edge_functions import EdgeFunctions
from cdk_app.constructs.http_api import HttpApi
from cdk_app.constructs.monitored import Monitored
from cdk_app.constructs.page import Page
from cdk_app.constructs.page_content import PageContent
from cdk_app.constructs.python_functions import PythonFunctions
from cdk_app.constructs.sign_in import SignIn
from cdk_app.constructs.websocket_routes import WebsocketRoutes
from cdk_app.stacks.data import DataStack
from cdk_app.stacks.service import ServiceStack


class EdgeStack(Stack):
    """All that must know the page's address: who may sign in from it, and who may open a socket from it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: StageConfiguration,
        data: DataStack,
        service: ServiceStack,
    ) -> None:
        super().__init__(scope, construct_id, env=stage.environment)
        logged = {
            name: AccessLog(
                self,
                f"{name}AccessLog",
                fields=fields,
                key=data.key,
                log_retention=stage.log_retention,
                removal_policy=stage.log_removal_policy,
            )
            for name, fields in (("Http", access_log.HTTP_FIELDS), ("Websocket", access_log.WEBSOCKET_FIELDS))
        }
        http_api = HttpApi(
            self,
            "Http",
            access_log=logged["Http"],
            requests_per_s=stage.http_requests_per_s,
            burst=stage.http_burst,
        )
        page = Page(
            self,
            "Page",
            api_domain_name=http_api.domain_name,
            api_paths=HttpApi.PATHS,
            connects_to=[service.websocket.origin, data.users.origin],
            plays_from=[data.audio.origin],
            domain=stage.domain,
        )
        sign_in = SignIn(self, "SignIn", users=data.users, page_url=page.url)
        functions = EdgeFunctions(
            self,
            "Lambda",
            functions=PythonFunctions(self, "Functions", key=data.key, log_retention=stage.log_retention),
            stage_name=stage.name,
            log_level=stage.log_level,
            network=data.network,
            audio=data.audio,
            table=data.table,
            database=data.database,
            users=data.users,
            page_origin=page.origin,
            websocket_url=service.websocket.url,
            record_deletion=stage.record_deletion,
        )
        http_api.add_routes(functions.api, functions.history, sign_in=sign_in)
        WebsocketRoutes(
            self,
            "Routes",
            websocket=service.websocket,
            connect=functions.connect,
            disconnect=functions.disconnect,
            balancer=service.balancer,
            access_log=logged["Websocket"],
            messages_per_s=stage.websocket_messages_per_s,
            burst=stage.websocket_burst,
        )
        PageContent(
            self,
            "Content",
            page=page,
            users=data.users,
            sign_in=sign_in,
            key=data.key,
            log_retention=stage.log_retention,
        )
        monitored = Monitored(
            stage_name=stage.name,
            tasks_min=stage.task.tasks_min,
            sessions_per_task=stage.task.sessions_per_task,
            service=service.streaming.service,
            targets=service.balancer.targets,
            database=data.database.instance,
            table=data.table.table,
            websocket=service.websocket.api,
            functions=functions.by_name() | {"Migrate": service.migration.function},
        )
        alarms = Alarms(self, "Alarms", of=monitored, key=data.key)
        dashboard = Dashboard(self, "Dashboard", of=monitored, alarms=alarms)

        CfnOutput(self, "AlarmTopicArn", value=alarms.topic.topic_arn)
        CfnOutput(self, "DashboardName", value=dashboard.dashboard.dashboard_name)
        CfnOutput(self, "PageUrl", value=page.url)
        CfnOutput(self, "PageDomainTarget", value=page.distribution.distribution_domain_name)
        CfnOutput(self, "HealthUrl", value=f"{page.origin}/health")
        for name, function in functions.by_name().items():
            CfnOutput(self, f"{name}LogGroup", value=function.log_group.log_group_name)
        for name, log in logged.items():
            CfnOutput(self, f"{name}AccessLogGroup", value=log.log_group.log_group_name)
