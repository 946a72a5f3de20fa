"""What is ok and what has failed: each judgement on what may be seen of a deployment."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.tools.smoke_checks.test_account import OUTPUTS
from tools.heard import Heard
from tools.smoke_checks.account import Capacity, Quota, ServiceState
from tools.smoke_checks.aws_state import judge_alarms, judge_quota, judge_service
from tools.smoke_checks.deployment import deployment_of, read_outputs_file
from tools.smoke_checks.hand_over import judge_hand_over, longest_pause_s
from tools.smoke_checks.health import judge_health
from tools.smoke_checks.outcome import (
    Check,
    CheckFailed,
    Failed,
    Finding,
    Ok,
    Outcome,
    Skipped,
    as_json,
    as_line,
    exit_code,
    run_in_order,
    skip,
)
from tools.smoke_checks.speech import Spoken, judge_sample, losses

CAPACITY = Capacity(2, 100)
QUOTA = Quota("concurrent medical streams", 25)


def report(**migrations: Any) -> dict[str, Any]:
    told = {"status": "up_to_date", "applied": 3, "pending": 0} | migrations
    return {"status": "healthy", "checks": {"migrations": told, "database": {"status": "healthy"}}}


def test_health_is_200_healthy_and_up_to_date() -> None:
    """The detail says how many files were applied."""
    assert judge_health(200, report()) == Ok("200, 3 migrations applied, 0 pending")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (503, report()),
        (200, report() | {"status": "unhealthy"}),
        (200, report(status="pending", pending=1)),
        (200, report(pending=1)),
        (200, {"status": "healthy", "checks": report()["checks"] | {"database": {"status": "unhealthy"}}}),
    ],
)
def test_anything_less_is_not_healthy(status: int, body: dict[str, Any]) -> None:
    """A status alone may come from a cache, a body alone from another server."""
    assert isinstance(judge_health(status, body), Failed)


def test_what_is_no_health_report_is_told() -> None:
    """CloudFront's own error page, for one."""
    with pytest.raises(CheckFailed, match="502"):
        judge_health(502, {"message": "Bad gateway"})


def test_a_service_that_is_not_steady_has_failed() -> None:
    """With the figures that say where to look."""
    outcome = judge_service(ServiceState(1, 2, ("IN_PROGRESS", "COMPLETED")))

    assert outcome == Failed("1 of 2 tasks run, deployment IN_PROGRESS, COMPLETED")


def test_a_quota_below_the_people_has_failed() -> None:
    """The thirtieth doctor would wait for text."""
    assert isinstance(judge_quota([QUOTA], CAPACITY, 30), Failed)
    assert isinstance(judge_quota([QUOTA], CAPACITY, 25), Ok)


def test_a_quota_below_the_capacity_is_told() -> None:
    """Recording goes on without a stream: no failure, but nobody should be surprised."""
    outcome = judge_quota([QUOTA], CAPACITY, None)

    assert isinstance(outcome, Ok)
    assert "tasks take 200 sessions" in outcome.detail


def test_a_quota_that_is_not_listed_has_failed() -> None:
    """Unknown is not enough."""
    assert isinstance(judge_quota([], CAPACITY, None), Failed)


def test_an_alarm_that_sounds_has_failed() -> None:
    """By its name; those without data yet are counted."""
    assert judge_alarms({"a": "ALARM", "b": "OK"}) == Failed("a sounds")
    assert judge_alarms({"b": "OK", "c": "INSUFFICIENT_DATA"}) == Ok(
        "2 alarms, none sounds, 1 without data yet"
    )
    assert isinstance(judge_alarms({}), Failed)


def spoken(**changed: Any) -> Spoken:
    """Make a session of 16,000 samples that went well."""
    saved = {"samples": 16_000, "sha256": "aa", "gaps": [], "transcript": "complete", "segments": 0} | changed
    return Spoken(Heard(saved=saved), 16_000, "aa", text_at=[0.8, 1.5, 2.0], final_lag=[0.6], owners=2)


