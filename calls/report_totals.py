"""Totals of days in India that are over: made day by day, read by the report in place of rows.

A day is *noted* first, then summed in a transaction of its own. From the note on, triggers write a
change in the transaction of whatever changes the day's rows; a day with a change is not read and is
noted and summed anew. Noting waits for who has changed rows and has not committed, so that a sum
made afterwards has seen every change that left no mark (ADR 32).
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from calls.report_sql import fetch_slowly
from calls.reporting import IST, Rules, day_bounds
from db.pool import Connection, Pool
from db.statements import statements

_ACQUIRE_SECONDS = 5.0
_SETTLING = timedelta(hours=1)
"""After midnight: nearly all calls have ended by then. The others change their day when they do."""
_MOST_DAYS = 1_100
"""As far back as the report goes."""
_ONE_DAY = timedelta(days=1)
_PARTS = ("calls", "work", "placed", "duty", "unaccounted")


async def sum_a_day(pool: Pool, now: datetime, rules: Rules) -> date | None:
    """Totals of one more day, the latest that has none. None: there is none, or another process is
    at it. Raises one of `db.errors.AWAY`; what was begun is then begun again by the next.
    """
    await note_days(pool, now, rules)
    return await sum_noted_day(pool, now, rules)


async def note_days(pool: Pool, now: datetime, rules: Rules) -> bool:
    """From here on, changes of days that are over leave a mark; whether any was to be noted."""
    last = (now - _SETTLING).astimezone(IST).date() - _ONE_DAY
    due, counts = {"last": last, "most": _MOST_DAYS}, _counts(rules)
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn, conn.transaction():
        named = statements()
        if not await named.reports_days_alone(conn):
            return False
        if not await named.reports_days_wanted(conn, **due, **counts):
            return False
        await named.reports_days_patience(conn)
        await named.reports_days_lock(conn)
        await named.reports_days_note(conn, **due, **counts)
        await named.reports_days_anew(conn, **counts)
        await named.reports_days_noted(conn)
    return True


async def sum_noted_day(pool: Pool, now: datetime, rules: Rules) -> date | None:
    """One transaction: the latest noted day's totals are those of its rows, or as they were."""
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn, conn.transaction():
        named = statements()
        if not await named.reports_days_alone(conn):
            return None
        day: date | None = await named.reports_day_to_sum(conn, **_counts(rules))
        if day is None:
            return None
        await named.reports_room(conn)
        for part in _PARTS:
            await fetch_slowly(conn, f"reports_day_forget_{part}", day=day)
        since, until = day_bounds(day, day)
        given = {"day": day, "since": since, "until": until, **_counts(rules)}
        for part in _PARTS:
            await fetch_slowly(conn, f"reports_day_{part}", **given)
        await named.reports_day_summed(conn, day=day, at=now)
    return day


async def summed_days(
    conn: Connection, since: datetime, until: datetime, rules: Rules
) -> list[date]:
    """Whole days within [since, until) whose totals say what their rows say, sorted.

    Totals count what was in time by each queue's own seconds.
    """
    if not rules.own:
        return []
    first, end = since.astimezone(IST).date(), until.astimezone(IST).date()
    if day_bounds(first, first)[0] < since:
        first += _ONE_DAY
    rows = statements().reports_days(conn, first=first, last=end - _ONE_DAY, **_counts(rules))
    return [row["day"] async for row in rows]


def between(
    since: datetime, until: datetime, days: Sequence[date]
) -> Iterator[tuple[datetime, datetime]]:
    """What of [since, until) is in none of these days, which are within it and sorted."""
    for day in days:
        begin, end = day_bounds(day, day)
        if since < begin:
            yield since, begin
        since = end
    if since < until:
        yield since, until


def _counts(rules: Rules) -> dict[str, timedelta]:
    return {"within": rules.answer_within, "short": rules.short}
