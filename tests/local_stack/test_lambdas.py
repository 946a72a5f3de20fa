"""Lambda functions in processes of their own."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local_stack.lambdas import FunctionFailed, FunctionSettings, LambdaFunction

ENVIRONMENT = {"STAGE": "local", "TABLE_NAME": "live"}


@pytest.fixture
def function(tmp_path: Path) -> Iterator[LambdaFunction]:
    running = LambdaFunction(settings(tmp_path))
    yield running
    running.close()


def settings(folder: Path, *, timeout_s: float = 10.0, handler: str = "handler") -> FunctionSettings:
    where = f"tests.local_stack.lambda_for_tests:{handler}"
    return FunctionSettings("shown", where, ENVIRONMENT, folder / "log", timeout_s)


def test_a_handler_sees_its_own_environment_and_no_other(function: LambdaFunction) -> None:
    """What the template does not give a function, it must not find here either."""
    seen = function({"do": "environment"})

    assert {key: value for key, value in seen.items() if key != "LC_CTYPE"} == ENVIRONMENT


def test_an_instance_is_used_again(function: LambdaFunction) -> None:
    """A second invocation meets the modules that the first one loaded."""
    function.warm()

    assert function({"do": "process"}) == function({"do": "process"})
    assert function({"do": "context"}) == ["shown", True, False]


def test_what_a_handler_prints_is_logged_and_is_no_answer(function: LambdaFunction, tmp_path: Path) -> None:
    """Loggers in Lambda write to stdout."""
    assert function({"do": "print"}) == "printed"
    assert "printed by the handler" in (tmp_path / "log").read_text()


def test_an_error_is_named_and_its_text_kept_out_of_the_log(function: LambdaFunction, tmp_path: Path) -> None:
    """An exception's text may hold content; the instance lives on."""
    before = function({"do": "process"})

    with pytest.raises(FunctionFailed, match="ValueError"):
        function({"do": "raise"})

    assert "patient words" not in (tmp_path / "log").read_text()
    assert function({"do": "process"}) == before


def test_an_instance_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    """The next invocation gets a fresh one."""
    function = LambdaFunction(settings(tmp_path, timeout_s=2.0))
    before = function({"do": "process"})

    with pytest.raises(FunctionFailed, match="TimedOut"):
        function({"do": "hang"})

    assert function({"do": "process"}) != before
    with pytest.raises(ProcessLookupError):
        os.kill(before, 0)
    function.close()


def test_an_instance_that_dies_fails_one_invocation(function: LambdaFunction) -> None:
    """A crash is one caller's failure."""
    with pytest.raises(FunctionFailed, match="InstanceEnded"):
        function({"do": "die"})

    assert function({"do": "process"})


def test_an_instance_that_died_idle_fails_none(function: LambdaFunction) -> None:
    """Another takes its place, as in Lambda: whoever asks next notices nothing."""
    idle = function({"do": "process"})
    os.kill(idle, signal.SIGKILL)
    os.waitid(os.P_PID, idle, os.WEXITED | os.WNOWAIT)

    assert function({"do": "process"}) != idle


def test_a_handler_that_is_not_there_does_not_load(tmp_path: Path) -> None:
    """The sentence at start-up says so instead of a hang."""
    function = LambdaFunction(settings(tmp_path, handler="absent"))

    with pytest.raises(FunctionFailed, match="DidNotLoad"):
        function.warm()

    function.close()


def test_a_busy_instance_does_not_hold_others_up(tmp_path: Path) -> None:
    """Functions scale: a health check that waits for a database must not delay a ticket."""
    function = LambdaFunction(settings(tmp_path))
    with ThreadPoolExecutor() as threads:
        hanging = threads.submit(function, {"do": "hang"})

        assert function({"do": "process"})

        function.close()
        with pytest.raises(FunctionFailed):
            hanging.result(5)
