"""Draw how long text took under load, from what `python -m tools.load --json FILE` wrote.

    .venv/bin/python -m benchmarks.draw_load docs/images/load.svg benchmarks/load/*.json

Runs with the same number of sessions become one line: at each percentile their median.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

WIDTH, HEIGHT = 760, 380
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 46, 48
LEAST_MS, MOST_MS = 3.0, 10_000.0
TICKS_MS = (3, 10, 30, 100, 300, 1_000, 3_000, 10_000)
COLOURS = ("#2ca02c", "#1f77b4", "#d62728", "#9467bd", "#8c564b")
DASHES = {"partial": "none", "final": "6 4", "durable": "1.5 3"}
FONT = "font-family='Helvetica, Arial, sans-serif' font-size='12'"
INK, FAINT, GRID = "#16191f", "#687078", "#e3e6e8"

Curve = Sequence[float]


def curves_of(runs: Sequence[Mapping[str, Any]]) -> dict[int, dict[str, Curve]]:
    """Give for each number of sessions the curve of each delay: milliseconds at the percentiles 1 to 100."""
    groups: defaultdict[tuple[int, str], list[Curve]] = defaultdict(list)
    for run in runs:
        for name, delay in run["delays"].items():
            groups[run["sessions"], name].append(delay["curve_ms"])
    curves: dict[int, dict[str, Curve]] = {}
    for (sessions, name), found in sorted(groups.items()):
        curves.setdefault(sessions, {})[name] = [median(values) for values in zip(*found, strict=True)]
    return curves


def draw(curves: Mapping[int, Mapping[str, Curve]]) -> str:
    """Give the picture as SVG."""
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' width='{WIDTH}'>",
        f"<rect width='{WIDTH}' height='{HEIGHT}' fill='#ffffff'/>",
        *_grid(),
    ]
    for (sessions, delays), colour in zip(curves.items(), COLOURS, strict=False):
        for name, curve in delays.items():
            points = " ".join(f"{_x(ms):.1f},{_y(percent):.1f}" for percent, ms in enumerate(curve, start=1))
            parts.append(
                f"<polyline points='{points}' fill='none' stroke='{colour}' stroke-width='1.8' "
                f"stroke-dasharray='{DASHES[name]}'><title>{sessions} sessions, {name}</title></polyline>"
            )
    return "\n".join([*parts, *_legend(curves), "</svg>", ""])


def _grid() -> list[str]:
    parts = []
    for percent in (0, 25, 50, 75, 95):
        y = _y(percent)
        parts.append(f"<path d='M{LEFT} {y:.1f}H{WIDTH - RIGHT}' stroke='{GRID}'/>")
        parts.append(_text(LEFT - 8, y + 4, f"{percent} %", FAINT, "end"))
    for ms in TICKS_MS:
        x = _x(ms)
        parts.append(f"<path d='M{x:.1f} {TOP}V{HEIGHT - BOTTOM}' stroke='{GRID}'/>")
        shown = f"{ms} ms" if ms < 1_000 else f"{ms // 1_000} s"
        parts.append(_text(x, HEIGHT - BOTTOM + 18, shown, FAINT, "middle"))
    middle = (LEFT + WIDTH - RIGHT) / 2
    return [*parts, _text(middle, HEIGHT - 10, "came within (shares of all, logarithmic)", FAINT, "middle")]


def _legend(curves: Mapping[int, Mapping[str, Curve]]) -> list[str]:
    parts, x = [], float(LEFT)
    shown = [
        (f"{sessions} sessions", colour, "none") for sessions, colour in zip(curves, COLOURS, strict=False)
    ]
    names = {"partial": "first text", "final": "final text", "durable": "audio safe"}
    shown += [(names[name], INK, dashes) for name, dashes in DASHES.items()]
    for label, colour, dashes in shown:
        parts.append(
            f"<path d='M{x} 20H{x + 24}' stroke='{colour}' stroke-width='2' stroke-dasharray='{dashes}'/>"
        )
        parts.append(_text(x + 30, 24, label, INK, "start"))
        x += 46 + 6.4 * len(label)
    return parts


def _text(x: float, y: float, text: str, colour: str, anchor: str) -> str:
    return f"<text x='{x:.1f}' y='{y:.1f}' {FONT} fill='{colour}' text-anchor='{anchor}'>{text}</text>"


def _x(ms: float) -> float:
    share = math.log(min(max(ms, LEAST_MS), MOST_MS) / LEAST_MS) / math.log(MOST_MS / LEAST_MS)
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _y(percent: float) -> float:
    return HEIGHT - BOTTOM - percent / 100 * (HEIGHT - TOP - BOTTOM)


def main() -> None:
    """Draw what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("output", type=Path, help="the SVG to write")
    parser.add_argument("runs", type=Path, nargs="+", help="what --json wrote")
    options = parser.parse_args()
    options.output.write_text(draw(curves_of([json.loads(run.read_text()) for run in options.runs])))


if __name__ == "__main__":
    main()
