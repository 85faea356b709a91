"""Reviews as they are read: those of an agent's part of a call, those of an agent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db.pool import Connection
from db.statements import statements

_SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One review. `version`: of the form; `marks`: points by criterion, None where it did not
    apply; `stands`: no other corrects it; `agrees`: the agent's answer, None while there is none.
    """

    id: UUID
    call_id: UUID
    form: str
    version: int
    agent_id: str
    reviewer: str
    who: str
    score: float | None
    failed: bool
    comment: str
    at: datetime
    stands: bool
    agrees: bool | None
    answer: str | None
    answered_at: datetime | None
    marks: Mapping[str, int | None]


async def of_part(conn: Connection, call_id: UUID, agent_id: str, form: str) -> list[Review]:
    """Of an agent's part of a call; newest first, corrected ones stay readable."""
    of = {"call_id": call_id, "agent_id": agent_id, "form": form}
    rows = statements().quality_reviews_of_part(conn, **of)
    return await _with_marks(conn, [dict(row) async for row in rows])


async def of_agent(conn: Connection, agent_id: str) -> list[Review]:
    """The latest 50 that stand."""
    rows = statements().quality_reviews_of_agent(conn, agent_id=agent_id, at_most=_SHOWN)
    return await _with_marks(conn, [dict(row) async for row in rows])


async def _with_marks(conn: Connection, rows: list[dict[str, object]]) -> list[Review]:
    marks: dict[UUID, dict[str, int | None]] = {}
    found = statements().quality_marks(conn, reviews=[row["id"] for row in rows])
    async for mark in found:
        marks.setdefault(mark["review"], {})[mark["code"]] = mark["points"]
    return [
        Review(**{**row, "marks": marks.get(row["id"], {})})  # type: ignore[call-overload]
        for row in rows
    ]
