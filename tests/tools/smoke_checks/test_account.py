"""AWS's answers, as its own service models allow them, become what the checks judge."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from tools.smoke_checks.account import (
    Capacity,
    Connections,
    Quota,
    Service,
    ServiceState,
    alarm_states,
    medical_quotas,
    read_stacks,
)
from tools.smoke_checks.deployment import NEEDED, Deployment, deployment_of
from tools.smoke_checks.outcome import CheckFailed

OUTPUTS = {
    "PageUrl": "https://page.example/live-transcription",
    "HealthUrl": "https://page.example/health",
    "WebsocketUrl": "wss://abc.execute-api.us-east-1.amazonaws.com/live",
    "ClusterName": "seva-arogya-dev-cluster",
    "ServiceName": "seva-arogya-dev-service",
    "TranscribeEndpoint": "https://transcribestreaming.us-west-2.amazonaws.com",
}
NAMES = {"cluster": OUTPUTS["ClusterName"], "services": [OUTPUTS["ServiceName"]]}


class Account:
    """Clients whose every call must have been foreseen, in order; botocore checks both directions' shapes."""

    def __init__(self) -> None:
        self._stubs: dict[str, tuple[Any, Stubber]] = {}

    def __call__(self, service: str) -> Any:
        if service not in self._stubs:
            client: Any = boto3.client(
                service,
                region_name="us-east-1",
                endpoint_url="https://aws.example",
                aws_access_key_id="AKIAEXAMPLE",
                aws_secret_access_key="secret",
            )
            self._stubs[service] = (client, Stubber(client))
            self._stubs[service][1].activate()
        return self._stubs[service][0]

    def will(self, service: str, call: str, answer: dict[str, Any], asked: dict[str, Any]) -> None:
        self(service)
        self._stubs[service][1].add_response(call, answer, asked)

    def will_fail(self, service: str, call: str, code: str, status: int) -> None:
        self(service)
        self._stubs[service][1].add_client_error(call, code, "secret words", http_status_code=status)


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
def deployment() -> Deployment:
    return deployment_of("dev", OUTPUTS)


def stack(name: str, outputs: dict[str, str]) -> dict[str, Any]:
    return {
        "Stacks": [
            {
                "StackName": name,
                "CreationTime": "2026-01-01T00:00:00Z",
                "StackStatus": "CREATE_COMPLETE",
                "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()],
            }
        ]
    }


def test_the_outputs_of_all_three_stacks_are_read(account: Account, deployment: Deployment) -> None:
    """The engineer names a stage, nothing else."""
    keys = list(NEEDED)
    for part, some in (("data", []), ("service", keys[2:]), ("edge", keys[:2])):
        name = f"seva-arogya-dev-{part}"
        outputs = {key: OUTPUTS[key] for key in some}
        account.will("cloudformation", "describe_stacks", stack(name, outputs), {"StackName": name})

    assert read_stacks(account, "dev") == deployment


def test_a_refusal_is_told_by_its_code_alone(account: Account) -> None:
    """Error texts may hold what no terminal should show."""
    account.will_fail("cloudformation", "describe_stacks", "AccessDenied", 403)

    with pytest.raises(CheckFailed) as failure:
        read_stacks(account, "dev")

    assert str(failure.value) == "stack seva-arogya-dev-data: AWS answers AccessDenied"


def described(running: int, *rollouts: str) -> dict[str, Any]:
    deployments = [{"rolloutState": state} for state in rollouts]
    one = {
        "runningCount": running,
        "desiredCount": 2,
        "deployments": deployments,
        "taskDefinition": "task:7",
    }
    return {"services": [one]}


@pytest.mark.parametrize(
    ("running", "rollouts", "is_steady"),
    [
        (2, ["COMPLETED"], True),
        (1, ["COMPLETED"], False),
        (2, ["IN_PROGRESS", "COMPLETED"], False),
        (2, ["FAILED"], False),
    ],
)
def test_a_service_is_steady_when_all_run_and_nothing_is_under_way(
    account: Account, deployment: Deployment, running: int, rollouts: list[str], is_steady: bool
) -> None:
    """A deployment that fails still has its old tasks running."""
    account.will("ecs", "describe_services", described(running, *rollouts), NAMES)

    state = Service(account, deployment).state()

    assert state == ServiceState(running, 2, tuple(rollouts))
    assert state.is_steady is is_steady


def test_no_service_is_no_answer(account: Account, deployment: Deployment) -> None:
    """ECS answers an empty list for a name that it does not know."""
    account.will("ecs", "describe_services", {"services": []}, NAMES)

    with pytest.raises(CheckFailed, match="no such ECS service"):
        Service(account, deployment).state()


