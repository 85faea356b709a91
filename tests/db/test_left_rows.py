"""Rows that were left when we stopped without the database come in at the next start."""

import asyncio
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from calls.journal import CallJournal
from calls.model import Direction, NewCall, Outcome
from db.errors import AWAY
from db.group_commit import GroupCommit
from db.ids import new_id
from db.left_rows import LeftRows
from db.pool import Pool
from recordings.capture import Capture

AT = datetime(2025, 11, 3, 5, 30, 0, 123456, tzinfo=UTC)
CALL = new_id(AT)


def no_database() -> Pool:
    raise ConnectionRefusedError


async def calls_without_a_database(folder: Path) -> GroupCommit:
    """One call from its beginning to its end; nothing of it is written."""
    commit = GroupCommit(no_database)
    journal = CallJournal(commit, timeout=0.01)
    capture = Capture(commit, lambda: AT, "c", folder, timeout=0.01)
    running = asyncio.create_task(commit.run())
    new = NewCall(CALL, "c", Direction.INBOUND, AT, "+919876543210", "9876543210", "1076", "1.2")
    for row in (
        journal.opened(new),
        journal.answered(CALL, AT),
        journal.queued(CALL, "helpline-hi", AT),
        journal.ended(CALL, Outcome.QUEUE_ABANDONED, AT),
    ):
        with pytest.raises(TimeoutError):
            await row
    await capture.open(CALL, "call")
    assert not await commit.drain(0.05)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return commit


async def test_a_call_of_an_outage_survives_a_restart_in_its_midst(
    emptied: Pool, tmp_path: Path
) -> None:
    commit, path = await calls_without_a_database(tmp_path), tmp_path / "state" / "rows-left"
    files = LeftRows(path)
    await files.write_or_keep(commit, 0.05)
    assert path.stat().st_mode & 0o077 == 0
    assert await files.bring_in(emptied) == 5
    assert not path.exists()
    call = await emptied.fetchrow("select * from call")
    assert call is not None
    assert (call["id"], call["citizen_number"], call["started_at"]) == (CALL, "+919876543210", AT)
    assert (call["answered_at"], call["queue"]) == (AT, "helpline-hi")
    assert (call["ended_at"], call["outcome"]) == (AT, Outcome.QUEUE_ABANDONED)
    assert await emptied.fetchval("select call_id from recording") == CALL
    assert await files.bring_in(emptied) == 0


async def test_what_was_written_after_all_or_torn_does_no_harm(
    emptied: Pool, tmp_path: Path
) -> None:
    commit, path = await calls_without_a_database(tmp_path), tmp_path / "rows-left"
    files = LeftRows(path)
    await files.keep(commit.left())
    await files.keep(commit.left())  # a start that failed, and stopped again
    with path.open("a") as file:
        for sql, row in (("select 1/0", []), ("select $1::int[]", ["no number"])):
            file.write(json.dumps({"sql": sql, "row": row}) + "\n")
        file.write('{"sql": "insert in')
    assert await files.bring_in(emptied) == 10
    refused = files.refused_path
    assert [line[:18] for line in refused.read_text().splitlines()] == [
        '{"sql": "select 1/', '{"sql": "select $1', '{"sql": "insert in',
    ]  # fmt: skip
    assert refused.stat().st_mode & 0o077 == 0
    assert not path.exists()
    assert await emptied.fetchval("select count(*) from call") == 1
    assert await emptied.fetchval("select count(*) from queue_stay") == 1


async def test_refused_rows_that_are_named_again_twice_all_come_in_the_older_first(
    emptied: Pool, tmp_path: Path
) -> None:
    path = tmp_path / "rows-left"
    files = LeftRows(path)
    await files.keep((await calls_without_a_database(tmp_path)).left())
    opened, *later = path.read_text().splitlines(keepends=True)
    path.unlink()
    for second, (name, lines) in enumerate((("-2", [opened]), ("", later[:2]), ("-1", later[2:]))):
        again = files.again_path.with_name(f"{files.again_path.name}{name}")
        again.write_text("".join(lines))
        os.utime(again, (second, second))
    assert await LeftRows(path).bring_in(emptied) == 5
    assert list(tmp_path.iterdir()) == []
    assert await emptied.fetchval("select outcome from call") == Outcome.QUEUE_ABANDONED


async def test_while_the_database_is_away_the_file_stays(tmp_path: Path) -> None:
    class Away:
        def acquire(self, *, timeout: float) -> object:
            raise ConnectionRefusedError(timeout)

    path = tmp_path / "rows-left"
    files = LeftRows(path)
    await files.keep((await calls_without_a_database(tmp_path)).left())
    with pytest.raises(AWAY):
        await files.bring_in(Away())  # type: ignore[arg-type]
    assert str(UUID(int=CALL.int)) in path.read_text()
