"""Supervisors' pages: the whole board on connect, then again when it changed, bounded."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import structlog
from aiohttp import WSMsgType, web

from calls.report_rows import Span, lines_of_cells
from calls.reporting import Line, Rules, summed
from cti.ami import AmiLink
from cti.board import Board, board
from cti.cells import Word, merged, titles_of
from cti.live import LiveState
from cti.pages import CLOSE_SIGNED_OUT, Message, Page, read
from cti.questions import OpenQuestions
from cti.queue_titles import Titles
from cti.refusals import refusal
from cti.supervising import Supervisor, seen_by
from cti.supervision import Supervision
from cti.timeline import Timeline
from cti.why import Why
from db.errors import AWAY, stop_if_cancelled
from db.pool import Pool

_log = structlog.get_logger(__name__)
_ACQUIRE_SECONDS = 5.0
_WINDOW = timedelta(minutes=30)
_OUTGOING = 32
_MOST_PAGES = 100
_FIGURES_UNSEEN = 30.0
_MOST_TOLD = 20

Who = Callable[[], Awaitable[Supervisor | None]]
"""Asks who is at the page, as their rights are now; None: nobody who may be there."""

Planned = Callable[[], Awaitable[int]]
"""Asks how many seats are planned now, of all queues and cells; 0: nobody has said."""

Answering = Callable[[Supervisor, Mapping[str, Any]], Awaitable[Message]]
"""Carries out a supervisor's command, and answers."""


class Told(NamedTuple):
    """What an agent of ours asked, for other cells. Numbers grow, over restarts too."""

    number: int
    message: Message
    queues: Sequence[str]


