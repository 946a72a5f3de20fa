"""Say how a run goes: one line that is rewritten on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import asyncio
import sys
import time

from tools.metric_lines import statistic_of
from tools.simulation.crowd import Crowd, Plan
from tools.simulation.meter import Meter
from tools.simulation.report import MB

EVERY_S = 1.0
EVERY_S_IN_A_LOG = 10.0
RECENT = 20  # delays of each session that the line speaks of


async def progress(plan: Plan, crowd: Crowd, meter: Meter) -> None:
    """Write until cancelled, to standard error: the table is what a pipe wants."""
    is_terminal = sys.stderr.isatty()
    began_at = before_at = time.monotonic()
    before = meter.task
    try:
        while True:
            await asyncio.sleep(EVERY_S if is_terminal else EVERY_S_IN_A_LOG)
            now, usage = time.monotonic(), meter.task
            cores = None
            if usage is not None and before is not None:
                cores = (usage.cpu_s - before.cpu_s) / (now - before_at)
            line = line_of(plan, crowd, now - began_at, cores, None if usage is None else usage.rss_bytes)
            sys.stderr.write(f"\r{line}\x1b[K" if is_terminal else f"{line}\n")
            sys.stderr.flush()
            before, before_at = usage, now
    finally:
        if is_terminal:
            sys.stderr.write("\r\x1b[K")


def line_of(plan: Plan, crowd: Crowd, elapsed_s: float, cores: float | None, rss_bytes: int | None) -> str:
    """Give the line: how many speak, how quickly text comes, what the task takes."""
    begun = crowd.browsers
    recent = [delay.took_s for one in begun if one.is_live for delay in one.witness.partials[-RECENT:]]
    text = f"{statistic_of(recent, 'p50') * 1000:.0f} ms" if recent else "n/a"
    saved = sum(1 for one in begun if one.session.heard.saved is not None)
    task = "n/a" if cores is None or rss_bytes is None else f"{cores:.2f} cores, {rss_bytes / MB:.0f} MB"
    return (
        f"{elapsed_s:4.0f} s: {crowd.live} of {plan.sessions} speak, {saved} of "
        f"{plan.sessions * plan.rounds} saved, text p50 {text}, task {task}"
    )
