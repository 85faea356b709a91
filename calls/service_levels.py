"""Within how many seconds a call of a queue is answered in time: what held, and since when."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from db.pool import Connection
from db.statements import statements

Held = Mapping[str, tuple[int, ...]]
"""Seconds by queue; several where it was changed meanwhile, or differs between cells."""


async def put(conn: Connection, cell: str, seconds: Mapping[str, int], now: datetime) -> None:
    """Write those of a cell's queues that are not what holds. They count for calls from `now` on;
    what was counted before stays.
    """
    for queue, within in seconds.items():
        await statements().reports_put_service_level(
            conn, cell=cell, queue=queue, within=timedelta(seconds=within), now=now
        )


async def held(
    conn: Connection, since: datetime, until: datetime, queues: tuple[str, ...] | None
) -> Held:
    """What calls of this time were counted by. `queues` None: of all."""
    found: dict[str, tuple[int, ...]] = {}
    rows = statements().reports_service_levels(
        conn, since=since, until=until, queues=None if queues is None else list(queues)
    )
    async for row in rows:
        within = round(row["answer_within"].total_seconds())
        found[row["queue"]] = (*found.get(row["queue"], ()), within)
    return found
