"""What a process uses is read from /proc as the kernel writes it; what is not there is unknown, not 0."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tools.simulation.processes import busy_s, cpu_by_part, sum_of, usage_of

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def start(proc: Path, pid: int, parent: int, command: str, *, ticks: int = 0, pages: int = 0) -> None:
    """Write what /proc says of a process."""
    folder = proc / str(pid)
    folder.mkdir()
    before = "0 " * 9  # from the process group to the faults of children
    after = "0 " * 8  # from the children's time to the size of its addresses
    stat = f"{pid} (a name) with 5) S {parent} {before}{ticks} {ticks} {after}{pages} 0\n"
    (folder / "stat").write_text(stat)
    (folder / "cmdline").write_bytes(command.replace(" ", "\0").encode() + b"\0")


def test_a_process_is_read_whatever_its_name(tmp_path: Path) -> None:
    """A name may hold spaces and brackets, and the figures come after it."""
    start(tmp_path, 7, 3, "python -m streaming_task", ticks=TICKS, pages=5)

    usage = usage_of(7, tmp_path)

    assert usage is not None
    assert (usage.parent, usage.cpu_s, usage.rss_bytes) == pytest.approx((3, 2.0, 5 * PAGE))


def test_this_process_is_found_where_the_kernel_tells() -> None:
    """The fields are where this kernel writes them."""
    usage = usage_of(os.getpid())
    if usage is None:
        pytest.skip("this machine has no /proc")

    assert usage.parent == os.getppid()
    assert usage.rss_bytes > 1_000_000


def test_what_does_not_run_is_unknown(tmp_path: Path) -> None:
    """Half of a sum would be a wrong figure."""
    start(tmp_path, 7, 3, "python", ticks=1)

    assert usage_of(8, tmp_path) is None
    assert sum_of([7, 8], tmp_path) is None
    assert sum_of([], tmp_path) is None
    assert busy_s(tmp_path) is None


def test_tasks_are_added_up(tmp_path: Path) -> None:
    """Several tasks serve one load."""
    start(tmp_path, 7, 3, "python", ticks=TICKS, pages=1)
    start(tmp_path, 8, 3, "python", ticks=TICKS, pages=2)

    usage = sum_of([7, 8], tmp_path)

    assert usage is not None
    assert (usage.cpu_s, usage.rss_bytes) == pytest.approx((4.0, 3 * PAGE))


def test_a_stack_is_told_apart_by_what_runs_in_it(tmp_path: Path) -> None:
    """By module or by program; what is not below the stack is somebody else's."""
    start(tmp_path, 2, 1, "python -m local_stack --tasks 1", ticks=TICKS)
    start(tmp_path, 3, 2, "python -m streaming_task", ticks=TICKS)
    start(tmp_path, 4, 2, "/usr/lib/bin/postgres -D folder", ticks=TICKS)
    start(tmp_path, 5, 4, "postgres: writer", ticks=TICKS)
    start(tmp_path, 6, 1, "python -m elsewhere", ticks=TICKS)

    used = cpu_by_part(2, tmp_path)

    assert used == pytest.approx({"local_stack": 2.0, "streaming_task": 2.0, "postgres": 4.0})


def test_the_machine_is_busy_with_all_but_waiting(tmp_path: Path) -> None:
    """Idle time and waiting for disks is nobody's CPU."""
    (tmp_path / "stat").write_text(f"cpu  {TICKS} {TICKS} {TICKS} 999 999 {TICKS} {TICKS} 0 0 0\ncpu0 1\n")

    assert busy_s(tmp_path) == pytest.approx(5.0)
