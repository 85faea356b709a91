"""How full the disks are that hold what cannot be had again: a full one loses recordings."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import structlog

from helpline.cell import state_folder
from helpline.metrics import Metrics
from helpline.settings import Settings

_log = structlog.get_logger(__name__)
_LOOK_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Space:
    """Of one disk, as `df` counts: in bytes, without what is kept back for root."""

    used: int
    free: int

    @property
    def free_share(self) -> float:
        """From 0, where only root can still write, to 1."""
        return self.free / max(self.used + self.free, 1)


def folders(settings: Settings) -> dict[str, Path]:
    """What has to have room, by name. The store only where it is a folder."""
    state, url = state_folder(settings), settings.recordings.store_url
    found = {"state_dir": state.root, "captures": state.captures}
    if url is None:
        found["recordings"] = state.recordings
    elif urlsplit(url).scheme == "file":
        found["recordings"] = Path(unquote(urlsplit(url).path))
    if settings.database_url is None:
        found["postgres"] = state.postgres
    return found


def spaces(of: Mapping[str, Path]) -> dict[str, Space]:
    """Each disk once, by the first name of a folder on it. Blocks. `OSError` tells which not."""
    disks: dict[int, str] = {}
    found = {}
    for name, folder in of.items():
        if not folder.exists():  # made when it is first needed, on the disk of what is above it
            continue
        if disks.setdefault(folder.stat().st_dev, name) == name:
            now = os.statvfs(folder)
            used = (now.f_blocks - now.f_bfree) * now.f_frsize
            found[name] = Space(used, now.f_bavail * now.f_frsize)
    return found


class DiskWatch:
    """`run()` belongs to a supervisor. What is not known (not yet, or no answer) is left out."""

    def __init__(self, of: Mapping[str, Path], *, every: float = _LOOK_SECONDS) -> None:
        self._of = of
        self._every = every
        self._free: dict[str, float] = {}

    async def run(self) -> None:
        """For ever; in a thread, since a network's disk may not answer."""
        while True:
            try:
                found = await asyncio.to_thread(spaces, self._of)
                self._free = {name: one.free_share for name, one in found.items()}
            except OSError as error:
                self._free = {}
                _log.warning("a disk does not answer", error=str(error))
            await asyncio.sleep(self._every)

    def used(self) -> float | None:
        """The share of the fullest disk; None: not known."""
        return 1 - min(self._free.values()) if self._free else None

    def add_metrics(self, metrics: Metrics) -> None:
        """What an operator watches."""
        metrics.gauge(
            "disk_free_share", "Of each disk that we write to", lambda: self._free, "folder"
        )


def disk_watch(settings: Settings) -> DiskWatch:
    """Of these settings' folders."""
    return DiskWatch(folders(settings))
