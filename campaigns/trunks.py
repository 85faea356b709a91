"""What each cell's trunk is known to refuse, by rows: the same for all dialers and processes."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import structlog

from calls.model import Outcome
from campaigns.refusals import End, Fate, Refusal, RefusalRules, TrunkSeen, carried_since, runs
from db.pool import Connection
from db.statements import statements

_log = structlog.get_logger(__name__)
_AT_MOST = 200  # calls that are looked at

Trunks = Mapping[str, TrunkSeen]
"""By cell."""


async def look(conn: Connection, cell: str, now: datetime, rules: RefusalRules) -> Trunks:
    """Of this cell, and of each whose refused calls wait for a word. In the caller's transaction:
    what begins or ends here is written.
    """
    undecided = {row["cell"] async for row in statements().trunk_undecided(conn)}
    stands = await standing(conn, cell) is not None
    return {
        one: await _look(conn, one, now, rules)
        for one in sorted(undecided | ({cell} if stands else set()))
    }


async def _look(conn: Connection, cell: str, now: datetime, rules: RefusalRules) -> TrunkSeen:
    since = now - rules.within
    ends = [
        End(row["number"], row["at"], row["outcome"] and Outcome(row["outcome"]), row["answered"])
        async for row in statements().trunk_ends(conn, cell=cell, since=since, at_most=_AT_MOST)
    ]
    for one in await _refusals(conn, cell, since):
        carried = carried_since(ends, one.began_at) if one.ended_at is None else None
        if carried is not None:
            await statements().trunk_carries(conn, cell=cell, at=carried)
            _log.warning("the trunk takes calls again", cell=cell)
    seen = TrunkSeen(runs(ends), await _refusals(conn, cell, since))
    for run in seen.new(rules):
        await statements().trunk_refuses(
            conn, cell=cell, began_at=run.began_at, now=now, ended_at=run.ended_at
        )
        _log.error("the trunk refuses every call: the dialer pauses", cell=cell, calls=run.numbers)
    return TrunkSeen(seen.runs, await _refusals(conn, cell, since))


async def _refusals(conn: Connection, cell: str, since: datetime) -> list[Refusal]:
    rows = statements().trunk_refusals(conn, cell=cell, since=since)
    return [Refusal(**row) async for row in rows]


async def standing(conn: Connection, cell: str) -> Refusal | None:
    """Since when this cell's trunk refuses everything; None: it does not."""
    row = await statements().trunk_standing(conn, cell=cell)
    return None if row is None else Refusal(**row)


async def allowed(
    conn: Connection, cell: str, allowance: int, now: datetime, rules: RefusalRules
) -> int:
    """How many of so many calls may be dialled. Under the pacing lock."""
    refusal = await standing(conn, cell)
    return allowance if refusal is None else refusal.allows(allowance, now, rules)


async def probed(conn: Connection, cell: str, now: datetime) -> None:
    """A call was written: where the trunk refuses, it was the one that tries it."""
    await statements().trunk_probed(conn, cell=cell, at=now)


async def blamed(
    conn: Connection,
    trunks: Trunks,
    call_id: UUID,
    cell: str,
    end: End,
    now: datetime,
    rules: RefusalRules,
    *,
    waits: bool = True,
) -> Outcome | None:
    """How the call ended, in truth; None: that is not known yet. Of the trunk's fault the row
    says `congestion` from now on.
    """
    match trunks.get(cell, TrunkSeen()).fate(end, now, rules, waits=waits):
        case Fate.LATER:
            return None
        case Fate.TRUNK:
            await statements().trunk_blame(conn, id=call_id)
            return Outcome.CONGESTION
    return end.outcome
