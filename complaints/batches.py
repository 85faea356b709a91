"""A batch of complaints that a sweep holds: carried out together, or each by itself."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar
from uuid import UUID

import structlog

from db.errors import AWAY
from db.pool import Connection

_log = structlog.get_logger(__name__)
_Held = TypeVar("_Held")


async def together_or_alone(
    conn: Connection,
    held: Sequence[_Held],
    work: Callable[[Sequence[_Held]], Awaitable[None]],
    *,
    named: Callable[[_Held], UUID],
) -> int:
    """Do `work` for all at once; if that fails, for each alone, so that one bad row stays behind
    by itself. How many were done. `named`: the complaint, for the log. Raises one of
    `db.errors.AWAY`.
    """
    if not held:
        return 0
    try:
        async with conn.transaction():
            await work(held)
        return len(held)
    except AWAY:
        raise
    except Exception as error:  # whatever it is, the other complaints of the batch must move on
        _log.error("batch of deadlines failed, each is tried alone", error=repr(error))
    done = 0
    for one in held:
        try:
            async with conn.transaction():
                await work([one])
            done += 1
        except AWAY:
            raise
        except Exception:
            _log.exception("deadline not carried out", complaint=str(named(one)))
    return done
