"""Judge what AWS tells of a deployment: the service, the quota of streams, the alarms. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tools.smoke_checks.account import Capacity, Quota, ServiceState
from tools.smoke_checks.outcome import Failed, Ok, Outcome, all_of

QUIET = "OK"
SOUNDING = "ALARM"


def judge_service(state: ServiceState) -> Outcome:
    """A deployment that is not over, or tasks that do not stay, are a failure."""
    detail = f"{state.running} of {state.desired} tasks run, deployment {', '.join(state.rollouts)}"
    return Ok(detail) if state.is_steady else Failed(detail)


def judge_quota(quotas: Sequence[Quota], capacity: Capacity, people: int | None) -> Outcome:
    """Ask for enough for those who dictate at once; is that not known, tell what tasks would take."""
    concurrent = [one for one in quotas if "concurrent" in one.name.lower()] or list(quotas)
    if not concurrent:
        return Failed(
            "Service Quotas lists none for Medical streams: ask AWS support for the account's value"
        )
    least = min(concurrent, key=lambda one: one.value)
    told = f"{least.value} streams at once ({least.name})"
    if people is not None:
        problem = [f"{told}, {people} people dictate at once"] if least.value < people else []
        return all_of(problem, f"{told}, enough for {people} people")
    if least.value < capacity.sessions:
        told += f"; tasks take {capacity.sessions} sessions: text comes later for those beyond the quota"
    return Ok(told)


def judge_alarms(states: Mapping[str, str]) -> Outcome:
    """None may sound; one without data yet is told."""
    if not states:
        return Failed("there are no alarms")
    sounding = sorted(name for name, state in states.items() if state == SOUNDING)
    waiting = sum(state not in (QUIET, SOUNDING) for state in states.values())
    return all_of(
        [f"{name} sounds" for name in sounding],
        f"{len(states)} alarms, none sounds, {waiting} without data yet",
    )
