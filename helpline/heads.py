"""The heads of complaints' histories, into a file every day."""

import asyncio
from pathlib import Path

import structlog

from complaints.errors import HeadsError
from complaints.heads import write_daily
from db.errors import AWAY, stop_if_cancelled
from db.pool import Pool
from helpline.clock import Clock
from helpline.clock_watch import Sound, always

_log = structlog.get_logger(__name__)
_SECONDS = 600.0
_WAITS = 3


class HeadsKept:
    """`run()` belongs to a supervisor. `folder`: beside the heads of the recordings' chain.
    `sound`: whether that time can be acted on; else nothing is written, since a file has its day.
    """

    def __init__(
        self,
        pool: Pool,
        folder: Path,
        key: bytes,
        now: Clock,
        sound: Sound = always,
        *,
        seconds: float = _SECONDS,
    ) -> None:
        self._pool = pool
        self._folder = folder
        self._key = key
        self._now = now
        self._sound = sound
        self._seconds = seconds

    async def run(self) -> None:
        """For ever; what cannot be written is tried again, and is an error that is told: at once,
        or where only the database is to be waited for, when that did not help for half an hour.
        """
        waits = 0
        while True:
            try:
                await self.keep()
                waits = 0
            except AWAY as error:
                stop_if_cancelled()
                waits += 1
                if waits < _WAITS:
                    _log.warning("heads of histories wait", error=repr(error))
                else:
                    _log.error("heads of histories are not kept", error=repr(error), tries=waits)
            except HeadsError as error:
                _log.error("heads of histories are not kept", error=repr(error))
            await asyncio.sleep(self._seconds)

    async def keep(self) -> None:
        """Write today's, unless they are written."""
        if not self._sound():
            return
        path = await write_daily(self._pool, self._folder, key=self._key, now=self._now())
        if path:
            _log.info("heads of histories kept", file=path.name)
