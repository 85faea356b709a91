"""Who is let in: abusive callers, too many calls of one number, too many on the trunks."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import asyncpg

from calls.errors import AlreadyBlockedError, NotARuleError, NotBlockedError
from calls.model import Outcome
from db.ids import new_id
from db.pool import Connection
from db.statements import statements

_HOUR = timedelta(hours=1)


class Verdict(StrEnum):
    """What a caller is told; emergency stays reachable whatever it is."""

    ADMIT = "admit"
    BLOCKED = "blocked"
    CALLER_LIMIT = "caller_limit"
    LINES_FULL = "lines_full"

    @property
    def outcome(self) -> Outcome | None:
        """How the call of one who is not admitted ends."""
        return _OUTCOMES.get(self)


_OUTCOMES = {
    Verdict.BLOCKED: Outcome.CALLER_BLOCKED,
    Verdict.CALLER_LIMIT: Outcome.CALLER_LIMIT,
    Verdict.LINES_FULL: Outcome.LINES_FULL,
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Most calls of one number, and on all trunks, at once and in an hour; None: no limit."""

    caller_at_once: int | None = 5
    caller_per_hour: int | None = 30
    trunks_at_once: int | None = None
    trunk_per_hour: int | None = None


@dataclass(frozen=True, slots=True)
class Load:
    """What there is, the call that is judged included. A withheld number has no calls."""

    blocked: bool = False
    caller_open: int = 0
    caller_hour: int = 0
    trunks_open: int = 0
    trunk_hour: int = 0


def judge(limits: Limits, load: Load) -> Verdict:
    """Pure. What concerns the caller alone goes before what concerns everybody."""
    if load.blocked:
        return Verdict.BLOCKED
    if _over(load.caller_open, limits.caller_at_once):
        return Verdict.CALLER_LIMIT
    if _over(load.caller_hour, limits.caller_per_hour):
        return Verdict.CALLER_LIMIT
    if _over(load.trunks_open, limits.trunks_at_once):
        return Verdict.LINES_FULL
    if _over(load.trunk_hour, limits.trunk_per_hour):
        return Verdict.LINES_FULL
    return Verdict.ADMIT


def _over(count: int, limit: int | None) -> bool:
    return limit is not None and count > limit


async def load(conn: Connection, *, number: str | None, cell: str, now: datetime) -> Load:
    """Count for a caller (E.164, None when withheld) of this cell."""
    row = await statements().calls_admission(conn, number=number, now=now)
    counts = await statements().calls_trunk_load(conn, cell=cell, since=now - _HOUR, now=now)
    return Load(**dict(row), **dict(counts))


@dataclass(frozen=True, slots=True)
class BlockedCaller:
    """An entry of the list that holds now."""

    number: str
    since: datetime
    until: datetime
    blocked_by: str
    why: str


@dataclass(frozen=True, slots=True)
class BlockEntry:
    """An entry of the list, also one that is over. `lifted_by` None: nobody ended it before its
    time. Who did it: the name of a user, else as it is on record.
    """

    number: str
    since: datetime
    until: datetime
    blocked_by: str
    why: str
    stands: bool
    lifted_at: datetime | None
    lifted_by: str | None


async def block(
    conn: Connection, number: str, *, until: datetime, by: str, why: str, now: datetime
) -> UUID:
    """Keep a number (E.164) out until then. Raises `AlreadyBlockedError`, `NotARuleError`."""
    if until <= now or not (by.strip() and why.strip()):
        raise NotARuleError("a block has an end that is still to come, a reason, and who set it")
    block_id = new_id(now)
    await statements().calls_lift_past_blocks(conn, number=number, now=now)
    try:
        await statements().calls_block(
            conn, id=block_id, number=number, since=now, until=until, blocked_by=by, why=why
        )
    except asyncpg.UniqueViolationError as error:
        raise AlreadyBlockedError(number) from error
    return block_id


async def unblock(conn: Connection, number: str, *, by: str, now: datetime) -> None:
    """Let it in again. Raises `NotBlockedError`."""
    if await statements().calls_unblock(conn, number=number, by=by, now=now) != "UPDATE 1":
        raise NotBlockedError(number)


async def blocked(conn: Connection, now: datetime) -> list[BlockedCaller]:
    """All that are kept out now, the latest first."""
    return [BlockedCaller(**row) async for row in statements().calls_blocked(conn, now=now)]


async def entries(
    conn: Connection, number: str | None, now: datetime, at_most: int
) -> list[BlockEntry]:
    """Of this number (E.164; None: of all), those that hold now first, then the latest."""
    rows = statements().calls_block_entries(conn, number=number, now=now, at_most=at_most)
    return [BlockEntry(**row) async for row in rows]
