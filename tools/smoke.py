"""See whether a deployment works: `python -m tools.smoke --stage dev`, one line for each question.

The access token comes from SEVA_ACCESS_TOKEN, or is asked for without being shown; never from the command
line, which every process of the machine may read. AWS is asked with the caller's own credentials. With
--local it looks at the local stack and skips what only AWS can answer. Costs some 0.30 USD of Transcribe.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from contract.audio import Quality
from tools.audio_file import NotAudio, read_pcm
from tools.live_connection import NotAllowed
from tools.smoke_checks.account import (
    Clients,
    Connections,
    Service,
    alarm_states,
    medical_quotas,
    read_stacks,
)
from tools.smoke_checks.aws_state import judge_alarms, judge_quota, judge_service
from tools.smoke_checks.deployment import Deployment, read_outputs_file
from tools.smoke_checks.hand_over import check_hand_over
from tools.smoke_checks.handshakes import check_refusals
from tools.smoke_checks.health import check_health
from tools.smoke_checks.messages import check_frames, check_header_mapping, check_order
from tools.smoke_checks.outcome import (
    Check,
    CheckFailed,
    Finding,
    Ok,
    Outcome,
    as_json,
    as_line,
    exit_code,
    run_in_order,
    skip,
)
from tools.smoke_checks.pushes import check_gone, check_unread
from tools.smoke_checks.speech import Speech, check_medical, check_sample, medical_kinds
from tools.stream_file import TOKEN_VARIABLE, Target, deployed_target, local_target

SAMPLE = Path(__file__).parent.parent / "tests" / "data" / "audio" / "real_austen_0870.wav"
LOCAL_USER = "doctor1"


@dataclass(frozen=True, slots=True)
class Samples:
    """The sample as each quality hears it, and its own."""

    by_quality: dict[Quality, bytes]
    own: Quality

    @property
    def speech(self) -> Speech:
        """The whole sample."""
        return Speech(self.by_quality[self.own], self.own)


def read_samples(file: Path) -> Samples:
    """Read a sound file.

    Raises:
        NotAudio: it cannot be read.
    """
    _, own = read_pcm(file, None)
    return Samples({quality: read_pcm(file, quality)[0] for quality in Quality}, own)


def path_checks(target: Target, health_url: str, samples: Samples) -> list[Check]:
    """List what any client can see, here and in AWS alike."""
    return [
        Check("health", lambda: check_health(health_url)),
        Check("connect refusals", lambda: check_refusals(target)),
        Check("vpc link and headers", lambda: check_header_mapping(target)),
        Check("frames over the limits", lambda: check_frames(target)),
        Check("message order", lambda: check_order(target)),
        Check("sample to saved", lambda: check_sample(target, samples.speech)),
        Check("medical requests", lambda: check_medical(target, medical_kinds(samples.by_quality))),
    ]


@dataclass(frozen=True, slots=True)
class Aws:
    """How AWS is asked."""

    clients: Clients  # of the deployment's region
    transcribe_clients: Clients  # of Transcribe's
    connections: Connections
    service: Service


def aws_checks(target: Target, deployment: Deployment, aws: Aws, people: int | None) -> list[Check]:
    """List what only AWS can tell."""

    async def service() -> Outcome:
        return judge_service(await asyncio.to_thread(aws.service.state))

    async def quota() -> Outcome:
        quotas = await asyncio.to_thread(medical_quotas, aws.transcribe_clients)
        return judge_quota(quotas, await asyncio.to_thread(aws.service.capacity), people)

    async def alarms() -> Outcome:
        return judge_alarms(await asyncio.to_thread(alarm_states, aws.clients, deployment.stage))

    return [
        Check("tasks", service),
        Check("connection gone (410)", lambda: check_gone(target, aws.connections)),
        Check("client not reading (429)", lambda: check_unread(target, aws.connections)),
        Check("medical quota", quota),
        Check("alarms", alarms),
    ]


ONLY_AWS = ("stacks", "tasks", "connection gone (410)", "client not reading (429)", "medical quota", "alarms")
HAND_OVER = "hand-over"


def local_checks(state_dir: Path, samples: Samples) -> list[Check]:
    """List the checks of the local stack.

    Raises:
        NotAllowed: no stack runs there.
    """
    target = local_target(state_dir, LOCAL_USER)
    skipped = [skip(name) for name in (*ONLY_AWS, HAND_OVER)]
    return [*path_checks(target, f"{target.api_url}/health", samples), *skipped]


def deployed_checks(given: argparse.Namespace, samples: Samples) -> list[Check]:
    """List the checks of a deployment.

    Raises:
        CheckFailed: its outputs are not to be had, or there is no token.
    """
    import boto3

    session = boto3.Session(region_name=given.region)

    def clients(service: str) -> object:
        return session.client(service)

    if given.outputs is None:
        deployment = read_stacks(clients, given.stage)
    else:
        try:
            deployment = read_outputs_file(given.outputs.read_text(), given.stage)
        except OSError:
            raise CheckFailed(f"{given.outputs} cannot be read") from None
    target = deployed_target(deployment.api_url, None, read_token())
    management = session.client("apigatewaymanagementapi", endpoint_url=deployment.connections_url)

    def transcribe_clients(service: str) -> object:
        return session.client(service, region_name=deployment.transcribe_region)

    aws = Aws(
        clients,
        transcribe_clients,
        Connections(clients, management, deployment.stage),
        Service(clients, deployment),
    )
    checks = [
        Check("stacks", lambda: _found(deployment)),
        *path_checks(target, deployment.health_url, samples),
        *aws_checks(target, deployment, aws, given.people),
    ]
    if given.force_deployment:
        return [*checks, Check(HAND_OVER, lambda: check_hand_over(target, samples.speech, aws.service))]
    return [*checks, skip(HAND_OVER, "needs --force-deployment")]


async def _found(deployment: Deployment) -> Outcome:
    return Ok(f"outputs of {deployment.stage} read, page {deployment.page_url}")


def read_token() -> str:
    """Take the access token from the environment, or ask for it without showing it.

    Raises:
        CheckFailed: there is none, and nobody to ask.
    """
    token = os.environ.get(TOKEN_VARIABLE, "").strip()
    if not token and sys.stdin.isatty():
        token = getpass.getpass("Access token (not shown): ").strip()
    if not token:
        raise CheckFailed(f"there is no access token: put one into {TOKEN_VARIABLE}")
    return token


def _arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.smoke", description=__doc__)
    parser.add_argument("--stage", default="dev", help="which stage's stacks (default dev)")
    parser.add_argument("--region", help="of the stacks (default: the AWS profile's)")
    parser.add_argument("--outputs", type=Path, metavar="FILE", help="from `cdk deploy --outputs-file`")
    parser.add_argument("--local", action="store_true", help="the local stack instead of a deployment")
    parser.add_argument("--state-dir", type=Path, default=Path(".local"), help="of the local stack")
    parser.add_argument("--people", type=int, help="how many dictate at once: the quota must meet it")
    parser.add_argument(
        "--force-deployment",
        action="store_true",
        help="replace all tasks while speaking, and measure the pause",
    )
    parser.add_argument("--sample", type=Path, default=SAMPLE, help="a sound file with English speech")
    parser.add_argument("--json", action="store_true", help="print one JSON list instead of lines")
    given = parser.parse_args(arguments)
    if given.local and (given.outputs or given.force_deployment):
        parser.error("--local goes with neither --outputs nor --force-deployment")
    return given


async def _run(checks: Sequence[Check], *, as_lines: bool) -> list[Finding]:
    findings = []
    async for finding in run_in_order(checks):
        findings.append(finding)
        if as_lines:
            print(as_line(finding), flush=True)
    return findings


def main(arguments: Sequence[str]) -> int:
    """Check what the command line names; give the exit code."""
    given = _arguments(arguments)
    try:
        samples = read_samples(given.sample)
        checks = local_checks(given.state_dir, samples) if given.local else deployed_checks(given, samples)
    except (CheckFailed, NotAudio, NotAllowed) as failure:
        print(f"smoke: {failure}.", file=sys.stderr)
        return 1
    findings = asyncio.run(_run(checks, as_lines=not given.json))
    if given.json:
        print(json.dumps([as_json(finding) for finding in findings], indent=2))
    return exit_code(findings)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
