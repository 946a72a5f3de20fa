"""The task's image, tried without Docker: its packages exist for its platform, and its tree runs by itself.

The tree is what the Dockerfile copies out of what the deployment packs. The packages in it are this machine's
builds of the locked ones; that there are builds for arm64 is a test of its own.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import resource
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cdk_app import assets
from contract import environment as env
from tests.cdk_app.assembly import Assembly
from tests.cdk_app.image.dockerfile import Stage, lay_out, read
from tests.cdk_app.image.interpreter import Interpreter, copy_interpreter
from tests.cdk_app.image.lock import read_lock

_LOCK = assets.ROOT / "streaming_task" / "requirements.txt"
_RESOLVED = "image/resolved"  # in pytest's cache: which lock was last resolved, by which command
_UNPRIVILEGED = 10001
_STARTED_WITHIN_S = 60.0
_GONE_WITHIN_S = 30.0
_NOWHERE = "http://127.0.0.1:1"  # nothing answers there

pytestmark = pytest.mark.timeout(300)


@dataclass(frozen=True, slots=True)
class Image:
    """The tree as it would lie in the image, and how its program is started."""

    tree: Path
    final: Stage
    interpreter: Interpreter

    def start(self, environment: dict[str, str]) -> subprocess.Popen[str]:
        """Start the entry point as nobody in particular, who can write nothing."""
        python, *arguments = self.final.entry_point
        assert python == "python"
        inside = {
            name: value.replace(self.final.working_folder, str(self.tree))
            for name, value in self.final.environment.items()
        }
        is_root = os.geteuid() == 0
        return subprocess.Popen(
            [str(self.interpreter.program), *arguments],
            cwd=self.tree,
            env={**inside, **self.interpreter.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            user=_UNPRIVILEGED if is_root else None,
            group=_UNPRIVILEGED if is_root else None,
            extra_groups=[] if is_root else None,
            preexec_fn=_write_no_file,
        )


def _write_no_file() -> None:
    # Stands for the read-only disk where permissions would not: not a byte to any file, wherever it lies.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


@pytest.fixture(scope="module")
def stages() -> list[Stage]:
    """The Dockerfile's stages: what builds, and what is shipped."""
    return read((assets.ROOT / "streaming_task" / "Dockerfile").read_text())


@pytest.fixture(scope="module")
def image(stages: list[Stage], assembly: Assembly) -> Iterator[Image]:
    """The tree, read-only, where others may see it."""
    (context,) = (
        folder for folder in assembly.directory.glob("asset.*") if (folder / "streaming_task").is_dir()
    )
    build, final = stages
    place = Path(tempfile.mkdtemp(prefix="image-"))
    try:
        tree = place / "app"
        tree.mkdir()
        lay_out(build, context, tree)
        for package in read_lock(_LOCK):
            _copy_distribution(package.name, tree / "dependencies")
        interpreter = copy_interpreter(place / "python")
        _close(place)
        yield Image(tree, final, interpreter)
    finally:
        _open(place)
        shutil.rmtree(place)


def _copy_distribution(name: str, target: Path) -> None:
    for file in importlib.metadata.distribution(name).files or ():
        source = Path(str(file.locate()))
        if ".." not in file.parts and "__pycache__" not in file.parts and source.is_file():
            copy = target / file
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy)


def _close(place: Path) -> None:
    for path in (place, *place.rglob("*")):
        path.chmod(0o555 if path.is_dir() or path.stat().st_mode & 0o100 else 0o444)


def _open(place: Path) -> None:
    for path in (place, *place.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)


