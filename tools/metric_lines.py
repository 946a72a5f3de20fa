"""Read embedded metric lines out of logs, as CloudWatch would. Knows no picture."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

MINUTE_S = 60

Series = dict[int, float]
"""A value for each period, by its beginning in Unix seconds."""

_Key = tuple[str, str, frozenset[tuple[str, str]]]


class MetricLines:
    """Every value that was written, by namespace, name and dimensions."""

    def __init__(self, stage: str) -> None:
        """Take every metric for one of that stage, whatever stage wrote it."""
        self._stage = {"stage": stage}
        self._values: defaultdict[_Key, list[tuple[float, float]]] = defaultdict(list)

    def read(self, lines: Iterable[str]) -> None:
        """Take the metrics of a log; its other lines are passed over."""
        for line in lines:
            try:
                written = json.loads(line)
            except ValueError:
                continue
            if isinstance(written, dict) and "_aws" in written:
                self._take(written)

    def _take(self, written: dict[str, Any]) -> None:
        at_s = written["_aws"]["Timestamp"] / 1000
        for directive in written["_aws"]["CloudWatchMetrics"]:
            for names in directive["Dimensions"]:
                dimensions = frozenset((name, self._stage.get(name, str(written[name]))) for name in names)
                for metric in directive["Metrics"]:
                    values = written[metric["Name"]]
                    taken = values if isinstance(values, list) else [values]
                    key = (directive["Namespace"], metric["Name"], dimensions)
                    self._values[key] += [(at_s, float(value)) for value in taken]

    @property
    def span(self) -> tuple[int, int]:
        """Give the first and the last minute with a value, as Unix seconds.

        Raises:
            ValueError: there is none.
        """
        times = [at_s for values in self._values.values() for at_s, _ in values]
        return _beginning(min(times), MINUTE_S), _beginning(max(times), MINUTE_S)

    def series(
        self, namespace: str, name: str, dimensions: dict[str, str], statistic: str, period_s: int
    ) -> Series:
        """Give a metric's statistic for each period that has values."""
        periods: defaultdict[int, list[float]] = defaultdict(list)
        for at_s, value in self._values.get((namespace, name, frozenset(dimensions.items())), []):
            periods[_beginning(at_s, period_s)].append(value)
        return {begins: statistic_of(values, statistic) for begins, values in sorted(periods.items())}


def read_logs(folder: Path, stage: str) -> MetricLines:
    """Read every log of a folder as if that stage had written it."""
    found = MetricLines(stage)
    for file in sorted(folder.glob("*.log")):
        with file.open(errors="replace") as lines:
            found.read(lines)
    return found


def statistic_of(values: list[float], statistic: str) -> float:
    """Give a statistic as CloudWatch names it: Sum, Average, Minimum, Maximum, SampleCount, p95.

    Raises:
        ValueError: it is none of these.
    """
    match statistic:
        case "Sum":
            return math.fsum(values)
        case "Average":
            return math.fsum(values) / len(values)
        case "Minimum":
            return min(values)
        case "Maximum":
            return max(values)
        case "SampleCount":
            return float(len(values))
        case _ if statistic[:1] == "p":
            rank = math.ceil(
                float(statistic[1:]) * len(values) / 100
            )  # in this order, whole ranks stay whole
            return sorted(values)[max(0, rank - 1)]
        case _:
            raise ValueError(f"there is no statistic {statistic!r}")


def _beginning(at_s: float, period_s: int) -> int:
    return int(at_s // period_s) * period_s
