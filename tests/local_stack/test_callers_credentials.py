"""`--recognizer aws`: the task gets the caller's own credentials and region; without any, one sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.credentials import Credentials
from botocore.exceptions import TokenRetrievalError

from contract import environment as env
from local_stack.callers_credentials import NOTHING_FOUND, Caller, find_caller
from local_stack.credentials import CredentialIssuer, CredentialsFile, Issued, NotIssued
from local_stack.environments import Surroundings, as_task, task_environment
from local_stack.postgres import PostgresAddress
from local_stack.settings import Settings, read_command_line
from local_stack.start_failed import StartFailed
from streaming_task.settings import read_settings
from tests.stack import ROOT, free_port_base

NOW = 1_000_000.0
OWN = Credentials("AKIACALLER", "caller's secret", None)


@dataclass
class Session:
    """botocore's session, as far as it is asked."""

    found: Any
    region: str | None = "eu-west-1"

    def get_credentials(self) -> Any:
        return self.found

    def get_config_variable(self, name: str) -> str | None:
        assert name == "region"
        return self.region


class Ended:
    """Credentials of a sign-in that has ended since."""

    def get_frozen_credentials(self) -> Any:
        raise TokenRetrievalError(provider="sso", error_msg="words of an answer")


class ShortLived:
    """Credentials that end ten minutes from now."""

    _expiry_time = datetime.fromtimestamp(NOW + 600, UTC)

    def get_frozen_credentials(self) -> Any:
        return Credentials("ASIACALLER", "secret", "token").get_frozen_credentials()


def around(recognizer: str, region: str = "eu-west-1") -> Surroundings:
    settings = read_command_line(["--recognizer", recognizer])
    assert isinstance(settings, Settings)
    return Surroundings(
        settings, PostgresAddress("127.0.0.1", 5006, "user", "x"), Path("/ca.pem"), transcribe_region=region
    )


def test_the_task_is_told_the_real_transcribe_of_the_callers_region_and_nothing_else_of_aws() -> None:
    """S3, DynamoDB and all else stay with the stand-ins."""
    surroundings = around("aws")

    told = as_task(task_environment(surroundings, 5010), surroundings, "holder", "password")
    settings = read_settings(told)

    assert settings.transcribe_endpoint_url == "https://transcribestreaming.eu-west-1.amazonaws.com"
    assert settings.transcribe_region == "eu-west-1"
    assert settings.transcribe_ca_file is None
    assert settings.region == "us-east-1"
    assert told["AWS_ENDPOINT_URL"] == "http://localhost:5002"


def test_with_any_other_recogniser_the_task_is_told_the_stand_in() -> None:
    """Nobody pays who did not ask for it."""
    told = task_environment(around("scripted", "us-east-1"), 5010)

    assert told[env.TRANSCRIBE_ENDPOINT_URL] == "https://localhost:5003"
    assert told[env.TRANSCRIBE_CA_FILE] == "/ca.pem"


def test_tasks_hold_the_callers_own_set_and_the_stand_ins_know_it(tmp_path: Path) -> None:
    """One set for everything: whoever verifies a signature finds the key in the issuer's file."""
    caller = find_caller(lambda: Session(OWN))
    issuer = CredentialIssuer(tmp_path / "file", rotate_s=60, clock=lambda: NOW, mint=caller.mint)
    password = issuer.admit("holder")

    issued = issuer.current("holder", password)

    assert caller.region == "eu-west-1"
    assert issued == Issued("AKIACALLER", "caller's secret", None, NOW + 90, None)
    assert CredentialsFile(tmp_path / "file").lookup("AKIACALLER") == ("caller's secret", None, NOW + 90)


def test_a_set_that_ends_sooner_is_asked_for_again_sooner(tmp_path: Path) -> None:
    """Else a task would go on with what AWS takes no more."""
    times = [NOW]
    caller = Caller("eu-west-1", ShortLived())
    issuer = CredentialIssuer(tmp_path / "file", rotate_s=3600, clock=lambda: times[0], mint=caller.mint)
    password = issuer.admit("holder")
    first = issuer.current("holder", password)

    times[0] += 401  # two thirds of its ten minutes
    second = issuer.current("holder", password)

    assert first is not None
    assert first.expires_at == NOW + 600
    assert second is not first


def test_a_sign_in_that_ended_leaves_the_set_at_hand(tmp_path: Path) -> None:
    """It is good to its end, and no text of an answer gets into a log."""
    times, found = [NOW], [ShortLived(), Ended()]
    issuer = CredentialIssuer(
        tmp_path / "file",
        rotate_s=60,
        clock=lambda: times[0],
        mint=lambda ends_at, task: Caller("eu-west-1", found[0]).mint(ends_at, task),
    )
    password = issuer.admit("holder")
    first = issuer.current("holder", password)
    found.pop(0)
    times[0] += 70

    second = issuer.current("holder", password)

    assert first is not None
    assert second is first
    with pytest.raises(NotIssued, match=r"^TokenRetrievalError$"):
        Caller("eu-west-1", Ended()).mint(NOW, None)


@pytest.mark.parametrize("found", [None, Credentials("", "", None), Ended()])
def test_no_credentials_are_told_before_anything_starts(found: Any) -> None:
    """None configured, empty ones, a sign-in that has ended."""
    with pytest.raises(StartFailed) as refused:
        find_caller(lambda: Session(found))

    assert str(refused.value) == NOTHING_FOUND


def test_a_caller_without_a_region_is_in_the_stacks_own() -> None:
    """As it is for the stand-in."""
    assert find_caller(lambda: Session(OWN, region=None)).region == "us-east-1"


def test_the_command_line_refuses_in_one_sentence(tmp_path: Path) -> None:
    """Exit code 1, and what the last run left is left as it is."""
    without = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    without |= {"HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true"}
    state = tmp_path / "state"

    done = subprocess.run(
        [
            *(sys.executable, "-m", "local_stack", "--recognizer", "aws"),
            *("--state-dir", str(state), "--port-base", str(free_port_base())),
        ],
        cwd=ROOT,
        env=without,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )

    assert (done.returncode, done.stderr.strip()) == (1, NOTHING_FOUND)
    assert not state.exists()
