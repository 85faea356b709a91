"""Lines out of the house: how many the trunk has left for who dials at the desk.

What is kept for emergencies (`guards.emergency_reserve`) is left alone by all but an emergency:
citizens' calls and the dialer are held to the same (`calls.admission`, `campaigns.pacing`).
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from cti.errors import NotNowError
from cti.state import State
from cti.why import Why
from db.pool import Connection
from db.statements import statements

_SEEN_WITHIN = timedelta(seconds=3)


def beside(state: State) -> int:
    """Channels of the trunk that are no citizen's own: those who were asked or given a citizen.

    An emergency service's own line counts too: its channel cannot be told from the trunk's.
    """
    return sum(leg.trunk and not leg.citizen for leg in state.legs.values())


class Trunk:
    """`limit`: most channels, over all cells, that may be in use when one is taken from the desk;
    None: any number.
    """

    def __init__(
        self,
        state: Callable[[], State],
        now: Callable[[], datetime],
        *,
        cell: str,
        limit: int | None,
    ) -> None:
        self._state = state
        self._now = now
        self._cell = cell
        self._limit = limit
        self._taken: list[datetime] = []  # given away, and perhaps not seen as a channel yet
        self.refused = 0

    async def take(self, conn: Connection) -> None:
        """One channel for a number outside. Raises `NotNowError`: nothing is to be dialled."""
        if self._limit is None:
            return
        now = self._now()
        used = await statements().calls_trunk_used(conn, cell=self._cell, now=now)
        # From here on nothing waits: two who ask at once do not both get the last one.
        self._taken = [at for at in self._taken if abs(now - at) < _SEEN_WITHIN]
        if used + beside(self._state()) + len(self._taken) >= self._limit:
            self.refused += 1
            raise NotNowError(Why.LINES_BUSY)
        self._taken.append(now)
