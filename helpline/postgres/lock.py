"""One server on a data folder: the lock file of a running, a killed and a starting one."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from helpline.postgres.connecting import PORT
from helpline.postgres.errors import AlreadyRunningError

_NO_PROCESS: Final = 2**22 + 1  # above the largest process number of Linux


@dataclass(frozen=True, slots=True)
class Lock:
    """What `postmaster.pid` in a cluster says."""

    cluster: Path
    pid: int
    socket_dir: Path | None

    @classmethod
    def read(cls, cluster: Path) -> Lock | None:
        """None without a lock file; pid 0 when it is garbled (a crash while it was written)."""
        try:
            lines = (cluster / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return None
        pid = int(lines[0]) if lines and lines[0].strip().isdecimal() else 0
        return cls(cluster, pid, Path(lines[4]) if len(lines) > 4 and lines[4] else None)

    def is_held(self) -> bool:
        """Whether that process lives and works in this cluster: numbers are used again."""
        return self.pid != 0 and _works_in(self.pid, self.cluster)

    def replace_pid(self, pid: int) -> None:
        """Write another process number into the first line."""
        file = self.cluster / "postmaster.pid"
        lines = file.read_text().splitlines(keepends=True)
        file.write_text("".join([f"{pid}\n", *lines[1:]]))


@contextmanager
def one_starter(data_dir: Path) -> Iterator[None]:
    """Two first starts at once would make two clusters in one place."""
    folder = os.open(data_dir, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def clear_stale(cluster: Path, data_dir: Path) -> None:
    """Make the lock of a killed server harmless when its process number is in use again.

    PostgreSQL removes a stale lock by itself unless a process with that number is alive. Only
    the number is replaced: with the rest PostgreSQL sees whether a child of the killed server
    still uses the shared memory, and then refuses to start.
    """
    lock = Lock.read(cluster)
    if lock is None:
        return
    if lock.is_held():
        raise AlreadyRunningError(
            f"a PostgreSQL (process {lock.pid}) is already running on {data_dir}"
        )
    lock.replace_pid(_NO_PROCESS)
    for folder in {data_dir, lock.socket_dir or data_dir}:
        (folder / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)


def _works_in(pid: int, cluster: Path) -> bool:
    """Every process of a server has the cluster as its working folder."""
    process = Path("/proc", str(pid))
    try:
        return (process / "cwd").samefile(cluster)
    except PermissionError:
        # Root without CAP_SYS_PTRACE, as in many containers; command lines can always be read.
        return os.fsencode(cluster) in (process / "cmdline").read_bytes().split(b"\0")
    except FileNotFoundError:
        return False
