"""docs/operations.md says what is so: its queries find real lines, its metrics and links exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from contract.metrics import CATALOGUE, Metric

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "operations.md").read_text()
QUERIES = re.findall(r"^```\n(.*?)\n```$", PAGE, re.MULTILINE | re.DOTALL)
SAYING = {"debug", "info", "warning", "error", "exception", "note", "fail"}
KEYS_OF_A_LINE = {"@timestamp", "message", "level", "task_id", "times", "last", "by", "as", "latest", "count"}


@cache
def said() -> tuple[tuple[str, set[str]], ...]:
    """List what the code logs: the fixed message and the keys beside it."""
    return tuple(_said())


def _said() -> Iterator[tuple[str, set[str]]]:
    for package in ("streaming_task", "lambdas"):
        for file in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                match node:
                    case ast.Call(
                        func=ast.Attribute(attr=how), args=[ast.Constant(value=str(message)), *_]
                    ) if how in SAYING:
                        yield message, {keyword.arg for keyword in node.keywords if keyword.arg}
                    case _:
                        pass


@cache
def keys_in_code() -> set[str]:
    """Name every key that a line of ours may have."""
    found: set[str] = set()
    for package in ("streaming_task", "lambdas"):
        for file in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Dict):
                    found |= {str(key.value) for key in node.keys if isinstance(key, ast.Constant)}
    for _, keys in said():
        found |= keys
    return found


def quoted(text: str) -> list[str]:
    return re.findall(r'"([^"]+)"', text)


def test_there_are_queries() -> None:
    """Else the tests below would hold for nothing."""
    assert len(QUERIES) >= 8


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_finds_lines_that_the_code_writes(query: str) -> None:
    """A message that was reworded since would find nothing, in the night in which it matters."""
    messages = {message for message, _ in said()}

    for clause in re.findall(r"message (?:=|in|like) (\[[^\]]*\]|\"[^\"]*\")", query):
        for text in quoted(clause):
            if " like " in query:
                assert any(text in message for message in messages), text
            else:
                assert text in messages, text


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_asks_for_keys_that_lines_have(query: str) -> None:
    """A column that is always empty tells nothing, and looks like good news."""
    asked = set()
    for command in query.split("|"):
        verb, _, rest = command.strip().partition(" ")
        if verb == "fields":
            asked |= {name.strip() for name in rest.split(",")}
        if verb == "stats":
            asked |= {name.strip() for name in rest.partition(" by ")[2].split(",")}
    metrics = {f"{metric}.0" for metric in Metric}

    assert asked <= keys_in_code() | KEYS_OF_A_LINE | metrics


def test_a_word_to_filter_by_is_in_some_line() -> None:
    """Whoever has a shell only must find the same lines."""
    words = PAGE.partition("with one of ")[2].partition(";")[0]
    messages = {message for message, _ in said()}

    for word in [*re.findall(r"`(\w+)`", words), "migration"]:
        assert word == "ERROR" or any(word in message for message in messages), word


def test_debug_mode_promises_lines_that_there_are() -> None:
    """And at that level: at any other they would cost what the page says, always."""
    promised = re.findall(r"\(`([^`]+)`\)", PAGE.partition("### Debug mode")[2].partition("###")[0])
    debug = {
        node.args[0].value
        for file in (ROOT / "streaming_task").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "debug"
        and isinstance(node.args[0], ast.Constant)
    }

    assert len(promised) >= 4
    assert set(promised) <= debug


def test_every_metric_is_explained() -> None:
    """And none that there is not."""
    table = PAGE.partition("### What the numbers are")[2].partition("## Alarms")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]

    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == {m.value for m in CATALOGUE}


def test_every_link_within_the_page_leads_somewhere() -> None:
    """Runbooks send the reader on to one another."""
    headings = {heading.lower().replace(" ", "-") for heading in re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)}

    assert set(re.findall(r"\]\(#([\w-]+)\)", PAGE)) <= headings


def test_every_file_that_it_links_is_there() -> None:
    """The picture too."""
    for target in re.findall(r"\]\((?!#|https?:)([^)#]+)", PAGE):
        assert (ROOT / "docs" / target).exists(), target
