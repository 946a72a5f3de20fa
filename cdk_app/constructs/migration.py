"""The schema's migration: a Lambda that CloudFormation runs before what needs the new schema."""

from __future__ import annotations

from typing import Final

from aws_cdk import Duration, triggers
from constructs import Construct

from cdk_app import assets
from cdk_app.constructs.database import Database
from cdk_app.constructs.network import Network
from cdk_app.constructs.python_functions import PythonFunctions
from contract import environment

_MIGRATION_TIMEOUT: Final = Duration.minutes(4)
_TRIGGER_TIMEOUT: Final = Duration.minutes(5)  # outlives the function, so that its own answer is heard


class Migration(Construct):
    """Runs once in every deployment that changes it, and fails the deployment if it fails."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        functions: PythonFunctions,
        network: Network,
        database: Database,
        stage_name: str,
        log_level: str,
    ) -> None:
        super().__init__(scope, construct_id)
        parts = Construct(self, "Function")
        self.function = functions.function(
            parts,
            "migrate",
            environment={
                environment.LOG_LEVEL: log_level,
                environment.STAGE: stage_name,
                **database.owner_environment(ca_file=assets.LAMBDA_CA_FILE),
            },
            timeout=_MIGRATION_TIMEOUT,
            network=network,
            also=["migrations", "certificates"],
        )
        database.admit_owner(self.function, self.function)
        self._trigger = triggers.Trigger(self, "Trigger", handler=self.function, timeout=_TRIGGER_TIMEOUT)
        # Not the function alone: without its policy and its network rules it could not connect.
        self._trigger.execute_after(parts)

    def execute_before(self, *dependents: Construct) -> None:
        """Keep the dependents waiting until the schema is there."""
        self._trigger.execute_before(*dependents)
