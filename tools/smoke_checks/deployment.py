"""Where a deployment is: what the outputs of its stacks say. Pure."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass

from tools.smoke_checks.outcome import CheckFailed

PARTS = ("data", "service", "edge")
NEEDED = ("PageUrl", "HealthUrl", "WebsocketUrl", "ClusterName", "ServiceName", "TranscribeEndpoint")


@dataclass(frozen=True, slots=True)
class Deployment:
    """What the outputs tell of one stage."""

    stage: str
    page_url: str
    health_url: str
    websocket_url: str
    cluster: str
    service: str
    transcribe_endpoint: str

    @property
    def api_url(self) -> str:
        """The HTTP API: behind the page's own address."""
        page = urllib.parse.urlsplit(self.page_url)
        return f"{page.scheme}://{page.netloc}"

    @property
    def connections_url(self) -> str:
        """Where `@connections` is."""
        return "https" + self.websocket_url.removeprefix("wss").rstrip("/")

    @property
    def transcribe_region(self) -> str:
        """The region that the tasks' Transcribe is in."""
        return (urllib.parse.urlsplit(self.transcribe_endpoint).hostname or "").split(".")[1]


def stack_names(stage: str) -> tuple[str, ...]:
    """Name a stage's stacks."""
    return tuple(f"seva-arogya-{stage}-{part}" for part in PARTS)


def read_outputs_file(text: str, stage: str) -> Deployment:
    """Read what `cdk deploy --outputs-file` wrote.

    Raises:
        CheckFailed: it is no such file, or not of this stage.
    """
    try:
        stacks = json.loads(text)
        outputs = {name: value for stack in stack_names(stage) for name, value in stacks[stack].items()}
    except KeyError as missing:
        raise CheckFailed(f"the outputs file has no stack {missing}") from None
    except (ValueError, TypeError, AttributeError):
        raise CheckFailed("the outputs file is not what `cdk deploy --outputs-file` writes") from None
    return deployment_of(stage, outputs)


def deployment_of(stage: str, outputs: Mapping[str, str]) -> Deployment:
    """Take what is needed from the outputs of all stacks.

    Raises:
        CheckFailed: some are missing; all of them are named.
    """
    missing = [name for name in NEEDED if not outputs.get(name)]
    if missing:
        raise CheckFailed(f"outputs are missing: {', '.join(missing)}")
    return Deployment(stage, *(outputs[name] for name in NEEDED))
