"""What AWS itself tells of a deployment, asked with the caller's own credentials.

Error texts of the SDK may hold content: only their codes leave this file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tools.smoke_checks.deployment import Deployment, deployment_of, stack_names
from tools.smoke_checks.outcome import CheckFailed

Clients = Callable[[str], Any]  # a boto3 client by the name of its service
TABLE_TYPES = frozenset({"AWS::DynamoDB::GlobalTable", "AWS::DynamoDB::Table"})


@dataclass(frozen=True, slots=True)
class ServiceState:
    """How an ECS service stands."""

    running: int
    desired: int
    rollouts: tuple[str, ...]  # one a deployment under way, and that of the last one

    @property
    def is_steady(self) -> bool:
        """Tell whether all tasks run and no deployment is under way."""
        return 0 < self.desired == self.running and self.rollouts == ("COMPLETED",)


@dataclass(frozen=True, slots=True)
class Quota:
    """A quota of Transcribe."""

    name: str
    value: int


@dataclass(frozen=True, slots=True)
class Capacity:
    """How much the service is configured to take."""

    tasks_most: int
    sessions_a_task: int

    @property
    def sessions(self) -> int:
        """How many sessions at once."""
        return self.tasks_most * self.sessions_a_task


@contextmanager
def _failures_as_codes(what: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "Unknown")
        raise CheckFailed(f"{what}: AWS answers {code}") from None
    except BotoCoreError as error:
        raise CheckFailed(f"{what}: {type(error).__name__}") from None


def read_stacks(clients: Clients, stage: str) -> Deployment:
    """Read the outputs of a stage's stacks.

    Raises:
        CheckFailed: a stack is not there, or an output is missing.
    """
    outputs: dict[str, str] = {}
    for name in stack_names(stage):
        with _failures_as_codes(f"stack {name}"):
            stack = clients("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        outputs |= {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}
    return deployment_of(stage, outputs)


class Service:
    """The ECS service of a deployment."""

    def __init__(self, clients: Clients, deployment: Deployment) -> None:
        self._clients = clients
        self._names = {"cluster": deployment.cluster, "service": deployment.service}

    def state(self) -> ServiceState:
        """Tell how it stands.

        Raises:
            CheckFailed: there is no such service, or AWS does not say.
        """
        found = self._described()
        rollouts = tuple(one.get("rolloutState", "UNKNOWN") for one in found["deployments"])
        return ServiceState(found["runningCount"], found["desiredCount"], rollouts)

    def capacity(self) -> Capacity:
        """Tell what it is configured to take.

        Raises:
            CheckFailed: AWS does not say.
        """
        described = self._described()
        with _failures_as_codes("the service's capacity"):
            definition = self._clients("ecs").describe_task_definition(
                taskDefinition=described["taskDefinition"]
            )
            container = definition["taskDefinition"]["containerDefinitions"][0]
            told = {one["name"]: one["value"] for one in container.get("environment", [])}
            scaling = self._clients("application-autoscaling").describe_scalable_targets(
                ServiceNamespace="ecs",
                ResourceIds=[f"service/{self._names['cluster']}/{self._names['service']}"],
            )["ScalableTargets"]
        tasks = scaling[0]["MaxCapacity"] if scaling else described["desiredCount"]
        return Capacity(tasks, int(told.get("MAX_SESSIONS", "100")))

    def replace_tasks(self) -> None:
        """Begin a deployment of what is deployed already.

        Raises:
            CheckFailed: AWS refuses.
        """
        with _failures_as_codes("the forced deployment"):
            self._clients("ecs").update_service(**self._names, forceNewDeployment=True)

    def _described(self) -> dict[str, Any]:
        with _failures_as_codes("the ECS service"):
            found: list[dict[str, Any]] = self._clients("ecs").describe_services(
                cluster=self._names["cluster"], services=[self._names["service"]]
            )["services"]
        if not found:
            raise CheckFailed("there is no such ECS service")
        return found[0]


def medical_quotas(clients: Clients) -> list[Quota]:
    """List Transcribe's quotas that speak of Medical streams; the clients are of Transcribe's region.

    Raises:
        CheckFailed: AWS does not say.
    """
    with _failures_as_codes("Service Quotas"):
        pages = clients("service-quotas").get_paginator("list_service_quotas")
        listed = [
            Quota(one["QuotaName"], int(one["Value"]))
            for page in pages.paginate(ServiceCode="transcribe")
            for one in page["Quotas"]
        ]
    return [one for one in listed if {"medical", "stream"} <= _words(one.name)]


def _words(name: str) -> set[str]:
    return {word.rstrip("s").removesuffix("ing") for word in name.lower().replace("-", " ").split()}


def alarm_states(clients: Clients, stage: str) -> dict[str, str]:
    """Give the state of each of a stage's alarms.

    Raises:
        CheckFailed: AWS does not say.
    """
    with _failures_as_codes("the alarms"):
        pages = clients("cloudwatch").get_paginator("describe_alarms")
        return {
            alarm["AlarmName"]: alarm["StateValue"]
            for page in pages.paginate(AlarmNamePrefix=f"seva-arogya-{stage}-")
            for alarm in [*page.get("MetricAlarms", []), *page.get("CompositeAlarms", [])]
        }


class Connections:
    """`@connections` as the tasks use it, and which connection a session has."""

    def __init__(self, clients: Clients, management: Any, stage: str) -> None:
        self._clients = clients
        self._management = management
        self._stage = stage
        self._table: str | None = None

    def of_session(self, session_id: str) -> str:
        """Give the id of the connection that a session is attached to.

        Raises:
            CheckFailed: the table is not to be read, or knows none.
        """
        with _failures_as_codes("the live table"):
            self._table = self._table or self._table_name()
            item = (
                self._clients("dynamodb")
                .get_item(
                    TableName=self._table,
                    Key={"pk": {"S": f"session#{session_id}"}, "sk": {"S": "meta"}},
                    ConsistentRead=True,
                )
                .get("Item", {})
            )
        connection = item.get("connection_id", {}).get("S")
        if not connection:
            raise CheckFailed("the live table has no connection of the session")
        return str(connection)

    def post(self, connection_id: str, data: bytes) -> int:
        """Push bytes to a connection and give the HTTP status.

        Raises:
            CheckFailed: AWS was not reached.
        """
        try:
            self._management.post_to_connection(ConnectionId=connection_id, Data=data)
        except ClientError as error:
            return int(error.response["ResponseMetadata"]["HTTPStatusCode"])
        except BotoCoreError as error:
            raise CheckFailed(f"@connections: {type(error).__name__}") from None
        return 200

    def _table_name(self) -> str:
        data = stack_names(self._stage)[0]
        pages = self._clients("cloudformation").get_paginator("list_stack_resources")
        for page in pages.paginate(StackName=data):
            for resource in page["StackResourceSummaries"]:
                if resource["ResourceType"] in TABLE_TYPES:
                    return str(resource["PhysicalResourceId"])
        raise CheckFailed(f"stack {data} has no table")
