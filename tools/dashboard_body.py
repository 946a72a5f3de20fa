"""A dashboard as a template has it: which graphs, of which metrics and expressions. Draws nothing."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.metric_lines import MINUTE_S, MetricLines, Series

UNKNOWN = "made-at-deployment"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a graph."""

    label: str
    series: Series


@dataclass(frozen=True, slots=True)
class Widget:
    """One rectangle of the dashboard, on its grid of 24 columns."""

    kind: str
    title: str
    x: int
    y: int
    width: int
    height: int
    metrics: tuple[list[Any], ...]


def read_dashboard(template: Path) -> list[Widget]:
    """Read the widgets of a template's dashboard, with a stand-in for what only a deployment knows.

    Raises:
        LookupError: the template has no dashboard.
    """
    resources: dict[str, Any] = json.loads(template.read_text())["Resources"]
    for resource in resources.values():
        if resource["Type"] == "AWS::CloudWatch::Dashboard":
            separator, parts = resource["Properties"]["DashboardBody"]["Fn::Join"]
            text = separator.join(part if isinstance(part, str) else UNKNOWN for part in parts)
            return [_widget(one) for one in json.loads(text)["widgets"]]
    raise LookupError(f"there is no dashboard in {template}")


def _widget(found: dict[str, Any]) -> Widget:
    properties = found["properties"]
    title = properties.get("title") or properties.get("markdown", "").lstrip("# ")
    metrics = tuple(properties.get("metrics", ()))
    return Widget(found["type"], title, found["x"], found["y"], found["width"], found["height"], metrics)


def lines_of(widget: Widget, values: MetricLines) -> list[Line]:
    """Give the lines of a graph that have values; AWS's own metrics have none on one machine."""
    shown: list[Line] = []
    by_id: dict[str, Series] = {}
    expressions: list[dict[str, Any]] = []
    previous: list[str] = []
    for found in widget.metrics:
        options = found[-1] if isinstance(found[-1], dict) else {}
        words = [word for word in found if isinstance(word, str)]
        if not words:
            expressions.append(options)
            continue
        previous = words = _spelled_out(words, previous)
        dimensions = dict(zip(words[2::2], words[3::2], strict=True))
        statistic, period_s = options.get("stat", "Average"), options.get("period", MINUTE_S)
        series = values.series(words[0], words[1], dimensions, statistic, period_s)
        by_id[options.get("id", "")] = series
        if options.get("visible", True):
            shown.append(Line(options.get("label", words[1]), series))
    shown += [
        Line(options.get("label", ""), evaluate(options["expression"], by_id)) for options in expressions
    ]
    return [line for line in shown if line.series]


def _spelled_out(words: list[str], previous: list[str]) -> list[str]:
    # "." is the word above it; "..." stands for all the words above that are left out.
    if words[0] == "...":
        words = [*previous[: len(previous) - len(words) + 1], *words[1:]]
    return [previous[place] if word == "." else word for place, word in enumerate(words)]


def evaluate(expression: str, series: Mapping[str, Series]) -> Series:
    """Work an expression out where any of its metrics has a value: + * / > numbers, FILL and IF.

    Raises:
        ValueError: it holds something else.
    """
    tree = ast.parse(expression.strip(), mode="eval").body
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id in series}
    result: Series = {}
    for begins in sorted({begins for name in names for begins in series[name]}):
        value = _value(tree, {name: series[name].get(begins) for name in names})
        if value is not None:
            result[begins] = value
    return result


def _value(node: ast.expr, at: Mapping[str, float | None]) -> float | None:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name) if name in at:
            return at[name]
        case ast.Call(func=ast.Name(id="FILL"), args=[of, instead]):
            value = _value(of, at)
            return _value(instead, at) if value is None else value
        case ast.Call(func=ast.Name(id="IF"), args=[condition, then, otherwise]):
            return _value(then if _value(condition, at) else otherwise, at)
        case ast.Compare(left=left, ops=[ast.Gt()], comparators=[right]):
            pair = _value(left, at), _value(right, at)
            return None if None in pair else float((pair[0] or 0.0) > (pair[1] or 0.0))
        case ast.BinOp(left=left, op=op, right=right):
            return _combined(op, _value(left, at), _value(right, at))
        case _:
            raise ValueError(f"cannot work out {ast.unparse(node)!r}")


def _combined(op: ast.operator, left: float | None, right: float | None) -> float | None:
    if left is None or right is None:
        return None
    match op:
        case ast.Add():
            return left + right
        case ast.Mult():
            return left * right
        case ast.Div():
            return left / right if right else None
        case _:
            raise ValueError(f"cannot work out {type(op).__name__}")
