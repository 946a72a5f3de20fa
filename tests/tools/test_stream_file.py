"""The command line of the file streamer: where its access token may come from."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tools.stream_file import TOKEN_VARIABLE, deployed_target, read_arguments

DEPLOYED = ["a.wav", "--api", "https://page.example"]


def test_the_token_of_a_deployment_may_stay_off_the_command_line() -> None:
    """Every process of the machine may read a command line."""
    read = read_arguments(DEPLOYED, {TOKEN_VARIABLE: "from the environment"})

    assert read.token == "from the environment"


def test_a_token_on_the_command_line_wins() -> None:
    """Who says it there means it."""
    assert read_arguments([*DEPLOYED, "--token", "said"], {TOKEN_VARIABLE: "other"}).token == "said"


@pytest.mark.parametrize("given", [DEPLOYED, ["a.wav", "--token", "for nothing"]])
def test_a_token_and_an_address_go_together(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Else it would speak to another stack than was meant."""
    with pytest.raises(SystemExit):
        read_arguments(given, {})

    assert TOKEN_VARIABLE in capsys.readouterr().err


@pytest.mark.parametrize(
    ("api_url", "origin"),
    [
        ("https://page.example/", None),
        ("https://page.example", None),
        ("https://api.example", "https://page.example/"),
    ],
)
def test_the_origin_is_written_as_browsers_write_it(api_url: str, origin: str | None) -> None:
    """With a slash at its end it would be a foreign one, and every connection refused."""
    assert deployed_target(api_url, origin, "token").origin == "https://page.example"


def test_the_local_stack_asks_for_no_token_of_the_environment() -> None:
    """It has its own."""
    assert read_arguments(["a.wav"], {TOKEN_VARIABLE: "of a deployment"}).token is None


def test_a_recording_goes_on_when_nobody_reads_along() -> None:
    """`| head` leaves early; what is said is to be saved all the same."""
    program = (
        "from tools.stream_file import SteadyConsole as C; c = C(); c.print('a'); c.print('b'); print('c')"
    )
    unread, closed = os.pipe()
    os.close(unread)
    try:
        done = subprocess.run(
            [sys.executable, "-c", program], stdout=closed, stderr=subprocess.PIPE, check=False
        )
    finally:
        os.close(closed)

    assert (done.returncode, done.stderr) == (0, b"")