def test_the_capacity_is_that_of_the_most_tasks(account: Account, deployment: Deployment) -> None:
    """As the scaling and the task definition have it now."""
    account.will("ecs", "describe_services", described(2, "COMPLETED"), NAMES)
    container = {"environment": [{"name": "MAX_SESSIONS", "value": "50"}]}
    definition = {"taskDefinition": {"containerDefinitions": [container]}}
    account.will("ecs", "describe_task_definition", definition, {"taskDefinition": "task:7"})
    resource = "service/seva-arogya-dev-cluster/seva-arogya-dev-service"
    target = {
        "ServiceNamespace": "ecs",
        "ResourceId": resource,
        "ScalableDimension": "ecs:service:DesiredCount",
        "MinCapacity": 1,
        "MaxCapacity": 4,
        "RoleARN": "arn:aws:iam::123456789012:role/scaling",
        "CreationTime": "2026-01-01T00:00:00Z",
    }
    account.will(
        "application-autoscaling",
        "describe_scalable_targets",
        {"ScalableTargets": [target]},
        {"ServiceNamespace": "ecs", "ResourceIds": [resource]},
    )

    assert Service(account, deployment).capacity() == Capacity(4, 50)


def test_a_forced_deployment_is_of_this_service(account: Account, deployment: Deployment) -> None:
    """The one call that changes anything."""
    asked = {"cluster": NAMES["cluster"], "service": NAMES["services"][0], "forceNewDeployment": True}
    account.will("ecs", "update_service", {"service": {}}, asked)

    Service(account, deployment).replace_tasks()


def test_of_transcribes_quotas_those_of_medical_streams_are_taken(account: Account) -> None:
    """The wording changes, the words do not; batch jobs are another quota."""
    names = {
        "Number of concurrent streaming medical transcription": 25.0,
        "Number of concurrent Medical streams": 40.0,
        "Number of concurrent streaming transcription": 25.0,
        "Number of concurrent medical batch transcription jobs": 250.0,
    }
    listed = [{"QuotaName": name, "Value": value} for name, value in names.items()]
    account.will("service-quotas", "list_service_quotas", {"Quotas": listed}, {"ServiceCode": "transcribe"})

    assert medical_quotas(account) == [Quota(name, int(value)) for name, value in list(names.items())[:2]]


def test_alarms_of_this_stage_are_listed(account: Account) -> None:
    """Those of another stage in the account sound for others."""
    alarms = [{"AlarmName": "seva-arogya-dev-edge-A", "StateValue": "OK"}]
    account.will(
        "cloudwatch",
        "describe_alarms",
        {"MetricAlarms": alarms},
        {"AlarmNamePrefix": "seva-arogya-dev-"},
    )

    assert alarm_states(account, "dev") == {"seva-arogya-dev-edge-A": "OK"}


def test_a_sessions_connection_is_found_in_the_stages_table(account: Account) -> None:
    """The table's name is CloudFormation's own: it is looked up, once."""
    resource = {
        "LogicalResourceId": "LiveTable",
        "PhysicalResourceId": "table-1",
        "ResourceType": "AWS::DynamoDB::GlobalTable",
        "LastUpdatedTimestamp": "2026-01-01T00:00:00Z",
        "ResourceStatus": "CREATE_COMPLETE",
    }
    account.will(
        "cloudformation",
        "list_stack_resources",
        {"StackResourceSummaries": [resource]},
        {"StackName": "seva-arogya-dev-data"},
    )
    asked = {
        "TableName": "table-1",
        "Key": {"pk": {"S": "session#s1"}, "sk": {"S": "meta"}},
        "ConsistentRead": True,
    }
    account.will("dynamodb", "get_item", {"Item": {"connection_id": {"S": "c1="}}}, asked)
    account.will("dynamodb", "get_item", {}, asked)
    connections = Connections(account, account("apigatewaymanagementapi"), "dev")

    assert connections.of_session("s1") == "c1="
    with pytest.raises(CheckFailed, match="no connection"):
        connections.of_session("s1")


def test_a_push_gives_the_status_that_aws_gives(account: Account) -> None:
    """410 and 429 are answers here, no errors."""
    asked = {"ConnectionId": "c1=", "Data": b"{}"}
    account.will("apigatewaymanagementapi", "post_to_connection", {}, asked)
    account.will_fail("apigatewaymanagementapi", "post_to_connection", "GoneException", 410)
    account.will_fail("apigatewaymanagementapi", "post_to_connection", "LimitExceededException", 429)
    connections = Connections(account, account("apigatewaymanagementapi"), "dev")

    assert [connections.post("c1=", b"{}") for _ in range(3)] == [200, 410, 429]
