"""The catalogue of metrics is whole, and each of its entries is one that the code emits."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest

from contract.metrics import CATALOGUE, Metric, Origin, Service, dimensions

ROOT = Path(__file__).parents[2]
EMITTERS = {
    Service.CONNECT: "lambdas/connect",
    Service.DISCONNECT: "lambdas/disconnect",
    Service.API: "lambdas/api",
    Service.HISTORY: "lambdas/history",
    Service.MIGRATE: "lambdas/migrate",
    Service.STREAMING_TASK: "streaming_task",
}


def members(folder: str, enumeration: type[StrEnum]) -> set[str]:
    """Name the members of an enumeration that the code in a folder uses: as members, or by their values."""
    values = {member.value: member.name for member in enumeration}

    def used() -> Iterator[str]:
        nodes = [
            node for file in (ROOT / folder).rglob("*.py") for node in ast.walk(ast.parse(file.read_text()))
        ]
        for node in nodes:
            match node:
                case ast.Attribute(value=ast.Name(id=name), attr=member) if name == enumeration.__name__:
                    yield member
                case ast.Call(func=ast.Name(id="Report"), args=[ast.Constant(value=str(value)), *_]):
                    yield values.get(value, "")
                case ast.Call(func=ast.Attribute(attr="report"), args=[ast.Constant(value=str(value)), *_]):
                    yield values.get(value, "")
                case _:
                    pass

    return set(used())


def test_every_metric_is_in_the_catalogue() -> None:
    """One without a unit and an emitter could not be drawn."""
    assert set(CATALOGUE) == set(Metric)
    assert all(emission.emitted_by for emission in CATALOGUE.values())


@pytest.mark.parametrize("service", Service)
def test_each_service_emits_what_the_catalogue_says_of_it(service: Service) -> None:
    """A metric that nobody counts any more would be drawn as a flat line, and its alarm would never sound."""
    expected = {
        metric.name
        for metric, emission in CATALOGUE.items()
        if service in emission.emitted_by and metric is not Metric.ERRORS
    }

    assert members(EMITTERS[service], Metric) - {"ERRORS"} == expected


@pytest.mark.parametrize("service", Service)
def test_each_service_counts_errors_of_the_origins_that_the_catalogue_says(service: Service) -> None:
    """An alarm on any other would never sound."""
    expected = {origin.name for origin in CATALOGUE[Metric.ERRORS].emitted_by[service] if origin}

    assert members(EMITTERS[service], Origin) - {""} == expected


def test_a_dimension_is_service_and_stage_and_for_errors_the_origin() -> None:
    """Each further one would be another metric to pay for; none ever holds a user's text."""
    assert dimensions(Service.API, "prod") == {"service": "api", "stage": "prod"}
    assert CATALOGUE[Metric.ERRORS].dimension_sets("prod")[0] == {
        "service": "connect",
        "stage": "prod",
        "origin": Origin.WEBSOCKET.value,
    }
    for emission in CATALOGUE.values():
        assert {frozenset(found) for found in emission.dimension_sets("prod")} <= {
            frozenset({"service", "stage"}),
            frozenset({"service", "stage", "origin"}),
        }
