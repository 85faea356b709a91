"""A conversation of which Asterisk's events told nothing: over before the link was in step again.

Its call's own end (`h` of the dialplan) names the agent, whose page never saw a screen-pop. They
find the call among what is not registered yet, and the report has their talk, whose length nobody
knows.
"""

import json
from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog

from cti.events import agent_of
from cti.pages import Message
from cti.writes import Writes
from db.pool import Connection
from db.statements import statements

_log = structlog.get_logger(__name__)
NOTHING_TYPED = json.dumps({"missed": True})


class Unheard:
    """`ended()` never waits; `tell` is a message to an agent's page."""

    def __init__(
        self, writes: Writes, tell: Callable[[str, Message], None], *, later: float
    ) -> None:
        """`later`: seconds by which events that came late have been written."""
        self._writes = writes
        self._tell = tell
        self._later = later

    def ended(self, call_id: UUID, interface: str, at: datetime) -> None:
        """The call is over, and this is who app_queue says had it last (`PJSIP/1001`)."""
        agent_id = agent_of(interface)
        if agent_id is not None:
            job = partial(self._write, call_id, agent_id, at)
            self._writes.add(
                "conversation unheard", job, call_id=call_id, delay=self._later, yields=True
            )

    async def _write(self, call_id: UUID, agent_id: str, at: datetime, conn: Connection) -> None:
        known = {"call_id": call_id, "agent_id": agent_id}
        if not await statements().desk_unheard(conn, **known):
            return
        await statements().calls_agent_answered(conn, id=call_id, agent_id=agent_id, at=at)
        await statements().desk_put_draft(conn, **known, version=1, form=NOTHING_TYPED, at=at)
        _log.info("call answered unheard", call=str(call_id), agent=agent_id)
        self._tell(agent_id, {"type": "drafts"})
