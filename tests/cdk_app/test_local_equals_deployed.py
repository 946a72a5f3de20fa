"""What the local stack stands in for is what the templates deploy: routes, headers, times, settings, keys.

Each test reads both sides. A change to one side alone fails here, and not at the first patient.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from cdk_app.constructs import page as deployed_page
from cdk_app.constructs.http_api import HttpApi
from cdk_app.constructs.sign_in import SignIn
from contract import environment as env
from local_stack import http_api, page, sign_in, targets
from local_stack.aws_resources import create_resources
from local_stack.aws_settings import ResourceNames
from local_stack.balancer import BalancerSettings
from local_stack.environments import (
    FUNCTION_MEMORY_MIB,
    Surroundings,
    api_environment,
    connect_environment,
    disconnect_environment,
    history_environment,
    migrate_environment,
    task_environment,
)
from local_stack.gateway.settings import DEFAULT_REQUEST_PARAMETERS, GatewaySettings
from local_stack.launches import FUNCTION_TIMEOUT_S, HISTORY_TIMEOUT_S, MIGRATION_TIMEOUT_S, TOKEN_S
from local_stack.postgres import PostgresAddress
from local_stack.settings import REGION, Settings, read_command_line
from tests.cdk_app.assembly import Assembly, Properties

GATEWAY = GatewaySettings(balancer_port=1)

# Settings that one side alone gives, each with its reason.
ONLY_DEPLOYED = {
    env.DATABASE_CA_FILE,  # the local PostgreSQL has no TLS
    env.MAX_SESSIONS,  # a stage's size; the task's own default holds locally
    env.IDLE_TIMEOUT_S,
}
ONLY_LOCAL = {
    env.TASK_ADDRESS,  # deployed, ECS says where a task is
    env.TRANSCRIBE_ENDPOINT_URL,  # deployed, it is the region's own
    env.TRANSCRIBE_CA_FILE,
}


def _surroundings() -> Surroundings:
    settings = read_command_line([])
    assert isinstance(settings, Settings)
    return Surroundings(settings, PostgresAddress("127.0.0.1", 5006, "user", "secret"), Path("/ca.pem"))


def _default_integration(assembly: Assembly) -> Properties:
    route = assembly.edge.only("AWS::ApiGatewayV2::Route", RouteKey="$default")
    logical_id = route.properties["Target"]["Fn::Join"][1][1]["Ref"]
    return assembly.edge.resources[logical_id].properties


def _deployed_environment(assembly: Assembly, part: str) -> set[str]:
    if part != "task":
        return set(assembly.function(part).properties["Environment"]["Variables"])
    (container,) = assembly.service.only("AWS::ECS::TaskDefinition").properties["ContainerDefinitions"]
    return {variable["Name"] for variable in container["Environment"]}


def test_a_message_comes_with_the_same_headers(assembly: Assembly) -> None:
    """They name whose message it is, and the task knows it from nothing else."""
    assert _default_integration(assembly)["RequestParameters"] == dict(DEFAULT_REQUEST_PARAMETERS)
    assert GATEWAY.request_parameters == DEFAULT_REQUEST_PARAMETERS


def test_a_message_goes_to_the_same_path_and_is_waited_for_as_long(assembly: Assembly) -> None:
    """A task that hangs is given up after the same time."""
    integration = _default_integration(assembly)

    assert integration["IntegrationUri"]["Fn::Join"][1][-1] == GATEWAY.integration_path
    assert integration["TimeoutInMillis"] == GATEWAY.integration_timeout_s * 1000


@pytest.mark.parametrize(
    ("part", "timeout_s"),
    [
        ("connect", FUNCTION_TIMEOUT_S),
        ("disconnect", FUNCTION_TIMEOUT_S),
        ("api", FUNCTION_TIMEOUT_S),
        ("history", HISTORY_TIMEOUT_S),
        ("migrate", MIGRATION_TIMEOUT_S),
    ],
)
def test_a_function_has_as_much_time_and_memory(assembly: Assembly, part: str, timeout_s: float) -> None:
    """What is too slow there must be cut off here."""
    function = assembly.function(part).properties

    assert (function["Timeout"], function["MemorySize"]) == (timeout_s, FUNCTION_MEMORY_MIB)


def test_the_same_routes_ask_for_a_token(assembly: Assembly) -> None:
    """A route that is open here and closed there, or the other way, is the worst of differences."""
    deployed = {
        route.properties["RouteKey"]: route.properties["AuthorizationType"] == "JWT"
        for route in assembly.edge.of_type("AWS::ApiGatewayV2::Route")
        if not route.properties["RouteKey"].startswith("$")
    }

    assert deployed == dict(http_api.ROUTES)
    paths = {key.partition(" ")[2] for key in http_api.ROUTES}
    assert all(any(fnmatch(path, passed_on) for passed_on in HttpApi.PATHS) for path in paths)


def test_who_signs_in_asks_for_the_same_and_for_as_long(assembly: Assembly) -> None:
    """Scopes and lifetime decide when the page must renew."""
    client = assembly.edge.only("AWS::Cognito::UserPoolClient").properties

    assert SignIn.SCOPES == sign_in.SCOPES == tuple(client["AllowedOAuthScopes"])
    assert client["AccessTokenValidity"] * 60 == TOKEN_S


def test_the_page_lies_at_the_same_place() -> None:
    """Its address is what people know."""
    assert (deployed_page.PAGE_PATH, deployed_page.PAGE_FILE) == (page.PAGE_PATH, page.PAGE_FILE)


def test_the_page_is_under_the_same_rules(assembly: Assembly) -> None:
    """What its policy forbids must be found out here. Whom it may talk to has other names."""
    policy = assembly.edge.only("AWS::CloudFront::ResponseHeadersPolicy")
    headers = policy.properties["ResponseHeadersPolicyConfig"]
    joined = headers["SecurityHeadersConfig"]["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    deployed = "".join(part if isinstance(part, str) else "*" for part in joined["Fn::Join"][1])
    local = page.security_headers(_surroundings().settings.ports)

    def directives(text: str) -> dict[str, str]:
        return dict(directive.strip().split(" ", 1) for directive in text.split(";"))

    ours, theirs = directives(deployed), directives(local["Content-Security-Policy"])
    assert ours.keys() == theirs.keys()
    assert ours.pop("connect-src").startswith("'self'")
    assert theirs.pop("connect-src").startswith("'self'")
    assert ours.pop("media-src").startswith("'self' blob: https://")
    assert theirs.pop("media-src") == "'self' blob: http://localhost:5002"
    assert ours == theirs
    for item in headers["CustomHeadersConfig"]["Items"]:
        assert local[item["Header"]] == item["Value"]


def test_a_dead_task_is_noticed_as_late(assembly: Assembly) -> None:
    """Until then it swallows new connections."""
    target_group = assembly.service.only("AWS::ElasticLoadBalancingV2::TargetGroup").properties
    balancer = BalancerSettings()

    assert target_group["HealthCheckIntervalSeconds"] == balancer.nlb_probe_s
    assert target_group["HealthCheckTimeoutSeconds"] == balancer.probe_patience_s
    assert target_group["UnhealthyThresholdCount"] == targets.FAILURES_TO_LEAVE
    assert target_group["HealthyThresholdCount"] == targets.SUCCESSES_TO_RETURN


@pytest.mark.parametrize(
    ("part", "contract", "local"),
    [
        ("connect", env.CONNECT, connect_environment(_surroundings())),
        ("disconnect", env.DISCONNECT, disconnect_environment(_surroundings())),
        ("api", env.API, api_environment(_surroundings())),
        ("history", env.HISTORY, history_environment(_surroundings())),
        ("migrate", env.MIGRATE, migrate_environment(_surroundings())),
        ("task", env.TASK, task_environment(_surroundings(), 1)),
    ],
)
def test_each_part_finds_the_same_settings(
    assembly: Assembly, part: str, contract: frozenset[str], local: dict[str, str]
) -> None:
    """The contract's names, no other; and what only one side gives is in the two lists above."""
    deployed = _deployed_environment(assembly, part)

    assert deployed <= contract
    assert set(local) <= contract
    assert deployed - set(local) <= ONLY_DEPLOYED
    assert set(local) - deployed <= ONLY_LOCAL


