"""What a run came to: figures, and the table and the JSON that show them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.metric_lines import statistic_of
from tools.simulation.crowd import Crowd, Plan, Window
from tools.simulation.meter import Meter
from tools.simulation.verdict import Fault, faults_of
from tools.simulation.witness import Delay

SHOWN = ("p50", "p95", "p99", "Maximum")
CURVE = tuple(f"p{percent}" for percent in range(1, 101))  # for whoever draws it
MB = 1024 * 1024
SESSIONS_OF_SLOPE = 1000
ROUNDS_OF_SLOPE = 2


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a run is judged by; seconds and bytes, None where it was not to be had."""

    plan: Plan
    opened: int
    saved_whole: int
    faults: Mapping[Fault, int]
    broke: Mapping[str, int]
    refusals: Mapping[str, int]
    reconnects: int
    repeated_finals: int
    disordered_finals: int
    session_seconds: float
    delays_s: Mapping[str, Sequence[float]]
    task_cpu_ms: float | None  # a session-second
    generator_cpu_ms: float | None
    cores_by_part: Mapping[str, float]
    cores_of_machine: float | None
    rss_before: int | None
    rss_together: int | None
    rss_after: Sequence[int]
    is_interrupted: bool

    @property
    def is_good(self) -> bool:
        """Tell whether nothing was lost, doubled or left undone."""
        return self.opened > 0 and not self.faults and not self.broke

    @property
    def rss_a_session(self) -> float | None:
        """Give how much more the task held while all spoke, in bytes a session."""
        if self.rss_before is None or self.rss_together is None or not self.plan.sessions:
            return None
        return (self.rss_together - self.rss_before) / self.plan.sessions

    @property
    def rss_slope(self) -> float | None:
        """Give how many bytes more the task holds after a thousand sessions; the first round warms up."""
        later = self.rss_after[1:]
        if len(later) < ROUNDS_OF_SLOPE:
            return None
        return slope(later) * SESSIONS_OF_SLOPE / self.plan.sessions

    def as_json(self) -> dict[str, Any]:
        """Give all of it as JSON types, and delays as percentiles in milliseconds."""
        return {
            "sessions": self.plan.sessions,
            "seconds": self.plan.seconds,
            "ramp_s": self.plan.ramp_s,
            "quality": self.plan.quality.value,
            "rounds": self.plan.rounds,
            "is_good": self.is_good,
            "is_interrupted": self.is_interrupted,
            "opened": self.opened,
            "saved_whole": self.saved_whole,
            "faults": {str(fault): count for fault, count in self.faults.items()},
            "broke": dict(self.broke),
            "refusals": dict(self.refusals),
            "reconnects": self.reconnects,
            "repeated_finals": self.repeated_finals,
            "disordered_finals": self.disordered_finals,
            "session_seconds": round(self.session_seconds, 1),
            "delays": {
                name: {
                    "count": len(values),
                    **{
                        statistic: round(statistic_of(list(values), statistic) * 1000, 1)
                        for statistic in SHOWN
                    },
                    "curve_ms": [_ms(values, statistic) for statistic in CURVE],
                }
                for name, values in self.delays_s.items()
                if values
            },
            "task_cpu_ms_per_session_second": _rounded(self.task_cpu_ms, 3),
            "generator_cpu_ms_per_session_second": _rounded(self.generator_cpu_ms, 3),
            "cores_by_part": {name: round(cores, 3) for name, cores in self.cores_by_part.items()},
            "cores_of_machine": _rounded(self.cores_of_machine, 3),
            "rss_before_bytes": self.rss_before,
            "rss_together_bytes": self.rss_together,
            "rss_bytes_per_session": _rounded(self.rss_a_session, 0),
            "rss_after_bytes": list(self.rss_after),
            "rss_slope_bytes_per_1000_sessions": _rounded(self.rss_slope, 0),
        }


