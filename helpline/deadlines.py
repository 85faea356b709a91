"""The sweep that moves on what nobody answered in time, officers or citizens, and reminds."""

import asyncio

import structlog

from complaints.escalation import escalate_overdue, remind
from complaints.followup import follow_up
from complaints.notifications import Signer
from complaints.policy import Policy
from db.errors import AWAY, stop_if_cancelled
from db.pool import Pool
from helpline.clock import Clock

_log = structlog.get_logger(__name__)

_INTERVAL_SECONDS = 10.0
_BATCH = 200


class DeadlineSweep:
    """`run()` belongs to a supervisor; any number of processes may sweep at once."""

    def __init__(self, pool: Pool, policy: Policy, now: Clock, signer: Signer) -> None:
        self._pool = pool
        self._policy = policy
        self._now = now
        self._signer = signer

    async def run(self) -> None:
        """Sweep for ever; without a pause while there is a backlog, as after a downtime."""
        while True:
            try:
                moved = await escalate_overdue(
                    self._pool,
                    policy=self._policy,
                    now=self._now(),
                    signer=self._signer,
                    limit=_BATCH,
                )
                moved = max(moved, await remind(self._pool, now=self._now(), limit=_BATCH))
                followed = await follow_up(
                    self._pool, policy=self._policy, now=self._now(), limit=_BATCH
                )
                moved = max(moved, followed)
            except AWAY as error:
                stop_if_cancelled()
                _log.warning("database away, deadlines wait", error=repr(error))
                moved = 0
            if moved < _BATCH:
                await asyncio.sleep(_INTERVAL_SECONDS)
