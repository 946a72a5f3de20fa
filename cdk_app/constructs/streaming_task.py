"""The streaming task's definition: its image, its settings and what it may do."""

from __future__ import annotations

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from cdk_app import assets, names
from cdk_app.config import StageConfiguration
from cdk_app.constructs.audio_bucket import AudioBucket
from cdk_app.constructs.database import Database
from cdk_app.constructs.encryption_key import EncryptionKey
from cdk_app.constructs.live_table import LiveTable
from cdk_app.constructs.websocket_api import WebsocketApi
from contract import environment

INGRESS_PORT: Final = 8080
_STOP_TIMEOUT: Final = Duration.seconds(120)  # Fargate's most; a task leaves within 20 s
_UNPRIVILEGED: Final = "10001:10001"  # the image's own user, held to here whatever image comes
_FORWARDING_KEY_CHARACTERS: Final = 64
_HEALTH_PROBE: Final = (
    f"import urllib.request as u; u.urlopen('http://127.0.0.1:{INGRESS_PORT}/healthz', timeout=2)"
)


class StreamingTask(Construct):
    """A Fargate task definition on arm64: an unprivileged user on a read-only root filesystem."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: StageConfiguration,
        key: EncryptionKey,
        audio: AudioBucket,
        table: LiveTable,
        database: Database,
        websocket: WebsocketApi,
    ) -> None:
        super().__init__(scope, construct_id)
        forwarding_key = secretsmanager.Secret(
            self,
            "ForwardingKey",
            description="HMAC key of the messages that tasks forward to one another",
            encryption_key=key.imported_into(self),
            generate_secret_string=secretsmanager.SecretStringGenerator(
                password_length=_FORWARDING_KEY_CHARACTERS, exclude_punctuation=True
            ),
        )
        self.definition = ecs.FargateTaskDefinition(
            self,
            "Definition",
            family=names.task_family(stage.name),
            cpu=stage.task.cpu_units,
            memory_limit_mib=stage.task.memory_mib,
            runtime_platform=ecs.RuntimePlatform(
                cpu_architecture=ecs.CpuArchitecture.ARM64,
                operating_system_family=ecs.OperatingSystemFamily.LINUX,
            ),
        )
        self.log_group = logs.LogGroup(
            self,
            "Logs",
            log_group_name=names.task_log_group(stage.name),
            retention=stage.log_retention,
            encryption_key=key.key,
            removal_policy=stage.log_removal_policy,
        )
        self.definition.add_container(
            "streaming",
            image=assets.task_image(),
            port_mappings=[ecs.PortMapping(container_port=INGRESS_PORT)],
            environment={
                environment.LOG_LEVEL: stage.log_level,
                environment.STAGE: stage.name,
                environment.TABLE_NAME: table.table.table_name,
                environment.AUDIO_BUCKET: audio.bucket.bucket_name,
                environment.PORT: str(INGRESS_PORT),
                environment.CONNECTIONS_URL: websocket.connections_url,
                environment.FORWARDING_SECRET_ID: forwarding_key.secret_arn,
                environment.AWS_TRANSCRIBE_REGION: stage.transcribe_region,
                environment.MAX_SESSIONS: str(stage.task.sessions_per_task),
                environment.IDLE_TIMEOUT_S: str(stage.task.idle_timeout_s),
                **database.environment(ca_file=assets.IMAGE_CA_FILE),
            },
            user=_UNPRIVILEGED,
            readonly_root_filesystem=True,
            stop_timeout=_STOP_TIMEOUT,
            health_check=ecs.HealthCheck(
                command=["CMD", "python", "-c", _HEALTH_PROBE],
                interval=Duration.seconds(10),
                timeout=Duration.seconds(5),
                retries=3,
                start_period=Duration.seconds(30),
            ),
            logging=ecs.LogDriver.aws_logs(stream_prefix="streaming", log_group=self.log_group),
        )
        role = self.definition.task_role
        audio.grant_recording(role)
        table.grant_running_sessions(role)
        websocket.grant_push(role)
        forwarding_key.grant_read(role)
        key.grant_use_by_secrets_manager(role)
        role.add_to_principal_policy(
            # AWS defines no resource for this action: "*" is all that it takes.
            iam.PolicyStatement(actions=["transcribe:StartMedicalStreamTranscription"], resources=["*"])
        )
