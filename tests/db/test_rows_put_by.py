"""Rows that a database which answers did not take come in while we run; the refused are found."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from calls.journal import CallJournal
from calls.model import Direction, NewCall, Outcome
from db.group_commit import GroupCommit
from db.ids import new_id
from db.left_rows import LeftRows
from db.pool import Pool, open_pool
from tests.db.test_group_commit import _until
from tests.db.test_in_time import locked
from tests.db.test_left_rows import AT, calls_without_a_database

CALL = NewCall(new_id(AT), "c", Direction.INBOUND, AT, "+919876543210", "98765 43210", "1076", "1")
OTHER = replace(CALL, id=new_id(AT), channel_id="2")
CALLS = "lock table call in access exclusive mode"
BAD = replace(CALL, id=new_id(AT), number=b"98")  # type: ignore[arg-type]
GONE = (Outcome.UNAVAILABLE, AT)
OPEN = "select outcome from call where id = $1"


@pytest.fixture
async def hasty(emptied: Pool, migrated_url: str) -> AsyncIterator[Pool]:
    """A pool whose statements have little time."""
    pool = await open_pool(migrated_url, size=3, statement_seconds=0.3)
    yield pool
    await pool.close()


@pytest.fixture
def files(tmp_path: Path) -> LeftRows:
    return LeftRows(tmp_path / "rows-left")


@pytest.fixture
async def commit(hasty: Pool, files: LeftRows) -> AsyncIterator[GroupCommit]:
    commit = GroupCommit(lambda: hasty, put_by=files)
    running = asyncio.create_task(commit.run())
    yield commit
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


@asynccontextmanager
async def begun_elsewhere(pool: Pool, call_id: UUID) -> AsyncIterator[None]:
    """The same row, of a transaction that holds it up and comes to nothing."""
    async with pool.acquire() as other:
        transaction = other.transaction()
        await transaction.start()
        await other.execute(
            "insert into call (id, cell, direction, started_at) values ($1, 'c', 'inbound', $2)",
            *(call_id, AT),
        )
        yield
        await transaction.rollback()


async def opened(commit: GroupCommit, call: NewCall = CALL) -> None:
    with suppress(TimeoutError):
        await CallJournal(commit, timeout=0.01).opened(call)


async def test_rows_put_by_come_in_as_soon_as_the_lock_is_gone(
    emptied: Pool, hasty: Pool, commit: GroupCommit, files: LeftRows, tmp_path: Path
) -> None:
    running = asyncio.create_task(files.run(lambda: hasty))
    async with locked(emptied, CALLS):
        await opened(commit)
        await _until(lambda: files.waiting == 1)
    await _until(lambda: files.waiting == 0)
    running.cancel()
    assert await emptied.fetchval("select id from call") == CALL.id
    assert list(tmp_path.iterdir()) == []


async def test_what_follows_a_row_that_was_put_by_is_written_after_it(
    emptied: Pool, hasty: Pool, commit: GroupCommit, files: LeftRows
) -> None:
    """The end of a call that has no row yet would change nothing, and the call never end."""
    async with locked(emptied, CALLS):
        await opened(commit)
        await _until(lambda: files.waiting == 1)
    await opened(commit, OTHER)
    journal = CallJournal(commit, timeout=20)
    with pytest.raises(TimeoutError):
        await journal.ended(CALL.id, Outcome.IVR_ABANDONED, AT)
    await journal.ended(OTHER.id, Outcome.UNAVAILABLE, AT)  # another call's does not wait
    assert await emptied.fetchval(OPEN, OTHER.id) == Outcome.UNAVAILABLE
    assert await files.bring_in(hasty) == 2
    assert await emptied.fetchval(OPEN, CALL.id) == Outcome.IVR_ABANDONED


@pytest.mark.parametrize("beside", [OTHER, BAD])
async def test_what_follows_a_row_in_the_same_batch_goes_with_it(
    emptied: Pool, hasty: Pool, files: LeftRows, beside: NewCall
) -> None:
    """Also where a bad row beside them has each written alone."""
    commit = GroupCommit(lambda: hasty, put_by=files)
    journal = CallJournal(commit, timeout=0.01)
    for row in (journal.opened(beside), journal.opened(CALL), journal.ended(CALL.id, *GONE)):
        with pytest.raises(TimeoutError):
            await row
    async with begun_elsewhere(emptied, CALL.id):
        running = asyncio.create_task(commit.run())
        await _until(lambda: not commit.pending)
        running.cancel()
    assert (files.waiting, files.refused) == (2, beside is BAD)
    assert await files.bring_in(hasty) == 2
    assert await emptied.fetchval(OPEN, CALL.id) == Outcome.UNAVAILABLE


async def test_at_the_start_what_follows_a_row_that_is_not_taken_stays_behind_it(
    emptied: Pool, hasty: Pool, files: LeftRows, tmp_path: Path
) -> None:
    left = (await calls_without_a_database(tmp_path)).left()
    await files.keep(left)
    async with begun_elsewhere(emptied, left[0].values[0]):
        assert await files.bring_in(hasty) == 0
    assert files.waiting == 5
    assert files.holds(left[-1].values)
    assert await LeftRows(tmp_path / "rows-left").bring_in(hasty) == 5  # at a start
    assert await emptied.fetchval("select outcome from call") == Outcome.QUEUE_ABANDONED


async def test_rows_that_come_while_others_are_brought_in_stay_for_the_next_time(
    emptied: Pool, hasty: Pool, files: LeftRows, tmp_path: Path
) -> None:
    left = (await calls_without_a_database(tmp_path)).left()
    await files.keep(left[:1])
    async with locked(emptied, CALLS):
        coming = asyncio.create_task(files.bring_in(hasty))
        await asyncio.sleep(0.1)
        await files.keep(left[1:])
    assert await coming in (0, 1)
    while files.waiting:
        await files.bring_in(hasty)
    assert await emptied.fetchval("select outcome from call") == Outcome.QUEUE_ABANDONED


async def test_who_stops_while_the_file_is_written_anew_loses_no_row(
    emptied: Pool, files: LeftRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread that works on the file does not end with who waits for it."""
    counted, reached, go_on = LeftRows._counted, threading.Event(), threading.Event()

    def slow(self: LeftRows, lines: list[str]) -> list[str]:
        if self.waiting and not lines:  # all were taken
            reached.set()
            assert go_on.wait(20)
        return counted(self, lines)

    left = (await calls_without_a_database(tmp_path)).left()
    await files.keep(left[:1])
    monkeypatch.setattr(LeftRows, "_counted", slow)
    coming = asyncio.create_task(files.bring_in(emptied))
    await _until(reached.is_set)
    coming.cancel()
    with pytest.raises(asyncio.CancelledError):
        await coming
    kept = asyncio.create_task(files.keep(left[1:]))
    await asyncio.sleep(0.1)
    assert not kept.done()
    go_on.set()
    await kept
    assert files.waiting == 4
    assert files.holds(left[-1].values)
    assert await files.bring_in(emptied) == 4
    assert await emptied.fetchval("select outcome from call") == Outcome.QUEUE_ABANDONED