def report_on(plan: Plan, crowd: Crowd, meter: Meter, *, has_words: bool) -> Report:
    """Sum a run up."""
    browsers = crowd.browsers
    faults = [faults_of(browser.outcome, has_words=has_words) for browser in browsers]
    session_seconds = sum(window.session_seconds for window in crowd.windows)
    spent = meter.spent
    return Report(
        plan=plan,
        opened=len(browsers),
        saved_whole=sum(1 for found in faults if not found),
        faults=Counter(fault for found in faults for fault in found),
        broke=Counter(kind for browser in browsers for kind in browser.broke),
        refusals=Counter(code for browser in browsers for code in browser.session.heard.errors),
        reconnects=sum(max(0, browser.connection.connections - 1) for browser in browsers),
        repeated_finals=sum(browser.witness.repeated_finals for browser in browsers),
        disordered_finals=sum(browser.witness.disordered_finals for browser in browsers),
        session_seconds=session_seconds,
        delays_s={
            "partial": _delays((browser.witness.partials for browser in browsers), crowd.windows),
            "final": _delays((browser.witness.finals for browser in browsers), crowd.windows),
            "durable": _delays((browser.witness.durables for browser in browsers), crowd.windows),
        },
        task_cpu_ms=_ms_each(spent.task_s, session_seconds),
        generator_cpu_ms=_ms_each(spent.generator_s, session_seconds),
        cores_by_part={name: used / spent.wall_s for name, used in spent.parts_s.items() if spent.wall_s},
        cores_of_machine=spent.machine_s / spent.wall_s if spent.machine_s and spent.wall_s else None,
        rss_before=meter.rss_before,
        rss_together=meter.rss_together,
        rss_after=tuple(meter.rss_after),
        is_interrupted=crowd.is_interrupted,
    )


def table_of(report: Report) -> str:
    """Write the report for a person."""
    plan = report.plan
    rounds = f", {plan.rounds} rounds" if plan.rounds > 1 else ""
    title = f"{plan.sessions} sessions, {plan.seconds:g} s together, {plan.quality.value} quality{rounds}"
    lines = [
        f"{title}: {report.session_seconds:.0f} session-seconds measured",
        "",
        f"{'delay, ms':<12}{'p50':>9}{'p95':>9}{'p99':>9}{'most':>9}{'count':>9}",
    ]
    for name, values in report.delays_s.items():
        shown = [f"{_ms(values, one):9.0f}" if values else "      n/a" for one in SHOWN]
        lines.append(f"{name:<12}{''.join(shown)}{len(values):>9}")
    lines += [
        "",
        f"saved whole            {report.saved_whole} of {report.opened}",
        f"lost or wrong          {_counted(report.faults)}",
        f"given up               {_counted(report.broke)}",
        f"refusals               {_counted(report.refusals)}",
        f"reconnects             {report.reconnects}",
        f"finals told twice      {report.repeated_finals}, out of order {report.disordered_finals}",
        f"task, CPU              {_shown(report.task_cpu_ms, '.2f', 'ms a session-second')}",
        f"this process, CPU      {_shown(report.generator_cpu_ms, '.2f', 'ms a session-second')}",
        f"task, memory           {_shown(_mb(report.rss_before), '.1f', 'MB before')}",
        f"  while all speak      {_shown(_mb(report.rss_together), '.1f', 'MB')}",
        f"  a session            {_shown(_mb(report.rss_a_session), '.2f', 'MB')}",
    ]
    if report.rss_after:
        after = " ".join(f"{size / MB:.1f}" for size in report.rss_after)
        lines.append(f"  after each round     {after} MB")
    if report.rss_slope is not None:
        lines.append(f"  1,000 sessions more  {report.rss_slope / MB:+.2f} MB")
    parts = sorted(report.cores_by_part.items(), key=lambda part: -part[1])
    if parts:
        told = ", ".join(f"{name} {cores:.2f}" for name, cores in parts if cores >= 0.01)
        lines.append(
            f"cores used             {told}; machine {_shown(report.cores_of_machine, '.2f', 'in all')}"
        )
    return "\n".join(lines)


def slope(values: Sequence[float]) -> float:
    """Give the slope of the straight line through values one apart, by least squares."""
    middle = (len(values) - 1) / 2
    mean = sum(values) / len(values)
    above = sum((at - middle) * (value - mean) for at, value in enumerate(values))
    return above / sum((at - middle) ** 2 for at in range(len(values)))


def _delays(witnessed: Iterable[Sequence[Delay]], windows: Sequence[Window]) -> list[float]:
    return [
        delay.took_s
        for delays in witnessed
        for delay in delays
        if any(window.holds(delay.at) for window in windows)
    ]


def _ms_each(seconds: float | None, session_seconds: float) -> float | None:
    return seconds * 1000 / session_seconds if seconds is not None and session_seconds else None


def _ms(seconds: Sequence[float], statistic: str) -> float:
    return round(statistic_of(list(seconds), statistic) * 1000, 1)


def _mb(size: float | None) -> float | None:
    return None if size is None else size / MB


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _shown(value: float | None, form: str, unit: str) -> str:
    return f"n/a {unit}" if value is None else f"{value:{form}} {unit}"


def _counted(counts: Mapping[Any, int]) -> str:
    return ", ".join(f"{count} x {what}" for what, count in counts.items()) or "none"
