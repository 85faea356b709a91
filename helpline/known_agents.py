"""Who calls again is offered first to the agent who has talked with them: whom, and since when."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

import structlog

from calls.model import NewCall
from complaints.caller import last_agent
from cti.views import AgentStatus
from db.errors import AWAY, stop_if_cancelled
from db.pool import Pool, read_within
from dialplans.names import MOST_KNOWN
from helpline.clock import Clock
from helpline.options.cell import CellOptions

_log = structlog.get_logger(__name__)
_SECONDS = 1.0  # a citizen waits on the line
_COMES = (AgentStatus.READY, AgentStatus.RINGING, AgentStatus.IN_CALL, AgentStatus.WRAP_UP)
"""Who is on a pause of their own is not waited for, not even for seconds."""


class AgentNumbers:
    """Agents by number, in the order of the settings, in the queues that prefer who knows."""

    def __init__(self, cell: CellOptions) -> None:
        self._numbers: dict[str, int] = {}
        self._preferring = {one.name for one in cell.queues if one.known_agent_days}
        self.follow(agent.id for agent in cell.agents)

    def follow(self, agents: Iterable[str]) -> None:
        """Other agents. Who stays keeps their number: somebody may wait for it just now."""
        ids = tuple(agents)
        kept = {id: self._numbers[id] for id in ids if id in self._numbers}
        taken = set(kept.values())
        free = (number for number in range(1, MOST_KNOWN + 1) if number not in taken)
        self._numbers = kept | dict(zip((id for id in ids if id not in kept), free, strict=False))

    def __call__(self, queue: str, agent_id: str) -> int:
        """The member's number (`cti.membership.NumberOf`); 0: nobody prefers them there."""
        return self._numbers.get(agent_id, 0) if queue in self._preferring else 0


class KnownAgents:
    """`agi.ports.KnownAgents` by calls and complaints, and by who is here now.

    `seated(queue, agent)`: their status where they are a member of the queue, else None.
    """

    def __init__(
        self,
        pool: Pool,
        cell: CellOptions,
        seated: Callable[[str, str], AgentStatus | None],
        now: Clock,
        numbers: AgentNumbers,
    ) -> None:
        self._pool = pool
        self._cell = cell.name
        self._days: Mapping[str, int] = {one.name: one.known_agent_days for one in cell.queues}
        self._numbers = numbers
        self._seated = seated
        self._now = now
        self.preferred = 0

    async def number(self, call: NewCall, queue: str) -> int | None:
        """Of the agent who had this caller last about an open complaint, if they may take it."""
        days = self._days.get(queue, 0)
        if not days or call.number is None:
            return None
        agent = await self._last(call.number, self._now() - timedelta(days=days))
        if agent is None or self._seated(queue, agent) not in _COMES:
            return None
        number = self._numbers(queue, agent) or None
        self.preferred += number is not None
        return number

    async def _last(self, number: str, since: datetime) -> str | None:
        try:
            async with read_within(self._pool, _SECONDS) as conn:
                return await last_agent(conn, number, cell=self._cell, since=since)
        except AWAY as error:
            stop_if_cancelled()
            _log.warning("caller's agent not looked for", error=repr(error))
            return None
