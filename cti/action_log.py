"""What was done with calls, on record: who did what, and which queue a call was handed to."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import UUID

from cti.writes import Writes
from db.ids import new_id
from db.pool import Connection
from db.statements import statements


class ActionLog:
    """Nothing here waits: rows are written behind the conversation."""

    def __init__(self, writes: Writes, now: Callable[[], datetime]) -> None:
        self._writes = writes
        self._now = now

    def note(
        self, call_id: UUID, actor: str, action: str, target: str = "", reason: str = ""
    ) -> None:
        """Log what was done."""
        at = self._now()
        row = {
            "id": new_id(at), "call_id": call_id, "actor": actor, "action": action,
            "target": target, "reason": reason, "at": at,
        }  # fmt: skip
        self._writes.add("desk action", partial(_write_action, row))

    def moved(self, call_id: UUID, queue: str) -> None:
        """The call goes to this queue now."""
        job = partial(_write_queue, call_id=call_id, queue=queue, at=self._now())
        self._writes.add("moved to a queue", job)


async def _write_action(row: dict[str, object], conn: Connection) -> None:
    await statements().desk_note_action(conn, **row)


async def _write_queue(conn: Connection, *, call_id: UUID, queue: str, at: datetime) -> None:
    await statements().calls_queue_batch(conn, ids=[call_id], queues=[queue], ats=[at])
