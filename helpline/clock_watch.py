"""Whether this machine's time can be acted on.

A clock that jumps to next month would escalate every complaint, a wrong one ring citizens at night,
send a message twice and erase recordings: none of that can be taken back. So what acts because of
the time asks here first. Calls are served by whatever time it is.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta

import structlog

from db.errors import AWAY, stop_if_cancelled
from db.pool import Pool
from db.statements import statements
from helpline.clock import Clock

Sound = Callable[[], bool]
"""Whether to act on the time now."""

_log = structlog.get_logger(__name__)
_ACQUIRE_SECONDS = 5.0
_COMPARE_SECONDS = 10.0
_JUMP_SECONDS = 60.0
_STAYS_SECONDS = 600.0
_WAITS = "deadlines, messages, our own calls and retention wait"


def always() -> bool:
    """For a demo or a test, whose time is moved on purpose."""
    return True


class ClockWatch:
    """Compares the clock with the one that cannot be set (by `sound()`, each time that it is
    asked), and with the database's (by `run()`, which belongs to a supervisor).

    A jump of more than a minute that stays for ten is taken for what it then is: a correction.
    `shift`: how far `now` is from the machine's time on purpose.
    """

    def __init__(
        self,
        now: Clock,
        shift: timedelta = timedelta(0),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._now = now
        self._shift = shift
        self._monotonic = monotonic
        self._trusted = self._seen = self._offset()
        self._jumped_at: float | None = None
        self._apart = timedelta(0)

    @property
    def fault(self) -> str | None:
        """What is wrong, for people; None: nothing."""
        self._look()
        if self._jumped_at is not None:
            return f"jumped: {_WAITS}"
        if self._is_apart:
            return f"{self._apart} from the database's: {_WAITS}"
        return None

    def sound(self) -> bool:
        """Whether to act on the time now."""
        return self.fault is None

    async def compare(self, pool: Pool) -> None:
        """With the database's clock. Raises one of `db.errors.AWAY`."""
        async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
            before = self._now()
            theirs = await statements().cells_time(conn) + self._shift
            after = self._now()
        was = self._is_apart
        self._apart = max(theirs - after, before - theirs, timedelta(0))
        if self._is_apart and not was:
            _log.error("this machine's clock is not the database's", apart=str(self._apart))
        elif was and not self._is_apart:
            _log.warning("this machine's clock is the database's again")

    async def run(self, pool: Callable[[], Pool]) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.compare(pool())
            except AWAY as error:
                stop_if_cancelled()
                _log.warning("clocks not compared", error=repr(error))
            await asyncio.sleep(_COMPARE_SECONDS)

    @property
    def _is_apart(self) -> bool:
        return self._apart.total_seconds() > _JUMP_SECONDS

    def _offset(self) -> float:
        return self._now().timestamp() - self._monotonic()

    def _look(self) -> None:
        offset, at = self._offset(), self._monotonic()
        if abs(offset - self._trusted) <= _JUMP_SECONDS:
            if self._jumped_at is not None:
                _log.warning("the clock is as it was before it jumped")
            self._trusted, self._jumped_at = offset, None  # a little is corrected all the time
        elif self._jumped_at is None or abs(offset - self._seen) > _JUMP_SECONDS:
            _log.error("the clock jumped", seconds=round(offset - self._trusted))
            self._jumped_at = at
        elif at - self._jumped_at >= _STAYS_SECONDS:
            _log.warning("the clock stays as it jumped: acted on from now on")
            self._trusted, self._jumped_at = offset, None
        self._seen = offset
