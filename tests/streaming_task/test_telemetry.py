"""The task's log is JSON that names what happened, and holds nobody's words."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator

import pytest

from streaming_task.telemetry import Counts, log_defect, set_up_logging


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    """Give the process its logging back: a test of what libraries say must not find them kept quiet."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {
        name: logger.level
        for name, logger in logging.Logger.manager.loggerDict.items()
        if isinstance(logger, logging.Logger)
    }
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, logger in logging.Logger.manager.loggerDict.items():
        if isinstance(logger, logging.Logger):
            logger.setLevel(levels.get(name, logging.NOTSET))


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_line_names_the_task_and_what_it_is_about(capsys: pytest.CaptureFixture[str]) -> None:
    """Operators filter by level, message and keys."""
    set_up_logging(logging.INFO, "t1")

    logging.getLogger("streaming_task.somewhere").warning("Push failed", extra={"code": "http_500"})

    (line,) = lines(capsys)
    assert {key: line[key] for key in ("level", "message", "task_id", "service", "code")} == {
        "level": "WARNING",
        "message": "Push failed",
        "task_id": "t1",
        "service": "streaming_task",
        "code": "http_500",
    }


@pytest.mark.parametrize("library", ["botocore.endpoint", "urllib3.util", "h2.connection", "pg8000"])
def test_libraries_are_never_heard_in_detail(library: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Their debug lines hold headers and bodies, and DEBUG is for us."""
    set_up_logging(logging.DEBUG, "t1")

    logging.getLogger(library).debug("Authorization: secret")
    logging.getLogger(library).info("connected to somewhere")

    assert lines(capsys) == []


async def test_what_nobody_caught_is_told_without_its_message(capsys: pytest.CaptureFixture[str]) -> None:
    """An exception may quote what it failed on; its kind and its place are enough to find it."""
    set_up_logging(logging.INFO, "t1")
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(log_defect)
    called = asyncio.Event()

    def fail() -> None:
        called.set()
        raise ValueError("the patient's name")

    loop.call_soon(fail)
    await called.wait()
    await asyncio.sleep(0)

    written = capsys.readouterr().out
    line = json.loads(written)
    assert (line["message"], line["level"], line["code"]) == ("Defect", "ERROR", "ValueError")
    assert line["place"].startswith("test_telemetry.py:")
    assert "patient" not in written


def test_a_defect_without_an_exception_is_told_too(capsys: pytest.CaptureFixture[str]) -> None:
    """asyncio reports some troubles as words only."""
    set_up_logging(logging.INFO, "t1")
    loop = asyncio.new_event_loop()

    log_defect(loop, {"message": "the patient's name"})
    loop.close()

    (line,) = lines(capsys)
    assert (line["message"], line["code"]) == ("Defect", "NoneType")


def test_counts_add_up() -> None:
    """What happened so far, by name."""
    counts = Counts()

    counts.add("PartsFailed", 1.0)
    counts.add("PartsFailed", 2.0)
    counts.add("AudioConflicts", 1.0)

    assert counts.as_dict() == {"PartsFailed": 3, "AudioConflicts": 1}
