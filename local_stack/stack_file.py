"""`stack.json`: where everything is, for tests and tools. Written in one step, for its owner's eyes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from local_stack.credentials import write_private
from local_stack.environments import BUCKET, TABLE, Surroundings
from local_stack.http_api import page_address
from local_stack.settings import REGION


@dataclass(frozen=True, slots=True)
class TaskEntry:
    """A streaming task: its id as `owner` in DynamoDB, its process and its port."""

    id: str
    pid: int
    port: int


def describe_stack(
    around: Surroundings, postgres_pid: int | None, tasks: Sequence[TaskEntry], logs: Mapping[str, Path]
) -> dict[str, Any]:
    """Give the file's content."""
    ports = around.settings.ports
    return {
        "frontend_url": page_address(ports),
        "api_url": f"http://localhost:{ports.page}",
        "websocket_url": around.websocket_url,
        "aws_endpoint_url": around.aws_endpoint_url,
        "transcribe_endpoint_url": around.transcribe_endpoint_url,
        "transcribe_ca_file": str(around.transcribe_ca_file),
        "region": REGION,
        "postgres": {**asdict(around.postgres), "pid": postgres_pid},
        "audio_bucket": BUCKET,
        "table": TABLE,
        "tasks": [asdict(task) for task in tasks],
        "gateway_admin_url": f"http://localhost:{ports.gateway}/_admin",
        "transcribe_admin_url": f"http://localhost:{ports.transcribe_admin}/_admin",
        "logs": {name: str(path) for name, path in logs.items()},
    }


def write_stack(file: Path, content: Mapping[str, Any]) -> None:
    """Replace the file."""
    write_private(file, json.dumps(content, indent=1))
