"""Brings store and rows together after any crash: what is decided is deleted, what no row names is
swept away, what a row names and the store has not is told. Recordings and others' sealed files.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import asyncpg
import structlog

from db.errors import AWAY, stop_if_cancelled
from db.pool import Pool
from db.statements import statements
from recordings.errors import StoreError
from recordings.model import id_time, object_of
from recordings.store import Listed
from recordings.vault import Vault

_log = structlog.get_logger(__name__)
_DAY = "%Y/%m/%d"
_BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = (_BEFORE_ALL, UUID(int=0))
_IN_A_ROW = 5  # a store that is away has had enough
_TOLD_AT_MOST = 1000
_SLICE = timedelta(minutes=30)
_AT_ONCE = 5_000
_OF_CRASHES = 10
"""So many objects of a day may be without a row by crashes alone."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Of a day of the store, how many objects that rows name it has not, and where the first of
    them should lie.
    """

    count: int
    locations: Sequence[str]


def _always() -> bool:
    return True


def left_by_crashes(unnamed: int, named: int) -> bool:
    """Whether a day's objects that no row names may be taken for what crashes left. Pure.

    Where rows name none of the day, or fewer than they do not, the database is another's, or older
    than the store (a restored backup): then nothing is deleted.
    """
    return named > 0 and unnamed <= max(named, _OF_CRASHES)


@dataclass(frozen=True, slots=True)
class SweepLimits:
    """Seconds, days, rows. What is younger than `young` may be about to get its row. An object
    without one is deleted after `grace`: time for a person to see that it is the wrong database.
    """

    interval: float = 60.0
    reconcile_every: float = 3600.0
    young: float = 86_400.0
    grace: float = 35 * 86_400.0
    recent_days: int = 3
    batch: int = 200


class Sweeper:
    """`run()` belongs to a supervisor; any number of processes may sweep.

    `lost`: by day, what was still not there when that was last looked at. `totals`: deleted,
    rubbish (objects without a row), half_written, lost (newly), found_again, foreign, unnamed
    (without a row, in their grace; each time), not_deleted (the store refused; each time),
    left_alone (too many without a row; each time). What the store refuses holds nothing else up,
    and is tried again when all others have had their turn.
    """

    def __init__(
        self,
        pool: Pool,
        vault: Vault,
        now: Callable[[], datetime],
        limits: SweepLimits | None = None,
        sound: Callable[[], bool] = _always,
    ) -> None:
        """`sound`: whether that time can be acted on; else nothing is taken for old."""
        self._pool = pool
        self._store = vault.store
        self._now = now
        self._limits = limits or SweepLimits()
        self._sound = sound
        self._last_older = ""
        self._after = _FIRST
        self._in_a_row = 0
        self._told: set[str] = set()
        self.totals: Counter[str] = Counter()
        self.lost: dict[str, Lost] = {}

    @property
    def lost_now(self) -> int:
        """Objects that are lost, of the days that were looked at."""
        return sum(lost.count for lost in self.lost.values())

    async def run(self) -> None:
        """Delete what is decided each minute; each hour look at the last days and an older one."""
        loop = asyncio.get_running_loop()
        reconciled = -self._limits.reconcile_every
        while True:
            try:
                await self.delete_removed()
                if self._sound() and loop.time() - reconciled >= self._limits.reconcile_every:
                    reconciled = loop.time()
                    await self.reconcile_some()
            except (*AWAY, StoreError) as error:
                stop_if_cancelled()
                _log.warning("recordings not swept", error=repr(error))
            await asyncio.sleep(self._limits.interval)

    async def delete_removed(self) -> int:
        """Delete from the store the objects that were removed; how many.

        Goes on behind what the store refuses, also in the next turn where it refused some in a row.
        """
        done, self._in_a_row = 0, 0
        while True:
            after_at, after_id = self._after
            async with self._pool.acquire(timeout=5) as conn:
                found = statements().recordings_to_delete(
                    conn, after_at=after_at, after_id=after_id, at_most=self._limits.batch
                )
                removed = [row async for row in found]
            for row in removed:
                if self._in_a_row >= _IN_A_ROW:
                    return done
                done += await self._delete_one(row["id"], row["location"])
                self._after = row["removed_at"], row["id"]
            if len(removed) < self._limits.batch:
                self._after = _FIRST
                return done

    async def _delete_one(self, object_id: UUID, location: str) -> bool:
        if not await self._is_deleted(location):
            return False
        async with self._pool.acquire(timeout=5) as conn:
            await statements().recordings_deleted(conn, id=object_id, at=self._now())
        self.totals["deleted"] += 1
        return True

    async def _is_deleted(self, location: str) -> bool:
        """Whether the store has it no more. What it refuses is told once."""
        try:
            await self._store.delete(location)
        except StoreError as error:
            self._in_a_row += 1
            self._not_deleted(location, error)
            return False
        self._in_a_row = 0
        self._told.discard(location)
        return True

    def _not_deleted(self, location: str, error: Exception) -> None:
        self.totals["not_deleted"] += 1
        if self._is_news(location):
            _log.error("cannot be deleted, tried again", location=location, error=str(error))

    async def reconcile_some(self) -> None:
        """The last days, and one older day after another."""
        days = sorted({*await asyncio.to_thread(self._store.days), *self.lost})
        recent = {
            f"{self._now().astimezone(UTC) - timedelta(days=back):{_DAY}}"
            for back in range(self._limits.recent_days)
        }
        older = [day for day in days if day not in recent]
        following = [day for day in older if day > self._last_older] or older
        for day in [*sorted(recent), *following[:1]]:
            try:
                await self.reconcile(day)
            except (StoreError, TimeoutError) as error:  # one day's fault: the others have a turn
                stop_if_cancelled()
                _log.warning("a day of the store not looked at", day=day, error=repr(error))
        self._last_older = following[0] if following else ""

    async def reconcile_all(self) -> None:
        """Every day that the store or a row has."""
        days = set(await asyncio.to_thread(self._store.days))
        for day in sorted(days | await self._days_of_rows()):
            await self.reconcile(day)

    async def _days_of_rows(self) -> set[str]:
        days, since = set[str](), _BEFORE_ALL
        async with self._pool.acquire(timeout=5) as conn:
            while day := await statements().recordings_next_day(conn, since=since):
                days.add(f"{day:{_DAY}}")
                since = datetime.combine(day, time(), UTC) + timedelta(days=1)
        return days

    async def reconcile(self, day: str) -> None:
        """Compare the store's folder `YYYY/MM/DD` with the rows of that day (UTC)."""
        rows = await self._rows_of(day)
        # Rows first: what is stored meanwhile is then listed all the same.
        listed = await asyncio.to_thread(self._store.objects_of, day)
        changed, lost, unnamed = await asyncio.to_thread(_compared, rows, listed)
        self.lost.pop(day, None)
        if lost:
            self.lost[day] = Lost(len(lost), lost[:_TOLD_AT_MOST])
        for row in changed:
            await self._set_lost(row["id"], row["owner_id"], lost=row["lost_at"] is None)
        await self._sweep_unnamed(day, unnamed, len(rows))
        await asyncio.to_thread(self._sweep_half_written, day)

    async def _rows_of(self, day: str) -> list[asyncpg.Record]:
        """Slice by slice: a whole day's rows take longer than one statement may, at size."""
        rows = list[asyncpg.Record]()
        since = datetime.strptime(day, _DAY).replace(tzinfo=UTC)
        end = since + timedelta(days=1)
        while since < end:
            until = since + _SLICE
            async with self._pool.acquire(timeout=5) as conn:
                found = statements().recordings_objects_of_day(conn, since=since, until=until)
                rows += [row async for row in found]
            since = until
        return rows

    async def _set_lost(self, object_id: UUID, owner_id: UUID, *, lost: bool) -> None:
        async with self._pool.acquire(timeout=5) as conn:
            await statements().recordings_set_lost(
                conn, id=object_id, at=self._now() if lost else None
            )
        self.totals["lost" if lost else "found_again"] += 1
        log = _log.error if lost else _log.warning
        what = "lost from the store" if lost else "found again in the store"
        log("stored object", what=what, owner=str(owner_id), object=str(object_id))

    async def _sweep_unnamed(self, day: str, unnamed: list[Listed], named: int) -> None:
        """Objects that no live row names: a crash left them before their row."""
        known = await self._known([one.location for one in unnamed])
        left, foreign = await asyncio.to_thread(self._left, unnamed, known)
        if foreign:
            self.totals["foreign"] += len(foreign)
            _log.warning(
                "not objects of ours: left alone", locations=foreign[:10], count=len(foreign)
            )
        if not left_by_crashes(len(left), named + len(known)):
            self._left_alone(day, len(left), named)
            return
        waiting = 0
        for location, object_id in left.items():
            if not self._is_older(object_id, self._limits.grace):
                waiting += 1
            elif await self._is_deleted(location):
                self.totals["rubbish"] += 1
                _log.warning("object without a row deleted", location=location)
        self._unnamed(day, waiting, named)

    async def _known(self, locations: list[str]) -> set[str]:
        """Those that a row names: what was removed is `delete_removed`'s."""
        known = set[str]()
        for at in range(0, len(locations), _AT_ONCE):
            async with self._pool.acquire(timeout=5) as conn:
                found = statements().recordings_known_locations(
                    conn, locations=locations[at : at + _AT_ONCE]
                )
                known |= {row["location"] async for row in found}
        return known

    def _left(self, unnamed: list[Listed], known: set[str]) -> tuple[dict[str, UUID], list[str]]:
        """What is without a row and not just being written, and what is not ours. Blocks."""
        left, foreign = dict[str, UUID](), list[str]()
        for one in unnamed:
            if one.location in known:
                continue
            names = object_of(one.location)
            if names is None:
                foreign.append(one.location)
            elif self._is_older(names[1], self._limits.young):
                left[one.location] = names[1]
        return left, foreign

    def _left_alone(self, day: str, unnamed: int, named: int) -> None:
        """Told once a day of the store."""
        if not unnamed:
            return
        self.totals["left_alone"] += unnamed
        if self._is_news(day):
            _log.error(
                "the store has more than this database knows: nothing of that day is deleted",
                day=day, without_row=unnamed, with_row=named,
            )  # fmt: skip

    def _unnamed(self, day: str, waiting: int, named: int) -> None:
        """Told once a day of the store: who restored a backup has the rest of the grace to act."""
        if not waiting:
            return
        self.totals["unnamed"] += waiting
        if self._is_news(f"{day} unnamed"):
            _log.warning(
                "objects that no row names: deleted when their grace ends",
                day=day, without_row=waiting, with_row=named,
                grace_days=self._limits.grace / 86_400,
            )  # fmt: skip

    def _is_news(self, told: str) -> bool:
        """Whether that was not told yet, and there is room to remember that it is."""
        if told in self._told or len(self._told) >= _TOLD_AT_MOST:
            return False
        self._told.add(told)
        return True

    def _sweep_half_written(self, day: str) -> None:
        """What a crash left in mid-write. An S3 bucket's own rule ends unfinished uploads."""
        for path in self._store.half_written(day):
            names = object_of(f"{day}/{path.name.partition('#')[0]}")
            if names is not None and self._is_older(names[1], self._limits.young):
                try:
                    path.unlink(missing_ok=True)
                except OSError as error:
                    self._not_deleted(f"{day}/{path.name}", error)
                else:
                    self.totals["half_written"] += 1

    def _is_older(self, object_id: UUID, seconds: float) -> bool:
        # Asked each time: the clock may jump while a day is looked at.
        return self._sound() and id_time(object_id) <= self._now() - timedelta(seconds=seconds)


def _compared(
    rows: list[asyncpg.Record], listed: list[Listed]
) -> tuple[list[asyncpg.Record], list[str], list[Listed]]:
    """Rows whose object is newly lost, or found again; where all that are lost should lie; and
    objects that no row names. Pure; takes long for a full day.
    """
    sizes = {one.location: one.bytes for one in listed}
    lost = {row["location"] for row in rows if sizes.get(row["location"]) != row["stored_bytes"]}
    changed = [row for row in rows if (row["location"] in lost) == (row["lost_at"] is None)]
    named = {row["location"] for row in rows}
    return changed, sorted(lost), [one for one in listed if one.location not in named]
