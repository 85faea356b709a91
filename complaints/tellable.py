"""What an agent may be told in a call, of which complaints: for the desk, which shows no other."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from complaints.policy import Policy
from db.pool import Connection
from db.statements import statements

_OPEN = frozenset({"triage", "with_officer", "proposed", "paused", "returned", "awaiting_feedback"})
_AT_WORK = frozenset({"with_officer", "proposed", "paused"})
_REOPENED = frozenset({"closed_satisfied", "unverified"})
_SHOWN = 8


class Deed(StrEnum):
    """What somebody tells an agent about a complaint."""

    SATISFIED = "satisfied"
    DISSATISFIED = "dissatisfied"
    REOPEN = "reopen"
    WITHDRAW = "withdraw"
    DISPOSAL = "disposal"  # by its officer
    COMMENT = "comment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tellable:
    """A complaint as a call shows it. `theirs`: the call's number is one of its citizen's;
    `clicked`: an agent called them about it. Names in Hindi and English. `citizen` None: without a
    name, or it is not for whoever says the number of a confidential complaint.
    """

    number: str
    subject: str
    subject_en: str
    place: str
    place_en: str
    state: str
    level: int | None
    post: str | None
    post_title: str | None
    post_title_en: str | None
    citizen: str | None
    theirs: bool
    clicked: bool
    deeds: tuple[Deed, ...]


def deeds(
    state: str, *, theirs: bool, ended_at: datetime | None, policy: Policy, now: datetime
) -> tuple[Deed, ...]:
    """What can be told now; the use case has the last word. `policy`: the category's. Pure.

    An officer's report needs a call that is not the citizen's own, a citizen's answer one that is.
    """
    allowed = {
        Deed.SATISFIED: theirs and state == "awaiting_feedback",
        Deed.DISSATISFIED: theirs and state == "awaiting_feedback",
        Deed.REOPEN: state in _REOPENED
        and ended_at is not None
        and now <= policy.reopenable_until(ended_at),
        Deed.WITHDRAW: state in _OPEN,
        Deed.DISPOSAL: state in _AT_WORK and not theirs,
        Deed.COMMENT: True,
    }
    return tuple(deed for deed, may in allowed.items() if may)


async def tellable(
    conn: Connection, call_id: UUID, number: str | None, *, policy: Policy, now: datetime
) -> list[Tellable]:
    """Of this call, or the one complaint that has this number (its digits), if there is one."""
    rows = statements().followup_tellable(conn, call_id=call_id, number=number, at_most=_SHOWN)
    return [_tellable(row, policy, now) async for row in rows]


def _tellable(row: Mapping[str, Any], policy: Policy, now: datetime) -> Tellable:
    kept = {name: row[name] for name in Tellable.__slots__ if name not in ("citizen", "deeds")}
    in_confidence = row["confidential"] and not row["theirs"]
    can = deeds(
        row["state"],
        theirs=row["theirs"],
        ended_at=row["ended_at"],
        policy=policy.of(row["category"]),
        now=now,
    )
    return Tellable(**kept, citizen=None if in_confidence else row["citizen"], deeds=can)
