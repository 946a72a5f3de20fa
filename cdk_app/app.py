"""Build the app: `python -m cdk_app.app`, as cdk.json says. Reads the context, looks nothing up."""

from __future__ import annotations

from aws_cdk import App, Tags

from cdk_app import compliance, names
from cdk_app.config import stage_from_context
from cdk_app.stacks.data import DataStack
from cdk_app.stacks.edge import EdgeStack
from cdk_app.stacks.service import ServiceStack


def compose(app: App) -> tuple[DataStack, ServiceStack, EdgeStack]:
    """Put the stage's three stacks into the app."""
    stage = stage_from_context(app.node)
    data = DataStack(app, names.stack(stage.name, "data"), stage=stage)
    service = ServiceStack(app, names.stack(stage.name, "service"), stage=stage, data=data)
    edge = EdgeStack(app, names.stack(stage.name, "edge"), stage=stage, data=data, service=service)
    Tags.of(app).add("product", "seva-arogya")
    Tags.of(app).add("stage", stage.name)
    return data, service, edge


if __name__ == "__main__":
    app = App()
    compose(app)
    compliance.enforce(app, stage_from_context(app.node))
    app.synth()
