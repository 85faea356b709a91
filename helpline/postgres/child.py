"""The server process."""

from __future__ import annotations

import signal
import subprocess
import threading
from pathlib import Path

from helpline.postgres.account import environment
from helpline.postgres.errors import PostgresError


class Child:
    """The server process, started and waited for by a thread of its own.

    The kernel's parent-death signal follows the *thread* that forked, so a server started from
    a pool's thread would be shut down when that pool shrinks.
    """

    def __init__(self, command: list[str], cwd: Path, log_file: Path) -> None:
        self._started = threading.Event()
        self._ended = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._failure: OSError | None = None
        threading.Thread(
            target=self._keep, args=(command, cwd, log_file), name="postgres", daemon=True
        ).start()
        self._started.wait()
        if self._failure is not None:
            raise PostgresError("PostgreSQL could not be started") from self._failure

    def _keep(self, command: list[str], cwd: Path, log_file: Path) -> None:
        try:
            with log_file.open("ab") as output:
                # A session of its own: Ctrl-C reaches us, and we decide when it goes.
                self._process = subprocess.Popen(
                    command,
                    cwd=cwd,
                    env=environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
        except OSError as error:
            self._failure = error
            return
        finally:
            self._started.set()
        self._process.wait()
        self._ended.set()

    @property
    def pid(self) -> int:
        """Of the postmaster: setpriv replaces itself with it."""
        return self._running().pid

    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return not self._ended.is_set()

    def stop(self, timeout: float) -> None:
        """Fast shutdown, and after `timeout` seconds an immediate one."""
        process = self._running()
        for stop_signal in (signal.SIGINT, signal.SIGQUIT):  # fast, then immediate
            if self._ended.is_set():
                return
            process.send_signal(stop_signal)
            if self._ended.wait(timeout):
                return
        raise PostgresError(f"PostgreSQL (process {process.pid}) does not stop")

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise PostgresError("PostgreSQL was not started")
        return self._process
