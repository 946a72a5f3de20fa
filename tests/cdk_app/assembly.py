"""A synthesised stage as the tests read it. Needs no Docker, no credentials, no network and no layer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws_cdk import App
from aws_cdk.assertions import Template

from cdk_app import assets, compliance
from cdk_app.app import compose
from cdk_app.config import stage_from_context

Properties = Mapping[str, Any]

# The context of a deployment under a name of its own.
DOMAIN = {
    "domain": "transcription.example.org",
    "certificate": "arn:aws:acm:us-east-1:111122223333:certificate/for-the-name",
}


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a template."""

    logical_id: str
    type: str
    properties: Properties
    depends_on: frozenset[str]


@dataclass(frozen=True, slots=True)
class StackTemplate:
    """One stack's template, by resource."""

    resources: Mapping[str, Resource]
    outputs: Mapping[str, Any]

    def of_type(self, resource_type: str) -> list[Resource]:
        """Give the resources of a type."""
        return [resource for resource in self.resources.values() if resource.type == resource_type]

    def only(self, resource_type: str, **properties: object) -> Resource:
        """Give the one resource of the type with these properties."""
        found = [
            resource
            for resource in self.of_type(resource_type)
            if all(resource.properties.get(name) == value for name, value in properties.items())
        ]
        assert len(found) == 1, f"{len(found)} resources of {resource_type} with {properties}"
        return found[0]


@dataclass(frozen=True, slots=True)
class Assembly:
    """The three stacks of a stage, and the folder that they and their assets were written to."""

    data: StackTemplate
    service: StackTemplate
    edge: StackTemplate
    directory: Path
    missing: list[Any]

    def resources(self) -> Iterator[Resource]:
        """Go through every resource of every stack."""
        for stack in (self.data, self.service, self.edge):
            yield from stack.resources.values()

    def function(self, name: str) -> Resource:
        """Give the Lambda of `lambdas/{name}`."""
        handler = f"lambdas.{name}.handler.handler"
        found = [
            resource
            for resource in self.resources()
            if resource.type == "AWS::Lambda::Function" and resource.properties["Handler"] == handler
        ]
        assert len(found) == 1, f"{len(found)} functions with the handler {handler}"
        return found[0]


def application(context: Mapping[str, object], directory: Path) -> App:
    """Make an app with the repository's own context and these changes to it; no layer will be bundled."""
    own: dict[str, object] = json.loads((assets.ROOT / "cdk.json").read_text())["context"]
    return App(context={**own, "aws:cdk:bundling-stacks": [], **context}, outdir=str(directory))


def synthesise(context: Mapping[str, object], directory: Path) -> Assembly:
    """Synthesise a stage, under the rules that every synthesis must satisfy."""
    app = application(context, directory)
    stacks = compose(app)
    compliance.enforce(app, stage_from_context(app.node))
    data, service, edge = (_template(Template.from_stack(stack)) for stack in stacks)
    manifest = json.loads((directory / "manifest.json").read_text())
    return Assembly(data, service, edge, directory, manifest.get("missing", []))


def _template(template: Template) -> StackTemplate:
    document = template.to_json()
    return StackTemplate(
        {
            logical_id: Resource(
                logical_id,
                resource["Type"],
                resource.get("Properties", {}),
                frozenset(resource.get("DependsOn", ())),
            )
            for logical_id, resource in document["Resources"].items()
        },
        document.get("Outputs", {}),
    )
