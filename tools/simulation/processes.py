"""What processes of this machine have used: CPU and memory, from /proc. Elsewhere nothing is known."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
PARENT, USER_TICKS, SYSTEM_TICKS, RSS_PAGES = 1, 11, 12, 21  # of `stat`, counted from after the name


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process has used since it began, and what it holds now."""

    parent: int
    cpu_s: float
    rss_bytes: int


def usage_of(pid: int, proc: Path = PROC) -> Usage | None:
    """Read a process's use; None: it does not run, or this machine does not tell."""
    try:
        stat = (proc / str(pid) / "stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()  # the name before it may hold anything
    ticks = int(fields[USER_TICKS]) + int(fields[SYSTEM_TICKS])
    return Usage(
        parent=int(fields[PARENT]),
        cpu_s=ticks / os.sysconf("SC_CLK_TCK"),
        rss_bytes=int(fields[RSS_PAGES]) * os.sysconf("SC_PAGE_SIZE"),
    )


def sum_of(pids: Iterable[int], proc: Path = PROC) -> Usage | None:
    """Add processes up; None unless each of them is known."""
    found = [usage_of(pid, proc) for pid in pids]
    known = [usage for usage in found if usage is not None]
    if not known or len(known) < len(found):
        return None
    return Usage(known[0].parent, sum(one.cpu_s for one in known), sum(one.rss_bytes for one in known))


def cpu_by_part(ancestor: int, proc: Path = PROC) -> dict[str, float]:
    """Give the CPU seconds of a process and all below it, by what each runs."""
    everything = {int(one.name): one for one in proc.iterdir() if one.name.isdigit()} if proc.is_dir() else {}
    usages = {pid: usage for pid in everything if (usage := usage_of(pid, proc)) is not None}
    used: dict[str, float] = {}
    for pid, usage in usages.items():
        if _is_below(pid, ancestor, usages):
            part = _part(everything[pid])
            used[part] = used.get(part, 0.0) + usage.cpu_s
    return used


def busy_s(proc: Path = PROC) -> float | None:
    """Give the CPU seconds that everything on this machine has used, over all cores."""
    try:
        user, nice, system, _idle, _waiting, irq, soft_irq = map(
            int, (proc / "stat").read_text().split(maxsplit=8)[1:8]
        )
    except (OSError, ValueError):
        return None
    return (user + nice + system + irq + soft_irq) / os.sysconf("SC_CLK_TCK")


def _is_below(pid: int, ancestor: int, usages: dict[int, Usage]) -> bool:
    while pid != ancestor:
        if pid not in usages:
            return False
        pid = usages[pid].parent
    return True


def _part(process: Path) -> str:
    """Name a process by the module it runs, or by its program."""
    try:
        words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return "gone"
    if "-m" in words[:-1]:
        return words[words.index("-m") + 1]
    return Path(words[0].partition(":")[0]).name or "unnamed"