async def test_a_refused_row_is_found_again_and_comes_in_when_a_person_wants_it(
    emptied: Pool, hasty: Pool, commit: GroupCommit, files: LeftRows, tmp_path: Path
) -> None:
    await emptied.execute("alter table call add constraint no_such check (cell <> 'c')")
    try:
        with pytest.raises(Exception, match="no_such"):
            await CallJournal(commit, timeout=20).opened(CALL)
    finally:
        await emptied.execute("alter table call drop constraint no_such")
    [line] = files.refused_path.read_text().splitlines()
    assert json.loads(line)["refused"] == "CheckViolationError"
    assert files.refused_path.stat().st_mode & 0o077 == 0
    assert (files.refused, files.waiting) == (1, 0)
    assert await files.bring_in(hasty) == 0  # it is not tried again by itself
    files.refused_path.rename(files.again_path)
    assert await files.bring_in(hasty) == 1
    assert (files.refused, files.waiting) == (0, 0)
    assert await emptied.fetchval("select id from call") == CALL.id
    assert list(tmp_path.iterdir()) == []


async def test_a_row_that_no_statement_can_take_is_kept_too(
    emptied: Pool, commit: GroupCommit, files: LeftRows
) -> None:
    with pytest.raises(Exception, match="str"):
        await CallJournal(commit, timeout=20).opened(BAD)
    assert "b'98'" in files.refused_path.read_text()
    await CallJournal(commit, timeout=20).opened(CALL)


async def test_what_a_full_disk_or_a_crash_tore_spoils_no_other_row(
    emptied: Pool, files: LeftRows, tmp_path: Path
) -> None:
    (tmp_path / "rows-left").write_bytes(b'{"sql": "insert in\0\0')
    await files.keep((await calls_without_a_database(tmp_path)).left())
    assert await files.bring_in(emptied) == 5
    assert files.refused == 1


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from uuid import UUID
from db import left_rows
from db.pool import open_pool

url, path, at = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
taken, done = left_rows._taken, 0

async def dying(*given):
    global done
    if done == at:
        os.kill(os.getpid(), signal.SIGKILL)
    done += 1
    return await taken(*given)

def leave(self, *given):
    os.kill(os.getpid(), signal.SIGKILL)

left_rows._taken = dying
if at == 5:
    left_rows.LeftRows._leave = leave

async def main():
    await left_rows.LeftRows(path).bring_in(await open_pool(url, size=1))

asyncio.run(main())
"""


@pytest.mark.parametrize("at", [0, 1, 3, 5])
async def test_who_is_killed_while_rows_come_in_neither_loses_nor_doubles_one(
    emptied: Pool, migrated_url: str, files: LeftRows, tmp_path: Path, at: int
) -> None:
    await files.keep((await calls_without_a_database(tmp_path)).left())
    command = [sys.executable, "-c", KILLED, migrated_url, str(tmp_path / "rows-left"), str(at)]
    ended = await asyncio.to_thread(
        subprocess.run, command, check=False, timeout=60, env=os.environ
    )
    assert ended.returncode == -signal.SIGKILL
    assert await emptied.fetchval("select count(*) from call") == (at > 0)
    assert await LeftRows(tmp_path / "rows-left").bring_in(emptied) == 5
    call = await emptied.fetchrow("select * from call")
    assert call is not None
    assert (call["answered_at"], call["outcome"]) == (AT, Outcome.QUEUE_ABANDONED)
    for table in ("call", "queue_stay", "recording"):
        assert await emptied.fetchval(f"select count(*) from {table}") == 1
