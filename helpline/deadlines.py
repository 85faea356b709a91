"""The sweeps that move on what nobody answered in time, officers or citizens, and remind."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from complaints.escalation import escalate_overdue, remind
from complaints.followup import follow_up
from complaints.notifications import Signer
from complaints.pausing import end_long_pauses
from complaints.policy import Policy
from complaints.second_look import look_again
from db.errors import AWAY, stop_if_cancelled
from db.pool import Pool
from helpline.clock import Clock

_log = structlog.get_logger(__name__)

_INTERVAL_SECONDS = 10.0
_BATCH = 200
_SECOND_LOOK_SECONDS = 300.0  # each complaint is looked at again once in an hour
_SECOND_LOOK_BATCH = 100


class DeadlineSweep:
    """`run()` and `run_second_look()` belong to a supervisor; any number of processes may sweep."""

    def __init__(self, pool: Pool, policy: Policy, now: Clock, signer: Signer) -> None:
        self._pool = pool
        self._policy = policy
        self._now = now
        self._signer = signer

    async def run(self) -> None:
        """Sweep for ever; without a pause while there is a backlog, as after a downtime."""
        await _for_ever(self._sweep, _BATCH, _INTERVAL_SECONDS)

    async def run_second_look(self) -> None:
        """The same for what was late while no higher post was held: slowly, beside the others."""
        await _for_ever(self._look_again, _SECOND_LOOK_BATCH, _SECOND_LOOK_SECONDS)

    async def _sweep(self) -> int:
        pool, policy, now = self._pool, self._policy, self._now
        moved = await escalate_overdue(
            pool, policy=policy, now=now(), signer=self._signer, limit=_BATCH
        )
        reminded = await remind(pool, now=now(), limit=_BATCH)
        followed = await follow_up(pool, policy=policy, now=now(), limit=_BATCH)
        resumed = await end_long_pauses(pool, policy=policy, now=now(), limit=_BATCH)
        return max(moved, reminded, followed, resumed)

    async def _look_again(self) -> int:
        return await look_again(
            self._pool,
            policy=self._policy,
            now=self._now(),
            signer=self._signer,
            limit=_SECOND_LOOK_BATCH,
        )


async def _for_ever(sweep: Callable[[], Awaitable[int]], full: int, pause: float) -> None:
    while True:
        try:
            moved = await sweep()
        except AWAY as error:
            stop_if_cancelled()
            _log.warning("database away, deadlines wait", error=repr(error))
            moved = 0
        if moved < full:
            await asyncio.sleep(pause)
