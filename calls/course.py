"""The course of a call: where the citizen waited and who had them, one after the other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from calls.model import Outcome
from db.pool import Connection
from db.statements import statements


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """The citizen waited in a queue. `left_at` None: they wait.

    `agent_id`: who answered; `moved_to`: the queue that they went on to unanswered. Neither: they
    left it with the call.
    """

    call_id: UUID
    queue: str
    entered_at: datetime
    left_at: datetime | None
    agent_id: str | None
    moved_to: str | None

    @property
    def began(self) -> datetime:
        """As of a talk."""
        return self.entered_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """An agent had the citizen. `ended_at` None: they have. `queue`: that the citizen came from.

    `handed_to`: to whom they handed the citizen on, `agent:<id>`, `queue:<name>` or
    `number:<number>`; None: to nobody.
    """

    call_id: UUID
    agent_id: str
    began_at: datetime
    ended_at: datetime | None
    queue: str | None
    handed_to: str | None

    @property
    def began(self) -> datetime:
        """As of a stay."""
        return self.began_at


Part: TypeAlias = Stay | Talk


def in_order(stays: Iterable[Stay], talks: Iterable[Talk]) -> list[Part]:
    """One after the other; of one moment the stay is first: they were answered at once."""
    parts: list[Part] = [*stays, *talks]
    return sorted(parts, key=lambda part: part.began)


def left_with(stay: Stay, course: Sequence[Part], outcome: str | None) -> str | None:
    """How the citizen left a queue in which nobody answered and from which they did not go on.

    It is the call's outcome, but for who waits again after a talk: that of the call says that an
    agent answered, here none did. None: there was an answer, they went on, or they wait.
    """
    if stay.left_at is None or stay.agent_id or stay.moved_to:
        return None
    talked = any(isinstance(one, Talk) and one.began_at < stay.entered_at for one in course)
    if outcome == Outcome.AGENT_ANSWERED and talked:
        return Outcome.QUEUE_ABANDONED
    return outcome


async def course_of(conn: Connection, call_id: UUID) -> list[Part]:
    """All of one call, as far as it went."""
    stays = [Stay(**row) async for row in statements().calls_stays(conn, id=call_id)]
    talks = [Talk(**row) async for row in statements().calls_talks(conn, id=call_id)]
    return in_order(stays, talks)


def told(part: Part, course: Sequence[Part], outcome: str | None) -> str:
    """In a line, for the command line. `outcome`: of the call."""
    if isinstance(part, Talk):
        has = "has" if part.ended_at is None else "had"
        on = f", handed on to {part.handed_to}" if part.handed_to else ""
        return f"Agent {part.agent_id} {has} them{_seconds(part.began_at, part.ended_at)}{on}"
    length = _seconds(part.entered_at, part.left_at)
    if part.agent_id:
        how = f"answered by agent {part.agent_id}"
    elif part.moved_to:
        how = f"went on to {part.moved_to}"
    else:
        how = left_with(part, course, outcome) or "waiting"
    return f"In the queue {part.queue}{length}: {how}"


def _seconds(begin: datetime, end: datetime | None) -> str:
    return "" if end is None else f" for {(end - begin).total_seconds():.0f} s"
