"""cdk-nag's rules hold, and every finding that we live with has its reason and its place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from aws_cdk import App
from aws_cdk import aws_s3 as s3

from cdk_app import compliance, names
from cdk_app.acknowledgements import Acknowledged, acknowledged
from cdk_app.app import compose
from cdk_app.config import stage_from_context
from tests.cdk_app.assembly import DOMAIN, application

_CONTEXTS: list[Mapping[str, object]] = [
    {"stage": "dev"},
    {"stage": "staging"},
    {"stage": "prod"},
    {"stage": "prod", **DOMAIN},
]


def _findings(app: App) -> set[tuple[str, str | None]]:
    app.synth()  # only then is it known what one stack has of another
    return {
        (violation.rule_name, resource.construct_path)
        for pack in compliance.packs(app)
        for violation in pack.validate_scope(app).violations
        for resource in violation.violating_resources
    }


@pytest.mark.parametrize("context", _CONTEXTS, ids=lambda context: "-".join(context))
def test_what_is_found_is_what_is_acknowledged(context: Mapping[str, object], tmp_path: Path) -> None:
    """Neither a finding without a reason, nor an excuse for what was mended long ago."""
    app = application(context, tmp_path)
    compose(app)
    stage = stage_from_context(app.node)
    excused = {
        (line.rule, f"{names.stack(stage.name, line.stack)}/{line.path}") for line in acknowledged(stage)
    }

    assert _findings(app) == excused


def test_a_finding_without_a_reason_fails_the_synthesis(tmp_path: Path) -> None:
    """A bucket that anybody adds in passing, say."""
    app = application({}, tmp_path)
    data, _, _ = compose(app)
    s3.Bucket(data, "Added")
    compliance.enforce(app, stage_from_context(app.node))

    with pytest.raises(RuntimeError, match="seva-arogya-dev-data/Added/Resource"):
        app.synth()


def test_an_acknowledgement_of_nothing_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A resource that moved would otherwise leave its excuse behind, for another to find."""
    app = application({}, tmp_path)
    compose(app)
    stray = Acknowledged("AwsSolutions-S1", "edge", "Page/Elsewhere", "none")

    with pytest.raises(LookupError, match="seva-arogya-dev-edge/Page/Elsewhere"):
        compliance.acknowledge(app, "dev", [stray])


def test_every_reason_is_a_sentence(tmp_path: Path) -> None:
    """Whoever audits reads these."""
    app = application({}, tmp_path)

    for line in acknowledged(stage_from_context(app.node)):
        assert len(line.reason.split()) >= 6, line
        assert line.reason.endswith(".")
