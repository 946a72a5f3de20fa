"""What goes into the artefacts: which files of the repository.

Every asset is an allow-list, so that a change to anything else (the page, a test, a note) changes no hash and
redeploys nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from aws_cdk import AssetHashType, BundlingOptions, DockerImage, IgnoreMode
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3_deployment as s3_deployment

from cdk_app.layer import LayerBundling

ROOT: Final = Path(__file__).resolve().parent.parent

LAMBDA_RUNTIME: Final = lambda_.Runtime.PYTHON_3_14
LAMBDA_ARCHITECTURE: Final = lambda_.Architecture.ARM_64

_LAMBDA_PYTHON_VERSION: Final = LAMBDA_RUNTIME.name.removeprefix("python")
_NOT_CODE: Final = ["__pycache__", "*.md", "*.in", "requirements*.txt", "*_examples.json"]
_CA_FILE: Final = "certificates/rds-ca-rsa2048-g1.pem"
LAMBDA_CA_FILE: Final = f"/var/task/{_CA_FILE}"  # where Lambda unpacks a function's code
IMAGE_CA_FILE: Final = f"/app/{_CA_FILE}"  # where the Dockerfile copies it


def function_code(name: str, *, also: Sequence[str] = ()) -> lambda_.Code:
    """Give the code of the Lambda `lambdas/{name}`: its package, what all Lambdas share, and the contract.

    `also` names further folders of the repository.
    """
    folders = [f"!/{folder}" for folder in ("contract", *also)]
    included = ["!/lambdas", "/lambdas/*", "!/lambdas/*.py", f"!/lambdas/{name}", *folders]
    return lambda_.Code.from_asset(
        str(ROOT), exclude=["/*", *included, *_NOT_CODE], ignore_mode=IgnoreMode.GIT
    )


def dependency_layer_code() -> lambda_.Code:
    """Give the layer with the Lambdas' locked dependencies.

    Its hash is that of the lock and of the command, not of what pip wrote: the lock pins every byte of it,
    and a second synthesis needs neither pip nor the network.
    """
    bundling = LayerBundling(ROOT / "lambdas" / "requirements.txt", _LAMBDA_PYTHON_VERSION)
    return lambda_.Code.from_asset(
        str(ROOT / "lambdas"),
        exclude=["*", f"!/{bundling.lock.name}"],
        ignore_mode=IgnoreMode.GIT,
        asset_hash_type=AssetHashType.SOURCE,
        bundling=BundlingOptions(
            image=DockerImage.from_registry("never-run.invalid/local-bundling-only"),
            command=bundling.command,  # part of the hash; carried out by `bundling`
            local=bundling,
        ),
    )


def task_image() -> ecs.ContainerImage:
    """Give the streaming task's image; `.dockerignore` is its allow-list."""
    return ecs.ContainerImage.from_asset(
        str(ROOT),
        file="streaming_task/Dockerfile",
        platform=ecr_assets.Platform.LINUX_ARM64,
        ignore_mode=IgnoreMode.DOCKER,
    )


def page_files() -> s3_deployment.ISource:
    """Give what the page is made of: the files beside it and its scripts."""
    included = ["!/*.html", "!/*.css", "!/*.svg", "!/js"]
    return s3_deployment.Source.asset(
        str(ROOT / "frontend"), exclude=["/*", *included, "*.d.ts"], ignore_mode=IgnoreMode.GIT
    )
