"""Calls that are owed: to whom, how each ends, and what people do about them.

All that is owed to one number is one matter: one call is for all of it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from calls.errors import CallbackOverError, CallbackTakenError, CallbackUnderWayError
from calls.model import Outcome
from db.ids import new_id
from db.pool import Connection
from db.statements import statements

PROMISED: Final = (
    Outcome.CALLBACK_KEPT,
    Outcome.NO_AGENT,
    Outcome.QUEUE_FULL,
    Outcome.QUEUE_TIMEOUT,
    Outcome.CLOSED,
)
"""Why we said that we would call. `QUEUE_ABANDONED` is listed too, with nothing promised."""
REASONS: Final = (*PROMISED, Outcome.QUEUE_ABANDONED)

UNCOUNTED: Final = frozenset(
    {
        Outcome.FAILED, Outcome.LOST, Outcome.CONGESTION, Outcome.UNAVAILABLE,
        Outcome.NO_AGENT, Outcome.QUEUE_FULL, Outcome.QUEUE_TIMEOUT, Outcome.CLOSED,
    }
)  # fmt: skip
"""Ends of an attempt that say nothing about the citizen: the debt stands as it was."""

NEVER_RANG: Final = frozenset({Outcome.FAILED, Outcome.CONGESTION})
"""Ends of an attempt that nobody heard of, unless it was answered."""

TAKEN_FOR = timedelta(minutes=15)


class Result(StrEnum):
    """How it ended that a call was owed."""

    SERVED = "served"  # talked with an agent, in whichever call
    REACHED = "reached"  # answered our call, and left it
    UNREACHED = "unreached"  # called as often as we call
    HANDLED = "handled"  # a person says that it is settled
    NOT_WANTED = "not_wanted"  # a person was told so
    EXPIRED = "expired"  # nothing was promised, and nobody called in time


BY_HAND: Final = (Result.NOT_WANTED, Result.HANDLED)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an attempt has come to. `result` None: they are still owed a call."""

    result: Result | None
    counts: bool = True


def verdict(outcome: str, *, answered: bool, talked: bool) -> Verdict:
    """Of a call that is over. `talked`: an agent answered it. Pure."""
    if talked:
        return Verdict(Result.SERVED)
    if outcome in UNCOUNTED:
        return Verdict(None, counts=False)
    if answered:
        return Verdict(Result.REACHED)
    return Verdict(Result.UNREACHED if outcome == Outcome.INVALID_NUMBER else None)


@dataclass(frozen=True, slots=True)
class Try:
    """The latest call to a number. `outcome` None: it is under way."""

    at: datetime
    agent_id: str | None
    outcome: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedCall:
    """A number to which a call is owed. `times`: how often they have come in vain.

    `call_id`: the call that it is named by; `next_at` None: as soon as an agent is there.
    """

    call_id: UUID
    number: str
    reason: Outcome
    requested_at: datetime
    queue: str
    attempts: int
    times: int
    next_at: datetime | None
    taken_by: str | None
    taken_by_name: str | None
    last: Try | None

    @property
    def promised(self) -> bool:
        """Whether we said that we would call."""
        return self.reason in PROMISED


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """Somebody who acts on what is owed. `agent_id`: their desk; `over`: they decide for agents."""

    actor: str
    agent_id: str | None = None
    over: bool = False


async def owed_now(
    conn: Connection,
    *,
    queues: Collection[str] | None,
    default_queue: str,
    now: datetime,
    at_most: int,
) -> tuple[list[OwedCall], int]:
    """Promised ones first, then the longest; and how many there are. `queues` None: of all."""
    rows = [
        row
        async for row in statements().callbacks_open(
            conn,
            queues=None if queues is None else sorted(queues),
            default_queue=default_queue,
            now=now,
            at_most=at_most,
        )
    ]
    tries = {
        row["number"]: Try(row["written_at"], row["agent_id"], row["outcome"])
        async for row in statements().callbacks_last_tries(
            conn, numbers=[row["number"] for row in rows]
        )
    }
    return [_owed(row, tries, now) for row in rows], rows[0]["of_all"] if rows else 0


