"""Each part may do what it does, and nothing that it never does: its calls here against its policy there."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from contract.audio import Quality
from local_stack import environments as local
from tests.cdk_app.assembly import Assembly, Properties, Resource
from tests.e2e.dictation import counter_pcm, dictate
from tests.e2e.raw_client import finish, raw_client, resume, start, ticket_for
from tests.e2e.records import wait_for
from tests.e2e.test_health import health
from tests.e2e.test_history import ask
from tests.e2e.test_sign_out import sign_out_everywhere
from tests.stack import WITHOUT_PROXY, RunningStack, running_stack

PARTS = ("connect", "disconnect", "api", "history", "migrate", "streaming_task")

# What our names here are called in the templates' references.
REFERENCES = {
    f"table/{local.TABLE}": "LiveTable",
    f"bucket/{local.BUCKET}": "Audio",
    f"secret/{local.DATABASE_SECRET}": "MasterUserSecret",
    f"secret/{local.APPLICATION_SECRET}": "DatabaseApplicationPassword",
    f"secret/{local.FORWARDING_SECRET}": "ForwardingKey",
    f"pool/{local.USER_POOL_ID}": "UsersPool",
}

# The gateway and the Transcribe stand-in are processes of their own: that text came shows both calls.
ELSEWHERE = {
    "streaming_task": {"execute-api:ManageConnections", "transcribe:StartMedicalStreamTranscription"}
}

# Allowed, and not called by our code.
UNCALLED = {
    "logs:CreateLogStream": "Lambda and Fargate write the logs with the part's role.",
    "logs:PutLogEvents": "Lambda and Fargate write the logs with the part's role.",
    "ec2:": "Lambda makes the function's network interface in the VPC with the function's role.",
    "kms:": "S3, DynamoDB, Secrets Manager and Lambda use the key for the caller; here nothing is encrypted.",
    "secretsmanager:DescribeSecret": "The library's grant for reading has it; it shows no secret.",
}

# Allowed to a part on what its resource's name ends with, and not called on the ways gone here.
SELDOM = {
    (
        "history",
        "s3:ListBucket",
        "Audio",
    ): "Called by none: without it S3 says 403 and not 404 of a recording that is not there.",
    (
        "streaming_task",
        "s3:GetObject",
        "/recordings/*",
    ): "A pending transcript is made from the recording, once its parts are gone: hours later.",
}


@dataclass(frozen=True, slots=True)
class Allowed:
    """One action on one resource, the resource as the template writes it."""

    action: str
    resource: str


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    """Start a stack of its own: its log holds what it was asked since its start, the migration included."""
    with running_stack("--limits", "sweep_s=1") as running:
        yield running


def role_of(part: str, templates: Assembly) -> str:
    """Name the logical id of a part's role."""
    if part == "streaming_task":
        reference = templates.service.only("AWS::ECS::TaskDefinition").properties["TaskRoleArn"]
    else:
        reference = templates.function(part).properties["Role"]
    return str(reference["Fn::GetAtt"][0])


def allowed_to(part: str, templates: Assembly) -> set[Allowed]:
    """Give all that a part's policies allow."""
    role = role_of(part, templates)
    return {
        Allowed(str(action), json.dumps(resource))
        for found in templates.resources()
        for statement in _statements(found, role)
        for action in _as_list(statement["Action"])
        for resource in _as_list(statement["Resource"])
    }


def _statements(found: Resource, role: str) -> Iterator[Properties]:
    if found.type in {"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"}:
        if {"Ref": role} in found.properties.get("Roles", []):
            yield from found.properties["PolicyDocument"]["Statement"]
    elif found.type == "AWS::IAM::Role" and found.logical_id == role:
        assert not found.properties.get("ManagedPolicyArns"), "a policy whose content we do not see"
        for policy in found.properties.get("Policies", ()):
            yield from policy["PolicyDocument"]["Statement"]


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def covers(allowed: Allowed, called: Mapping[str, Any]) -> bool:
    """Tell whether a permission is for a call: the action itself, and the very resource or its folder."""
    if allowed.action != called["action"]:
        return False
    resource = str(called["resource"])
    (ours,) = (name for name in REFERENCES if f"{resource}/".startswith(f"{name}/"))
    path = resource.removeprefix(ours)  # a folder, an index; nothing: the resource itself
    is_path_right = json.dumps(path) in allowed.resource if path else '"/' not in allowed.resource
    return REFERENCES[ours] in allowed.resource and is_path_right


