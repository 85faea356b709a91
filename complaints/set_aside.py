"""What the clock could not do to single complaints, for people who mend it."""

from dataclasses import dataclass
from datetime import datetime

from complaints.batches import Work
from complaints.texts import clock
from db.pool import Pool
from db.statements import statements

_ACQUIRE_SECONDS = 5.0
_WORK = {
    Work.OVERDUE: "cannot be moved on, was due",
    Work.REMINDER: "its officer cannot be reminded, since",
    Work.PAUSE: "its pause cannot be ended, was to end",
    Work.FOLLOW_UP: "the asking of its citizen cannot go on, since",
    Work.SECOND_LOOK: "cannot be looked at again, late since",
    Work.VACANCY: "cannot leave its vacant post, where it is since",
    Work.PROPOSAL: "who decides what is proposed cannot be told, since",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """Failed `failures` times since `first_at`; tried again at `next_try_at`. `error`: the last."""

    number: str
    work: Work
    state: str
    due_at: datetime
    failures: int
    first_at: datetime
    last_at: datetime
    next_try_at: datetime
    error: str


async def set_aside(pool: Pool, *, at_most: int = 1000) -> list[SetAside]:
    """First to fail first; what has moved on by itself since is not there any more."""
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        rows = statements().deadlines_aside(conn, at_most=at_most)
        return [SetAside(**{**row, "work": Work(row["work"])}) async for row in rows]


async def try_now(pool: Pool, number: str | None, now: datetime) -> int:
    """The cause is mended: what waits, of this complaint or of all, is tried by the next sweep.

    How much there was.
    """
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        rows = statements().deadlines_try_now(conn, number=number, now=now)
        return len([row async for row in rows])


def render_set_aside(one: SetAside) -> str:
    """One line; times in Indian Standard Time."""
    return (
        f"{one.number} ({one.state.replace('_', ' ')}): {_WORK[one.work]} {clock(one.due_at)}; "
        f"{one.failures} time(s) since {clock(one.first_at)}, again {clock(one.next_try_at)}: "
        f"{one.error}"
    )
