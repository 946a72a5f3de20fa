"""The Lambdas at the edges of a connection, and those behind the HTTP API. None is on the audio path."""

from __future__ import annotations

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk_app import assets
from cdk_app.config import RecordDeletion
from cdk_app.constructs.audio_bucket import AudioBucket
from cdk_app.constructs.database import Database
from cdk_app.constructs.live_table import LiveTable
from cdk_app.constructs.network import Network
from cdk_app.constructs.python_functions import PythonFunctions
from cdk_app.constructs.user_pool import UserPool
from contract import environment

_TIMEOUT: Final = Duration.seconds(10)
_ERASING_TIMEOUT: Final = Duration.seconds(25)  # half an hour of parts, each with its versions


class EdgeFunctions(Construct):
    """connect, disconnect, api and history, each with its settings and no more than its permissions."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        functions: PythonFunctions,
        stage_name: str,
        log_level: str,
        network: Network,
        audio: AudioBucket,
        table: LiveTable,
        database: Database,
        users: UserPool,
        page_origin: str,
        websocket_url: str,
        record_deletion: RecordDeletion,
    ) -> None:
        super().__init__(scope, construct_id)
        shared = {
            environment.LOG_LEVEL: log_level,
            environment.STAGE: stage_name,
            environment.TABLE_NAME: table.table.table_name,
        }
        self.connect = functions.function(
            self,
            "connect",
            environment={**shared, environment.ALLOWED_ORIGINS: page_origin},
            timeout=_TIMEOUT,
        )
        table.grant_opening_connections(self.connect)
        self.disconnect = functions.function(self, "disconnect", environment=shared, timeout=_TIMEOUT)
        table.grant_closing_connections(self.disconnect)
        self.api = functions.function(
            self,
            "api",
            environment={
                **shared,
                environment.WEBSOCKET_URL: websocket_url,
                environment.USER_POOL_ID: users.pool.user_pool_id,
                **database.environment(ca_file=assets.LAMBDA_CA_FILE),
            },
            timeout=_TIMEOUT,
            network=network,
            also=["certificates", "migrations"],  # health tells what of them is pending
        )
        table.grant_answering_the_page(self.api)
        users.grant_ending_sessions(self.api)
        database.admit(self.api, self.api)

        self.history = functions.function(
            self,
            "history",
            environment={
                **shared,
                environment.AUDIO_BUCKET: audio.bucket.bucket_name,
                environment.RECORD_DELETION: record_deletion,
                environment.PAGE_ORIGIN: page_origin,
                **database.environment(ca_file=assets.LAMBDA_CA_FILE),
            },
            timeout=_ERASING_TIMEOUT,
            network=network,
            also=["certificates", "migrations"],  # it comes to the database by the same door as they
        )
        table.grant_reading_sessions(self.history)
        audio.grant_playing(self.history)
        if record_deletion == environment.OWNER:
            table.grant_erasing_sessions(self.history)
            audio.grant_erasing(self.history)
        database.admit(self.history, self.history)

    def by_name(self) -> dict[str, lambda_.Function]:
        """Give the functions by the names that their outputs carry."""
        return {
            "Connect": self.connect,
            "Disconnect": self.disconnect,
            "Api": self.api,
            "History": self.history,
        }
