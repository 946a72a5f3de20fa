"""How the Lambdas' layer is filled without Docker: pip for their platform, less what none of them uses.

With the Lambdas' own version of Python it carries bytecode besides. Where Lambda unpacks a layer nothing can
be written, so that every new instance would compile what it imports: most of its start.
"""

from __future__ import annotations

import compileall
import py_compile
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import jsii
from aws_cdk import ILocalBundling

# What a Lambda of ours makes a client of. The SDK describes every other service too: most of its size.
SERVICES: Final = ("cognito-idp", "dynamodb", "s3", "secretsmanager")
_PIP_ARGUMENTS: Final = (
    "--quiet",
    "--disable-pip-version-check",
    "--no-compile",
    "--require-hashes",
    "--only-binary=:all:",
    "--implementation=cp",
    # Both tags: some wheels have only the newer, and with the older alone pip settles for an old release.
    "--platform=manylinux2014_aarch64",
    "--platform=manylinux_2_28_aarch64",
)


@jsii.implements(ILocalBundling)
class LayerBundling:
    """Fills the layer for the Lambdas of one version of Python."""

    def __init__(self, lock: Path, python_version: str) -> None:
        self.lock = lock
        self._python_version = python_version
        self._pip_arguments = (*_PIP_ARGUMENTS, f"--python-version={python_version}")

    @property
    def command(self) -> list[str]:
        """Give all that decides what is in the layer, beside the lock."""
        with_bytecode = "bytecode" if _is_ours(self._python_version) else "source"
        return ["pip", "install", *self._pip_arguments, "keep", *SERVICES, with_bytecode]

    def try_bundle(self, output_dir: str, *_args: Any, **_kwargs: Any) -> bool:
        """Install the lock into `output_dir`; True, since there is no other way to fall back to.

        Raises:
            CalledProcessError: pip could not install the lock as it is.
        """
        target = Path(output_dir) / "python"
        subprocess.run(  # noqa: S603 - fixed arguments, no shell
            [
                sys.executable,
                "-m",
                "pip",
                "install",
                *self._pip_arguments,
                f"--target={target}",
                f"--requirement={self.lock}",
            ],
            check=True,
            stdout=sys.stderr,  # the CLI reads our standard output
        )
        leave_out_what_is_not_used(target)
        add_bytecode(target, self._python_version)
        return True


def leave_out_what_is_not_used(packages: Path) -> None:
    """Take out the services that are not ours, examples, and scripts that name this machine's interpreter."""
    shutil.rmtree(packages / "bin", ignore_errors=True)
    shutil.rmtree(packages / "boto3" / "examples", ignore_errors=True)
    for service in (packages / "botocore" / "data").iterdir():
        if service.is_dir() and service.name not in SERVICES:
            shutil.rmtree(service)


def add_bytecode(packages: Path, python_version: str) -> None:
    """Compile everything, if this is the version of Python that will run it: it reads no other's."""
    if not _is_ours(python_version):
        return
    compileall.compile_dir(
        packages,
        quiet=1,
        stripdir=str(packages),  # Python puts in where it found the file
        # By no time of a file: in an archive they are all the same, and not those of this machine.
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )


def _is_ours(python_version: str) -> bool:
    return python_version == f"{sys.version_info.major}.{sys.version_info.minor}"
