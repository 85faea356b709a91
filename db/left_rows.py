"""Rows that the database did not take: kept in files until it does, or until a person looks.

`rows-left` has those that we held when we had to stop, and those that a database which answers did
not take in their time (a locked table). They come in while we run, as soon as they are taken, and
at the next start. `rows-left-refused` has those that it refused: they come in when a person, who
has seen to the cause, names the file `rows-left-again`.

A line is one row with its statement; statements of the group commit change nothing when they are
repeated, so a row that was written after all, or is brought in twice by who was killed in between,
does no harm. Rows about the same thing (a call, a recording) stay in order: while one waits in the
file, those that follow it go there too.
"""

import asyncio
import contextlib
import json
import os
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from db.errors import AWAY, stop_if_cancelled
from db.group_commit import GroupCommit, LeftRow, is_away, named
from db.in_time import InTime
from db.pool import Connection, Pool

_log = structlog.get_logger(__name__)
_ACQUIRE_SECONDS = 5
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0


class LeftRows:
    """The files beside `path`, of this process alone. `run()` belongs to a supervisor.

    `waiting`: rows that come in by themselves; `refused`: rows that want a person. For our eyes
    only: numbers stand in them.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        # Of threads: who is cancelled leaves off waiting, and what they began with files goes on.
        self._files = threading.Lock()
        self._about: set[UUID] = set()  # what the rows in the file are about
        self._came = asyncio.Event()
        self._away = False
        self.waiting = 0
        self.refused = 0

    @property
    def refused_path(self) -> Path:
        """Where rows are that the database refused."""
        return self._path.with_name(f"{self._path.name}-refused")

    @property
    def again_path(self) -> Path:
        """What a person names them, to have them tried again; any name that begins so will do.

        Who does it twice before we looked gives the second file another name: the same one would
        replace the first.
        """
        return self._path.with_name(f"{self._path.name}-again")

    def holds(self, row: Sequence[Any]) -> bool:
        """Whether a row before it, about the same thing, waits in the file."""
        return bool(self._about) and not self._about.isdisjoint(named(row))

    async def keep(self, rows: Sequence[LeftRow]) -> None:
        """Put rows by, durable on return. They come in when they are taken."""
        await asyncio.to_thread(self._keep, rows)
        self._came.set()

    async def refuse(self, rows: Sequence[LeftRow], error: Exception) -> None:
        """Put rows by, durable on return, that the database refused with `error`."""
        lines = [_line(row, type(error).__name__) for row in rows]
        await asyncio.to_thread(self._refuse, lines)

    async def write_or_keep(self, commit: GroupCommit, seconds: float) -> None:
        """Before a stop: what the database does not take in that time is kept."""
        if await commit.drain(seconds):
            return
        left = commit.left()
        await self.keep(left)
        _log.error("stopped without the database: rows are kept for the start", rows=len(left))

    async def run(self, pool: Callable[[], Pool]) -> None:
        """Bring rows in as soon as they are taken, until cancelled."""
        pause = _FIRST_PAUSE
        while True:
            if not self.waiting:
                await self._until_some_came()
                pause = _FIRST_PAUSE
            await asyncio.sleep(pause)
            try:
                await self.bring_in(pool())
                self._away = False
            except AWAY as error:
                stop_if_cancelled()
                if not self._away:
                    _log.warning("rows put by wait", rows=self.waiting, error=repr(error))
                self._away = True
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _until_some_came(self) -> None:
        """Or until it is time to see what a person has done with the files."""
        self._came.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LONGEST_PAUSE):
                await self._came.wait()

    async def bring_in(self, pool: Pool) -> int:
        """Write what was kept, in its order, and remove the file; how many rows were taken.

        Raises one of `db.errors.AWAY`: then the file stays. A row that is refused, perhaps by a
        newer schema, goes to `refused_path`. One that is not taken in its time, although the
        database answers, stays, and those about the same thing after it.
        """
        lines = await asyncio.to_thread(self._take_stock)
        if not lines:
            return 0
        late: list[str] = []
        refused: list[str] = []
        async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
            await _write(conn, lines, late, refused)
        await asyncio.to_thread(self._leave, len(lines), late, refused)
        taken = len(lines) - len(late) - len(refused)
        if taken:
            _log.warning("rows that were put by are written", rows=taken)
        return taken

    def _keep(self, rows: Sequence[LeftRow]) -> None:
        with self._files:
            _append(self._path, [_line(row) for row in rows])
            self.waiting += len(rows)
            self._about = self._about.union(*(row.about for row in rows))

    def _refuse(self, lines: Sequence[str]) -> None:
        with self._files:
            _append(self.refused_path, lines)
            self.refused += len(lines)

    def _take_stock(self) -> list[str]:
        """The lines that wait, what a person wants to be tried again among them. Blocks."""
        with self._files:
            self.refused = len(_lines(self.refused_path))
            for path in self._named_again():
                _append(self._path, _lines(path))
                path.unlink(missing_ok=True)
            return self._counted(_lines(self._path))

    def _named_again(self) -> list[Path]:
        """In the order in which their last rows were refused, which a new name does not change."""
        found = self._path.parent.glob(f"{self.again_path.name}*")
        dated = [(path.stat().st_mtime_ns, path) for path in found if path.is_file()]
        return [path for _, path in sorted(dated)]

    def _leave(self, seen: int, late: Sequence[str], refused: Sequence[str]) -> None:
        """Of the first `seen` lines these stay; those that came meanwhile stay behind them.

        A crash leaves either all that was there or what has to be. Blocks.
        """
        self._refuse(refused)
        with self._files:
            left = [*late, *_lines(self._path)[seen:]]
            if left:
                beside = self._path.with_name(f"{self._path.name}-new")
                beside.unlink(missing_ok=True)
                _append(beside, left)
                beside.replace(self._path)
            else:
                self._path.unlink()
            self._counted(left)

    def _counted(self, lines: list[str]) -> list[str]:
        self.waiting = len(lines)
        self._about = set[UUID]().union(*(_row(line).about for line in lines))
        return lines


async def _write(
    conn: Connection, lines: Sequence[str], late: list[str], refused: list[str]
) -> None:
    in_time, behind = InTime(), set[UUID]()
    for line in lines:
        row = _row(line)
        follows = not behind.isdisjoint(named(row.values))
        taken = False if follows else await _taken(conn, in_time, row)
        if taken is None:
            refused.append(line)
        elif not taken:
            late.append(line)
            behind |= row.about


async def _taken(conn: Connection, in_time: InTime, row: LeftRow) -> bool | None:
    """Whether it was, in its time; None: it is refused."""
    if not row.sql:
        _log.error("a line of the rows that were put by is none")
        return None
    try:  # a batch of one: an array per column
        return await in_time(conn, row.sql, [[value] for value in row.values])
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        if is_away(error, conn):
            raise
        # The type only: the message may quote the row.
        _log.error("row that was put by refused", error=type(error).__name__)
        return None


def _lines(path: Path) -> list[str]:
    if not path.exists():
        return []
    return [
        line for line in path.read_text(encoding="ascii", errors="replace").splitlines() if line
    ]


def _append(path: Path, lines: Sequence[str]) -> None:
    """Durable on return. What a crash or a full disk tore is a line by itself."""
    if not lines:
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "ab") as file:
        size = file.seek(0, os.SEEK_END)
        torn = size and os.pread(descriptor, 1, size - 1) != b"\n"
        file.write("".join(["\n" if torn else "", *(f"{line}\n" for line in lines)]).encode())
        file.flush()
        os.fsync(descriptor)


def _line(row: LeftRow, refused: str | None = None) -> str:
    """ASCII: a line break is one of ours. `refused`: why, where it is refused."""
    told = {"sql": row.sql, "row": [_told(value) for value in row.values]}
    return json.dumps(told if refused is None else {**told, "refused": refused})


def _row(line: str) -> LeftRow:
    """The row of a line; one without a statement where a crash has torn it."""
    try:
        told = json.loads(line)
        return LeftRow(str(told["sql"]), [_value(one) for one in told["row"]])
    except (ValueError, KeyError, TypeError):
        return LeftRow("", [])


def _told(value: object) -> object:
    match value:
        case None | str() | bool() | int() | float():
            return value
        case UUID():
            return {"uuid": str(value)}
        case datetime():
            return {"at": value.isoformat()}
        case _:  # a row that no statement takes: refused, and there to be looked at
            return {"unknown": repr(value)}


def _value(told: Any) -> object:
    match told:
        case {"uuid": str(text)}:
            return UUID(text)
        case {"at": str(text)}:
            return datetime.fromisoformat(text)
        case _:
            return told
