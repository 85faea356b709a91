"""What cells tell each other through the database: their boards, and supervisors' commands.

Nothing here is needed to serve calls: a database that is away leaves each cell with its own board.
"""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from cti.board import Board
from cti.cells import SILENT_AFTER, Word, heard, is_silent
from cti.errors import NotNowError
from cti.refusals import refusal
from cti.supervising import Supervisor, as_json, from_json
from cti.why import Why
from db.errors import AWAY, stop_if_cancelled
from db.ids import new_id
from db.pool import Pool
from db.statements import statements

_log = structlog.get_logger(__name__)
_ACQUIRE_SECONDS = 5.0
_TAKEN_WITHIN = timedelta(seconds=5)
_ANSWERED_WITHIN = 10.0
_LOOK_SECONDS = 0.1
_MOST_WAITING = 50
_MOST_AT_ONCE = 8
_KEPT = timedelta(hours=1)
_TIDY_SECONDS = 600.0
_REMEMBERED = 16  # of our own words, those of which we do not know whether they were written too

CarryOut = Callable[[Supervisor, Mapping[str, Any]], Awaitable[dict[str, Any]]]


def _nothing() -> Board:
    return {}


class CellLink:
    """`run()` and `run_commands()` belong to a supervisor of services.

    Whoever joins the parts sets `board` (what this cell tells), `beside` (its channels of the trunk
    that are no citizen's own: `cti.trunk`), `arrived` (a word of another cell
    was read) and `carry_out`.
    """

    def __init__(
        self,
        pool: Callable[[], Pool],
        now: Callable[[], datetime],
        *,
        cell: str,
        url: str = "",
        every: float = 1.0,
        commands_every: float = 0.3,
    ) -> None:
        """`url`: of this cell's pages. `every`, `commands_every`: seconds between looks."""
        self._pool = pool
        self._now = now
        self.cell = cell
        self._url = url
        self._every = every
        self._commands_every = commands_every
        self._words: dict[str, Word] = {}
        self._number = 0
        self._told: deque[int] = deque(maxlen=_REMEMBERED)
        self.shared = False  # another server tells of this cell
        self._listening_since: datetime | None = None
        self._listened_at = datetime.min.replace(tzinfo=UTC)
        self.board: Callable[[], Board] = _nothing
        self.beside: Callable[[], int] = lambda: 0
        self.arrived: Callable[[Word], None] = lambda _word: None
        self.carry_out: CarryOut = _nobody

    def words(self) -> Sequence[Word]:
        """The last word of every other cell that has served on this database."""
        return tuple(self._words.values())

    def url_of(self, cell: str) -> str:
        """Where that cell's pages are; empty where it is unknown."""
        word = self._words.get(cell)
        return word.url if word else ""

    def unheard(self) -> Mapping[str, float] | None:
        """For how many seconds nothing was heard of each other cell; None while we do not listen
        ourselves: it may be our own link that is gone.
        """
        now = self._now()
        if self._listening_since is None or now - self._listened_at > SILENT_AFTER:
            return None
        since = self._listening_since
        return {
            word.cell: max(0.0, (now - (word.heard_at or since)).total_seconds())
            for word in self._words.values()
        }

    def speaking(self) -> list[str]:
        """The other cells that are not silent."""
        now = self._now()
        return [word.cell for word in self._words.values() if not is_silent(word, now)]

    async def run(self) -> None:
        """Tell and listen until cancelled. A fault is logged when it begins."""
        faulty, registered = False, False
        while True:
            try:
                if not registered:
                    await self._register()
                    registered = True
                await self.exchange()
                faulty = False
            except AWAY as error:
                stop_if_cancelled()
                if not faulty:
                    _log.warning("no word to or of other cells", error=repr(error))
                faulty = True
            await asyncio.sleep(self._every)

    async def exchange(self) -> None:
        """One word to the others, one look at theirs. Raises one of `db.errors.AWAY`."""
        self._number += 1
        told = json.dumps(self.board(), ensure_ascii=False)
        # Begins anew with each process: the time, to the microsecond, makes it another's than what
        # was told before, or by another.
        number = int(self._now().timestamp() * 1_000_000) + self._number
        mine = tuple(self._told)
        self._told.append(number)  # first: it may be written though we hear of a fault
        async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn:
            before = await statements().cells_publish(
                conn, cell=self.cell, url=self._url, word=number, at=self._now(), board=told,
                beside=self.beside(),
            )  # fmt: skip
            self._heed(before, mine)
            rows = statements().cells_words(conn, cell=self.cell)
            found = [dict(row) async for row in rows]
        now, words = self._now(), {}
        for row in found:
            row["board"] = json.loads(row["board"]) if row["board"] else None
            words[row["cell"]] = heard(self._words.get(row["cell"]), row, now)
        self._words = words
        self._listened_at = now
        self._listening_since = self._listening_since or now
        for word in words.values():
            if word.board is not None and not is_silent(word, now):
                self.arrived(word)

    def _heed(self, before: int | None, mine: Sequence[int]) -> None:
        """What stood there was ours, but for our first word. Two servers under one name end each
        other's calls as lost.
        """
        shared = bool(mine) and before is not None and before not in mine
        if shared and not self.shared:
            _log.error("another server has this cell's name: stop one of them", cell=self.cell)
        self.shared = shared

    async def run_commands(self) -> None:
        """Carry out what other cells ask, until cancelled."""
        loop, tidied_at = asyncio.get_running_loop(), 0.0
        while True:
            await asyncio.sleep(self._commands_every)
            try:
                await self.take()
                if loop.time() >= tidied_at:
                    tidied_at = loop.time() + _TIDY_SECONDS
                    async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn:
                        await statements().cells_tidy(conn, kept=_KEPT)
            except AWAY as error:
                stop_if_cancelled()
                _log.warning("commands of other cells not taken", error=repr(error))

    async def take(self) -> None:
        """What waits for us now. Raises one of `db.errors.AWAY`."""
        async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn:
            rows = statements().cells_take(conn, cell=self.cell, at_most=_MOST_AT_ONCE)
            taken = [row async for row in rows]
        await asyncio.gather(*(self._carry_out(row) for row in taken))

    async def ask(self, cell: str, who: Supervisor, asked: Mapping[str, Any]) -> dict[str, Any]:
        """The other cell's answer. Raises `NotNowError`, or one of `db.errors.AWAY`."""
        id = await self._send(cell, who, asked)
        loop = asyncio.get_running_loop()
        until = loop.time() + _ANSWERED_WITHIN
        while loop.time() < until:
            await asyncio.sleep(_LOOK_SECONDS)
            async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn:
                answer = await statements().cells_answer_of(conn, id=id)
            if answer is not None:
                return {**json.loads(answer), "id": asked["id"]}
        async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn:
            withdrawn = await statements().cells_withdraw(conn, id=id)
        raise NotNowError(Why.CELL_DID_NOT_SAY if withdrawn is None else Why.CELL_DID_NOT_TAKE)

    async def cell_of(self, agent_id: str) -> str | None:
        """Where the agent belongs. Raises one of `db.errors.AWAY`."""
        async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn:
            found: str | None = await statements().cells_of_agent(conn, agent=agent_id)
        return found

    async def _register(self) -> None:
        async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn:
            await statements().cells_register(conn, cell=self.cell, url=self._url, at=self._now())

    async def _send(self, cell: str, who: Supervisor, asked: Mapping[str, Any]) -> UUID:
        async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn:
            id = await statements().cells_send(
                conn, id=new_id(self._now()), from_cell=self.cell, to_cell=cell,
                lasts=_TAKEN_WITHIN, who=json.dumps(as_json(who)),
                asked=json.dumps(dict(asked)), at_most=_MOST_WAITING,
            )  # fmt: skip
        if id is None:
            raise NotNowError(Why.CELL_DID_NOT_TAKE)
        return UUID(str(id))

    async def _carry_out(self, row: Mapping[str, Any]) -> None:
        """`carry_out` raises nothing that is the page's, Asterisk's or the database's fault."""
        answer = await self.carry_out(from_json(json.loads(row["who"])), json.loads(row["asked"]))
        async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn:
            await statements().cells_answer(conn, id=row["id"], answer=json.dumps(answer))


async def _nobody(_who: Supervisor, asked: Mapping[str, Any]) -> dict[str, Any]:
    return refusal(asked, Why.CELL_DID_NOT_TAKE)
