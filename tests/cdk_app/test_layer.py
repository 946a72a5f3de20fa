"""What the Lambdas' layer carries, and that it is enough."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from cdk_app import assets
from cdk_app.layer import SERVICES, LayerBundling, add_bytecode, leave_out_what_is_not_used
from tools.package_report import zipped_bytes

OURS = f"{sys.version_info.major}.{sys.version_info.minor}"
LOCK = assets.ROOT / "lambdas" / "requirements.txt"
LARGEST_LAYER_BYTES = 6_000_000  # with bytecode too
# On the way of every connection; each of these would be a visible part of a new instance's start.
NOT_IMPORTED = ("boto3", "s3transfer", "pydantic", "aws_xray_sdk", "pg8000", "scramp", "asyncio")


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """Give a folder as pip leaves it."""
    files = ["bin/tool", "boto3/examples/some.rst", "botocore/data/endpoints.json", "botocore/session.py"]
    files += [f"botocore/data/{service}/service-2.json" for service in (*SERVICES, "ec2")]
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("1")
    return tmp_path


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the layer, really built."""
    folder = tmp_path_factory.mktemp("layer")
    assert LayerBundling(LOCK, assets.LAMBDA_RUNTIME.name.removeprefix("python")).try_bundle(str(folder))
    return folder


def test_only_the_services_that_are_asked_are_described(packages: Path) -> None:
    """The other four hundred are most of the SDK, and are unpacked for every new instance."""
    leave_out_what_is_not_used(packages)

    left = {str(path.relative_to(packages)) for path in packages.rglob("*") if path.is_file()}
    assert left == {
        "botocore/session.py",
        "botocore/data/endpoints.json",
        *(f"botocore/data/{service}/service-2.json" for service in SERVICES),
    }


def test_the_services_are_those_that_our_functions_make_clients_of() -> None:
    """One that is forgotten would be found by the first who signs in."""
    code = "".join(path.read_text() for path in (assets.ROOT / "lambdas").rglob("*.py"))

    assert set(re.findall(r'create_client\("([a-z0-9-]+)"', code)) == set(SERVICES)
    assert "boto3.client" not in code


def test_with_the_lambdas_version_of_python_there_is_bytecode(packages: Path) -> None:
    """It names no folder of this machine, and is believed without a look at the file's time."""
    add_bytecode(packages, OURS)

    (compiled,) = packages.rglob("session.*.pyc")
    assert str(packages).encode() not in compiled.read_bytes()
    flags = int.from_bytes(compiled.read_bytes()[4:8], "little")
    assert flags == 0b01  # by hash, and unchecked


def test_with_another_version_there_is_none(packages: Path) -> None:
    """Lambda's would not read it; and the two are not the same layer, by its hash."""
    add_bytecode(packages, "2.7")

    assert not list(packages.rglob("*.pyc"))
    assert LayerBundling(LOCK, OURS).command[-1] != LayerBundling(LOCK, "2.7").command[-1]


@pytest.mark.timeout(300)
def test_the_layer_is_small(layer: Path) -> None:
    """It is fetched and unpacked for every new instance."""
    assert zipped_bytes(layer) < LARGEST_LAYER_BYTES


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ["connect", "disconnect"])
def test_what_meets_a_new_connection_imports_no_more_than_it_needs(layer: Path, name: str) -> None:
    """From the layer alone: the parts that cost the most time are not there by chance."""
    done = _run(layer, f"import sys, lambdas.{name}.handler; print(*sys.modules)")

    imported = {module.partition(".")[0] for module in done.split()}
    assert "aws_lambda_powertools" in imported
    assert not imported & set(NOT_IMPORTED)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ["connect", "disconnect"])
def test_what_meets_a_new_connection_costs_little_more_than_the_sdk(layer: Path, name: str) -> None:
    """In processor time, and beside the SDK in the same process: so that no other work counts."""
    program = (
        "import time; a = time.process_time(); import botocore.session; b = time.process_time();"
        f"import lambdas.{name}.handler; print((time.process_time() - b) / (b - a))"
    )

    added = sorted(float(_run(layer, program)) for _ in range(5))

    assert added[2] < 0.6


@pytest.mark.timeout(300)
def test_every_function_makes_its_clients_from_the_layer(layer: Path) -> None:
    """What was left out is needed by none."""
    made = _run(
        layer,
        "from lambdas.aws import Clients\n"
        "clients = Clients()\n"
        "for make in (clients.dynamodb, clients.secrets, clients.user_pool, clients.audio): make()\n"
        "import lambdas.api.handler, lambdas.history.handler, lambdas.migrate.handler\n"
        "print('made')",
    )

    assert made.strip() == "made"


def _run(layer: Path, program: str) -> str:
    # Without `site`: none of this machine's packages is to be seen.
    environment = {"PYTHONPATH": f"{assets.ROOT}:{layer / 'python'}", "AWS_DEFAULT_REGION": "us-east-1"}
    environment |= {"PYTHONPYCACHEPREFIX": str(layer.with_name("bytecode"))}
    command = [sys.executable, "-S", "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
