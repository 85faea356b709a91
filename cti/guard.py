"""Whoever dials out of the house from the desk asks first (`calls.dialling`); it is on record then.

Emergency services are never asked about: an agent who is cut off can still call them.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from calls.dialling import Refusal, ask
from cti.directory import Kind, Target
from cti.errors import NotAllowedError
from cti.trunk import Trunk
from cti.why import Why
from db.pool import Connection, Pool

_ACQUIRE_SECONDS = 5.0
WHY: Mapping[Refusal, Why] = {
    Refusal.CUT_OFF: Why.DIAL_CUT_OFF,
    Refusal.NO_RULE: Why.DIAL_NO_RULE,
    Refusal.LIMIT: Why.DIAL_LIMIT,
}


class DialGuard:
    """An agent's telephone is the endpoint that the rules name.

    A number outside takes a channel of the trunk, if there is one to be had.
    """

    def __init__(self, pool: Callable[[], Pool], trunk: Trunk, now: Callable[[], datetime]) -> None:
        self._pool = pool
        self._trunk = trunk
        self._now = now

    async def number(
        self, conn: Connection, agent_id: str, number: str, *, listed: bool = False
    ) -> str:
        """What is to be dialled. Raises `NotAllowedError`; committed in either case.

        Raises `NotNowError` while no line is free: that is not held against the agent.
        """
        await self._trunk.take(conn)
        decision = await ask(conn, agent_id, number, self._now(), listed=listed)
        if decision.refusal is not None or decision.number is None:
            raise NotAllowedError(WHY[decision.refusal or Refusal.NO_RULE])
        return decision.number

    async def target(self, agent_id: str, target: Target) -> Target:
        """The same for a target; what rings in the house is not asked about.

        Raises `NotAllowedError`, `NotNowError` or one of `db.errors.AWAY`; then nothing is to be
        dialled.
        """
        if target.kind is not Kind.NUMBER or target.emergency:
            return target
        async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn:
            number = await self.number(conn, agent_id, target.value, listed=True)
        return replace(target, value=number)
