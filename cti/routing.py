"""A supervisor's command goes to the cell that has the agent."""

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog

from cti.cell_link import CellLink
from cti.errors import NotNowError
from cti.refusals import refusal
from cti.supervising import Supervisor
from cti.supervision import Supervision
from cti.why import Why
from db.errors import AWAY, stop_if_cancelled

_log = structlog.get_logger(__name__)
_BESIDE = frozenset({"listen", "whisper", "barge"})
_IN_WRITING = frozenset({"help", "help_take", "help_close"})

Answer = dict[str, Any]


class Routing:
    """`answer()` as `Supervision.answer`, over all cells.

    The rights are asked of the page's session by this cell, and of the queues by the cell that
    carries it out. A telephone is rung only by its own cell's Asterisk: who wants to listen is told
    which wallboard to open.
    """

    def __init__(self, supervision: Supervision, cells: CellLink) -> None:
        self._here = supervision
        self._cells = cells

    async def answer(self, who: Supervisor, asked: Mapping[str, Any]) -> Answer:
        """Never raises what is the page's, another cell's or the database's fault."""
        try:
            match asked:
                case {"type": "broadcast", "queue": str(), "text": str()}:
                    return await self._to_all(who, asked)
                case {"type": str(what), "agent": str(agent)} if what in _IN_WRITING:
                    return await self._to_their_page(agent, who, asked)
                case {"agent": str(agent)} if agent not in self._here.signed_in():
                    return await self._to_whom_has(agent, who, asked)
        except AWAY as error:
            stop_if_cancelled()
            _log.warning("supervisor's command not passed on", error=repr(error))
            return refusal(asked, Why.DATABASE_AWAY)
        return await self._here.answer(who, asked)

    async def _to_whom_has(self, agent: str, who: Supervisor, asked: Mapping[str, Any]) -> Answer:
        cell = await self._cells.cell_of(agent)
        if cell is None or cell == self._cells.cell:
            return await self._here.answer(who, asked)
        if asked["type"] in _BESIDE:
            return refusal(asked, Why.OTHER_CELL, cell=cell, url=self._cells.url_of(cell))
        return await self._ask(cell, who, asked)

    async def _to_their_page(self, agent: str, who: Supervisor, asked: Mapping[str, Any]) -> Answer:
        """By the cell that has the agent's page. The log is in the database: where that cell says
        nothing it is written here, and read when the page is back.
        """
        if agent not in self._here.signed_in():
            cell = await self._cells.cell_of(agent)
            if cell in self._cells.speaking():
                return await self._ask(cell, who, asked)
        return await self._here.answer(who, asked)

    async def _to_all(self, who: Supervisor, asked: Mapping[str, Any]) -> Answer:
        """Here first: what is refused here is told nobody elsewhere. A silent cell is not waited
        for, and is named.
        """
        told = {name: value for name, value in asked.items() if name != "notice"}
        here = await self._here.answer(who, told)
        if not here["ok"]:
            return here
        asked = {**told, "notice": here["notice"]}
        speaking = self._cells.speaking()
        answers = await asyncio.gather(*(self._ask(cell, who, asked) for cell in speaking))
        untold = [cell for cell, answer in zip(speaking, answers, strict=True) if not answer["ok"]]
        untold += [word.cell for word in self._cells.words() if word.cell not in speaking]
        if not untold:
            return here
        return refusal(asked, Why.NOT_TOLD_EVERYWHERE, cell=", ".join(sorted(untold)), url="")

    async def _ask(self, cell: str, who: Supervisor, asked: Mapping[str, Any]) -> Answer:
        try:
            return await self._cells.ask(cell, who, asked)
        except NotNowError as error:
            _log.warning("command not carried out by its cell", cell=cell, error=str(error))
            return refusal(asked, error.reason, cell=cell, url="")
