"""The command line of the file streamer: where its access token may come from."""

from __future__ import annotations

import io
import uuid

import pytest
from rich.console import Console

from contract.audio import Quality
from tools.client_session import ClientSession, Terms
from tools.stream_file import TOKEN_VARIABLE, View, deployed_target, read_arguments

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


def test_a_trouble_is_told_once_until_it_is_over_or_another() -> None:
    """A line for each attempt would bury the text."""
    said = io.StringIO()
    view = View(Console(file=said, width=80), seconds=1.0)

    for why in ("away", "away", "refused (403)", "away"):
        view.tell_trouble(why)
    view.show(session(), rate_hz=16_000)
    view.tell_trouble("away")

    assert [line.split(";")[0].strip() for line in said.getvalue().splitlines()] == [
        "away",
        "refused (403)",
        "away",
        "away",
    ]


def session() -> ClientSession:
    return ClientSession(Terms(str(uuid.uuid4()), str(uuid.uuid4()), Quality.MEDIUM, 16_000))