def calls(stack: RunningStack) -> list[dict[str, Any]]:
    """Give every kind of call that was made, by whom, and how often."""
    with WITHOUT_PROXY.open(f"{stack.info['aws_endpoint_url']}/_admin/aws/calls", timeout=30) as answer:
        found: list[dict[str, Any]] = json.loads(answer.read())
    return found


async def do_everything(stack: RunningStack) -> None:
    """Go every way that leads to AWS.

    Health, two whole sessions, a renewal, a record looked at and deleted, a sign-out, a task that leaves.
    """
    health(stack, 200)
    pcm = counter_pcm(Quality.MEDIUM, 8.0)
    session = await dictate(stack, pcm, Quality.MEDIUM, speed=2.0)
    assert session.heard.text.split()  # pushed through the gateway, heard by Transcribe
    wait_until_called(stack, "streaming_task", "s3:DeleteObject")

    async with raw_client(stack, ticket=await ticket_for(stack)) as client:
        opening = start()
        session_id = str((await client.answer_to(opening, "ready"))["session_id"])
        await client.answer_to({"type": "renew", "ticket": await ticket_for(stack)}, "renewed")
        await client.speak(session_id, pcm)
        assert ask(stack, "GET", f"/transcriptions/{session_id}").status in (200, 404)  # its finals so far
        await finish(client, session_id, pcm)
        await client.answer_to(resume(session_id, opening["client"]), "saved")
    wait_until_called(stack, "disconnect", "dynamodb:DeleteItem")
    wait_for(lambda: is_deleted(stack, session_id) or None, "the record to be finished, and deleted")
    assert sign_out_everywhere(stack, stack.token("doctor2"))[0] == 200

    known = stack.tasks
    os.kill(known[0]["pid"], signal.SIGTERM)  # a task that leaves takes its lease along
    stack.wait_for_new_task(known)
    wait_until_called(stack, "streaming_task", "dynamodb:DeleteItem")


def is_deleted(stack: RunningStack, session_id: str) -> bool:
    """Look at a record in every way, then try to delete it; it is refused until it is finished."""
    assert ask(stack, "GET", f"/transcriptions/{session_id}").status == 200
    ask(stack, "GET", f"/transcriptions/{session_id}/audio")
    return ask(stack, "DELETE", f"/transcriptions/{session_id}").status == 200


def wait_until_called(stack: RunningStack, part: str, action: str) -> None:
    """Wait until a part has made such a call."""

    def look() -> bool | None:
        return any((call["caller"], call["action"]) == (part, action) for call in calls(stack)) or None

    wait_for(look, f"{part} to call {action}")


async def test_everything_that_was_called_is_allowed_and_nothing_more(
    stack: RunningStack, assembly: Assembly
) -> None:
    """A grant too few fails the first consultation, one too many is there for whoever breaks in."""
    await do_everything(stack)
    made = calls(stack)

    for part in PARTS:
        allowed = allowed_to(part, assembly)
        mine = [call for call in made if call["caller"] == part]
        assert mine, f"{part} has called nothing"
        refused = [call for call in mine if not any(covers(one, call) for one in allowed)]
        unused = {
            one
            for one in allowed
            if not any(covers(one, call) for call in mine)
            and one.action not in ELSEWHERE.get(part, ())
            and not any(one.action.startswith(uncalled) for uncalled in UNCALLED)
            and not any((part, one.action) == key[:2] and key[2] in one.resource for key in SELDOM)
        }
        assert refused == [], part
        assert unused == set(), part
    assert {call["caller"] for call in made} == set(PARTS)
