"""CPU time of process trees: `/proc` knows the trees, the kernel's clocks the time."""

import ctypes
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

_PROC = Path("/proc")
_NICE = 16  # of `_stat`


def used(roots: Sequence[int]) -> float:
    """Seconds of CPU (user and system) that these processes and their descendants have used.

    Children that have ended count once their parent has waited for them (to a clock tick).
    """
    ticks = os.sysconf("SC_CLK_TCK")
    seconds = 0.0
    for pid in _trees(roots):
        ended = _stat(pid)
        if ended is not None:
            seconds += _running(pid) + (ended[13] + ended[14]) / ticks
    return seconds


def used_by_niced(pid: int) -> float:
    """Seconds of CPU that this process's threads of lower priority have used."""
    seconds = 0.0
    threads = _PROC / str(pid) / "task"
    for thread in threads.iterdir():
        if (fields := _stat(int(thread.name), threads)) is not None and fields[_NICE] > 0:
            seconds += int((thread / "schedstat").read_text().split()[0]) / 1e9
    return seconds


class Meter:
    """CPU seconds by group of processes since it was made."""

    def __init__(self, groups: Mapping[str, Sequence[int]]) -> None:
        self._groups = dict(groups)
        self._before = {name: used(pids) for name, pids in self._groups.items()}

    def read(self) -> dict[str, float]:
        """Seconds used by each group."""
        return {name: used(pids) - self._before[name] for name, pids in self._groups.items()}


def _running(pid: int) -> float:
    """A process's own CPU clock (clock_getcpuclockid(3)): `/proc` rounds to ticks of 10 ms."""
    libc = ctypes.CDLL(None, use_errno=True)
    clock = ctypes.c_int()
    if libc.clock_getcpuclockid(pid, ctypes.byref(clock)) != 0:
        return 0.0
    try:
        return time.clock_gettime(clock.value)
    except OSError:  # it has just ended
        return 0.0


def _trees(roots: Sequence[int]) -> Iterator[int]:
    children: dict[int, list[int]] = {}
    for folder in _PROC.iterdir():
        if folder.name.isdigit() and (fields := _stat(int(folder.name))) is not None:
            children.setdefault(fields[1], []).append(int(folder.name))
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        yield pid
        waiting += children.get(pid, [])


def _stat(pid: int, among: Path = _PROC) -> list[int] | None:
    """`/proc/<pid>/stat` from the state on (as 0), so that [1] is the parent; None: it has ended.

    [13] and [14] are user and system ticks of children that have ended (fields 16, 17 of proc(5)).
    """
    try:
        text = (among / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return [0, *map(int, text.rpartition(")")[2].split()[1:])]
