"""Attempts to reach a citizen: their rows. Written before anything is dialled, requested once."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from calls import store
from calls.model import Outcome
from campaigns.pacing import Busy
from campaigns.refusals import End
from complaints.feedback import DueFeedback
from db.ids import new_id
from db.pool import Connection
from db.statements import statements


@dataclass(frozen=True, slots=True)
class Attempt:
    """One written attempt. Its id is also its call's, and the channel's."""

    id: UUID
    complaint_id: UUID
    disposal_no: int
    number: str  # E.164
    cell: str
    written_at: datetime


@dataclass(frozen=True, slots=True)
class EndedAttempt:
    """An attempt whose call has ended, locked by the transaction that draws the consequence.

    `judged`: the citizen's answer to this disposal is recorded, by this call or another. `end`: as
    its cell's trunk tells it.
    """

    id: UUID
    complaint_id: UUID
    disposal_no: int
    outcome: Outcome
    judged: bool
    category: str
    cell: str
    end: End


class _NumberIsTaken(Exception):  # noqa: N818 -- not an error: it rolls one savepoint back
    """This number or complaint has an open attempt, or the number another call of ours."""


async def take_pacing_lock(conn: Connection) -> bool:
    """Be the only dialer that counts and writes, until this transaction ends; False: another is."""
    return bool(await statements().attempts_take_pacing_lock(conn))


async def busy(conn: Connection, now: datetime) -> Busy:
    """Calls that hold a channel now, over all cells, and channels beside them."""
    return Busy(**await statements().attempts_busy(conn, now=now))


async def recent_starts(conn: Connection, since: datetime, until: datetime) -> list[datetime]:
    """When attempts were written between the two, over all cells."""
    rows = statements().attempts_recent_starts(conn, since=since, until=until)
    return [row["written_at"] async for row in rows]


async def write(
    conn: Connection, due: DueFeedback, *, cell: str, caller_id: str, at: datetime
) -> Attempt | None:
    """Write an attempt and its call row in the caller's transaction.

    None, with nothing written, when the number or the complaint already has an open attempt, or
    somebody else of ours is calling the number; the caller's transaction goes on.
    """
    attempt = Attempt(new_id(at), due.complaint_id, due.disposal_no, due.contact, cell, at)
    try:
        async with conn.transaction():
            await _insert(conn, attempt, caller_id)
    except _NumberIsTaken:
        return None
    return attempt


async def _insert(conn: Connection, attempt: Attempt, caller_id: str) -> None:
    opened = await store.open_outbound(
        conn,
        call_id=attempt.id,
        cell=attempt.cell,
        number=attempt.number,
        service_number=caller_id,
        at=attempt.written_at,
    )
    if not opened:
        raise _NumberIsTaken
    status = await statements().attempts_write(
        conn,
        id=attempt.id,
        complaint_id=attempt.complaint_id,
        disposal_no=attempt.disposal_no,
        number=attempt.number,
        cell=attempt.cell,
        written_at=attempt.written_at,
    )
    if status != "INSERT 0 1":
        raise _NumberIsTaken


async def mark_requested(conn: Connection, attempt_id: UUID, at: datetime) -> bool:
    """The right to send the request. True once in the attempt's life, to one caller only."""
    return bool(
        await statements().attempts_mark_requested(conn, id=attempt_id, at=at) == "UPDATE 1"
    )


async def ended(conn: Connection, at_most: int) -> list[UUID]:
    """Attempts that wait for their consequence, not locked."""
    return [row["id"] async for row in statements().attempts_ended(conn, at_most=at_most)]


async def lock_ended(conn: Connection, attempt_id: UUID) -> EndedAttempt | None:
    """Lock one of them; None when another dialer has it or has settled it."""
    row = await statements().attempts_lock_ended(conn, id=attempt_id)
    if row is None:
        return None
    return EndedAttempt(
        id=row["id"],
        complaint_id=row["complaint_id"],
        disposal_no=row["disposal_no"],
        outcome=Outcome(row["outcome"]),
        judged=row["judged"],
        category=row["category"],
        cell=row["cell"],
        end=End(row["number"], row["written_at"], Outcome(row["outcome"]), row["answered"]),
    )


async def earlier_outcomes(conn: Connection, attempt: EndedAttempt) -> list[Outcome]:
    """How the settled attempts for the same disposal ended, in order."""
    rows = statements().attempts_earlier_outcomes(
        conn, id=attempt.id, complaint_id=attempt.complaint_id, disposal_no=attempt.disposal_no
    )
    return [Outcome(row["outcome"]) async for row in rows]


async def settle(conn: Connection, attempt_id: UUID, at: datetime) -> None:
    """Its consequence is written in this transaction: the number may be called again."""
    await statements().attempts_settle(conn, id=attempt_id, at=at)


async def unrequested(conn: Connection, written_before: datetime) -> list[UUID]:
    """Attempts that were written, but whose dialer never came to request them. Not locked."""
    rows = statements().attempts_unrequested(conn, written_before=written_before)
    return [row["id"] async for row in rows]


async def lock_unrequested(conn: Connection, attempt_id: UUID) -> bool:
    """Lock one of them, so that it cannot be requested any more if this transaction settles it."""
    return await statements().attempts_lock_unrequested(conn, id=attempt_id) is not None


async def unheard_of(
    conn: Connection, cell: str, *, requested_before: datetime, abandoned_before: datetime
) -> list[tuple[UUID, str]]:
    """(id, cell) of open attempts that should have shown something by now. Not locked."""
    rows = statements().attempts_unheard_of(
        conn, cell=cell, requested_before=requested_before, abandoned_before=abandoned_before
    )
    return [(row["id"], row["cell"]) async for row in rows]
