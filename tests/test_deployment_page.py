"""docs/deployment.md says what is so: the smoke test's lines, the stages' values, the pinned database."""

from __future__ import annotations

import re
from pathlib import Path

from contract.audio import Quality
from tools.smoke import HAND_OVER, ONLY_AWS, Samples, path_checks
from tools.stream_file import TOKEN_VARIABLE, Target

COSTS = "What a stage decides, and what it costs"
ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "deployment.md").read_text()
NOT_VERIFIED = (ROOT / "docs" / "decisions" / "0007-local-gateway-and-balancer.md").read_text()
CONFIGURATION = (ROOT / "cdk_app" / "config.py").read_text()
DATABASE = (ROOT / "cdk_app" / "constructs" / "database.py").read_text()


def lines_of_the_smoke_test() -> set[str]:
    """Name every line that it prints."""
    checks = path_checks(Target("", "", ""), "", Samples({}, Quality.MEDIUM))
    return {check.name for check in checks} | {*ONLY_AWS, HAND_OVER}


def section(heading: str) -> str:
    return PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]


def test_every_line_of_the_smoke_test_is_explained() -> None:
    """And none that there is not."""
    rows = [line.split("|")[1] for line in section("Verify").splitlines() if line.startswith("| `")]

    assert {name for row in rows for name in re.findall(r"`([^`]+)`", row)} == lines_of_the_smoke_test()


def test_what_was_never_verified_names_lines_that_there_are() -> None:
    """Whoever adds to the list says where it is looked at."""
    named = {name for some in re.findall(r"\[([^\]]+)\](?!\()", NOT_VERIFIED) for name in some.split(", ")}

    assert named
    assert named <= lines_of_the_smoke_test()


def test_the_token_is_where_the_page_says() -> None:
    """An engineer pastes it once, as it stands there."""
    assert f"export {TOKEN_VARIABLE}" in section("Verify")


def test_the_minor_to_be_raised_is_the_pinned_one() -> None:
    """The command that asks for newer ones names it."""
    pinned = re.search(r"PostgresEngineVersion\.VER_(\d+)_(\d+)", DATABASE)

    assert pinned is not None
    assert f"--engine-version {pinned[1]}.{pinned[2]}" in PAGE


def rows_of(text: str) -> list[list[str]]:
    """Give the cells of a table's lines, without its head."""
    table = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip(" *") for cell in line.strip("|").split("|")] for line in table]


def test_every_setting_that_is_priced_is_a_setting() -> None:
    """A renamed one would be looked for in vain."""
    rows = rows_of(section(COSTS).partition("Fixed,")[0])
    names = {name.rpartition(".")[2] for row in rows for name in re.findall(r"`([\w.]+)`", row[0])}

    assert names
    assert {name for name in names if not re.search(rf"\b{name}[:=]", CONFIGURATION)} == set()


def test_the_arithmetic_of_the_costs_adds_up() -> None:
    """A sum that is wrong by a line is worse than none."""
    fixed = rows_of(section(COSTS).partition("Fixed,")[2].partition("Per hour")[0])[2:]
    clinic = rows_of(section(COSTS).partition("A small clinic")[2])[3:]

    for prices in ([row[2] for row in fixed], [row[3] for row in fixed], [row[2] for row in clinic]):
        *items, total = [int(price.replace(",", "")) for price in prices]
        assert sum(items) == total


def test_every_link_leads_somewhere() -> None:
    """Files only: addresses of the network are not asked."""
    for target in re.findall(r"\]\((?!#|https?:)([^)#]+)", PAGE):
        assert (ROOT / "docs" / target).exists(), target
