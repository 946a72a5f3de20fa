"""However a migration ends, CloudFormation is told: the library's answerer is run as it is deployed."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cdk_app import assets
from tests.cdk_app.assembly import Assembly

_PROVIDER = Path(__file__).with_name("trigger_provider.cjs")


def _told(assembly: Assembly, request_type: str, function_error: str | None, payload: object) -> Any:
    """Give what CloudFormation is told when Lambda answers the migration's invocation with this."""
    (provider,) = (
        resource
        for resource in assembly.service.of_type("AWS::Lambda::Function")
        if "TriggerCustomResourceProvider" in resource.logical_id
    )
    folder = assembly.directory / f"asset.{provider.properties['Code']['S3Key'].partition('.')[0]}"
    trigger = assembly.service.only("Custom::Trigger").properties
    event = {
        "RequestType": request_type,
        "ResponseURL": "https://cloudformation.example.invalid/answer",
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "Trigger",
        "PhysicalResourceId": "trigger",
        "ResourceProperties": {**trigger, "HandlerArn": "arn:aws:lambda:us-east-1:111122223333:function:m:1"},
    }
    answer = {"StatusCode": 200, "FunctionError": function_error, "Payload": json.dumps(payload)}
    done = subprocess.run(
        ["node", str(_PROVIDER), str(folder)],
        cwd=assets.ROOT,
        input=json.dumps({"event": event, "answer": answer}),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("request_type", ["Create", "Update"])
@pytest.mark.parametrize(
    "failure",
    [
        {"errorType": "MigrationFailed", "errorMessage": "001_x.sql failed with SQLSTATE 42601"},
        {
            "errorType": "Runtime.ImportModuleError",
            "errorMessage": "Unable to import module 'x': No module y",
        },
        {"errorType": "Sandbox.Timedout", "errorMessage": "2027-01-15 Task timed out after 240.00 seconds"},
    ],
    ids=["exception", "import error", "timeout"],
)
def test_a_migration_that_did_not_end_well_fails_the_deployment_with_its_sentence(
    assembly: Assembly, request_type: str, failure: dict[str, str]
) -> None:
    """An exception, a package that does not load, a function cut off at its four minutes."""
    told = _told(assembly, request_type, "Unhandled", failure)

    assert told["Status"] == "FAILED"
    assert failure["errorMessage"] in told["Reason"]


def test_a_migration_that_is_done_lets_the_deployment_go_on(assembly: Assembly) -> None:
    """Whatever it says of itself."""
    told = _told(assembly, "Update", None, {"message": "up to date", "applied_now": []})

    assert told["Status"] == "SUCCESS"


def test_taking_the_stack_away_runs_no_migration(assembly: Assembly) -> None:
    """It would be one against a database that is being deleted."""
    told = _told(assembly, "Delete", "Unhandled", {"errorMessage": "it was invoked"})

    assert told["Status"] == "SUCCESS"
