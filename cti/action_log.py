"""What was done with calls, on record: who did what, and to whom a citizen was handed."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import UUID

from calls.store import set_handed_on
from cti.writes import Writes
from db.ids import new_id
from db.pool import Connection
from db.statements import statements


class ActionLog:
    """Rows are written behind the conversation, but for what nobody may do unwritten."""

    def __init__(self, writes: Writes, now: Callable[[], datetime]) -> None:
        self._writes = writes
        self.now = now

    def note(self, call_id: UUID, actor: str, action: str, target: str = "") -> None:
        """Log what was done."""
        row = self._row(call_id, actor, action, target, "")
        self._writes.add("desk action", partial(_write_action, row))

    async def written(
        self, conn: Connection, call_id: UUID, actor: str, action: str, target: str, reason: str
    ) -> None:
        """Log what is about to be done: it is not, where this raises."""
        await _write_action(self._row(call_id, actor, action, target, reason), conn)

    def _row(
        self, call_id: UUID, actor: str, action: str, target: str, reason: str
    ) -> dict[str, object]:
        at = self.now()
        return {
            "id": new_id(at), "call_id": call_id, "actor": actor, "action": action,
            "target": target, "reason": reason, "at": at,
        }  # fmt: skip

    def handed_on(self, call_id: UUID, agent_id: str, action: str, target: str) -> None:
        """Log that an agent handed the citizen on, also with their talk."""
        self.note(call_id, f"agent:{agent_id}", action, target)
        job = partial(
            set_handed_on, call_id=call_id, agent_id=agent_id, target=target, at=self.now()
        )
        self._writes.add("citizen handed on", job, call_id=call_id)

    def sent(self, call_id: UUID, queue: str, at: datetime) -> None:
        """The citizen was sent to this queue then, whether or not they are let in."""
        job = partial(_write_queue, call_id, queue, at)
        self._writes.add("citizen sent", job, call_id=call_id)


async def _write_action(row: dict[str, object], conn: Connection) -> None:
    await statements().desk_note_action(conn, **row)


async def _write_queue(call_id: UUID, queue: str, at: datetime, conn: Connection) -> None:
    await statements().calls_queue_batch(conn, ids=[call_id], queues=[queue], ats=[at])
