"""What agents have asked and nobody has closed: the same on every wallboard, of all cells."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog

from db.errors import AWAY, stop_if_cancelled

_log = structlog.get_logger(__name__)
_EVERY = 3.0

Questions = Sequence[dict[str, Any]]


class OpenQuestions:
    """Read from the log, which all cells share; while the database is away, what was last read."""

    def __init__(self, read: Callable[[], Awaitable[Questions]]) -> None:
        """`read`: `cti.help.HelpChat.open`."""
        self._read = read
        self._known: Questions = ()
        self._read_at = -_EVERY
        self._faulty = False

    def known(self) -> Questions:
        """As last read."""
        return self._known

    def changed(self) -> None:
        """The next look reads anew."""
        self._read_at = -_EVERY

    async def look(self) -> None:
        """Read again, when it is time."""
        now = asyncio.get_running_loop().time()
        if now < self._read_at + _EVERY:
            return
        self._read_at = now
        try:
            self._known = await self._read()
            self._faulty = False
        except AWAY as error:
            stop_if_cancelled()
            if not self._faulty:
                _log.warning("open questions not read", error=repr(error))
            self._faulty = True
