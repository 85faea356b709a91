"""Complaint rows <-> life-cycle states, and the transaction that a use case runs in."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from complaints.calendar import Counting
from complaints.deadlines import Clock, StoppedClock
from complaints.ends import (
    Advised,
    AdvisedAtDesk,
    Answered,
    AnsweredAtDesk,
    Merged,
    OwnWord,
    Ruling,
    SpecialClosed,
    SpecialReason,
    Standing,
    Thanked,
    Withdrawn,
)
from complaints.errors import NotAllowedError, UnknownComplaintError
from complaints.kinds import MatterKind
from complaints.lifecycle import (
    AwaitingFeedback,
    ClosedSatisfied,
    Followed,
    Paused,
    PauseReason,
    ProposalKind,
    Proposed,
    Returned,
    State,
    Terms,
    Triage,
    Unverified,
    WithOfficer,
)
from complaints.mapping import ladders_for
from complaints.policy import Policy
from db.pool import Connection, Pool
from db.statements import statements

_ACQUIRE_SECONDS = 5.0

STATE_NAMES: dict[type, str] = {
    Triage: "triage",
    WithOfficer: "with_officer",
    Proposed: "proposed",
    Paused: "paused",
    Returned: "returned",
    AwaitingFeedback: "awaiting_feedback",
    ClosedSatisfied: "closed_satisfied",
    Unverified: "unverified",
    SpecialClosed: "special_closed",
    Withdrawn: "withdrawn",
    Advised: "advised",
    AdvisedAtDesk: "advised",
    Answered: "answered",
    AnsweredAtDesk: "answered",
    Thanked: "thanked",
    Merged: "merged",
}


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
    confidential: bool
    weight: int
    registered_at: datetime
    state: State


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Connection]:
    """A connection in a transaction: committed at the end, rolled back by any error."""
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn, conn.transaction():
        yield conn


async def hold(conn: Connection, number: str) -> Complaint:
    """Take the complaint's row. Raises `UnknownComplaintError`."""
    row = await statements().complaints_hold(conn, number=number)
    if row is None:
        raise UnknownComplaintError(number)
    return _complaint(row)


async def hold_by_id(conn: Connection, complaint_id: UUID) -> Complaint:
    """Take the complaint's row by its key. Raises `UnknownComplaintError`."""
    row = await statements().complaints_hold_by_id(conn, id=complaint_id)
    if row is None:
        raise UnknownComplaintError(str(complaint_id))
    return _complaint(row)


async def hold_overdue(conn: Connection, now: datetime, at_most: int) -> list[Complaint]:
    """Take overdue complaints that no one else holds, oldest due first."""
    rows = statements().complaints_hold_overdue(conn, now=now, at_most=at_most)
    return [_complaint(row) async for row in rows]


async def hold_to_remind(
    conn: Connection, now: datetime, at_most: int
) -> list[tuple[Complaint, int]]:
    """Take complaints whose officers are to be reminded, with the entry that gave it to them."""
    rows = statements().complaints_hold_to_remind(conn, now=now, at_most=at_most)
    return [(_complaint(row), row["entry"]) async for row in rows]


async def terms_for(conn: Connection, complaint: Complaint, policy: Policy, now: datetime) -> Terms:
    """What the complaint's next move is decided by."""
    return (await terms_for_each(conn, [complaint], policy, now))[complaint.id]


async def terms_for_each(
    conn: Connection, complaints: Sequence[Complaint], policy: Policy, now: datetime
) -> dict[UUID, Terms]:
    """As `terms_for`, with the same few statements for any number of complaints."""
    wanted = sorted({(_department(one), one.place) for one in complaints})
    ladders = await ladders_for(conn, wanted, now)
    rules = {category: policy.of(category) for category in {one.category for one in complaints}}
    closed = {category: await holidays(conn, rule) for category, rule in rules.items()}
    return {
        one.id: Terms(
            rules[one.category],
            ladders[_department(one), one.place],
            one.level_days,
            closed[one.category],
        )
        for one in complaints
    }


def _department(complaint: Complaint) -> str:
    if complaint.department is None:
        raise NotAllowedError("its category has no department, so no officer")
    return complaint.department


async def holidays(conn: Connection, policy: Policy) -> frozenset[date]:
    """The days on which the policy's offices are closed; none are asked for where all count."""
    if policy.counting is Counting.CALENDAR_DAYS:
        return frozenset()
    return frozenset(await statements().complaints_holidays(conn, calendar=policy.holidays))


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


