"""Draw a template's dashboard from the metrics in a local stack's logs: `python -m tools.draw_dashboard`.

What CloudWatch would show, as one SVG; graphs of AWS's own metrics stay empty.
"""

from __future__ import annotations

import argparse
import math
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

from tools.dashboard_body import Line, Widget, lines_of, read_dashboard
from tools.metric_lines import MetricLines, read_logs

TEMPLATE = Path("cdk.out/seva-arogya-dev-edge.template.json")
COLUMN, ROW = 50, 34  # pixels of the dashboard's grid
MARGIN = 8
PLOT_TOP, PLOT_BOTTOM, PLOT_LEFT, PLOT_RIGHT = 30, 22, 44, 12
LEGEND_LINE, LEGEND_COLUMNS = 14, 3
FONT = "font-family='Helvetica, Arial, sans-serif'"
INK, FAINT, PAPER, CARD = "#16191f", "#687078", "#f2f3f3", "#ffffff"
COLOURS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f")


def main() -> None:
    """Draw what the command line names."""
    parser = argparse.ArgumentParser(description="Draw the dashboard from a local stack's metrics.")
    parser.add_argument("output", type=Path, help="the SVG to write")
    parser.add_argument("--logs", type=Path, default=Path(".local/logs"), help="a local stack's logs")
    parser.add_argument("--template", type=Path, default=TEMPLATE, help="with the dashboard in it")
    options = parser.parse_args()
    stage = options.template.name.removeprefix("seva-arogya-").partition("-")[0]
    drawn = draw(read_dashboard(options.template), read_logs(options.logs, stage))
    options.output.write_text(drawn)


def draw(widgets: list[Widget], values: MetricLines) -> str:
    """Give the dashboard as SVG."""
    width = COLUMN * 24
    height = max(widget.y + widget.height for widget in widgets) * ROW + MARGIN
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' width='{width}'>",
        f"<rect width='{width}' height='{height}' fill='{PAPER}'/>",
    ]
    for widget in widgets:
        parts += _drawn(widget, values)
    return "\n".join([*parts, "</svg>", ""])


def _drawn(widget: Widget, values: MetricLines) -> list[str]:
    x, y = widget.x * COLUMN + MARGIN // 2, widget.y * ROW + MARGIN // 2
    width, height = widget.width * COLUMN - MARGIN, widget.height * ROW - MARGIN
    if widget.kind == "text":
        return [_text(x + 4, y + height - 6, widget.title, 15, INK, "bold")]
    card = f"<rect x='{x}' y='{y}' width='{width}' height='{height}' rx='6' fill='{CARD}' stroke='#d5dbdb'/>"
    parts = [card, _text(x + 12, y + 19, widget.title, 12.5, INK, "bold")]
    if widget.kind != "metric":
        return [*parts, _text(x + 12, y + 44, "the state of every alarm stands here", 11, FAINT)]
    lines = lines_of(widget, values)
    if not lines:
        return [*parts, _text(x + 12, y + 44, "AWS's own metrics: none on one machine", 11, FAINT)]
    return [*parts, *_plot(lines, values.span, x, y, width, height)]


def _plot(lines: list[Line], span: tuple[int, int], x: int, y: int, width: int, height: int) -> list[str]:
    left, right = x + PLOT_LEFT, x + width - PLOT_RIGHT
    top = y + PLOT_TOP
    bottom = y + height - PLOT_BOTTOM - LEGEND_LINE * math.ceil(len(lines) / LEGEND_COLUMNS)
    highest = _round_up(max(value for line in lines for value in line.series.values()))
    first, last = span
    seconds = max(1, last - first)
    parts = []
    for share in (0.0, 0.5, 1.0):
        level = bottom - share * (bottom - top)
        parts.append(f"<path d='M{left} {level:.1f}H{right}' stroke='#eaeded'/>")
        parts.append(_text(left - 6, level + 4, _short(highest * share), 10, FAINT, anchor="end"))
    for at in (first, last):
        anchor = "start" if at == first else "end"
        place = left if at == first else right
        parts.append(
            _text(place, bottom + 14, f"{datetime.fromtimestamp(at, UTC):%H:%M}", 10, FAINT, anchor=anchor)
        )
    for number, line in enumerate(lines):
        colour = COLOURS[number % len(COLOURS)]
        points = [
            (
                left + (max(first, at) - first) / seconds * (right - left),
                bottom - value / highest * (bottom - top),
            )
            for at, value in line.series.items()
        ]
        path = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
        parts.append(f"<polyline points='{path}' fill='none' stroke='{colour}' stroke-width='1.6'/>")
        parts += [f"<circle cx='{px:.1f}' cy='{py:.1f}' r='1.8' fill='{colour}'/>" for px, py in points]
        column, row = number % LEGEND_COLUMNS, number // LEGEND_COLUMNS
        legend_x = x + 12 + column * (width - 24) / LEGEND_COLUMNS
        legend_y = bottom + PLOT_BOTTOM + 6 + row * LEGEND_LINE
        parts.append(
            f"<rect x='{legend_x:.1f}' y='{legend_y - 8:.1f}' width='9' height='9' fill='{colour}'/>"
        )
        parts.append(_text(legend_x + 13, legend_y, line.label, 10, INK))
    return parts


def _round_up(value: float) -> float:
    if value <= 0:
        return 1.0
    step = 10.0 ** math.floor(math.log10(value))
    return next(step * factor for factor in (1, 2, 5, 10) if step * factor >= value)


def _short(value: float) -> str:
    return f"{value / 1000:g}k" if value >= 10_000 else f"{value:g}"


def _text(
    x: float, y: float, text: str, size: float, colour: str, weight: str = "normal", anchor: str = "start"
) -> str:
    return (
        f"<text x='{x:.1f}' y='{y:.1f}' font-size='{size}' fill='{colour}' font-weight='{weight}' "
        f"text-anchor='{anchor}' {FONT}>{escape(text)}</text>"
    )


if __name__ == "__main__":
    main()
