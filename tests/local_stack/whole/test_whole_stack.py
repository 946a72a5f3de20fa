"""The stack as a whole, around a fake task: what it offers, deaths in mid-run, a second one beside it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.config
import pg8000.native
import pytest
from websockets import Origin
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from contract import environment as env
from tests.local_stack import stack_with_fake_task
from tests.stack import (
    ROOT,
    WITHOUT_PROXY,
    RunningStack,
    eventually,
    free_port_base,
    run_to_its_end,
    running_stack,
)

MODULE = stack_with_fake_task.__name__


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    limits = "idle_s=7,ticket_s=20,token_s=120,nlb_probe_s=1,max_sessions=3"
    with running_stack(
        "--tasks", "2", "--restart-after", "0.2", "--limits", limits, module=MODULE
    ) as running:
        yield running


def get_json(url: str, **headers: str) -> tuple[int, Any]:
    return ask("GET", url, **headers)


def ask(method: str, url: str, **headers: str) -> tuple[int, Any]:
    request = urllib.request.Request(url, method=method, headers=headers)
    try:
        with WITHOUT_PROXY.open(request, timeout=20) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def database(stack: RunningStack) -> pg8000.native.Connection:
    at = stack.info["postgres"]
    return pg8000.native.Connection(
        at["user"],
        host=at["host"],
        port=at["port"],
        password=at["password"],
        database=at["database"],
        timeout=5,
    )


def test_stack_json_says_where_everything_is(stack: RunningStack) -> None:
    """Testers and tools work from this file alone."""
    info, base = stack.info, stack.port_base

    assert info["frontend_url"] == f"http://localhost:{base}/live-transcription"
    assert info["api_url"] == f"http://localhost:{base}"
    assert info["websocket_url"] == f"ws://localhost:{base + 1}/"
    assert info["aws_endpoint_url"] == f"http://localhost:{base + 2}"
    assert info["transcribe_endpoint_url"] == f"https://localhost:{base + 3}"
    assert info["gateway_admin_url"] == f"http://localhost:{base + 1}/_admin"
    assert info["transcribe_admin_url"] == f"http://localhost:{base + 5}/_admin"
    assert info["postgres"]["port"] == base + 6
    assert [task["port"] for task in info["tasks"]] == [base + 10, base + 11]
    assert Path(info["transcribe_ca_file"]).is_file()
    for task in info["tasks"]:
        assert f"task-{task['id']}" in info["logs"]
    assert all(Path(log).is_absolute() and Path(log).exists() for log in info["logs"].values())
    assert (stack.state_dir / "stack.json").stat().st_mode & 0o777 == 0o600


def test_the_page_is_announced_when_everything_answers(stack: RunningStack) -> None:
    """Who starts it is told where to go, how to sign in and how to stop."""
    said = stack.said()

    assert stack.info["frontend_url"] in said
    assert "doctor1" in said
    assert "Ctrl-C" in said
    assert "emptied" in said


def test_a_shell_gets_a_ticket_with_the_token_command(stack: RunningStack) -> None:
    """`curl` with the command's only output is signed in."""
    command = [sys.executable, "-m", "local_stack", "token", "--user", "doctor2"]
    printed = subprocess.run(
        [*command, "--state-dir", str(stack.state_dir)], cwd=ROOT, capture_output=True, text=True, check=True
    )

    token = printed.stdout.strip()
    status, ticket = ask("POST", f"{stack.info['api_url']}/tickets", Authorization=f"Bearer {token}")

    assert printed.stdout == f"{token}\n"
    assert printed.stderr == ""
    assert status == 200
    assert ticket["expires_in"] == 20
    assert ticket["websocket_url"] == stack.info["websocket_url"]
    assert ask("POST", f"{stack.info['api_url']}/tickets")[0] == 401


def test_the_real_api_lambda_reaches_its_database(stack: RunningStack) -> None:
    """The migrations were applied before anything else ran."""
    _, health = get_json(f"{stack.info['api_url']}/health")

    assert health["checks"]["database"] == "healthy"
    assert health["checks"]["secrets_manager"] == "healthy"
    assert health["checks"]["migrations"]["pending"] == 0
    assert database(stack).run("SELECT count(*) FROM transcriptions") == [[0]]


