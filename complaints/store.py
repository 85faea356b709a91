"""Complaints held and moved, and the transaction that a use case runs in."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import asyncpg

from complaints import texts
from complaints.asking import asking
from complaints.batches import Due
from complaints.calendar import Counting
from complaints.errors import NoHistoryError, NotAllowedError, UnknownComplaintError
from complaints.kinds import MatterKind
from complaints.lifecycle import (
    Followed,
    Paused,
    Proposed,
    State,
    Terms,
    WithOfficer,
)
from complaints.mapping import Wanted, ladders_for
from complaints.policy import Policy, SpecialClose
from complaints.state_rows import STATE_NAMES, rows_of, state_of
from db.pool import Connection, Pool
from db.statements import statements

# What states are called belongs to the subject, for those who use it.
__all__ = [
    "STATE_NAMES",
    "Complaint",
    "given_at",
    "held_due",
    "hold",
    "hold_by_id",
    "holidays",
    "link_call",
    "lock_subject",
    "move",
    "move_each",
    "take_overdue",
    "take_paused_too_long",
    "take_still_late",
    "take_to_remind",
    "terms_for",
    "terms_for_each",
    "transaction",
]

_ACQUIRE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Complaint:
    """A complaint whose row is held: nobody else changes it until the transaction ends.

    `department` None: its category is out of scope, and it ended at the desk.
    """

    id: UUID
    number: str
    contact: str
    text: str
    category: str
    category_name: str
    department: str | None
    level_days: tuple[int, ...]
    place: str
    place_name: str
    citizen_id: UUID
    kind: MatterKind
    incident: bool
    confidential: bool
    weight: int
    registered_at: datetime
    state: State

    @property
    def subject(self) -> str:
        """Its category with its marks, as an officer reads it first."""
        return texts.subject(self.category_name, self.kind, incident=self.incident)


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Connection]:
    """A connection in a transaction: committed at the end, rolled back by any error."""
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn, conn.transaction():
        yield conn


async def hold(conn: Connection, number: str) -> Complaint:
    """Take the complaint's row. Raises `UnknownComplaintError`."""
    return await _taken(conn, await statements().complaints_lock(conn, number=number), number)


async def lock_subject(
    conn: Connection, number: str, *, category: str | None = None, place: str | None = None
) -> None:
    """Nobody else comes to the complaint's subject, or to the one that it gets, until the end of
    the transaction. Before any row is held, as in registering: none waits in a ring.
    """
    await statements().lifecycle_lock_subject(conn, number=number, category=category, place=place)


async def hold_by_id(conn: Connection, complaint_id: UUID) -> Complaint:
    """Take the complaint's row by its key. Raises `UnknownComplaintError`."""
    found = await statements().complaints_lock_by_id(conn, id=complaint_id)
    return await _taken(conn, found, str(complaint_id))


async def _taken(conn: Connection, complaint_id: UUID | None, name: str) -> Complaint:
    if complaint_id is None:
        raise UnknownComplaintError(name)
    [complaint] = await held(conn, [complaint_id])
    return complaint


async def held(conn: Connection, complaint_ids: Sequence[UUID]) -> list[Complaint]:
    """Complaints whose rows the caller has taken, as they are now, in the same order."""
    rows = statements().complaints_held(conn, ids=list(complaint_ids))
    return [_complaint(row) async for row in rows]


async def held_due(conn: Connection, due: Sequence[Due]) -> list[Complaint]:
    """As `held`, for what a sweep has taken."""
    return await held(conn, [one.complaint_id for one in due])


async def take_overdue(conn: Connection, now: datetime, at_most: int) -> list[Due]:
    """Take overdue complaints that no one else holds, oldest due first."""
    rows = statements().complaints_lock_overdue(conn, now=now, at_most=at_most)
    return [_due(row) async for row in rows]


async def take_still_late(
    conn: Connection, before: datetime, now: datetime, at_most: int
) -> list[Due]:
    """Take complaints that were late without a level left, and not looked at since `before`."""
    rows = statements().complaints_lock_still_late(conn, before=before, now=now, at_most=at_most)
    return [_due(row) async for row in rows]


async def take_paused_too_long(conn: Connection, now: datetime, at_most: int) -> list[Due]:
    """Take complaints whose longest pause is over, the first to end first."""
    rows = statements().complaints_lock_paused_too_long(conn, now=now, at_most=at_most)
    return [_due(row) async for row in rows]


async def take_to_remind(conn: Connection, now: datetime, at_most: int) -> list[Due]:
    """Take complaints whose officers are to be reminded."""
    rows = statements().complaints_lock_to_remind(conn, now=now, at_most=at_most)
    return [_due(row) async for row in rows]


