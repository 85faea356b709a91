"""Supervisors' pages: the whole board on connect, then again when it changed, bounded."""

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog
from aiohttp import WSMsgType, web

from calls.report_rows import offered_calls
from calls.reporting import By, Line, Rules, report
from cti.ami import AmiLink
from cti.board import Board, board
from cti.live import LiveState
from cti.pages import Message, Page
from cti.supervision import Supervision
from cti.timeline import Timeline
from db.errors import AWAY, stop_if_cancelled
from db.pool import Pool

_log = structlog.get_logger(__name__)
_ACQUIRE_SECONDS = 5.0
_WINDOW = timedelta(minutes=30)
_OUTGOING = 32
_MOST_PAGES = 100


class Wallboards:
    """`serve()` is one page's life; `run()` belongs to a supervisor of services.

    `every`: seconds between boards; `figures_every`: between readings of the last half hour.
    """

    def __init__(
        self,
        live: LiveState,
        timeline: Timeline,
        supervision: Supervision,
        pool: Callable[[], Pool],
        *,
        link: AmiLink,
        now: Callable[[], datetime],
        every: float = 1.0,
        figures_every: float = 5.0,
    ) -> None:
        self._live = live
        self._timeline = timeline
        self._supervision = supervision
        self._pool = pool
        self._link = link
        self._now = now
        self._every = every
        self._figures_every = figures_every
        self._lines: Mapping[str, Line] = {}
        self._pages: set[Page] = set()

    def board(self) -> Board:
        """As things stand."""
        names = {id: agent.name for id, agent in self._supervision.signed_in().items()}
        return board(
            self._live.state, self._timeline.standings(), names, self._lines,
            in_step=self._link.ready, now=self._now(),
        )  # fmt: skip

    def tell(self, message: Message) -> None:
        """All supervisors."""
        for page in list(self._pages):
            page.send(message)

    async def serve(self, name: str, socket: web.WebSocketResponse, request: web.Request) -> None:
        """Until the page goes."""
        if len(self._pages) >= _MOST_PAGES:
            await socket.close(message=b"too many wallboards")
            return
        page = Page(f"supervisor {name}", socket, request, _OUTGOING)
        self._pages.add(page)
        writer = asyncio.create_task(page.write(), name=f"page of supervisor {name}")
        try:
            page.send(self.board())
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._received(name, page, message.data)
        finally:
            self._pages.discard(page)
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)

    async def run(self) -> None:
        """Send what changed, and the passing of time where somebody waits."""
        loop = asyncio.get_running_loop()
        figures_at = 0.0
        last: Board = {}
        while True:
            await asyncio.sleep(self._every)
            if not self._pages:
                continue
            if loop.time() >= figures_at:
                figures_at = loop.time() + self._figures_every
                await self._read_figures()
            current = self.board()
            if {**current, "at": None} != {**last, "at": None}:
                for page in list(self._pages):
                    page.send(current)
            last = current

    async def _received(self, name: str, page: Page, text: str) -> None:
        try:
            asked = json.loads(text)
        except (ValueError, RecursionError):
            asked = None
        match asked:
            case {"type": "ping"}:
                page.send({"type": "pong"})
            case {"type": str(), "id": str() | int()}:
                page.send(await self._supervision.answer(name, asked))
            case _:
                page.send({"type": "error", "message": "not a message that we know"})

    async def _read_figures(self) -> None:
        now = self._now()
        try:
            async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn:
                calls = await offered_calls(conn, now - _WINDOW, now + timedelta(seconds=1))
        except AWAY as error:
            stop_if_cancelled()
            _log.warning("figures of the wallboard not read", error=repr(error))
            return
        self._lines = report(calls, [], By.QUEUE, Rules())