def _owed(row: Mapping[str, Any], tries: Mapping[str, Try], now: datetime) -> OwedCall:
    taken = row["taken_until"] is not None and row["taken_until"] > now
    last = tries.get(row["number"])
    return OwedCall(
        call_id=row["call_id"],
        number=row["number"],
        reason=Outcome(row["reason"]),
        requested_at=row["requested_at"],
        queue=row["queue"],
        attempts=row["attempts"],
        times=row["times"],
        next_at=row["next_at"] if row["attempts"] else None,
        taken_by=row["taken_by"] if taken else None,
        taken_by_name=row["taken_by_name"] if taken else None,
        last=last if last is not None and last.at >= row["requested_at"] else None,
    )


async def take(conn: Connection, call_id: UUID, whose: Whose, now: datetime) -> None:
    """For a while neither another agent nor the dialler calls them. In the caller's transaction.

    Raises a `CallbackError`.
    """
    number = await _hold(conn, call_id, whose, now)
    if await statements().callbacks_calling(conn, number=number):
        raise CallbackUnderWayError
    await statements().callbacks_take(
        conn, number=number, agent_id=whose.agent_id, until=now + TAKEN_FOR
    )
    await _note(conn, call_id, whose, now, act="taken")


async def release(conn: Connection, call_id: UUID, whose: Whose, now: datetime) -> None:
    """Whoever has taken it leaves it to others. In the caller's transaction."""
    number = await _hold(conn, call_id, whose, now)
    await statements().callbacks_release(conn, number=number)
    await _note(conn, call_id, whose, now, act="released")


async def close(
    conn: Connection, call_id: UUID, whose: Whose, now: datetime, *, result: Result, why: str
) -> None:
    """Nobody needs to call them any more, and why. In the caller's transaction.

    Raises a `CallbackError`; `ValueError` for a result that is not a person's to say.
    """
    if result not in BY_HAND or not why:
        raise ValueError(result)
    number = await _hold(conn, call_id, whose, now)
    if await statements().callbacks_calling(conn, number=number):
        raise CallbackUnderWayError
    await statements().callbacks_close(conn, number=number, result=result, now=now)
    await _note(conn, call_id, whose, now, act="closed", result=result, why=why)


async def number_to_call(conn: Connection, call_id: UUID, agent_id: str, now: datetime) -> str:
    """Whom an agent may call who has taken it (E.164). Raises a `CallbackError`."""
    row = await statements().callbacks_one(conn, call_id=call_id, default_queue="", now=now)
    if row is None or row["done_at"] is not None:
        raise CallbackOverError
    if row["taken_by"] != agent_id:
        raise CallbackTakenError(row["taken_by"])
    if await statements().callbacks_calling(conn, number=row["number"]):
        raise CallbackUnderWayError
    return str(row["number"])


async def write_click(
    conn: Connection,
    call_id: UUID,
    *,
    click: UUID,
    number: str,
    cell: str,
    agent_id: str,
    key: UUID,
    at: datetime,
) -> None:
    """An agent's attempt; `click` is its call's id. In the transaction that writes the call.

    Raises `CallbackUnderWayError` when somebody calls them already.
    """
    status = await statements().callbacks_write_click(
        conn, id=click, left_call=call_id, number=number, cell=cell, at=at, agent_id=agent_id,
        key=key,
    )  # fmt: skip
    if status != "INSERT 0 1":
        raise CallbackUnderWayError


async def _hold(conn: Connection, call_id: UUID, whose: Whose, now: datetime) -> str:
    """The number, with all its open rows locked; refused where another agent has taken them."""
    row = await statements().callbacks_one(conn, call_id=call_id, default_queue="", now=now)
    if row is None:
        raise CallbackOverError
    held = [one async for one in statements().callbacks_hold(conn, number=row["number"])]
    if not held:
        raise CallbackOverError
    others = [
        one["taken_by"]
        for one in held
        if one["taken_by"] not in (None, whose.agent_id) and one["taken_until"] > now
    ]
    if others and not whose.over:
        raise CallbackTakenError(others[0])
    return str(row["number"])


async def _note(
    conn: Connection,
    call_id: UUID,
    whose: Whose,
    now: datetime,
    *,
    act: str,
    result: Result | None = None,
    why: str = "",
) -> None:
    await statements().callbacks_note(
        conn,
        id=new_id(now),
        left_call=call_id,
        at=now,
        actor=whose.actor,
        act=act,
        result=result,
        why=why,
    )
