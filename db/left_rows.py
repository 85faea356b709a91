"""Rows that the database had not taken when we had to stop: kept in a file until it does.

Who restarts a server because its database is away must not lose the calls of that time. A line is
one row with its statement; statements of the group commit change nothing when they are repeated, so
a row that was written after all, or is brought in twice, does no harm.
"""

import asyncio
import json
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from db.group_commit import GroupCommit, LeftRow, is_away
from db.in_time import InTime
from db.pool import Connection, Pool

_log = structlog.get_logger(__name__)
_ACQUIRE_SECONDS = 5


async def write_or_keep(commit: GroupCommit, path: Path, seconds: float) -> None:
    """Before a stop: what the database does not take in that time is kept."""
    if await commit.drain(seconds):
        return
    left = commit.left()
    await asyncio.to_thread(keep, path, left)
    _log.error("stopped without the database: rows are kept for the start", rows=len(left))


def keep(path: Path, rows: Sequence[LeftRow]) -> None:
    """Add them to the file, durable on return, for our eyes only: numbers stand in it. Blocks."""
    told = ({"sql": row.sql, "row": [_told(value) for value in row.values]} for row in rows)
    _append(path, [json.dumps(one) for one in told])  # ASCII: a line break is one of ours


def refused_of(path: Path) -> Path:
    """Where rows are that the database would not take back."""
    return path.with_name(f"{path.name}-refused")


def _append(path: Path, lines: Sequence[str]) -> None:
    if not lines:
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.writelines(f"{line}\n" for line in lines)
        file.flush()
        os.fsync(file.fileno())


async def bring_in(pool: Pool, path: Path) -> int:
    """Write what was kept, in its order, and remove the file; how many rows were taken.

    Raises one of `db.errors.AWAY`: then the file stays. A row that is refused, perhaps by a newer
    schema, is told, and kept beside it (`refused_of`) for a person to look at. One that is not
    taken in its time, although the database answers, stays in the file for the next start.
    """
    if not path.exists():
        return 0
    taken = 0
    refused: list[str] = []
    late: list[str] = []
    in_time = InTime()
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        for line in path.read_text(encoding="ascii").splitlines():
            match await _brought_in(conn, in_time, line):
                case True:
                    taken += 1
                case False:
                    late.append(line)
                case None:
                    refused.append(line)
    _append(refused_of(path), refused)
    _leave(path, late)
    _log.warning("rows of before the stop written", rows=taken)
    return taken


def _leave(path: Path, lines: Sequence[str]) -> None:
    """Nothing else in the file; a crash leaves either what was there or these."""
    if not lines:
        path.unlink()
        return
    _log.error("rows of before the stop wait for the next start", rows=len(lines))
    beside = path.with_name(f"{path.name}-new")
    beside.unlink(missing_ok=True)
    _append(beside, lines)
    beside.replace(path)


async def _brought_in(conn: Connection, in_time: InTime, line: str) -> bool | None:
    """Whether it was, in its time; None: it is refused."""
    try:
        told = json.loads(line)
        values = [[_value(one)] for one in told["row"]]  # a batch of one: an array per column
        return await in_time(conn, told["sql"], values)
    except (ValueError, KeyError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        if is_away(error, conn):
            raise
        # The type only: the message may quote the row. A line may have been torn by a crash.
        _log.error("row of before the stop refused", error=type(error).__name__)
        return None


def _told(value: object) -> object:
    match value:
        case None | str() | bool() | int() | float():
            return value
        case UUID():
            return {"uuid": str(value)}
        case datetime():
            return {"at": value.isoformat()}
        case _:
            raise TypeError(f"a row with a {type(value).__name__} cannot be kept")


def _value(told: Any) -> object:
    match told:
        case {"uuid": str(text)}:
            return UUID(text)
        case {"at": str(text)}:
            return datetime.fromisoformat(text)
        case _:
            return told
