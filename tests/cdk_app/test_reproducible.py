"""The same commit gives the same templates: what a deployment changes was changed in the repository."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from cdk_app import assets
from tests.cdk_app.assembly import Assembly

_OTHER_HASH_SEED = "12345"  # sets and hashes come in another order


def test_two_syntheses_are_the_same_to_the_byte(assembly: Assembly, tmp_path: Path) -> None:
    """A template that differs by chance would replace tasks and Lambdas at every deployment."""
    own = json.loads((assets.ROOT / "cdk.json").read_text())["context"]
    context = json.dumps({**own, "aws:cdk:bundling-stacks": []})

    done = subprocess.run(
        [sys.executable, "-m", "cdk_app.app"],
        cwd=assets.ROOT,
        env={
            **os.environ,
            "PYTHONHASHSEED": _OTHER_HASH_SEED,
            "CDK_CONTEXT_JSON": context,
            "CDK_OUTDIR": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    first, second = (
        {
            path.name: path.read_bytes()
            for pattern in ("*.template.json", "*.assets.json")
            for path in directory.glob(pattern)
        }
        for directory in (assembly.directory, tmp_path)
    )
    assert len(first) == 6
    assert first == second
