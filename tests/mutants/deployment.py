"""Slips of the templates that a deployment would find out about too late."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

TEMPLATES = "tests/cdk_app"
LEAST_PRIVILEGE = "tests/cdk_app/test_least_privilege.py"

DEPLOYMENT = (
    Mutant(
        "the task may not use the table",
        "a part may do what it does",
        "cdk_app/constructs/streaming_task.py",
        "        table.grant_running_sessions(role)\n",
        "",
        (LEAST_PRIVILEGE,),
    ),
    Mutant(
        "the task may not speak to clients",
        "a part may do what it does",
        "cdk_app/constructs/streaming_task.py",
        "        websocket.grant_push(role)\n",
        "",
        (f"{TEMPLATES}/constructs/test_streaming_task.py",),
    ),
    Mutant(
        "connect may do what only the task does",
        "a part may do nothing that it never does",
        "cdk_app/constructs/live_table.py",
        '_CONNECT: Final = (\n    "dynamodb:ConditionCheckItem",\n',
        '_CONNECT: Final = (\n    "dynamodb:UpdateItem",\n    "dynamodb:ConditionCheckItem",\n',
        (LEAST_PRIVILEGE,),
    ),
    Mutant(
        "a metric is drawn under another name",
        "what is drawn is emitted",
        "cdk_app/metrics.py",
        "        metric_name=metric.value,\n",
        "        metric_name=metric.name,\n",
        (f"{TEMPLATES}/test_monitoring.py",),
    ),
    Mutant(
        "a metric is emitted under another name",
        "what is drawn is emitted",
        "streaming_task/metrics.py",
        "line.add_metric(name=metric.value,",
        "line.add_metric(name=metric.name,",
        ("tests/streaming_task/test_metrics.py",),
    ),
    Mutant(
        "a metric is renamed in the catalogue alone",
        "what is drawn stands in the operator's page",
        "contract/metrics.py",
        '    ACK_LAG = "AckLag"',
        '    ACK_LAG = "AcknowledgementLag"',
        ("tests/test_operations_page.py", "tests/contract/test_metrics.py"),
    ),
    Mutant(
        "a message comes without its connection",
        "local equals deployed",
        "cdk_app/constructs/websocket_routes.py",
        '    "x-connection-id": "context.connectionId",\n',
        '    "x-connection": "context.connectionId",\n',
        (f"{TEMPLATES}/test_local_equals_deployed.py",),
    ),
    Mutant(
        "a message's number is the request's",
        "local equals deployed",
        "cdk_app/constructs/websocket_routes.py",
        '    "x-message-id": "context.messageId",\n',
        '    "x-message-id": "context.requestId",\n',
        (f"{TEMPLATES}/test_local_equals_deployed.py",),
    ),
    Mutant(
        "the gateway logs every message",
        "no audio and no word in any log",
        "cdk_app/constructs/websocket_routes.py",
        '"DefaultRouteSettings.DataTraceEnabled", False',
        '"DefaultRouteSettings.DataTraceEnabled", True',
        (f"{TEMPLATES}/constructs/test_websocket_routes.py",),
    ),
    Mutant(
        "anyone's token is taken",
        "tickets are for who signed in here",
        "cdk_app/constructs/http_api.py",
        "jwt_audience=[sign_in.client.user_pool_client_id]",
        'jwt_audience=["another"]',
        (f"{TEMPLATES}/constructs/test_http_api.py",),
    ),
)
