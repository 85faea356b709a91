"""Alarms as rows: raised, told once, acknowledged, cleared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from access import pins
from cti.alarms import AlarmKind, Change, Thing, shown
from cti.errors import ConflictError
from cti.queue_titles import titled
from db.ids import new_id
from db.pool import Connection, Pool
from db.statements import statements
from messages.model import Channel
from messages.wording import word
from web.dates import moment

_ACQUIRE_SECONDS = 5.0
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_NOBODY = ""  # whose channels would be left out: no cell's
_STUCK = timedelta(minutes=10)
_GUESSED_LATELY = timedelta(minutes=10)
LANGUAGE = "hi"
"""Of what goes by webhook."""
RECIPIENT = "supervisors"
"""The webhook's audience, as `to` in its JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A row. `acknowledged_by`: the actor; `acknowledged_name`: theirs, where it is a user."""

    id: UUID
    cell: str
    kind: AlarmKind
    queue: str
    threshold: float
    value: float
    raised_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    acknowledged_name: str | None
    cleared_at: datetime | None

    @property
    def thing(self) -> Thing:
        """What it is about."""
        told_by_others = self.kind is AlarmKind.CELL_SILENT
        return Thing(self.kind, self.queue, self.cell if told_by_others else "")


async def open_alarms(pool: Pool, cell: str) -> list[Alarm]:
    """Those of the cell that stand, and of all cells that are silent; oldest first."""
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        return [_alarm(row) async for row in statements().supervision_open_alarms(conn, cell=cell)]


async def latest(pool: Pool, at_most: int, queues: Sequence[str] | None) -> list[Alarm]:
    """All that stand, then `at_most` of the latest, of all cells; each newest first.

    With `queues` only theirs and the cells' own.
    """
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        rows = statements().supervision_alarms(
            conn, queues=None if queues is None else list(queues), at_most=at_most
        )
        return [_alarm(row) async for row in rows]


async def raise_alarm(
    pool: Pool,
    cell: str,
    thing: Thing,
    threshold: float,
    value: float,
    now: datetime,
    *,
    about: str,
    tell: bool,
) -> None:
    """`about`: the queue, as people read it.

    The row and its message, in one transaction. Another process may have been faster."""
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn, conn.transaction():
        id = await statements().supervision_raise_alarm(
            conn,
            id=new_id(now),
            cell=cell,
            kind=thing.kind,
            queue=thing.queue,
            threshold=threshold,
            value=value,
            at=now,
        )
        if id is not None and tell:
            await _tell(conn, id, Change.RAISED, thing, cell, value, threshold, now, about)


async def clear_alarm(
    pool: Pool,
    cell: str,
    thing: Thing,
    threshold: float,
    value: float,
    now: datetime,
    *,
    about: str,
    tell: bool,
) -> None:
    """What stands about this is over. Nothing where another process cleared it."""
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn, conn.transaction():
        id = await statements().supervision_clear_alarm(
            conn, cell=cell, kind=thing.kind, queue=thing.queue, at=now
        )
        if id is not None and tell:
            await _tell(conn, id, Change.CLEARED, thing, cell, value, threshold, now, about)


async def clear_forgotten(conn: Connection, cell: str, now: datetime, *, tell: bool) -> int:
    """What stands of a cell that looks no more, in the caller's transaction: else nothing would
    ever clear it. Its silence is told by the others, who clear that. How many there were.
    """
    rows = statements().supervision_open_alarms(conn, cell=cell)
    alarms = [alarm for alarm in [_alarm(row) async for row in rows] if not alarm.thing.cell]
    for one in alarms:
        id = await statements().supervision_clear_alarm(
            conn, cell=cell, kind=one.kind, queue=one.queue, at=now
        )
        if id is not None and tell:
            about = titled({}, one.queue, LANGUAGE) if one.queue else "-"
            await _tell(
                conn, id, Change.CLEARED, one.thing, cell, one.value, one.threshold, now, about
            )
    return len(alarms)


async def acknowledge(
    pool: Pool, id: UUID, by: str, queues: Sequence[str] | None, now: datetime
) -> None:
    """Somebody looks after it. The first word stands.

    Raises `ConflictError`: no such alarm of theirs, or somebody else has it already.
    """
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        done = await statements().supervision_acknowledge(
            conn, id=id, by=by, at=now, queues=None if queues is None else list(queues)
        )
    if done is None:
        raise ConflictError("no such alarm, or somebody has acknowledged it already")


async def failing_recordings(conn: Connection, cell: str, now: datetime) -> int:
    """Recordings without a file of the last hour, or whose call has been over for a while and that
    still wait for their closing.
    """
    found = await statements().supervision_recordings_failing(
        conn, cell=cell, since=now - _HOUR, stuck=now - _STUCK
    )
    return int(found)


async def cut_off_telephones(conn: Connection, cell: str, _now: datetime) -> int:
    """Telephones of this cell that may dial nothing until somebody has looked."""
    return int(await statements().supervision_cut_off(conn, cell=cell))


async def refusing_trunks(conn: Connection, cell: str, _now: datetime) -> int:
    """Trunks of this cell that refuse whatever the dialer calls."""
    return int(await statements().supervision_trunks_refusing(conn, cell=cell))


async def used_channels(conn: Connection, _cell: str, now: datetime) -> int:
    """Channels of the trunk over all cells: what callers are held to (`calls.admission`)."""
    return int(await statements().calls_trunk_used(conn, cell=_NOBODY, now=now))


async def stuck_deadlines(conn: Connection, _cell: str, _now: datetime) -> int:
    """What the clock cannot do to single complaints: it is set aside, and somebody must look."""
    return int(await statements().supervision_deadlines_stuck(conn))


async def held_messages(conn: Connection, _cell: str, now: datetime) -> int:
    """Messages that no attempt could send, held within a day, of all cells."""
    return int(await statements().supervision_messages_held(conn, since=now - _DAY))


async def guessing_lines(conn: Connection, _cell: str, now: datetime) -> int:
    """Telephones that have to wait after wrong PINs of officers."""
    return await pins.resting_lines(conn, now - _GUESSED_LATELY, now)


async def _tell(
    conn: Connection,
    id: UUID,
    change: Change,
    thing: Thing,
    cell: str,
    value: float,
    threshold: float,
    now: datetime,
    about: str,
) -> None:
    """One message for each change of one alarm: a constraint."""
    kind = f"alarm_{change}"
    variables: Mapping[str, str] = {
        "cell": cell, "what": thing.kind.value, "queue": about,
        "value": shown(thing.kind, value), "threshold": shown(thing.kind, threshold),
        "at": moment(now, LANGUAGE),
    }  # fmt: skip
    worded = await word(conn, kind, Channel.WEBHOOK, LANGUAGE, variables)
    await statements().supervision_tell_alarm(
        conn,
        id=new_id(now),
        alarm_id=id,
        kind=kind,
        recipient=RECIPIENT,
        subject=worded.subject,
        body=worded.body,
        at=now,
        fault=worded.fault,
    )


def _alarm(row: Mapping[str, object]) -> Alarm:
    return Alarm(**{**row, "kind": AlarmKind(str(row["kind"]))})  # type: ignore[arg-type]
