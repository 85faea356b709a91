"""What a call flow writes about its call: durable before the flow goes on, in shared commits."""

from datetime import datetime
from uuid import UUID

from calls.model import NewCall, Outcome
from db.group_commit import BatchStatement, GroupCommit
from db.statements import sql


class CallJournal:
    """Call rows through the group commit. Every method returns when the row is durable.

    Each raises `TimeoutError` after `timeout` s (the row stays queued and will be written) and
    `db.errors.JournalFullError` when too many wait.
    """

    def __init__(self, commit: GroupCommit, *, timeout: float = 2.0) -> None:
        self._commit = commit
        self._timeout = timeout
        self._open = BatchStatement(0, sql("calls_open_batch"))
        self._answer = BatchStatement(2, sql("calls_answer_batch"))
        self._queue = BatchStatement(3, sql("calls_queue_batch"))
        self._queue_told = BatchStatement(3, sql("calls_queue_told_batch"))
        self._end = BatchStatement(4, sql("calls_end_batch"))

    async def opened(self, call: NewCall) -> None:
        """A call begins."""
        row = (
            call.id,
            call.cell,
            call.direction,
            None if call.channel_id is None else _storable(call.channel_id),
            call.number,
            _storable(call.number_raw),
            _storable(call.service_number),
            call.started_at,
        )
        await self._commit.write(self._open, row, timeout=self._timeout)

    async def answered(self, call_id: UUID, at: datetime) -> None:
        """The citizen's leg is up."""
        await self._commit.write(self._answer, (call_id, at), timeout=self._timeout)

    async def queued(
        self, call_id: UUID, queue: str, at: datetime, told_minutes: int | None = None
    ) -> None:
        """The citizen begins to wait for an agent; they were told that it takes up to so long."""
        if told_minutes is None:
            await self._commit.write(self._queue, (call_id, queue, at), timeout=self._timeout)
            return
        row = (call_id, queue, at, told_minutes)
        await self._commit.write(self._queue_told, row, timeout=self._timeout)

    async def ended(self, call_id: UUID, outcome: Outcome, at: datetime) -> None:
        """The call is over. The first outcome written stands."""
        await self._commit.write(self._end, (call_id, outcome, at), timeout=self._timeout)


def _storable(text: str) -> str:
    """What a trunk says may be no text: a database refuses NUL and half characters."""
    return text[:80].replace("\0", "").encode("utf-8", "replace").decode()
