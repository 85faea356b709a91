"""What a voice may have to name is asked for while we serve: neither calls nor a start wait."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import structlog

from db.errors import AWAY, stop_if_cancelled

_log = structlog.get_logger(__name__)

_AGAIN_SECONDS = 60.0
_NEXT_SECONDS = 3600.0
"""Posts come to their first complaint all day. What is missed in a call is made then, too."""


class WordsAhead:
    """`run()` belongs to a supervisor.

    `ask` gives the texts or raises one of `db.errors.AWAY`; `want` has each made ready, and gets
    each once.
    """

    def __init__(
        self,
        ask: Callable[[], Awaitable[Iterable[str]]],
        want: Callable[[Iterable[str]], None],
        *,
        again_seconds: float = _AGAIN_SECONDS,
        next_seconds: float = _NEXT_SECONDS,
    ) -> None:
        self._ask = ask
        self._want = want
        self._again = again_seconds
        self._next = next_seconds

    async def run(self) -> None:
        """For ever. A database that does not answer in time is asked again soon."""
        wanted: set[str] = set()
        while True:
            rest = self._next
            try:
                found = set(await self._ask())
            except AWAY as error:
                stop_if_cancelled()
                _log.warning("words to speak not known, asked again", error=repr(error))
                rest = self._again
            else:
                self._want(sorted(found - wanted))
                wanted |= found
            await asyncio.sleep(rest)
