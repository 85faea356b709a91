"""Rows that must not be lost while the database is away, and must not keep a citizen waiting."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg
import structlog

from db.errors import AWAY, JournalFullError

_log = structlog.get_logger(__name__)
_T = TypeVar("_T")
_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 5.0

# A row that refers to one still queued in the journal is refused until that one is written.
_LATER = (*AWAY, asyncpg.ForeignKeyViolationError)


async def noted(write: Awaitable[None]) -> bool:
    """Write a journal row; False when it is not durable yet. The call goes on either way."""
    try:
        await write
    except TimeoutError:
        _log.warning("call row waits for the database")
    except JournalFullError as error:
        _log.error("call row lost", error=str(error))
    else:
        return True
    return False


async def insist(write: Callable[[], Awaitable[None]], *, seconds: float) -> bool:
    """Repeat `write` with growing pauses until it succeeds; False after `seconds`."""

    async def done() -> bool:
        await write()
        return True

    return await insisted(done, seconds=seconds) is True


async def insisted(write: Callable[[], Awaitable[_T]], *, seconds: float) -> _T | None:
    """The same for what says something: None after `seconds`."""
    loop = asyncio.get_running_loop()
    deadline, pause = loop.time() + seconds, _FIRST_PAUSE
    while True:
        try:
            async with asyncio.timeout_at(deadline):
                return await write()
        except _LATER as error:
            if loop.time() + pause > deadline:
                _log.error("row not written", error=repr(error), tried_for=seconds)
                return None
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
