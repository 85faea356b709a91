"""Calls of agents with a real recording, sealed."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from db.ids import new_id
from recordings.keeper import Keeper
from tests.recordings.room import Room, conversation


@dataclass
class Tapes(Room):
    """The recordings' room, with calls that an agent had."""

    async def talked(
        self, agent: str = "1001", queue: str = "helpline-hi", seconds: float = 4.0
    ) -> tuple[UUID, UUID]:
        """A call that an agent answered, and its recording."""
        recording_id, _ = await self.recorded(conversation(seconds), seconds=seconds)
        await self.closer().sweep()
        row = await self.row(recording_id)
        await self.pool.execute(
            "update call set queue = $2, agent_id = $3, queued_at = started_at,"
            " agent_answered_at = started_at + interval '9 seconds',"
            " ended_at = started_at + interval '4 minutes', outcome = 'agent_answered'"
            " where id = $1",
            row["call_id"], queue, agent,
        )  # fmt: skip
        self.at += timedelta(minutes=5)
        return row["call_id"], recording_id

    async def copied(self) -> None:
        await Keeper(self.pool, self.vault, self.now).sweep()

    async def paused(self, recording_id: UUID) -> None:
        at = (await self.row(recording_id))["started_at"]
        second = timedelta(seconds=1)
        await self.pool.execute(
            "insert into recording_pause (id, recording_id, paused_at, paused_by, why, limit_at,"
            " resumed_at, resumed_by) values ($1, $2, $3, 'agent:1001', 'आधार संख्या', $4, $5,"
            " 'agent:1001')",
            uuid4(), recording_id, at + second, at + 60 * second, at + 2 * second,
        )  # fmt: skip

    async def confidential(self, call_id: UUID) -> None:
        """The call belongs to a confidential complaint."""
        await self.pool.execute(
            "insert into desk_call (key, call_id, agent_id, complaint_id, at)"
            " select $1, $2, '1001', c.id, $3 from complaint c limit 1",
            new_id(self.at), call_id, self.at,
        )  # fmt: skip
