"""Load is bounded, and goes nowhere but to this machine unless it is told to."""

from __future__ import annotations

import pytest

from tools.load import is_loopback, read_arguments


@pytest.mark.parametrize(
    "url", ["http://localhost:5000", "ws://127.0.0.1:5001/", "http://127.9.9.9", "http://[::1]:80/"]
)
def test_this_machine_is_known_by_its_addresses(url: str) -> None:
    """Whatever the port and the scheme."""
    assert is_loopback(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.com",
        "http://10.0.0.1",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "",
    ],
)
def test_everything_else_is_elsewhere(url: str) -> None:
    """A name is not looked up: it could be told to lie."""
    assert not is_loopback(url)


@pytest.mark.parametrize(
    "given",
    [
        ["--sessions", "0"],
        ["--sessions", "501"],
        ["--seconds", "601"],
        ["--seconds", "nan"],
        ["--ramp", "121"],
        ["--rounds", "101"],
        ["--api", "http://localhost:5000"],
        ["--token", "t"],
        ["--api", "https://api.example.com", "--token", "t"],
    ],
)
def test_what_is_out_of_bounds_is_refused(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """With a usage message, before anything is sent."""
    with pytest.raises(SystemExit) as ended:
        read_arguments(given)

    assert ended.value.code == 2
    assert "error:" in capsys.readouterr().err


def test_another_machine_is_loaded_when_told_to() -> None:
    """A deployment is measured by whoever owns it."""
    given = read_arguments(["--api", "https://api.example.com", "--token", "t", "--beyond-loopback"])

    assert given.api == "https://api.example.com"


def test_sessions_begin_ten_a_second_unless_told_otherwise() -> None:
    """Opening costs more than going on: all at once would measure that."""
    assert read_arguments(["--sessions", "100"]).ramp == 10.0
    assert read_arguments(["--sessions", "3"]).ramp == 1.0
    assert read_arguments(["--sessions", "100", "--ramp", "2"]).ramp == 2.0
