"""Where Asterisk is to record: row first, then the file is named."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from uuid import UUID

import asyncpg
import structlog

from db.errors import AWAY, JournalFullError
from db.group_commit import BatchStatement, GroupCommit
from db.ids import new_id
from db.statements import sql
from recordings.model import CaptureName, CaptureTarget, Kind

_log = structlog.get_logger(__name__)


class Capture:
    """Opens recordings of one cell. `directory` (absolute, existing) is its Asterisk's as well."""

    def __init__(
        self,
        commit: GroupCommit,
        now: Callable[[], datetime],
        cell: str,
        directory: Path,
        timeout: float = 2.0,
    ) -> None:
        if not directory.is_absolute():
            raise ValueError("Asterisk would look for a relative folder elsewhere")
        self._commit = commit
        self._now = now
        self._cell = cell
        self._directory = directory
        self._timeout = timeout
        self._open = BatchStatement(1, sql("recordings_open_batch"))  # after the call's row (0)
        self._withdraw = BatchStatement(5, sql("recordings_withdraw_batch"))
        self._stop = BatchStatement(6, sql("recordings_stop_batch"))

    async def open(self, call_id: UUID, kind: Kind) -> CaptureTarget:
        """A new recording of a call, durable on return unless the database is away.

        Never fails: without a row the conversation is recorded all the same, and the closer
        attributes the file by its name.
        """
        at = self._now()
        name = CaptureName(call_id, new_id(at), kind)
        row = (name.recording_id, call_id, kind, self._cell, at)
        try:
            await self._commit.write(self._open, row, timeout=self._timeout)
        except asyncio.CancelledError:
            self.withdraw(name.recording_id)  # the row stays queued, and nobody will record
            raise
        except (*AWAY, JournalFullError, asyncpg.PostgresError) as error:
            _log.warning(
                "recording begins without its row",
                call=str(call_id),
                recording=str(name.recording_id),
                error=repr(error),
            )
        return CaptureTarget(name.recording_id, str(self._directory / str(name)))

    def withdraw(self, recording_id: UUID) -> None:
        """Take back the row of a recording whose recorder was never started; does not wait for it.

        Else it would be called missing: who calls and hangs up at once has not been recorded, and
        nothing is lost. Should there be a file after all, the closer attributes it by its name.
        """
        try:
            self._commit.post(self._withdraw, (recording_id,))
        except JournalFullError as error:
            _log.warning("row not withdrawn", recording=str(recording_id), error=str(error))

    def stopped(self, recording_id: UUID) -> None:
        """Its recorder was stopped, and the call goes on; does not wait for the row.

        Else the recording would be taken for one that lacks the rest of its call.
        """
        try:
            self._commit.post(self._stop, (recording_id, self._now()))
        except JournalFullError as error:
            _log.warning("stop not written", recording=str(recording_id), error=str(error))
