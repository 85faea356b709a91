"""Limits of alarms that supervisors set: rows that hold in all cells, with who, when and why."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cti.alarms import EACH_QUEUE, OF_THE_CELL, SHARES, AlarmKind, Thing
from cti.errors import LimitRefusedError
from db.ids import new_id
from db.pool import Pool
from db.statements import statements

_ACQUIRE_SECONDS = 5.0
_LARGEST = 1_000_000
_LONGEST_REASON = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLimit:
    """A row of the history. `threshold` None: back to the setting. `set_by_name`: of a user."""

    kind: AlarmKind
    queue: str
    threshold: float | None
    why: str
    set_by: str
    set_at: datetime
    set_by_name: str | None = None


async def standing(pool: Pool) -> dict[Thing, float | None]:
    """The latest of each kind and queue. Raises one of `db.errors.AWAY`."""
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        rows = statements().supervision_limits(conn)
        return {Thing(AlarmKind(row["kind"]), row["queue"]): row["threshold"] async for row in rows}


async def history(pool: Pool, at_most: int, queues: Sequence[str] | None) -> list[SetLimit]:
    """Newest first; with `queues` only theirs, and those of each queue."""
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        rows = statements().supervision_limit_history(
            conn, queues=None if queues is None else list(queues), at_most=at_most
        )
        return [SetLimit(**{**row, "kind": AlarmKind(row["kind"])}) async for row in rows]


async def set_limit(pool: Pool, limit: SetLimit) -> None:
    """It holds from the next look of each cell on, a second later.

    Raises `LimitRefusedError` for a figure that cannot be, or no reason.
    """
    why = limit.why.replace("\0", "").strip()[:_LONGEST_REASON]
    if not why:
        raise LimitRefusedError("say why")
    if limit.kind in OF_THE_CELL and limit.queue != EACH_QUEUE:
        raise LimitRefusedError("this is the cell's, not of a queue")
    if limit.threshold is not None:
        _check(limit.kind, limit.threshold)
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        await statements().supervision_set_limit(
            conn, id=new_id(limit.set_at), kind=limit.kind, queue=limit.queue,
            threshold=limit.threshold, why=why, by=limit.set_by, at=limit.set_at,
        )  # fmt: skip


def _check(kind: AlarmKind, threshold: float) -> None:
    most = 1 if kind in SHARES else _LARGEST - 1
    if not math.isfinite(threshold) or not 0 <= threshold <= most:
        raise LimitRefusedError(f"a limit of {kind} is a number from 0 to {most}")
