"""How long callers were told that they would wait, and how long they did."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import datetime, timedelta

from calls.model import Outcome
from calls.report_sql import fetch_slowly
from db.pool import Connection

LONGEST = timedelta(days=31)
"""A report of more is not made: it reads every stay."""

TOTAL = "total"

_SENT_AWAY = (
    Outcome.QUEUE_TIMEOUT,
    Outcome.QUEUE_FULL,
    Outcome.NO_AGENT,
    Outcome.CLOSED,
    Outcome.UNAVAILABLE,
)
"""We ended their wait, not they."""


@dataclass(frozen=True, slots=True)
class ToldWaits:
    """Stays in a queue that are over, of callers who were told "up to n minutes" before it.

    Each is one of four: answered by then (`in_time`); still waiting when it was over, answered or
    not (`longer`); before it gone, or sent by us to another queue or away. `over_s`,
    `over_90_s`: answered so many seconds after the time said (below 0: before it), in the middle
    and nine of ten; None: nobody was answered.
    """

    told: int
    in_time: int
    longer: int
    left_before: int
    sent_away: int
    over_s: int | None
    over_90_s: int | None

    @property
    def kept(self) -> float | None:
        """The share that was right, of those who did not leave before; None: all did."""
        stayed = self.in_time + self.longer + self.sent_away
        return self.in_time / stayed if stayed else None


async def told_waits(
    conn: Connection, since: datetime, until: datetime, queues: Sequence[str] | None
) -> dict[str, ToldWaits]:
    """By queue, then `TOTAL`, of who joined in [since, until); empty: nobody was told anything.

    `queues` None: all. Raises `ValueError` for more than `LONGEST`, `TimeoutError` for too many.
    """
    if until - since > LONGEST:
        raise ValueError(f"at most {LONGEST.days} days")
    given = None if queues is None else list(queues)
    asked = {"sent_away": list(_SENT_AWAY), "since": since, "until": until, "queues": given}
    rows = await fetch_slowly(conn, "calls_told_waits", **asked)
    found = {
        row["queue"] or TOTAL: ToldWaits(**{one.name: row[one.name] for one in fields(ToldWaits)})
        for row in rows
    }
    return {} if found[TOTAL].told == 0 else found


def told_table(found: Mapping[str, ToldWaits]) -> list[list[str | int | float | None]]:
    """A head and one row a queue."""
    head = ["queue", *(one.name for one in fields(ToldWaits)), "kept"]
    return [head, *([queue, *astuple(one), _share(one.kept)] for queue, one in found.items())]


def _share(share: float | None) -> float | None:
    return None if share is None else round(share, 4)
