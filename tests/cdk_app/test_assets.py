"""What is in the artefacts: all that runs, and nothing whose change should redeploy it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cdk_app import assets
from contract import environment
from tests.cdk_app.assembly import Assembly

Contents = dict[Path, set[str]]


@pytest.fixture(scope="module")
def contents(assembly: Assembly) -> Contents:
    """Each asset that is a folder, with the relative paths of its files."""
    folders = [folder for folder in assembly.directory.glob("asset.*") if folder.is_dir()]
    return {folder: {str(path.relative_to(folder)) for path in _files(folder)} for folder in folders}


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _containing(contents: Contents, name: str) -> set[str]:
    (found,) = (paths for paths in contents.values() if name in paths)
    return found


def _python(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a program with the folder as its only code of ours."""
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def _roots(paths: set[str]) -> set[str]:
    return {path.partition("/")[0] for path in paths}


def test_the_image_is_built_from_the_task_and_the_contract_alone(contents: Contents) -> None:
    """A changed page or Lambda must not replace the tasks."""
    image = _containing(contents, "streaming_task/Dockerfile")

    assert _roots(image) == {".dockerignore", "certificates", "contract", "streaming_task"}
    assert not [path for path in image if "__pycache__" in path or path.endswith((".md", ".in", ".json"))]


def test_the_image_is_an_asset_for_arm(assembly: Assembly) -> None:
    """Nothing is built while synthesising: the asset says how."""
    (manifest,) = assembly.directory.glob("*-service.assets.json")

    (image,) = json.loads(manifest.read_text())["dockerImages"].values()
    assert image["source"]["dockerFile"] == "streaming_task/Dockerfile"
    assert image["source"]["platform"] == "linux/arm64"


@pytest.mark.parametrize("name", ["connect", "disconnect", "api", "history", "migrate"])
def test_a_function_has_all_of_our_code_that_it_imports(contents: Contents, name: str) -> None:
    """Its archive is imported by itself, with the repository out of sight."""
    (folder,) = (folder for folder, paths in contents.items() if f"lambdas/{name}/handler.py" in paths)

    done = _python(f"import lambdas.{name}.handler", folder)

    assert done.returncode == 0, done.stderr


def test_the_image_has_all_of_our_code_that_the_task_imports(contents: Contents) -> None:
    """Every module of it is imported by itself, with the repository out of sight."""
    (folder,) = (folder for folder, paths in contents.items() if "streaming_task/Dockerfile" in paths)
    program = (
        "import importlib, pkgutil, streaming_task as task\n"
        "for module in pkgutil.walk_packages(task.__path__, 'streaming_task.'):\n"
        "    module.name.endswith('.__main__') or importlib.import_module(module.name)\n"
    )

    done = _python(program, folder)

    assert done.returncode == 0, done.stderr


def test_a_function_that_does_not_migrate_carries_no_other_functions_code(contents: Contents) -> None:
    """A change to one function replaces that one."""
    connect = _containing(contents, "lambdas/connect/handler.py")

    assert _roots(connect) == {"contract", "lambdas"}
    assert not [path for path in connect if path.startswith(("lambdas/api/", "lambdas/migrate/"))]


def test_a_changed_page_replaces_neither_tasks_nor_functions(contents: Contents) -> None:
    """An asset's hash is of what is in it: nothing of the page is in any but the page's own."""
    for paths in contents.values():
        runs = {"streaming_task/Dockerfile"} | {
            f"lambdas/{name}/handler.py" for name in ("connect", "disconnect", "api", "history", "migrate")
        }
        if paths & runs:
            shared = {".dockerignore", "certificates", "contract", "lambdas", "migrations", "streaming_task"}
            assert _roots(paths) <= shared


def test_who_must_know_the_migrations_carries_them(contents: Contents) -> None:
    """The one runs them, the other tells how many are pending."""
    for name in ("migrate", "api"):
        carried = _containing(contents, f"lambdas/{name}/handler.py")

        migrations = {f"migrations/{path.name}" for path in (assets.ROOT / "migrations").glob("*.sql")}
        assert migrations <= carried


def test_who_connects_to_the_database_carries_the_roots_it_is_known_by(
    assembly: Assembly, contents: Contents
) -> None:
    """`verify-full` without the right file is a service that never connects."""
    for name in ("migrate", "api", "history"):
        ca_file = assembly.function(name).properties["Environment"]["Variables"][environment.DATABASE_CA_FILE]
        carried = str(ca_file).removeprefix("/var/task/")

        assert [
            paths for paths in contents.values() if f"lambdas/{name}/handler.py" in paths and carried in paths
        ]

    image = _containing(contents, "streaming_task/Dockerfile")
    assert assets.IMAGE_CA_FILE.removeprefix("/app/") in image


def test_the_roots_are_those_whose_source_is_told() -> None:
    """A file that decides whom we believe is not edited in passing."""
    folder = assets.ROOT / "certificates"
    (bundle,) = folder.glob("*.pem")

    digest = hashlib.sha256(bundle.read_bytes()).hexdigest()
    assert f"sha256 `{digest}`" in (folder / "README.md").read_text()


def test_the_layer_is_the_same_whichever_python_built_it() -> None:
    """pip asks a requirement's conditions of the Python that runs it, not of the one that it installs for."""
    lock = (assets.ROOT / "lambdas" / "requirements.txt").read_text()

    assert not [line for line in lock.splitlines() if ";" in line.partition("#")[0]]


def test_the_page_is_served_without_its_tests(contents: Contents) -> None:
    """What is in the bucket is public, and only what the page loads has any business there."""
    page = _containing(contents, "js/wire.js")

    assert "live_transcription.html" in page
    assert {path.rpartition(".")[2] for path in page} <= {"html", "css", "svg", "js"}
    assert _roots({path for path in page if "/" in path}) == {"js"}
    assert not [path for path in page if path.endswith(".test.js")]
