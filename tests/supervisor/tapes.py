"""Calls of agents with a real recording, sealed."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import zip_longest
from uuid import UUID, uuid4

from db.ids import new_id
from recordings.keeper import Keeper
from tests.calls.rows import STAYS_OF_CALLS, TALKS_OF_CALLS
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
        await self.pool.execute(STAYS_OF_CALLS)
        await self.pool.execute(TALKS_OF_CALLS)
        self.at += timedelta(minutes=5)
        return row["call_id"], recording_id

    async def through(self, *stays: tuple[str, str | None]) -> tuple[UUID, UUID]:
        """A recorded call that came to these queues, one a minute; who answered there, or nobody.

        Whoever answered handed the citizen on to the queue that follows.
        """
        recording_id, _ = await self.recorded(conversation(1.0), seconds=1.0)
        await self.closer().sweep()
        row = await self.row(recording_id)
        call, minute = row["call_id"], timedelta(minutes=1)
        at = row["started_at"]
        for (queue, agent), (following, _) in zip_longest(stays, stays[1:], fillvalue=(None, None)):
            assert queue is not None
            answered = at + timedelta(seconds=20)
            await self.pool.execute(
                "insert into queue_stay values ($1, $2, $3, $4, $5, $6)", call, queue, at,
                answered if agent else at + minute, agent, None if agent else following,
            )  # fmt: skip
            if agent:
                handed_to = f"queue:{following}" if following else None
                await self.pool.execute(
                    "insert into agent_talk values ($1, $2, $3, $4, $5, $6)",
                    *(call, agent, answered, at + minute, queue, handed_to),
                )
            at += minute
        await self.pool.execute(
            "update call set ended_at = $2, queue = $3, queued_at = started_at, agent_id = $4,"
            " outcome = $5 where id = $1",
            call, at, stays[-1][0], stays[-1][1],
            "agent_answered" if any(agent for _, agent in stays) else "queue_abandoned",
        )  # fmt: skip
        self.at = at + minute
        return call, recording_id

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
