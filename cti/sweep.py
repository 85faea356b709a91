"""Calls that ended while we were not looking: their rows are ended as lost."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import structlog

from calls.model import Outcome
from calls.store import end_if_open
from cti.state import State
from db.pool import Connection
from db.statements import statements

_log = structlog.get_logger(__name__)

YOUNG = timedelta(seconds=15)
"""A call row is written before its channel can be seen; so long it is left alone."""


@dataclass(frozen=True, slots=True)
class Live:
    """What has a channel right now, by our id and by Asterisk's."""

    calls: frozenset[UUID]
    channels: frozenset[str]


def live_of(state: State) -> Live:
    """What the state says is live."""
    return Live(frozenset(state.calls), frozenset(state.legs))


async def sweep(conn: Connection, cell: str, live: Live, at: datetime) -> int:
    """End the cell's open calls that have no channel; how many."""
    rows = statements().cti_open_calls(conn, cell=cell, before=at - YOUNG)
    return await _end(conn, [row async for row in rows], live, at)


async def sweep_of_before(
    conn: Connection, cell: str, live: Live, began: datetime, at: datetime
) -> int:
    """End the calls without a channel that a server before us, which `began` is after, has left.

    However young: no flow of ours is about to say better how they ended.
    """
    rows = statements().cti_calls_of_before(conn, cell=cell, began=began)
    return await _end(conn, [row async for row in rows], live, at)


async def _end(conn: Connection, rows: list[asyncpg.Record], live: Live, at: datetime) -> int:
    gone = [
        row["id"]
        for row in rows
        if row["id"] not in live.calls and row["channel_id"] not in live.channels
    ]
    for call_id in gone:
        await end_if_open(conn, call_id, Outcome.LOST, at)
    if gone:
        _log.warning("calls ended unseen", calls=len(gone))
    return len(gone)
