"""The command line: what can be said, and what a mistake is answered with."""

from __future__ import annotations

from pathlib import Path

import pytest

from local_stack.settings import Limits, Settings, TokenRequest, read_command_line


def read(*arguments: str) -> Settings:
    settings = read_command_line(arguments)
    assert isinstance(settings, Settings)
    return settings


def test_with_nothing_said_one_task_recognises_real_speech_on_port_5000() -> None:
    """`make run` needs no flags."""
    settings = read()

    assert (settings.tasks, settings.recognizer, settings.restart_after_s) == (1, "offline", 2.0)
    assert settings.state_dir == Path.cwd() / ".local"
    assert settings.limits == Limits()
    assert settings.origins == ("http://localhost:5000", "http://127.0.0.1:5000")


def test_every_part_has_its_place_after_the_base() -> None:
    """Testers compute ports from the base, so the places never move."""
    ports = read("--port-base", "7000", "--tasks", "3").ports

    assert (ports.page, ports.gateway, ports.aws, ports.transcribe) == (7000, 7001, 7002, 7003)
    assert (ports.balancer, ports.transcribe_admin, ports.postgres) == (7004, 7005, 7006)
    assert list(ports.of_tasks(3))[:3] == [7010, 7011, 7012]
    assert ports.needed(3) == (7000, 7001, 7002, 7003, 7004, 7005, 7006, 7010, 7011, 7012)


def test_every_limit_can_be_lowered() -> None:
    """All thirteen, in one flag."""
    names = [
        "idle_s",
        "duration_s",
        "ticket_s",
        "seal_s",
        "sweep_s",
        "credentials_s",
        "nlb_probe_s",
        "connection_max_s",
        "connection_idle_s",
        "max_sessions",
        "token_s",
        "silence_s",
        "transcribe_streams",
    ]

    limits = read("--limits", ",".join(f"{name}=3" for name in names)).limits

    assert all(getattr(limits, name) == 3 for name in names)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--limits", "idle=3"], "'idle' is no limit"),
        (["--limits", "idle_s=soon"], "must be a number"),
        (["--limits", "idle_s=0"], "must be above 0"),
        (["--limits", "max_sessions=2.5"], "must be a whole number"),
        (["--limits", "idle_s=inf"], "must be above 0"),
        (["--tasks", "0"], "1 to"),
        (["--tasks", "two"], "1 to"),
        (["--restart-after", "-1"], "seconds"),
        (["--restart-after", "soon"], "number of seconds"),
        (["--port-base", "80"], "1024"),
        (["--port-base", "http"], "1024"),
        (["--recognizer", "magic"], "invalid choice"),
        (["token", "--user", "doctor3"], "invalid choice"),
    ],
)
def test_a_mistake_is_named(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The message says what would be right."""
    with pytest.raises(SystemExit):
        read_command_line(arguments)

    assert said in capsys.readouterr().err


def test_a_token_is_asked_for_with_the_folder_on_either_side() -> None:
    """`--state-dir` belongs to both, and neither hides the other."""
    after = read_command_line(["token", "--user", "doctor2", "--state-dir", "/x"])
    before = read_command_line(["--state-dir", "/x", "token"])
    without = read_command_line(["token"])

    assert after == TokenRequest("doctor2", Path("/x"))
    assert before == TokenRequest("doctor1", Path("/x"))
    assert without == TokenRequest("doctor1", Path.cwd() / ".local")
