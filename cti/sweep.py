"""Calls that ended while we were not looking: their rows are ended as lost."""

from collections.abc import Set
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


class Missing:
    """Open calls without a channel, and since when. One look alone may be too early: whoever knows
    how a call ended writes it a moment after its channel is gone.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._since: dict[UUID, float] = {}

    def overdue(self, missing: Set[UUID], at: float) -> frozenset[UUID]:
        """Of those that are missing at `at` (seconds), those that were for the patience's time."""
        self._since = {id: self._since.get(id, at) for id in missing}
        latest = at - self._patience
        return frozenset(id for id, since in self._since.items() if since <= latest)


async def sweep(conn: Connection, cell: str, live: Live, at: datetime) -> int:
    """End the cell's open calls that have no channel; how many."""
    return await end_as_lost(conn, await without_channel(conn, cell, live, at), at)


async def sweep_of_before(
    conn: Connection, cell: str, live: Live, began: datetime, at: datetime
) -> int:
    """End the calls without a channel that a server before us, which `began` is after, has left.

    However young: no flow of ours is about to say better how they ended.
    """
    rows = statements().cti_calls_of_before(conn, cell=cell, began=began)
    return await end_as_lost(conn, _gone([row async for row in rows], live), at)


async def without_channel(conn: Connection, cell: str, live: Live, at: datetime) -> frozenset[UUID]:
    """The cell's open calls that have none."""
    rows = statements().cti_open_calls(conn, cell=cell, before=at - YOUNG)
    return _gone([row async for row in rows], live)


def _gone(rows: list[asyncpg.Record], live: Live) -> frozenset[UUID]:
    return frozenset(
        row["id"]
        for row in rows
        if row["id"] not in live.calls and row["channel_id"] not in live.channels
    )


async def end_as_lost(conn: Connection, gone: Set[UUID], at: datetime) -> int:
    """How many there were."""
    for call_id in gone:
        await end_if_open(conn, call_id, Outcome.LOST, at)
    if gone:
        _log.warning("calls ended unseen", calls=len(gone))
    return len(gone)