@pytest.fixture(scope="module")
def local_table() -> Iterator[Any]:
    """The table as the local stack creates it in its AWS."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        url = f"http://{host}:{port}"
        names = ResourceNames(
            region=REGION,
            bucket="audio",
            table="live",
            database_secret="owner",
            application_secret="application",
            forwarding_secret="forwarding",
            users=(),
            database_user="user",
            database_password="password",
            user_password="Aa1!password",
        )
        create_resources(url, names)
        dynamodb = boto3.client(
            "dynamodb",
            endpoint_url=url,
            region_name=REGION,
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )
        yield (
            dynamodb.describe_table(TableName="live")["Table"],
            dynamodb.describe_time_to_live(TableName="live")["TimeToLiveDescription"],
        )
    finally:
        server.stop()


def test_the_table_has_the_same_keys_index_and_end(assembly: Assembly, local_table: Any) -> None:
    """A query that works here finds its index there."""
    local, time_to_live = local_table
    deployed = assembly.data.only("AWS::DynamoDB::GlobalTable").properties

    def attributes(table: Any) -> dict[str, str]:
        return {each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]}

    def indexes(table: Any) -> list[Any]:
        return [
            [index["IndexName"], index["KeySchema"], index["Projection"]["ProjectionType"]]
            for index in table["GlobalSecondaryIndexes"]
        ]

    assert json.loads(json.dumps(local["KeySchema"])) == deployed["KeySchema"]
    assert attributes(local) == attributes(deployed)
    assert indexes(local) == indexes(deployed)
    assert time_to_live["AttributeName"] == deployed["TimeToLiveSpecification"]["AttributeName"]
    assert deployed["BillingMode"] == local["BillingModeSummary"]["BillingMode"]