def test_a_sample_that_is_whole_is_ok() -> None:
    """With the figures of its text."""
    assert judge_sample(spoken()) == Ok(
        "16000 samples, sha256 equal; first text after 0.8 s, finals p50 0.6 s, latest 0.6 s"
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"samples": 15_999},
        {"sha256": "bb"},
        {"gaps": [[0, 1]]},
        {"transcript": "pending"},
        {"segments": 1},
    ],
)
def test_every_loss_is_a_failure(changed: dict[str, Any]) -> None:
    """Of a sample, a final, or the text of some audio."""
    assert len(losses(spoken(**changed))) == 1
    assert isinstance(judge_sample(spoken(**changed)), Failed)
    assert isinstance(judge_hand_over(spoken(**changed), 60.0), Failed)


def test_a_sample_without_a_word_has_failed() -> None:
    """Transcribe heard nothing, or nothing came back."""
    silent = spoken()
    silent.text_at.clear()

    assert judge_sample(silent) == Failed("no word came")


def test_what_was_never_saved_has_failed() -> None:
    """With the codes that came instead."""
    assert losses(Spoken(Heard(errors=["busy"]))) == ["it was not saved (busy)"]


def test_a_hand_over_tells_its_pause() -> None:
    """Over the limit is a failure."""
    short, long = spoken(), spoken()
    long.text_at.append(9.0)

    assert judge_hand_over(short, 60.0) == Ok("1 hand-overs in 60 s, nothing lost, longest pause 0.7 s")
    assert judge_hand_over(long, 60.0) == Failed("text paused for 7.0 s, more than 5")
    assert longest_pause_s([]) == 0.0


def test_a_session_that_kept_its_task_showed_nothing() -> None:
    """A deployment that replaced nobody must not pass for a hand-over."""
    kept = spoken()
    kept.owners = 1

    assert isinstance(judge_hand_over(kept, 60.0), Failed)


def test_a_deployments_places_come_from_its_outputs() -> None:
    """The API is behind the page, `@connections` behind the WebSocket, Transcribe where its endpoint is."""
    deployment = deployment_of("dev", OUTPUTS)

    assert deployment.api_url == "https://page.example"
    assert deployment.connections_url == "https://abc.execute-api.us-east-1.amazonaws.com/live"
    assert deployment.transcribe_region == "us-west-2"


def test_the_file_of_cdk_deploy_says_the_same() -> None:
    """Outputs of three stacks, one file."""
    file = {"seva-arogya-dev-data": {}, "seva-arogya-dev-service": OUTPUTS, "seva-arogya-dev-edge": {}}

    assert read_outputs_file(json.dumps(file), "dev") == deployment_of("dev", OUTPUTS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "no stack 'seva-arogya-dev-data'"),
        ("no json", "not what `cdk deploy"),
        (
            '{"seva-arogya-dev-data": {}, "seva-arogya-dev-service": {}, "seva-arogya-dev-edge": {}}',
            "PageUrl",
        ),
    ],
)
def test_a_file_that_is_not_it_is_told(text: str, said: str) -> None:
    """One sentence, no traceback."""
    with pytest.raises(CheckFailed, match=said):
        read_outputs_file(text, "dev")


async def test_a_check_that_fails_stops_no_other() -> None:
    """One broken thing must not hide the rest, nor show an address with a ticket in it."""

    async def break_down() -> Outcome:
        raise OSError("wss://somewhere/?ticket=secret")

    findings = [one async for one in run_in_order([Check("first", break_down), skip("second")])]

    assert findings == [Finding("first", Failed("OSError")), Finding("second", Skipped("needs AWS"))]
    assert exit_code(findings) == 1


def test_a_finding_is_one_line_or_one_object() -> None:
    """For a person and for a pipeline."""
    finding = Finding("health", Ok("200"))

    assert as_line(finding).split() == ["ok", "health", "200"]
    assert as_json(finding) == {"check": "health", "outcome": "ok", "detail": "200"}
    assert as_line(Finding("health", Failed("503"))).startswith("FAILED")
    assert as_line(Finding("health", Skipped("needs AWS"))).startswith("skipped")
    assert exit_code([finding, Finding("x", Skipped("needs AWS"))]) == 0