def test_a_task_is_told_only_what_the_contract_names(stack: RunningStack) -> None:
    """Product code has no "if local": its ordinary settings point at the stand-ins."""
    _, told = get_json(f"http://localhost:{stack.tasks[0]['port']}/environment")
    credentials = told["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
    password = told["AWS_CONTAINER_AUTHORIZATION_TOKEN"]

    status, issued = get_json(credentials, Authorization=password)

    ours = {name for name in told if not name.startswith("AWS_") and name not in ("PATH", "LC_CTYPE")}
    assert ours | {env.AWS_TRANSCRIBE_REGION} <= env.TASK
    assert told[env.MAX_SESSIONS] == "3"
    assert told[env.IDLE_TIMEOUT_S] == "7"
    assert env.DURATION_LIMIT_S not in told
    assert (status, issued["AccessKeyId"][:4]) == (200, "ASIA")


def test_a_rule_reaches_the_task_it_names(stack: RunningStack) -> None:
    """The AWS endpoint tells tasks apart by the credentials that each was given."""
    victim, other = (credentials_of(stack, task) for task in stack.tasks)
    stack.aws_rules({"service": "dynamodb", "task": stack.tasks[0]["id"], "status": 503})

    refused = list_table(stack, victim)
    taken = list_table(stack, other)
    counts = stack.admin("gateway", "aws")["counts"]
    stack.aws_rules()

    assert (refused, taken) == (503, 200)
    assert counts["refused"] == 1
    assert list_table(stack, victim) == 200


def test_a_socket_reaches_a_task_and_the_task_reaches_the_socket(stack: RunningStack) -> None:
    """The real connect Lambda admits it, the balancer passes its messages on, a task signs its answers."""
    url, origin = stack.info["api_url"], f"http://localhost:{stack.port_base}"
    ticket = ask("POST", f"{url}/tickets", Authorization=f"Bearer {stack.token()}")[1]
    address = f"{ticket['websocket_url']}?ticket={ticket['ticket']}"

    with connect(address, origin=Origin(origin), proxy=None) as browser:
        browser.send('{"type": "ping"}')
        assert eventually(lambda: any(messages_of(stack)))
        message = next(iter(messages_of(stack)))
        push(stack, message["headers"]["x-connection-id"], b"for you")
        heard = browser.recv(timeout=10)

    assert message["path"] == "/messages"
    assert message["body"] == '{"type": "ping"}'
    assert heard == "for you"
    with pytest.raises(InvalidStatus, match="403"):
        connect(address, origin=Origin(origin), proxy=None)


def messages_of(stack: RunningStack) -> list[dict[str, Any]]:
    return [
        message
        for task in stack.tasks
        for message in get_json(f"http://localhost:{task['port']}/messages")[1]
    ]


def push(stack: RunningStack, connection_id: str, text: bytes) -> None:
    _, told = get_json(f"http://localhost:{stack.tasks[0]['port']}/environment")
    issued = credentials_of(stack, stack.tasks[0])
    client = boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=told[env.CONNECTIONS_URL],
        region_name=stack.info["region"],
        aws_access_key_id=issued["AccessKeyId"],
        aws_secret_access_key=issued["SecretAccessKey"],
        aws_session_token=issued["Token"],
    )
    client.post_to_connection(ConnectionId=connection_id, Data=text)


def credentials_of(stack: RunningStack, task: dict[str, Any]) -> dict[str, Any]:
    _, told = get_json(f"http://localhost:{task['port']}/environment")
    url, password = told["AWS_CONTAINER_CREDENTIALS_FULL_URI"], told["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
    issued: dict[str, Any] = get_json(url, Authorization=password)[1]
    return issued


def list_table(stack: RunningStack, issued: dict[str, Any]) -> int:
    client = boto3.client(
        "dynamodb",
        endpoint_url=stack.info["aws_endpoint_url"],
        region_name=stack.info["region"],
        aws_access_key_id=issued["AccessKeyId"],
        aws_secret_access_key=issued["SecretAccessKey"],
        aws_session_token=issued["Token"],
        config=botocore.config.Config(retries={"total_max_attempts": 1}),
    )
    try:
        answer = client.describe_table(TableName=stack.info["table"])
    except client.exceptions.ClientError as error:
        answer = error.response
    status: int = answer["ResponseMetadata"]["HTTPStatusCode"]
    return status


def test_a_killed_task_is_replaced_by_one_with_a_new_id(stack: RunningStack) -> None:
    """As on ECS; the neighbour is not touched, and the file tells."""
    before, neighbour = known = stack.tasks

    os.kill(before["pid"], signal.SIGKILL)
    after = stack.wait_for_new_task(known)

    assert neighbour in stack.tasks
    assert before not in stack.tasks
    assert after["port"] != before["port"]
    assert get_json(f"http://localhost:{after['port']}/readyz")[1]["task_id"] == after["id"]
    assert f"task-{before['id']}" in stack.info["logs"]
    assert eventually(lambda: f"{before['id']} has ended; {after['id']} took its place" in stack.said())


def test_a_killed_postgres_comes_up_again_with_its_rows(stack: RunningStack) -> None:
    """The record outlives its server."""
    connection = database(stack)
    connection.run("CREATE TABLE survivors (id int)")
    connection.run("INSERT INTO survivors VALUES (1)")
    before = stack.info["postgres"]["pid"]

    os.kill(before, signal.SIGKILL)

    assert eventually(lambda: stack.info["postgres"]["pid"] != before)
    assert database(stack).run("SELECT id FROM survivors") == [[1]]


def test_postgres_stays_down_for_as_long_as_it_is_wanted_down(stack: RunningStack) -> None:
    """A tester's outage is not healed by the rule for accidents."""
    port, known = stack.info["postgres"]["port"], stack.tasks

    down = stack.postgres_down(True)
    os.kill(known[0]["pid"], signal.SIGKILL)
    stack.wait_for_new_task(known)  # a restart's wait has passed
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=2)
    up = stack.postgres_down(False)

    assert down["faults"] == {"down": True}
    assert up["faults"] == {"down": False}
    assert database(stack).run("SELECT 1") == [[1]]


def test_a_second_stack_on_the_same_ports_fails_in_one_sentence(stack: RunningStack, tmp_path: Path) -> None:
    """It touches nothing of the first."""
    second = run_to_its_end(
        MODULE, "--port-base", str(stack.port_base), "--state-dir", str(tmp_path / "second")
    )

    assert second.returncode == 1
    assert second.stderr.count("\n") == 1
    assert f"Port {stack.port_base} is in use" in second.stderr
    assert not (tmp_path / "second").exists()
    assert get_json(f"{stack.info['api_url']}/config.json")[0] == 200


def test_a_second_stack_on_the_same_folder_fails_in_one_sentence(stack: RunningStack) -> None:
    """Emptying the folder under a running stack would destroy its data."""
    second = run_to_its_end(MODULE, "--port-base", str(free_port_base()), "--state-dir", str(stack.state_dir))

    assert second.returncode == 1
    assert second.stderr.count("\n") == 1
    assert "Another local stack is running" in second.stderr
    assert stack.tasks