async def given_at(conn: Connection, complaints: Sequence[Complaint]) -> dict[UUID, int]:
    """Where each one's history says that the officer got it. Raises `NoHistoryError`."""
    rows = statements().complaints_given_at(conn, ids=[one.id for one in complaints])
    given = {row["complaint_id"]: int(row["entry"]) async for row in rows}
    for one in complaints:
        if one.id not in given:
            raise NoHistoryError(one.number)
    return given


async def terms_for(conn: Connection, complaint: Complaint, policy: Policy, now: datetime) -> Terms:
    """What the complaint's next move is decided by."""
    return (await terms_for_each(conn, [complaint], policy, now))[complaint.id]


async def terms_for_each(
    conn: Connection, complaints: Sequence[Complaint], policy: Policy, now: datetime
) -> dict[UUID, Terms]:
    """As `terms_for`, with the same few statements for any number of complaints."""
    wanted = sorted({_wanted(one) for one in complaints})
    ladders = await ladders_for(conn, wanted, now)
    rules = {category: policy.of(category) for category in {one.category for one in complaints}}
    closed = {
        calendar: await _closed(conn, calendar)
        for calendar in {rules[one.category].holidays for one in complaints if _counts(one, rules)}
    }
    officers = await asking(conn, [one.id for one in complaints if _asks(one, rules)], now)
    return {
        one.id: Terms(
            rules[one.category],
            ladders[_wanted(one)],
            one.level_days,
            closed.get(rules[one.category].holidays, frozenset()),
            officers.get(one.id),
        )
        for one in complaints
    }


def _counts(one: Complaint, rules: Mapping[str, Policy]) -> bool:
    """Whether working days matter to its next move: by the rules of now, or of when its officer got
    it.
    """
    counts = {rules[one.category].counting}
    match one.state:
        case WithOfficer(clock=clock) | Proposed(clock=clock):
            counts.add(clock.counting)
        case Paused(clock=stopped):
            counts.add(stopped.clock.counting)
        case _:
            pass
    return Counting.WORKING_DAYS in counts


def _asks(one: Complaint, rules: Mapping[str, Policy]) -> bool:
    """Whether its officer has asked the next level, or may have to by the rules of now."""
    policy = rules[one.category]
    if isinstance(one.state, WithOfficer):
        return policy.transfer_needs_approval or policy.special_close is SpecialClose.PROPOSED
    return isinstance(one.state, Proposed)


def _wanted(complaint: Complaint) -> Wanted:
    if complaint.department is None:
        raise NotAllowedError("its category has no department, so no officer")
    return complaint.department, complaint.category, complaint.place


async def holidays(conn: Connection, policy: Policy) -> frozenset[date]:
    """The days on which the policy's offices are closed; none are asked for where all count."""
    if policy.counting is Counting.CALENDAR_DAYS:
        return frozenset()
    return await _closed(conn, policy.holidays)


async def _closed(conn: Connection, calendar: str) -> frozenset[date]:
    return frozenset(await statements().complaints_holidays(conn, calendar=calendar))


async def move(
    conn: Connection,
    complaint_id: UUID,
    state: Followed,
    now: datetime,
    *,
    end_entry: int | None = None,
) -> None:
    """Write the state of a complaint that the caller holds.

    `end_entry`: the history's entry of an end whose evidence is written down there.
    """
    await move_each(conn, {complaint_id: state}, now, end_entry=end_entry)


async def move_each(
    conn: Connection,
    states: Mapping[UUID, Followed],
    now: datetime,
    *,
    end_entry: int | None = None,
) -> None:
    """Write the states of complaints that the caller holds, with one statement."""
    rows = [rows_of(state) for state in states.values()]
    await statements().complaints_move(
        conn,
        ids=list(states),
        end_entries=[end_entry] * len(rows),
        changed_at=now,
        **{name: [row[name] for row in rows] for name in rows[0]},
    )


async def link_call(conn: Connection, complaint_id: UUID, call_id: UUID, role: str) -> None:
    """The call belongs to the complaint: its recordings go where the complaint goes."""
    await statements().complaints_link_call(
        conn, complaint_id=complaint_id, call_id=call_id, role=role
    )


def _due(row: asyncpg.Record) -> Due:
    return Due(row["id"], row["at"], row["failures"])


def _complaint(row: asyncpg.Record) -> Complaint:
    return Complaint(
        id=row["id"],
        number=row["number"],
        contact=row["contact"],
        text=row["text_hi"],
        category=row["category"],
        category_name=row["category_name"],
        department=row["department_now"],
        level_days=tuple(row["level_days"] or ()),
        place=row["place"],
        place_name=row["place_name"],
        citizen_id=row["citizen_id"],
        kind=MatterKind(row["kind"]),
        incident=row["incident"],
        confidential=row["confidential"],
        weight=row["weight"],
        registered_at=row["registered_at"],
        state=state_of(row),
    )