def rows_of(state: Followed) -> dict[str, Any]:
    """A state as columns, named as the parameters of the statement that writes them."""
    clock = state.clock if isinstance(state, Triage | Returned | WithOfficer | Proposed) else None
    paused = state.clock if isinstance(state, Paused) else None
    basis = paused.clock if paused else clock
    return {
        "states": STATE_NAMES[type(state)],
        "levels": state.level,
        "posts": state.post,
        "disposals": state.disposals,
        "dissatisfied_at_level": state.dissatisfied_at_level,
        "cm_office_since": state.cm_office_since,
        "transfers": state.transfers,
        "due_at": clock.due_at if clock else None,
        "overdue_at": state.overdue_at if isinstance(state, WithOfficer | Proposed) else None,
        "due_since": basis.since if basis else None,
        "due_days": basis.days if basis else None,
        "due_policies": basis.policy if basis else None,
        "due_countings": basis.counting if basis else None,
        "due_paused": basis.paused if basis else timedelta(0),
        "remind_at": clock.remind_at if clock else None,
        "paused_at": paused.stopped_at if paused else None,
        "pause_reasons": state.reason if isinstance(state, Paused) else None,
        "remaining": paused.remaining if paused else None,
        "remind_in": paused.remind_in if paused else None,
        "proposals": state.entry if isinstance(state, Proposed) else None,
        "closing_attempts": state.attempt_id if isinstance(state, ClosedSatisfied) else None,
        "unverified_reasons": state.reason if isinstance(state, Unverified) else None,
        "ended_at": getattr(state, "ended_at", None),
    }


async def link_call(conn: Connection, complaint_id: UUID, call_id: UUID, role: str) -> None:
    """The call belongs to the complaint: its recordings go where the complaint goes."""
    await statements().complaints_link_call(
        conn, complaint_id=complaint_id, call_id=call_id, role=role
    )


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
        confidential=row["confidential"],
        weight=row["weight"],
        registered_at=row["registered_at"],
        state=state_of(row),
    )


def state_of(row: asyncpg.Record) -> State:
    """The state in a complaint's row."""
    if row["post"] is None:
        return _desk_end(row)
    standing = {one.name: row[one.name] for one in fields(Standing) if one.name != "about"}
    standing["about"] = MatterKind(row["kind"])
    match row["state"]:
        case "triage":
            return Triage(**standing, clock=_clock(row))
        case "returned":
            return Returned(**standing, clock=_clock(row))
        case "with_officer":
            return WithOfficer(**standing, clock=_clock(row), overdue_at=row["overdue_at"])
        case "proposed":
            return Proposed(
                **standing,
                clock=_clock(row),
                overdue_at=row["overdue_at"],
                kind=ProposalKind(row["proposal_kind"]),
                entry=row["proposal"],
            )
        case "paused":
            return Paused(
                **standing, clock=_stopped_clock(row), reason=PauseReason(row["pause_reason"])
            )
        case "awaiting_feedback":
            return AwaitingFeedback(**standing)
        case _:
            return _end(row, standing | {"ended_at": row["ended_at"]})


_DESK_ENDS: dict[str, type[AdvisedAtDesk | AnsweredAtDesk | Thanked]] = {
    "advised": AdvisedAtDesk,
    "answered": AnsweredAtDesk,
    "thanked": Thanked,
}


def _desk_end(row: asyncpg.Record) -> State:
    end = _DESK_ENDS[row["state"]]
    return end(text=row["end_text"], actor=row["end_actor"], ended_at=row["ended_at"])


def _end(row: asyncpg.Record, standing: dict[str, Any]) -> State:
    match row["state"]:
        case "closed_satisfied":
            return ClosedSatisfied(**standing, attempt_id=row["closing_attempt"])
        case "unverified":
            return Unverified(**standing, reason=row["unverified_reason"])
        case "special_closed":
            ruling = Ruling(
                code=SpecialReason(row["end_code"]),
                text=row["end_text"],
                post=row["end_post"],
                level=row["end_level"],
                actor=row["end_actor"],
            )
            return SpecialClosed(**standing, ruling=ruling)
        case "withdrawn":
            word = OwnWord(
                actor=row["end_actor"],
                text=row["end_text"],
                call_id=row["end_call"],
                page=row["end_page"],
            )
            return Withdrawn(**standing, word=word)
        case "advised":
            return Advised(**standing, advice=row["end_text"], actor=row["end_actor"])
        case "answered":
            return Answered(**standing, answer=row["end_text"], actor=row["end_actor"])
        case "merged":
            return Merged(
                **standing,
                into=row["end_into"],
                text=row["end_text"],
                actor=row["end_actor"],
            )
        case unknown:
            raise ValueError(f"the schema allows a state that the life cycle lacks: {unknown}")


def _clock(row: asyncpg.Record) -> Clock:
    return Clock(
        policy=row["due_policy"],
        counting=Counting(row["due_counting"]),
        since=row["due_since"],
        days=row["due_days"],
        due_at=row["due_at"],
        remind_at=row["remind_at"],
        paused=row["due_paused"],
    )


def _stopped_clock(row: asyncpg.Record) -> StoppedClock:
    """Its due time and reminder are those from before the pause: on resuming, both are new."""
    due_at = row["paused_at"] + row["remaining"]
    return StoppedClock(
        clock=Clock(
            policy=row["due_policy"],
            counting=Counting(row["due_counting"]),
            since=row["due_since"],
            days=row["due_days"],
            due_at=due_at,
            paused=row["due_paused"],
        ),
        stopped_at=row["paused_at"],
        remaining=row["remaining"],
        remind_in=row["remind_in"],
    )