class Wallboards:
    """`serve()` is one page's life; `run()` belongs to a supervisor of services.

    `every`: seconds between boards; `figures_every`: between readings of the last half hour;
    `look_every`: between looks at the rights of those whose page is open.
    """

    def __init__(
        self,
        live: LiveState,
        timeline: Timeline,
        supervision: Supervision,
        pool: Callable[[], Pool],
        questions: OpenQuestions,
        *,
        cell: str,
        link: AmiLink,
        now: Callable[[], datetime],
        every: float = 1.0,
        figures_every: float = 5.0,
        look_every: float = 10.0,
        trunk_limit: int | None = None,
        titles: Titles | None = None,
        planned: Planned | None = None,
    ) -> None:
        self._live = live
        self._timeline = timeline
        self._supervision = supervision
        self._pool = pool
        self._questions = questions
        self._cell = cell
        self._link = link
        self._now = now
        self._every = every
        self._figures_every = figures_every
        self._look_every = look_every
        self._trunk_limit = trunk_limit
        self._titles = titles or {}
        self._planned_now = planned
        self._planned: int | None = None
        self.alarms: Callable[[], list[dict[str, Any]]] = list
        self.words: Callable[[], Sequence[Word]] = tuple
        self.answer: Answering = supervision.answer
        self._lines: Mapping[str, Mapping[str, Line]] = {}
        self._told: deque[Told] = deque(maxlen=_MOST_TOLD)
        self._forwarded: dict[str, int] = {}
        self._pages: dict[Page, Supervisor] = {}
        self._between: set[Page] = set()  # were shown a board since all were

    def board(self) -> Board:
        """As things stand in all cells, with the alarms."""
        queues = {name for lines in self._lines.values() for name in lines}
        lines = {
            name: summed(lines[name] for lines in self._lines.values() if name in lines)
            for name in queues
        }
        whole = merged(self._own(), self._cell, self.words(), lines, self._now())
        return {**whole, "planned": self._planned, "questions": self._questions.known()}

    def titles(self) -> Titles:
        """What people read for the queues, of all cells."""
        return titles_of({"titles": self._titles}, self.words())

    def word(self) -> Board:
        """What the other cells are told: this cell's board, and what agents asked of late."""
        told = [
            {"n": one.number, "message": one.message, "queues": one.queues} for one in self._told
        ]
        return {**self._own(), "told": told}

    def arrived(self, word: Word) -> None:
        """Another cell's word was read: what its agents asked since the one before goes to those
        who supervise them. What was asked before the first word is not news.
        """
        told = (word.board or {}).get("told", [])
        last = self._forwarded.get(word.cell)
        self._forwarded[word.cell] = max([last or 0, *(one["n"] for one in told)])
        for one in told:
            if last is not None and one["n"] > last:
                self._questions.changed()
                self._tell(one["message"], one["queues"])

    def _own(self) -> Board:
        return {**self.figures(), "alarms": self.alarms()}

    def figures(self) -> Board:
        """As things stand in this cell; whoever joins the parts sets `alarms` beside them."""
        names = {id: agent.name for id, agent in self._supervision.signed_in().items()}
        return board(
            self._live.state, self._timeline.standings(), names,
            self._lines.get(self._cell, {}),
            in_step=self._link.ready, now=self._now(), trunk_limit=self._trunk_limit,
            titles=self._titles, beside=self._supervision.seats.answered(),
        )  # fmt: skip

    def tell(self, message: Message) -> None:
        """Those who supervise the agent that the message is about."""
        queues = [queue for queue, agent in self._live.state.members if agent == message["agent"]]
        last = self._told[-1].number if self._told else 0
        number = max(last + 1, int(self._now().timestamp() * 1000))
        self._told.append(Told(number, message, queues))
        self._questions.changed()
        self._tell(message, queues)

    def _tell(self, message: Message, queues: Sequence[str]) -> None:
        for page, supervisor in list(self._pages.items()):
            if supervisor.sees(queues):
                page.send(message)

    async def serve(self, who: Who, socket: web.WebSocketResponse, request: web.Request) -> None:
        """Until the page goes, or nobody who may be there is behind it any more."""
        supervisor = await self._ask(who)
        if supervisor is None or len(self._pages) >= _MOST_PAGES:
            await socket.close(message=b"not now")
            return
        await self._questions.look()
        page = Page(f"supervisor {supervisor.actor}", socket, request, _OUTGOING)
        self._pages[page] = supervisor
        tasks = [
            asyncio.create_task(page.write(), name=f"page of {supervisor.actor}"),
            asyncio.create_task(self._watch(who, page), name=f"rights of {supervisor.actor}"),
        ]
        try:
            self._show(page, supervisor)
            page.send(self._hello(supervisor))
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._received(who, page, message.data)
        finally:
            del self._pages[page]
            self._between.discard(page)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def run(self) -> None:
        """Send what changed, and the passing of time where somebody waits."""
        loop = asyncio.get_running_loop()
        read_at = -_FIGURES_UNSEEN
        last: Board = {}
        while True:
            await asyncio.sleep(self._every)
            # Without a page too, less often: alarms look at the figures.
            pause = self._figures_every if self._pages else _FIGURES_UNSEEN
            if loop.time() >= read_at + pause:
                read_at = loop.time()
                await self._read_figures()
            if not self._pages:
                continue
            await self._questions.look()
            current = self.board()
            changed = {**current, "at": None} != {**last, "at": None}
            for page, supervisor in list(self._pages.items()):
                if changed or page in self._between:
                    page.send(seen_by(current, supervisor))
            self._between.clear()
            last = current

    async def _received(self, who: Who, page: Page, text: str) -> None:
        match read(text):
            case {"type": "ping"}:
                page.send({"type": "pong"})
            case {"type": str(), "id": str() | int()} as asked:
                page.send(await self._answer(who, page, asked))
            case _:
                page.send({"type": "error", "message": "not a message that we know"})

    async def _answer(self, who: Who, page: Page, asked: Mapping[str, Any]) -> Message:
        """The rights are those of this moment."""
        try:
            supervisor = await who()
        except AWAY as error:
            stop_if_cancelled()
            _log.warning("rights of a supervisor not read", error=repr(error))
            return refusal(asked, Why.DATABASE_AWAY)
        if supervisor is None:
            page.close(CLOSE_SIGNED_OUT, "signed out")
            return refusal(asked, Why.SIGNED_OUT)
        return await self.answer(supervisor, asked)

    async def _watch(self, who: Who, page: Page) -> None:
        """A forced sign-out, or a right that was taken back, reaches the open page too."""
        while True:
            await asyncio.sleep(self._look_every)
            try:
                supervisor = await who()
            except AWAY as error:
                stop_if_cancelled()
                _log.warning("rights of a supervisor not read", error=repr(error))
                continue
            if supervisor is None:
                page.close(CLOSE_SIGNED_OUT, "signed out")
                return
            if supervisor != self._pages.get(page):
                self._pages[page] = supervisor
                self._show(page, supervisor)

    def _show(self, page: Page, supervisor: Supervisor) -> None:
        """The board of this moment, which may be gone again when all are looked at."""
        page.send(seen_by(self.board(), supervisor))
        self._between.add(page)

    async def _ask(self, who: Who) -> Supervisor | None:
        try:
            return await who()
        except AWAY as error:
            stop_if_cancelled()
            _log.warning("rights of a supervisor not read", error=repr(error))
            return None

    def _hello(self, supervisor: Supervisor) -> Message:
        return {
            "type": "hello", "name": supervisor.name, "phone": supervisor.phone,
            "actor": supervisor.actor,
        }  # fmt: skip

    async def _read_figures(self) -> None:
        now = self._now()
        try:
            if self._planned_now is not None:
                self._planned = await self._planned_now() or None
            async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn:
                span = Span(since=now - _WINDOW, until=now + timedelta(seconds=1))
                self._lines = await lines_of_cells(conn, span, Rules())
        except AWAY as error:
            stop_if_cancelled()
            _log.warning("figures of the wallboard not read", error=repr(error))
