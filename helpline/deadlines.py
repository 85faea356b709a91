"""The sweeps that move on what nobody answered in time, officers or citizens, and remind."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

import structlog

from complaints.deciders import tell_new_deciders
from complaints.escalation import escalate_overdue, remind
from complaints.followup import follow_up
from complaints.notifications import Signer
from complaints.pausing import end_long_pauses
from complaints.policy import Policy
from complaints.second_look import look_again
from complaints.vacancies import pass_on_vacant
from db.errors import AWAY, stop_if_cancelled
from db.pool import Pool
from helpline.clock import Clock
from helpline.clock_watch import Sound, always

_log = structlog.get_logger(__name__)

_INTERVAL_SECONDS = 10.0
_BATCH = 200
_SECOND_LOOK_SECONDS = 300.0  # each complaint, and proposal, is looked at again once in an hour
_SECOND_LOOK_BATCH = 100
_VACANCIES_SECONDS = 60.0


class DeadlineSweep:
    """Any number of processes may sweep. `services`: by name, for a supervisor, each for ever; one
    that fails stops no other.
    """

    def __init__(
        self, pool: Pool, policy: Policy, now: Clock, signer: Signer, sound: Sound = always
    ) -> None:
        """`sound`: whether that time can be acted on; else nothing is swept."""
        self._pool = pool
        self._policy = policy
        self._now = now
        self._signer = signer
        self._sound = sound

    @property
    def services(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """Without a pause while there is a backlog, as after a downtime."""
        return {
            "deadlines": partial(self._for_ever, self._escalate, _BATCH, _INTERVAL_SECONDS),
            "reminders": partial(self._for_ever, self._remind, _BATCH, _INTERVAL_SECONDS),
            "follow-ups": partial(self._for_ever, self._follow_up, _BATCH, _INTERVAL_SECONDS),
            "long pauses": partial(self._for_ever, self._end_pauses, _BATCH, _INTERVAL_SECONDS),
            "vacancies": partial(self._for_ever, self._pass_on, _BATCH, _VACANCIES_SECONDS),
            "proposals": partial(self._for_ever, self._tell_deciders, _BATCH, _SECOND_LOOK_SECONDS),
            # What was late while no higher post was held: slowly, beside the others.
            "second look": partial(
                self._for_ever, self._look_again, _SECOND_LOOK_BATCH, _SECOND_LOOK_SECONDS
            ),
        }

    async def _pass_on(self) -> int:
        return await pass_on_vacant(
            self._pool, policy=self._policy, now=self._now(), signer=self._signer, limit=_BATCH
        )

    async def _tell_deciders(self) -> int:
        return await tell_new_deciders(
            self._pool, policy=self._policy, now=self._now(), limit=_BATCH
        )

    async def _escalate(self) -> int:
        return await escalate_overdue(
            self._pool, policy=self._policy, now=self._now(), signer=self._signer, limit=_BATCH
        )

    async def _remind(self) -> int:
        return await remind(self._pool, now=self._now(), limit=_BATCH)

    async def _follow_up(self) -> int:
        return await follow_up(self._pool, policy=self._policy, now=self._now(), limit=_BATCH)

    async def _end_pauses(self) -> int:
        return await end_long_pauses(self._pool, policy=self._policy, now=self._now(), limit=_BATCH)

    async def _look_again(self) -> int:
        return await look_again(
            self._pool,
            policy=self._policy,
            now=self._now(),
            signer=self._signer,
            limit=_SECOND_LOOK_BATCH,
        )

    async def _for_ever(self, sweep: Callable[[], Awaitable[int]], full: int, pause: float) -> None:
        """`sweep` says how many it took up: as many as `full`, and there may be more."""
        while True:
            try:
                taken = await sweep() if self._sound() else 0
            except AWAY as error:
                stop_if_cancelled()
                _log.warning("database away, deadlines wait", error=repr(error))
                taken = 0
            if taken < full:
                await asyncio.sleep(pause)
