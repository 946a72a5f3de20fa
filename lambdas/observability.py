"""What the Lambdas say of themselves: log lines of ids, counts and codes, and metrics. Holds no state.

A line is a fixed message and keys. No ticket, token, header or name comes here; an error comes as its code.
"""

from __future__ import annotations

from typing import Protocol

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from contract.metrics import CATALOGUE, NAMESPACE, Metric, Origin, Service, dimensions
from lambdas.settings import SharedSettings

Value = str | int | float | None


class Observer(Protocol):
    """Takes what a Lambda says."""

    def note(self, message: str, **keys: Value) -> None:
        """Write a line about something that goes as it should."""
        ...

    def fail(self, message: str, *, origin: Origin, **keys: Value) -> None:
        """Write a line about a failure, and count it."""
        ...

    def count(self, metric: Metric, value: int = 1) -> None:
        """Add to a metric."""
        ...


class PowertoolsObserver:
    """Writes to the function's log, metrics among it; safe to share between threads."""

    def __init__(self, service: Service, settings: SharedSettings) -> None:
        self._service = service
        self._stage = settings.stage
        self._logger = Logger(service=service.value, level=settings.log_level)

    def note(self, message: str, **keys: Value) -> None:
        """Write an INFO line."""
        self._logger.info(message, extra=keys)

    def fail(self, message: str, *, origin: Origin, **keys: Value) -> None:
        """Write an ERROR line and add one to the errors of this origin."""
        self._logger.error(message, extra={"origin": origin.value, **keys})
        self._emit(Metric.ERRORS, 1, origin)

    def count(self, metric: Metric, value: int = 1) -> None:
        """Add to a metric."""
        self._emit(metric, value)

    def _emit(self, metric: Metric, value: int, origin: Origin | None = None) -> None:
        # One line each rather than a collector: a collector is shared state, and handlers may run in threads.
        unit = MetricUnit(CATALOGUE[metric].unit)
        with single_metric(name=metric.value, unit=unit, value=value, namespace=NAMESPACE) as emitted:
            for name, dimension in dimensions(self._service, self._stage, origin).items():
                emitted.add_dimension(name=name, value=dimension)