def test_every_package_of_the_lock_has_a_build_for_the_image(
    stages: list[Stage], tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    """With the very flags of the Dockerfile. Asked again only when the lock or they change."""
    (install,) = (
        step
        for run in stages[0].runs
        for step in run.split(" && ")
        if step.startswith("python -m pip install")
    )
    flags = shlex.split(install)[4:]
    digest = hashlib.sha256(_LOCK.read_bytes() + " ".join(flags).encode()).hexdigest()
    if pytestconfig.cache is not None and pytestconfig.cache.get(_RESOLVED, None) == digest:
        return
    packages = read_lock(_LOCK, flags[flags.index("--python-version") + 1])
    lock = tmp_path / "requirements.txt"
    lock.write_text("\n".join(line for package in packages for line in package.lines))
    report = tmp_path / "report.json"
    flags[flags.index("--target") + 1] = str(tmp_path / "never-written")
    flags[flags.index("--requirement") + 1] = str(lock)
    asked = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed"]
    # Else it would hold this machine's Python against what is for another.
    asked += ["--ignore-requires-python", "--report", str(report)]

    done = subprocess.run([*asked, *flags], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    installed = json.loads(report.read_text())["install"]
    assert len(installed) == len(packages)
    files = [package["download_info"]["url"].rpartition("/")[2] for package in installed]
    assert not [file for file in files if not file.endswith(("aarch64.whl", "-none-any.whl"))]
    if pytestconfig.cache is not None:
        pytestconfig.cache.set(_RESOLVED, digest)


def test_only_what_runs_is_in_the_image(image: Image) -> None:
    """Whatever else lay there could be read, and some day run, by who should not be there."""
    ours = [path.relative_to(image.tree) for path in image.tree.rglob("*") if path.is_file()]
    ours = [path for path in ours if path.parts[0] != "dependencies"]

    assert {path.parts[0] for path in ours} == {"certificates", "contract", "streaming_task"}
    assert {path.suffix for path in ours} == {".py", ".pem"}


def test_the_image_is_taken_over_whole_and_run_by_nobody_in_particular(stages: list[Stage]) -> None:
    """The final stage runs nothing, so that no emulation is needed; the user has a number and no account."""
    build, final = stages

    assert final.taken_over == [("build", "/build/app", "./")]
    assert not final.runs
    assert not final.copies
    assert final.user == f"{_UNPRIVILEGED}:{_UNPRIVILEGED}"
    assert final.environment["PYTHONPATH"] == "/app/dependencies"
    assert any("--require-hashes" in run for run in build.runs)


def test_without_settings_the_task_says_which_it_misses(image: Image) -> None:
    """All of them, in one sentence; and every module has been found on the way there."""
    process = image.start({})

    said, complained = process.communicate(timeout=_STARTED_WITHIN_S)

    assert process.returncode == 2, complained
    assert said == ""
    for name in (env.TABLE_NAME, env.AUDIO_BUCKET, env.CONNECTIONS_URL, env.DATABASE_SECRET_ID):
        assert f"{name} is missing" in complained


def test_the_task_is_healthy_on_a_disk_that_it_cannot_write_to(image: Image) -> None:
    """With AWS out of reach: health is the process's own. Then it leaves when it is told to."""
    port = _free_port()
    process = image.start(_settings(port))
    try:
        answer = _eventually(lambda: _get(f"http://127.0.0.1:{port}/healthz"), process)
        process.send_signal(signal.SIGTERM)
        _, complained = process.communicate(timeout=_GONE_WITHIN_S)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()

    assert json.loads(answer)["status"] == "healthy"
    assert process.returncode == 0, complained


def _settings(port: int) -> dict[str, str]:
    return {
        env.STAGE: "local",
        env.LOG_LEVEL: "ERROR",
        env.PORT: str(port),
        env.TASK_ADDRESS: f"127.0.0.1:{port}",
        env.TABLE_NAME: "live",
        env.AUDIO_BUCKET: "audio",
        env.CONNECTIONS_URL: _NOWHERE,
        env.FORWARDING_SECRET_ID: "forwarding",
        env.AWS_TRANSCRIBE_REGION: "us-east-1",
        env.DATABASE_SECRET_ID: "database",
        env.DATABASE_HOST: "127.0.0.1",
        env.DATABASE_PORT: "1",
        env.DATABASE_NAME: "seva_arogya",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": _NOWHERE,
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _get(url: str) -> bytes | None:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bytes(response.read())
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return None


def _eventually(ask: Callable[[], bytes | None], process: subprocess.Popen[str]) -> bytes:
    give_up_at = time.monotonic() + _STARTED_WITHIN_S
    while time.monotonic() < give_up_at:
        if process.poll() is not None:
            pytest.fail(f"the task ended with {process.returncode}: {process.communicate()[1][-2000:]}")
        if (answer := ask()) is not None:
            return answer
        time.sleep(0.1)  # a process of its own: there is nothing to wait on
    pytest.fail("the task did not answer in time")
