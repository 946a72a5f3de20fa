"""What goes into the artefacts: which files of the repository, and how the layer is built without Docker.

Every asset is an allow-list, so that a change to anything else (the page, a test, a note) changes no hash and
redeploys nothing.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import jsii
from aws_cdk import AssetHashType, BundlingOptions, DockerImage, IgnoreMode, ILocalBundling
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3_deployment as s3_deployment

ROOT: Final = Path(__file__).resolve().parent.parent

LAMBDA_RUNTIME: Final = lambda_.Runtime.PYTHON_3_14
LAMBDA_ARCHITECTURE: Final = lambda_.Architecture.ARM_64

_LAMBDA_PYTHON_VERSION: Final = LAMBDA_RUNTIME.name.removeprefix("python")
_NOT_CODE: Final = ["__pycache__", "*.md", "*.in", "requirements*.txt", "wire_examples.json"]
_CA_FILE: Final = "certificates/rds-ca-rsa2048-g1.pem"
LAMBDA_CA_FILE: Final = f"/var/task/{_CA_FILE}"  # where Lambda unpacks a function's code
IMAGE_CA_FILE: Final = f"/app/{_CA_FILE}"  # where the Dockerfile copies it

_LAYER_LOCK: Final = "requirements.txt"
_PIP_ARGUMENTS: Final = (
    "--quiet",
    "--disable-pip-version-check",
    "--no-compile",
    "--require-hashes",
    "--only-binary=:all:",
    "--implementation=cp",
    f"--python-version={_LAMBDA_PYTHON_VERSION}",
    # Both tags: some wheels have only the newer, and with the older alone pip settles for an old release.
    "--platform=manylinux2014_aarch64",
    "--platform=manylinux_2_28_aarch64",
)


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
    return lambda_.Code.from_asset(
        str(ROOT / "lambdas"),
        exclude=["*", f"!/{_LAYER_LOCK}"],
        ignore_mode=IgnoreMode.GIT,
        asset_hash_type=AssetHashType.SOURCE,
        bundling=BundlingOptions(
            image=DockerImage.from_registry("never-run.invalid/local-bundling-only"),
            command=["pip", "install", *_PIP_ARGUMENTS],  # part of the hash; run by _PipInstall
            local=_PipInstall(),
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


@jsii.implements(ILocalBundling)
class _PipInstall:
    """Fill the layer with pip, for another platform than this one."""

    def try_bundle(self, output_dir: str, *_args: Any, **_kwargs: Any) -> bool:
        """Install the lock into `output_dir`; True, since there is no other way to fall back to.

        Raises:
            CalledProcessError: pip could not install the lock as it is.
        """
        target = Path(output_dir) / "python"  # where Lambda looks for a layer's packages
        lock = ROOT / "lambdas" / _LAYER_LOCK
        subprocess.run(  # noqa: S603 - fixed arguments, no shell
            [
                sys.executable,
                "-m",
                "pip",
                "install",
                *_PIP_ARGUMENTS,
                f"--target={target}",
                f"--requirement={lock}",
            ],
            check=True,
            stdout=sys.stderr,  # the CLI reads our standard output
        )
        shutil.rmtree(target / "bin", ignore_errors=True)  # scripts that name this machine's interpreter
        return True
