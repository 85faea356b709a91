"""What each agent did and when: told to their page, written as intervals for reports."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from cti.state import State
from cti.views import SIGNED_OUT, AgentStatus, AgentView, agent_view, touched, views
from cti.writes import ALL_AGENTS, Writes
from db.ids import new_id
from db.pool import Connection
from db.statements import statements

_TAKES_CALLS = (AgentStatus.READY, AgentStatus.UNREACHABLE)


@dataclass(frozen=True, slots=True)
class Standing:
    """What an agent does, since when."""

    view: AgentView
    since: datetime


class Timeline:
    """`observe()` after every change of the state; nothing here waits.

    `settled(agent)`: False while Asterisk is still being told of a pause; that agent only seems
    to take calls, for some milliseconds, and no interval is made of it. `last_word`: when a server
    before us was last there; None: unknown.
    """

    def __init__(
        self,
        writes: Writes,
        *,
        cell: str,
        settled: Callable[[str], bool],
        told: Callable[[str], None],
        now: Callable[[], datetime],
        last_word: datetime | None = None,
    ) -> None:
        self._writes = writes
        self._cell = cell
        self._settled = settled
        self._told = told
        self._now = now
        self._last_word = last_word
        self._standings: dict[str, Standing] = {}
        self._seen: State | None = None
        self._reconciled = False

    def standing(self, agent_id: str) -> Standing | None:
        """What this agent does; None: signed out."""
        return self._standings.get(agent_id)

    def standings(self) -> dict[str, Standing]:
        """Everybody who is not signed out."""
        return dict(self._standings)

    def observe(self, state: State, *, whole: bool = False) -> None:
        """Note what changed. `whole`: a snapshot was taken, so that absence is known too."""
        before, self._seen = self._seen, state
        if whole or before is None:
            current = views(state)
            for agent_id in {*current, *self._standings}:
                self._note(agent_id, current.get(agent_id, SIGNED_OUT))
        else:
            for agent_id in touched(before, state):
                self._note(agent_id, agent_view(state, agent_id))
        if whole and not self._reconciled:
            # Once: what was open when we stopped is compared with what is so now.
            self._reconciled = True
            job = partial(self._reconcile, self.standings(), self._now())
            self._writes.add("agents' states", job, agent_id=ALL_AGENTS, alone=True)

    def revisit(self, state: State, agent_id: str) -> None:
        """This agent's wish has changed, which their page shows too."""
        if not self._note(agent_id, agent_view(state, agent_id)):
            self._told(agent_id)

    def _note(self, agent_id: str, view: AgentView) -> bool:
        """Whether the page was told of a change."""
        before = self._standings.get(agent_id)
        if (before.view if before else SIGNED_OUT) == view:
            return False
        if view.status in _TAKES_CALLS and not self._settled(agent_id):
            return False
        at = self._now()
        if before is not None and _kind(before.view) == _kind(view):
            at = before.since  # on hold, or taken off it: still the same call
        elif self._reconciled:
            job = partial(_change, new_id(at), agent_id, view, at)
            self._writes.add("agent's state", job, agent_id=agent_id)
        if view.status is AgentStatus.SIGNED_OUT:
            del self._standings[agent_id]
        else:
            self._standings[agent_id] = Standing(view, at)
        self._told(agent_id)
        return True

    async def _reconcile(
        self, standings: Mapping[str, Standing], at: datetime, conn: Connection
    ) -> None:
        """Intervals that still hold go on from when they began; the others were over when nobody of
        ours was there to see it: they end with the last word of who was.
        """
        over = min(at, self._last_word or at)
        rows = [row async for row in statements().desk_open_states(conn, cell=self._cell)]
        kept = {row["agent_id"]: row for row in rows}
        for agent_id in kept.keys() - standings.keys():
            await statements().desk_end_state(conn, agent_id=agent_id, at=over, next=None)
        for agent_id, standing in standings.items():
            row = kept.get(agent_id)
            if row is None or (row["state"], row["reason"], row["call_id"]) != _kind(standing.view):
                ended = min(standing.since, over)
                await _change(new_id(at), agent_id, standing.view, standing.since, conn, ended)
            elif self._standings.get(agent_id) == standing:
                self._standings[agent_id] = Standing(standing.view, row["from_at"])
                self._told(agent_id)


async def _change(
    id: UUID,
    agent_id: str,
    view: AgentView,
    at: datetime,
    conn: Connection,
    ended: datetime | None = None,
) -> None:
    """`ended`: when that before it was over; None: `at`."""
    out = view.status is AgentStatus.SIGNED_OUT
    async with conn.transaction():
        await statements().desk_end_state(
            conn, agent_id=agent_id, at=ended or at, next=None if out else id
        )
        if not out:
            state, reason, call_id = _kind(view)
            await statements().desk_begin_state(
                conn, id=id, agent_id=agent_id, state=state, reason=reason, call_id=call_id, at=at
            )


def _kind(view: AgentView) -> tuple[object, ...]:
    """What makes an interval one: holding a call is still being in it."""
    return (view.status.value, view.reason, view.call_id)
