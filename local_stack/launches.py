"""What each part that is a process of our own is started with. Pure: builds values, starts nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from local_stack.aws_settings import AwsSettings, ResourceNames, new_user_password
from local_stack.credentials import Issued
from local_stack.edge_settings import EdgeSettings
from local_stack.environments import (
    APPLICATION_SECRET,
    BUCKET,
    DATABASE_SECRET,
    FORWARDING_SECRET,
    TABLE,
    USER_POOL_ID,
    Surroundings,
    as_function,
)
from local_stack.http_api import CONTROL_PATH
from local_stack.lambdas import FunctionSettings
from local_stack.settings import REGION, USERS
from local_stack.state_folder import StateFolder

TOKEN_S: Final = 900  # an access token's, as the stacks configure it
SILENCE_RATIO: Final = 1.5  # Transcribe's 15 s of silence to the task's 10 s
FUNCTION_TIMEOUT_S: Final = 10.0  # as the stacks give them
HISTORY_TIMEOUT_S: Final = 25.0
MIGRATION_TIMEOUT_S: Final = 240.0
POSTGRES: Final = "postgres"  # what the gateway asks the supervisor to control


def aws_settings(around: Surroundings, folder: StateFolder) -> AwsSettings:
    """Say what the AWS endpoint is to create and where it listens."""
    settings = around.settings
    return AwsSettings(
        port=settings.ports.aws,
        token_s=settings.limits.token_s or TOKEN_S,
        user_pool_id=USER_POOL_ID,
        credentials_file=str(folder.credentials),
        names=ResourceNames(
            region=REGION,
            bucket=BUCKET,
            table=TABLE,
            database_secret=DATABASE_SECRET,
            application_secret=APPLICATION_SECRET,
            forwarding_secret=FORWARDING_SECRET,
            users=USERS,
            database_user=around.postgres.user,
            database_password=around.postgres.password,
            user_password=new_user_password(),
        ),
    )


def transcribe_arguments(around: Surroundings, folder: StateFolder) -> list[str]:
    """Give the command line of the Transcribe stand-in."""
    settings = around.settings
    limits = settings.limits
    lowered = {
        "silence_s": None if limits.silence_s is None else limits.silence_s * SILENCE_RATIO,
        "transcribe_streams": limits.transcribe_streams,
    }
    given = ",".join(f"{name}={value:g}" for name, value in lowered.items() if value is not None)
    return [
        *("-m", "local_stack.transcribe"),
        *("--port", str(settings.ports.transcribe), "--admin-port", str(settings.ports.transcribe_admin)),
        *("--recognizer", settings.recognizer, "--region", REGION),
        *("--certificate-dir", str(folder.certificates)),
        *("--credentials-file", str(folder.credentials)),
        *(("--limits", given) if given else ()),
    ]


def edge_settings(
    around: Surroundings,
    folder: StateFolder,
    functions: Mapping[str, FunctionSettings],
    control_password: str,
) -> EdgeSettings:
    """Say where gateway and balancer listen and what they call."""
    ports, limits = around.settings.ports, around.settings.limits
    return EdgeSettings(
        gateway_port=ports.gateway,
        balancer_port=ports.balancer,
        region=REGION,
        nlb_probe_s=limits.nlb_probe_s,
        connection_idle_s=limits.connection_idle_s,
        connection_max_s=limits.connection_max_s,
        credentials_file=str(folder.credentials),
        functions={name: one.as_json() for name, one in functions.items()},
        aws_admin_url=f"http://127.0.0.1:{ports.aws}/_admin/aws",
        postgres_admin_url=f"http://127.0.0.1:{ports.page}{CONTROL_PATH}{POSTGRES}",
        control_password=control_password,
    )


def function_settings(
    name: str,
    product: Mapping[str, str],
    around: Surroundings,
    folder: StateFolder,
    issued: Issued,
    timeout_s: float = FUNCTION_TIMEOUT_S,
) -> FunctionSettings:
    """Say how the Lambda `lambdas/{name}` is run: the real handler, in the environment AWS would give it."""
    full_name = f"seva-arogya-local-{name}"
    return FunctionSettings(
        name=full_name,
        handler=f"lambdas.{name}.handler:handler",
        environment=as_function(product, full_name, around, issued),
        log_file=folder.logs / f"lambda-{name}.log",
        timeout_s=timeout_s,
    )
