"""A batch of complaints that a sweep holds: carried out together; what cannot be is set aside.

What fails waits for a time of its own, longer after each failure, and is told to people
(`complaints.set_aside`): so it neither stands before the others nor is forgotten.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

import structlog

from db.errors import AWAY
from db.pool import Connection
from db.statements import statements

_log = structlog.get_logger(__name__)
_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=1)
_LONGEST_ERROR = 500


class Work(StrEnum):
    """What the clock does to a complaint; each kind goes on whatever becomes of the others."""

    OVERDUE = "overdue"
    REMINDER = "reminder"
    PAUSE = "pause"
    FOLLOW_UP = "follow_up"
    SECOND_LOOK = "second_look"
    VACANCY = "vacancy"
    PROPOSAL = "proposal"


@dataclass(frozen=True, slots=True)
class Due:
    """A complaint whose row is held. `at`: the moment that the work is about.

    `failures`: how often the same work for the same moment could not be carried out.
    """

    complaint_id: UUID
    at: datetime
    failures: int = 0


_D = TypeVar("_D", bound=Due)


def next_try(failures: int, now: datetime) -> datetime:
    """When it is tried again after that many failures (from 1): doubled, an hour at most."""
    return now + min(_FIRST_WAIT * 2.0 ** min(failures - 1, 16), _LONGEST_WAIT)


async def carry_out_each(
    conn: Connection,
    work: Work,
    due: Sequence[_D],
    carry_out: Callable[[Sequence[_D]], Awaitable[None]],
    now: datetime,
) -> int:
    """Carry it out for all at once, reading included; where that fails, for each half, down to the
    one that fails by itself: that is set aside. How many were carried out.

    In the caller's transaction, which holds the rows. Raises one of `db.errors.AWAY`.
    """
    failed: list[tuple[_D, Exception]] = []
    await _halved(conn, due, carry_out, failed)
    if failed:
        await _set_aside(conn, work, failed, now)
    bad = {one.complaint_id for one, _ in failed}
    good = [one.complaint_id for one in due if one.failures and one.complaint_id not in bad]
    if good:
        await statements().deadlines_went(conn, work=work, complaint_ids=good)
    return len(due) - len(failed)


async def _halved(
    conn: Connection,
    due: Sequence[_D],
    carry_out: Callable[[Sequence[_D]], Awaitable[None]],
    failed: list[tuple[_D, Exception]],
) -> None:
    if not due:
        return
    try:
        async with conn.transaction():
            await carry_out(due)
        return
    except AWAY:
        raise
    except Exception as error:  # whatever it is, the other complaints of the batch must move on
        if len(due) == 1:
            _log.exception("deadline not carried out", complaint=str(due[0].complaint_id))
            failed.append((due[0], error))
            return
    half = len(due) // 2
    await _halved(conn, due[:half], carry_out, failed)
    await _halved(conn, due[half:], carry_out, failed)


async def _set_aside(
    conn: Connection, work: Work, failed: Sequence[tuple[_D, Exception]], now: datetime
) -> None:
    await statements().deadlines_set_aside(
        conn,
        work=work,
        complaint_ids=[one.complaint_id for one, _ in failed],
        due_at=[one.at for one, _ in failed],
        failures=[one.failures + 1 for one, _ in failed],
        next_tries=[next_try(one.failures + 1, now) for one, _ in failed],
        errors=[repr(error)[:_LONGEST_ERROR] for _, error in failed],
        now=now,
    )
    _log.error("deadlines set aside", work=work, complaints=len(failed))
