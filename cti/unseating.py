"""A supervisor whose right is taken back while they are in a call is taken off its line.

The page closes by itself (`cti.wallboards`), but what it began does not need it any more: their
telephone would go on listening, and talking, until the call is over.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

import structlog

from cti.beside import Seat, Seats
from cti.control import Control
from cti.errors import AmiError
from cti.supervising import Supervisor
from db.errors import AWAY, stop_if_cancelled

_log = structlog.get_logger(__name__)

SupervisingNow = Callable[[Collection[str]], Awaitable[Mapping[str, Supervisor]]]
"""Asks what these people (their `actor`s) supervise now; who supervises nothing is not in it.

Raises one of `db.errors.AWAY`."""

QueuesBeside = Callable[[Seat], Sequence[str]]


class Unseating:
    """`run()` belongs to a supervisor of services. `every`: seconds between looks.

    `supervising` None: nobody's rights can be asked for, and nobody is taken off.
    """

    def __init__(
        self,
        seats: Seats,
        control: Control,
        queues_of: QueuesBeside,
        supervising: SupervisingNow | None,
        *,
        every: float,
    ) -> None:
        self._seats = seats
        self._control = control
        self._queues_of = queues_of
        self._supervising = supervising
        self._every = every

    async def run(self) -> None:
        """Until cancelled. What could not be asked or done is tried again at the next look."""
        while self._supervising is not None:
            await asyncio.sleep(self._every)
            try:
                await self._look(self._supervising)
            except (AmiError, *AWAY) as error:
                stop_if_cancelled()
                _log.warning("supervisors beside agents not looked at", error=repr(error))

    async def _look(self, supervising: SupervisingNow) -> None:
        seats = self._seats.taken()
        if not seats:
            return
        now = await supervising({seat.who.actor for seat in seats})
        for seat in without_right(seats, now, self._queues_of):
            await self._control.leave(seat.leg)
            self._seats.leave(seat)
            self._control.log.note(
                seat.call_id, seat.who.actor, "right_ended", f"agent:{seat.agent}"
            )
            _log.info("supervisor taken off a call", supervisor=seat.who.actor, agent=seat.agent)


def without_right(
    seats: Sequence[Seat], now: Mapping[str, Supervisor], queues_of: QueuesBeside
) -> list[Seat]:
    """Those who might not sit down there now. Pure.

    Where no queue of the call is known, supervising anything is enough: nothing was taken back.
    """

    def may_stay(seat: Seat) -> bool:
        who, queues = now.get(seat.who.actor), queues_of(seat)
        return who is not None and (not queues or who.sees(queues))

    return [seat for seat in seats if not may_stay(seat)]
