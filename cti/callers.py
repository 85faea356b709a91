"""Who was on a call that an agent has, or had: for a page that did not see the screen-pop.

A page that comes back in the wrap-up, at another computer or after our restart has only the call.
"""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import structlog

from calls.store import had_by, load
from complaints.caller import citizens_by
from complaints.errors import InvalidInputError
from cti.desk import pop_message
from cti.errors import NotAllowedError
from cti.hidden import number_for
from cti.live import LiveState
from cti.pages import Message
from cti.ports import CallerHistory
from cti.presence import Presence
from cti.screenpop import look_up
from cti.why import Why
from db.pool import Pool

_log = structlog.get_logger(__name__)
_LONGEST = 40
_ACQUIRE_SECONDS = 5.0


class Callers:
    """`pop()` is the screen-pop once more, with what is known by now."""

    def __init__(
        self,
        pool: Callable[[], Pool],
        history: CallerHistory,
        live: LiveState,
        presence: Presence,
        languages: Mapping[str, str],
    ) -> None:
        """`languages`: of queues."""
        self._languages = languages
        self._pool = pool
        self._history = history
        self._live = live
        self._presence = presence

    def has(self, agent_id: str, call_id: UUID) -> bool:
        """Whether the agent is in this call or wraps it up, as known before a row is written. One
        at whom it only rings does not have it.
        """
        wrap_up = self._presence.wish(agent_id).wrap_up
        if wrap_up is not None and wrap_up.call_id == call_id:
            return True
        return self._live.talks_in(agent_id, call_id)

    async def number(self, agent_id: str, call_id: UUID) -> str | None:
        """Whose call it is, by its row: where Asterisk does not name them. None: not known, or not
        this agent's to know. Raises one of `db.errors.AWAY`.
        """
        async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn:
            return await number_for(conn, call_id, agent_id)

    async def pop(self, agent_id: str, call_id: UUID) -> Message:
        """Raises `NotAllowedError` for a call that this agent never had, or one of
        `db.errors.AWAY`.
        """
        async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn:
            call = await load(conn, call_id)
            if call is None:
                raise NotAllowedError(Why.NO_SUCH_CALL)
            if not self.has(agent_id, call_id) and not await had_by(conn, call_id, agent_id):
                raise NotAllowedError(Why.OTHERS_CALL)
            number = await number_for(conn, call_id, agent_id)
        history = await look_up(self._history, number)
        return pop_message(
            call_id, call.queue or "", number, call.started_at, history, self._languages
        )

    async def find(self, agent_id: str, by: str) -> list[dict[str, Any]]:
        """Who may be meant by a complaint's or a telephone's number: `citizen` and `name`.

        Raises `NotAllowedError` where it is neither, or one of `db.errors.AWAY`.
        """
        try:
            found = await citizens_by(self._pool(), by[:_LONGEST])
        except InvalidInputError as error:
            raise NotAllowedError(Why.NEITHER_NUMBER) from error
        # Who looked for whom: an agent sees names by it.
        _log.info("citizen looked for", agent=agent_id, found=len(found), pii={"by": by[:_LONGEST]})
        return [{"citizen": str(one.id), "name": one.name} for one in found]
