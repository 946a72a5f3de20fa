"""The stack of what outlives a deployment: network, key, audio, live state, database, users."""

from __future__ import annotations

from aws_cdk import CfnOutput, Fn, Stack
from constructs import Construct

from cdk_app.config import StageConfiguration
from cdk_app.constructs.audio_bucket import AudioBucket
from cdk_app.constructs.database import Database
from cdk_app.constructs.encryption_key import EncryptionKey
from cdk_app.constructs.live_table import LiveTable
from cdk_app.constructs.network import Network
from cdk_app.constructs.provider_logs import ProviderLogs
from cdk_app.constructs.user_pool import UserPool


class DataStack(Stack):
    """Changes seldom; the other stacks come and go around it."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: StageConfiguration) -> None:
        super().__init__(scope, construct_id, env=stage.environment)
        self.key = EncryptionKey(self, "Key", removal_policy=stage.removal_policy)
        self.network = Network(
            self,
            "Network",
            nat_gateways=stage.nat_gateways,
            key=self.key,
            log_retention=stage.log_retention,
            removal_policy=stage.removal_policy,
        )
        self.audio = AudioBucket(
            self,
            "Audio",
            key=self.key,
            recordings_kept_days=stage.recordings_kept_days,
            removal_policy=stage.removal_policy,
        )
        self.table = LiveTable(
            self,
            "Live",
            key=self.key,
            removal_policy=stage.removal_policy,
            is_deletion_protected=stage.is_deletion_protected,
        )
        self.database = Database(
            self,
            "Database",
            network=self.network,
            key=self.key,
            size=stage.database,
            stage_name=stage.name,
            log_retention=stage.log_retention,
            removal_policy=stage.removal_policy,
            is_deletion_protected=stage.is_deletion_protected,
        )
        ProviderLogs(self, "ProviderLogs", key=self.key, log_retention=stage.log_retention)
        self.users = UserPool(
            self,
            "Users",
            stage_name=stage.name,
            mfa=stage.mfa,
            removal_policy=stage.removal_policy,
            is_deletion_protected=stage.is_deletion_protected,
        )
        CfnOutput(self, "UserPoolId", value=self.users.pool.user_pool_id)
        CfnOutput(self, "AudioBucketName", value=self.audio.bucket.bucket_name)
        CfnOutput(self, "FlowLogGroup", value=self.network.flow_logs.log_group_name)

    @property
    def availability_zones(self) -> list[str]:
        """Two zones by their place in the region's list, which the library would look up in the account."""
        return [Fn.select(index, Fn.get_azs()) for index in range(2)]
