"""Say how large the Lambdas' archives are and how long they take to import. Reads `cdk.out`; changes nothing.

Imported is what was packed: a function's own archive and the layer, without this machine's packages. With no
bytecode is how an instance starts whose layer carries none (see `cdk_app/layer.py`).
"""

from __future__ import annotations

import argparse
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

RUNS: Final = 5
_PREFIX: Final = "lambdas."
_MEASURE: Final = (
    "import time; wall, cpu = time.perf_counter(), time.process_time(); import {module}; "
    "print(time.perf_counter() - wall, time.process_time() - cpu)"
)


@dataclass(frozen=True, slots=True)
class Packed:
    """A function as it is deployed: the module of its handler, its archive's folder and its layer's."""

    module: str
    code: Path
    layer: Path


@dataclass(frozen=True, slots=True)
class ImportTime:
    """Medians of one import in new processes, in seconds."""

    wall_s: float
    cpu_s: float


def read_packed(assembly: Path) -> list[Packed]:
    """Give our functions in a synthesised assembly.

    Raises:
        FileNotFoundError: nothing was synthesised there.
    """
    found = [one for template in sorted(assembly.glob("*.template.json")) for one in _of(template)]
    if not found:
        raise FileNotFoundError(assembly)
    return found


def zipped_bytes(folder: Path) -> int:
    """Give the size of the folder as an archive, which is what is uploaded and unpacked."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                zipped.write(path, path.relative_to(folder))
    return archive.tell()


def import_time(packed: Packed, *, with_bytecode: bool, runs: int = RUNS) -> ImportTime:
    """Import a function's handler in so many new processes."""
    with tempfile.TemporaryDirectory() as cache:
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": f"{packed.code}:{packed.layer / 'python'}",
            "PYTHONPYCACHEPREFIX": cache,  # nothing is written into what will be uploaded
            **({} if with_bytecode else {"PYTHONDONTWRITEBYTECODE": "1"}),
        }
        if with_bytecode:
            _import_once(packed.module, environment)
        times = [_import_once(packed.module, environment) for _ in range(runs)]
    walls, cpus = zip(*times, strict=True)
    return ImportTime(statistics.median(walls), statistics.median(cpus))


def _import_once(module: str, environment: dict[str, str]) -> tuple[float, float]:
    # Without `site`: no package of this machine is to be seen.
    command = [sys.executable, "-S", "-c", _MEASURE.format(module=module)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)  # noqa: S603
    wall, cpu = done.stdout.split()
    return float(wall), float(cpu)


def _of(template: Path) -> Iterator[Packed]:
    resources: dict[str, Any] = json.loads(template.read_text())["Resources"]

    def folder(content: dict[str, Any]) -> Path:
        return template.parent / f"asset.{content['S3Key'].partition('.')[0]}"

    for resource in resources.values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Lambda::Function" and properties["Handler"].startswith(_PREFIX):
            layer = resources[properties["Layers"][0]["Ref"]]["Properties"]
            module = properties["Handler"].rpartition(".")[0]
            yield Packed(module, folder(properties["Code"]), folder(layer["Content"]))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line for the layer and one for each function; give the exit code."""
    parser = argparse.ArgumentParser(prog="package_report", description=__doc__.partition("\n")[0])
    parser.add_argument("assembly", type=Path, nargs="?", default=Path("cdk.out"))
    try:
        packed = read_packed(parser.parse_args(arguments).assembly)
    except FileNotFoundError as missing:
        print(f"Nothing is synthesised in {missing}: run `make synth` first.", file=sys.stderr)
        return 1
    for layer in sorted({one.layer for one in packed}):
        print(f"layer              {zipped_bytes(layer) / 1e6:8.2f} MB")
    print("function               archive    import   (cpu)   no bytecode   (cpu)")
    for one in packed:
        print(f"{one.module.split('.')[1]:18} {zipped_bytes(one.code) / 1e3:8.0f} kB", end="")
        for has_it in (True, False):
            took = import_time(one, with_bytecode=has_it)
            print(f"{took.wall_s * 1e3:7.0f} ms {took.cpu_s * 1e3:7.0f}", end="    " if has_it else "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
