"""Single reads and writes of call rows, for those who are not in a call flow."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from calls.model import Call, Direction, Outcome
from calls.numbers import ANY
from db.pool import Connection
from db.statements import statements


async def load(conn: Connection, call_id: UUID) -> Call | None:
    """One call, or None."""
    row = await statements().calls_by_id(conn, id=call_id)
    return None if row is None else _call(row)


async def recent_for_number(conn: Connection, number: str, at_most: int = 10) -> list[Call]:
    """The latest calls of a number (E.164), newest first."""
    rows = statements().calls_by_number(conn, number=number, at_most=at_most)
    return [_call(row) async for row in rows]


async def open_outbound(
    conn: Connection, *, call_id: UUID, cell: str, number: str, service_number: str, at: datetime
) -> bool:
    """The row of a call that we are about to place, inside the caller's transaction.

    False, with nothing written: a call of ours to this number is open, which may be ringing there.
    Nobody is to be dialled then.
    """
    status = await statements().calls_open_one(
        conn,
        id=call_id,
        cell=cell,
        direction=Direction.OUTBOUND,
        number=number,
        service_number=service_number,
        started_at=at,
    )
    return bool(status == "INSERT 0 1")


async def end_if_open(conn: Connection, call_id: UUID, outcome: Outcome, at: datetime) -> bool:
    """End a call that has no end yet; whether it was this call of the function that ended it."""
    status = await statements().calls_end_open(conn, id=call_id, outcome=outcome, at=at)
    return bool(status == "UPDATE 1")


async def set_waiting(conn: Connection, call_id: UUID, queue: str, at: datetime) -> None:
    """The citizen waits in this queue. Told again, or of no call of ours, nothing happens."""
    await statements().calls_waits(conn, id=call_id, queue=queue, at=at)


async def set_left_queue(conn: Connection, call_id: UUID, at: datetime) -> None:
    """The citizen waits in no queue any more, and no agent has them. Again, it changes nothing."""
    await statements().calls_left_queue(conn, id=call_id, at=at)


async def hold(conn: Connection, call_ids: Collection[UUID]) -> None:
    """Lock the rows of calls before several are written, without waiting while some are held.

    Raises `asyncpg.LockNotAvailableError`.
    """
    await statements().calls_hold(conn, ids=list(call_ids))


async def set_agent_answered(conn: Connection, call_id: UUID, agent_id: str, at: datetime) -> None:
    """An agent's leg was bridged to the citizen's: their talk begins, another agent's is over."""
    await statements().calls_agent_answered(conn, id=call_id, agent_id=agent_id, at=at)


async def set_agent_left(conn: Connection, call_id: UUID, agent_id: str, at: datetime) -> None:
    """The agent does not talk with the citizen any more."""
    await statements().calls_agent_left(conn, id=call_id, agent_id=agent_id, at=at)


async def set_handed_on(
    conn: Connection, call_id: UUID, agent_id: str, target: str, at: datetime
) -> None:
    """The agent's talk ended, or ends, by handing the citizen on: to `agent:<id>`, `queue:<name>`
    or `number:<number>`.
    """
    await statements().calls_handed_on(conn, id=call_id, agent_id=agent_id, target=target, at=at)


async def had_by(conn: Connection, call_id: UUID, agent_id: str) -> bool:
    """Whether this agent talks, or has talked, with the citizen of this call."""
    return bool(await statements().calls_had_by(conn, id=call_id, agent_id=agent_id))


async def set_popped(conn: Connection, call_id: UUID, at: datetime) -> None:
    """The agent's page acknowledged the screen-pop."""
    await statements().calls_popped(conn, id=call_id, at=at)


async def owe_callback(
    conn: Connection,
    call_id: UUID,
    number: str | None,
    reason: Outcome,
    at: datetime,
    queue: str | None = None,
    called: Sequence[str] = ANY,
) -> bool:
    """Remember that this caller could not be served and is to be called. At most one per call.

    The call's own number goes before `number`. `queue`: that they wanted, where they have not
    waited in one. `called`: what numbers begin with that we call. False: neither is known, or it is
    not one of those: nobody can be called.
    """
    owed = await statements().calls_callback_owed(
        conn,
        call_id=call_id,
        number=number,
        reason=reason,
        queue=queue,
        requested_at=at,
        called=list(called),
    )
    return bool(owed)


def _call(row: asyncpg.Record) -> Call:
    fields = dict(row)
    fields["direction"] = Direction(fields["direction"])
    fields["outcome"] = None if fields["outcome"] is None else Outcome(fields["outcome"])
    return Call(**fields)
