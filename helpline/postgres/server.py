"""The embedded server: make its cluster, start it, stop it."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import structlog

from helpline.postgres.account import Account, environment, program
from helpline.postgres.child import Child
from helpline.postgres.connecting import NAME, PORT, socket_folder, url_for, wait_ready
from helpline.postgres.errors import AlreadyRunningError, PostgresError
from helpline.postgres.lock import Lock, clear_stale, one_starter

SUPERUSER: Final = "postgres"  # has a password that nobody knows, so it cannot sign in

_LONGEST_LOG: Final = 32 * 2**20  # more than the half year for which logs are kept

_STILL_ENDING: Final = "pre-existing shared memory block"
_SETTINGS: Final = {
    "port": str(PORT),
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "password_encryption": "scram-sha-256",
    "max_connections": "100",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "log_line_prefix": "%m [%p] ",
    "log_error_verbosity": "terse",  # a detail quotes the row: whose number is there already
}
_FAST_SETTINGS: Final = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class EmbeddedPostgres:
    """A PostgreSQL server on one data folder, for as long as this object is started.

    `fast` gives up durability against a power cut, for tests and loads. `settings`: of the server,
    over ours. All methods block; from asyncio use `asyncio.to_thread`.
    """

    def __init__(
        self, data_dir: Path, *, fast: bool = False, settings: Mapping[str, str] | None = None
    ) -> None:
        self._data_dir = data_dir.absolute()
        self._fast = fast
        self._settings = dict(settings or {})
        self._account = Account.of_this_process()
        self._child: Child | None = None
        self._socket_dir: Path | None = None
        self._one_at_a_time = threading.Lock()

    @property
    def url(self) -> str:
        """Connection URL of the running server (a secret: it holds the password)."""
        if self._socket_dir is None or self._child is None:
            raise PostgresError(f"the PostgreSQL in {self._data_dir} is not started")
        return url_for(self._password_file.read_text(), self._socket_dir)

    @property
    def pid(self) -> int:
        """Process id of the running server."""
        if self._child is None:
            raise PostgresError(f"the PostgreSQL in {self._data_dir} is not started")
        return self._child.pid

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._child is not None and self._child.is_running()

    @property
    def log_file(self) -> Path:
        """What the server writes about itself."""
        return self._data_dir / "postgres.log"

    def start(self, *, timeout: float = 60.0) -> None:
        """Create the database if there is none, start the server, wait until it answers."""
        with self._one_at_a_time:
            if self._child is not None:
                raise AlreadyRunningError(f"the PostgreSQL in {self._data_dir} is already started")
            self._data_dir.mkdir(parents=True, exist_ok=True)
            try:
                self._start(timeout)
            except BaseException:  # passed on: what was started is stopped, whatever it was
                self._stop(10)
                raise

    def start_again(self, *, timeout: float = 60.0) -> None:
        """After it ended by itself: at the same address, by the same password.

        Nothing while it runs. May be tried again when it fails.
        """
        with self._one_at_a_time:
            if self._child is None:
                raise PostgresError(f"the PostgreSQL in {self._data_dir} is not started")
            if (
                not self._cluster.exists()
            ):  # a disk that went away must not become an empty helpline
                raise PostgresError(f"the database in {self._data_dir} is gone")
            if not self._child.is_running():
                self._start(timeout)

    def stop(self, *, timeout: float = 30.0) -> None:
        """Fast shutdown: open transactions are rolled back, connections are closed."""
        with self._one_at_a_time:
            self._stop(timeout)

    def _start(self, timeout: float) -> None:
        with one_starter(self._data_dir):
            clear_stale(self._cluster, self._data_dir)
            self._account.own(self._data_dir)
            self._account.check(self._data_dir)
            if not self._cluster.exists():
                self._create_cluster()
            if self._socket_dir is None:
                self._socket_dir = socket_folder(self._data_dir, self._account)
            _shorten(self.log_file, _LONGEST_LOG)
            self._launch(time.monotonic() + timeout)
        log.info("postgres_started", data_dir=str(self._data_dir), server_pid=self.pid)

    def _stop(self, timeout: float) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.stop(timeout)
            log.info("postgres_stopped", data_dir=str(self._data_dir))
        if self._socket_dir is not None and self._socket_dir != self._data_dir:
            shutil.rmtree(self._socket_dir, ignore_errors=True)
        self._socket_dir = None

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    @property
    def _cluster(self) -> Path:
        return self._data_dir / "cluster"

    @property
    def _password_file(self) -> Path:
        return self._data_dir / "password"

    def _launch(self, deadline: float) -> None:
        """Start the server until it answers; processes of a killed one may still be ending."""
        while True:
            log_start = self.log_file.stat().st_size if self.log_file.exists() else 0
            self._child = Child(self._server_command(), self._cluster, self.log_file)
            try:
                left = max(deadline - time.monotonic(), 0)
                wait_ready(self.url, timeout=left, still_running=self._child.is_running)
                return
            except PostgresError as error:
                said = _text_from(self.log_file, log_start)
                self._child.stop(10)
                if _STILL_ENDING not in said or time.monotonic() >= deadline:
                    raise PostgresError(f"{error}; its log says:\n{said}") from error
            time.sleep(0.2)

    def _server_command(self) -> list[str]:
        settings = _SETTINGS | {"unix_socket_directories": f'"{self._socket_dir}"'}
        if self._fast:
            settings |= _FAST_SETTINGS
        settings |= self._settings
        options = [part for pair in settings.items() for part in ("-c", "=".join(pair))]
        # SIGINT is PostgreSQL's fast shutdown: the kernel sends it when we die.
        return self._account.command(
            [program("postgres"), "-D", self._cluster, *options], death_signal="INT"
        )

    def _create_cluster(self) -> None:
        """Make the cluster beside its final name, so that a killed start leaves nothing half."""
        unfinished = self._data_dir / "cluster.new"
        if unfinished.exists():
            shutil.rmtree(unfinished)
        password = secrets.token_urlsafe(24)
        _write_secret(self._password_file, password)
        with self._throwaway_password() as password_file:
            options = [
                *(f"--pgdata={unfinished}", f"--username={SUPERUSER}"),
                *("--auth=scram-sha-256", f"--pwfile={password_file}"),
                *("--encoding=UTF8", "--locale=C.UTF-8"),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                *("--no-instructions", "--no-sync" if self._fast else "--data-checksums"),
            ]
            self._run([program("initdb"), *options])
        # Single-user mode: no server that would have to let somebody in yet. It ends with code
        # 0 after a failed statement, so its text decides.
        said = self._run(
            [program("postgres"), "--single", "-D", unfinished, "postgres"],
            f"CREATE ROLE {NAME} LOGIN CREATEDB PASSWORD '{password}'\n"
            f"CREATE DATABASE {NAME} OWNER {NAME}\n",
        )
        if "ERROR:" in said or "FATAL:" in said:
            raise PostgresError(f"the database could not be created: {said.strip()[-500:]}")
        unfinished.rename(self._cluster)

    @contextmanager
    def _throwaway_password(self) -> Iterator[Path]:
        """A password file that the server's account can read, for the superuser."""
        file = self._data_dir / "superuser.new"
        _write_secret(file, secrets.token_urlsafe(24))
        self._account.own(file, mode=0o600)
        try:
            yield file
        finally:
            file.unlink()

    def _run(self, command: list[str | Path], stdin: str = "") -> str:
        done = subprocess.run(
            self._account.command(command),
            cwd=self._data_dir,
            env=environment(),
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode:
            name = Path(command[0]).name
            raise PostgresError(f"{name} failed: {done.stdout.strip()[-500:]}")
        return done.stdout


def url_of_running(data_dir: Path) -> str | None:
    """The URL of the server that another process runs on this data folder, if one does."""
    found = Lock.read(data_dir.absolute() / "cluster")
    if found is None or found.socket_dir is None or not found.is_held():
        return None
    return url_for((data_dir / "password").read_text(), found.socket_dir)


def _write_secret(file: Path, secret: str) -> None:
    file.unlink(missing_ok=True)
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        handle.write(secret)


def _shorten(file: Path, longest: int) -> None:
    """Keep the last lines. Nobody writes to it meanwhile: the server does not run."""
    if not file.exists() or file.stat().st_size <= longest:
        return
    with file.open("r+b") as handle:
        handle.seek(-longest // 2, os.SEEK_END)
        kept = handle.read().split(b"\n", 1)[-1]
        handle.seek(0)
        handle.write(kept)
        handle.truncate()


def _text_from(file: Path, offset: int) -> str:
    with file.open("rb") as handle:
        handle.seek(offset)
        return handle.read().decode(errors="replace").strip()[-2000:]
