"""Totals of days that are over, made one day at a time, so that reports of years stay quick."""

import asyncio

import structlog

from calls.report_totals import sum_a_day
from calls.reporting import Rules
from db.errors import AWAY, stop_if_cancelled
from db.pool import Pool
from helpline.clock import Clock

_log = structlog.get_logger(__name__)

_IDLE_SECONDS = 60.0


class DayTotals:
    """`run()` belongs to a supervisor; any number of processes may run it, one sums at a time."""

    def __init__(self, pool: Pool, now: Clock, *, idle_seconds: float = _IDLE_SECONDS) -> None:
        self._pool = pool
        self._now = now
        self._idle = idle_seconds

    async def run(self) -> None:
        """For ever. After each day a rest as long as it took: years that have no totals yet are
        summed beside the calls, half of the time at most.
        """
        time = asyncio.get_running_loop().time
        while True:
            began, day = time(), None
            try:
                day = await sum_a_day(self._pool, self._now(), Rules())
            except AWAY as error:
                stop_if_cancelled()
                _log.warning("day not summed, tried again", error=repr(error))
            if day is not None:
                _log.info("day summed", day=day.isoformat(), seconds=round(time() - began, 1))
            await asyncio.sleep(self._idle if day is None else time() - began)
