"""States of the life cycle <-> columns of a complaint's row. Pure."""

from dataclasses import fields
from datetime import timedelta
from typing import Any

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
    Triage,
    Unverified,
    WithOfficer,
)

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
        "due_running_since": clock.running_since if clock else None,
        "due_left_then": clock.left_then if clock else None,
        "remind_at": clock.remind_at if clock else None,
        "paused_at": paused.stopped_at if paused else None,
        "pause_reasons": state.reason if isinstance(state, Paused) else None,
        "remaining": paused.remaining if paused else None,
        "remind_in": paused.remind_in if paused else None,
        "resume_at": state.resume_at if isinstance(state, Paused) else None,
        "proposals": state.entry if isinstance(state, Proposed) else None,
        "closing_attempts": state.attempt_id if isinstance(state, ClosedSatisfied) else None,
        "unverified_reasons": state.reason if isinstance(state, Unverified) else None,
        "ended_at": getattr(state, "ended_at", None),
    }


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
                **standing,
                clock=_stopped_clock(row),
                reason=PauseReason(row["pause_reason"]),
                resume_at=row["resume_at"],
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
        running_since=row["due_running_since"],
        left_then=row["due_left_then"],
        remind_at=row["remind_at"],
        paused=row["due_paused"],
    )


def _stopped_clock(row: asyncpg.Record) -> StoppedClock:
    """When it ran, and until when, is not kept, but what was left: on resuming, that runs anew."""
    due_at = row["paused_at"] + row["remaining"]
    return StoppedClock(
        clock=Clock(
            policy=row["due_policy"],
            counting=Counting(row["due_counting"]),
            since=row["due_since"],
            days=row["due_days"],
            due_at=due_at,
            running_since=row["paused_at"],
            left_then=row["remaining"],
            paused=row["due_paused"],
        ),
        stopped_at=row["paused_at"],
        remaining=row["remaining"],
        remind_in=row["remind_in"],
    )
