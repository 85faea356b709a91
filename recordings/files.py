"""The folder that Asterisk records into: what lies there, and whether it is still written."""

import errno
import fcntl
import os
import signal
from dataclasses import dataclass
from pathlib import Path

from recordings.model import CaptureName

# What the kernel, or the file system, says when it cannot tell us.
_CANNOT_TELL = {errno.EACCES, errno.EPERM, errno.EINVAL, errno.ENOLCK, errno.EOPNOTSUPP}


@dataclass(frozen=True, slots=True)
class CaptureFile:
    """A capture file as it was seen. `stamp` changes when it is written to."""

    path: Path
    name: CaptureName
    stamp: tuple[int, int]


def scan(directory: Path) -> tuple[list[CaptureFile], list[str]]:
    """The capture files in `directory`, oldest first, and the names of all that is none of ours."""
    files: list[CaptureFile] = []
    foreign: list[str] = []
    with os.scandir(directory) as entries:
        for entry in entries:
            name = CaptureName.parse(entry.name)
            if name is None or not entry.is_file(follow_symlinks=False):
                foreign.append(entry.name)
                continue
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            stamp = (status.st_size, status.st_mtime_ns)
            files.append(CaptureFile(Path(entry.path), name, stamp))
    files.sort(key=lambda file: file.name.recording_id.int)  # our keys sort by time
    return files, foreign


def is_being_written(path: Path) -> bool:
    """Whether a process of this machine has the file open for writing; False if nobody can say.

    The size alone does not tell: Asterisk writes through a buffer of 32 KiB, which is a second of
    a call and two of a citizen's own words. Linux grants a read lease only on a file that nobody
    writes (fcntl(2), F_SETLEASE), and only to its owner or with CAP_LEASE.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        # Who opens it for writing just now breaks the lease: not by SIGIO, which would end us.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        if error.errno == errno.EAGAIN:
            return True
        if error.errno in _CANNOT_TELL:
            return False
        raise
    finally:
        os.close(descriptor)
    return False
