"""Heads kept elsewhere: what the database alone does not show any more."""

import os
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from complaints.errors import HeadsError
from complaints.heads import compare_heads, daily_files, write_daily, write_heads
from complaints.verification import Verified, verify_one
from db.pool import Pool
from tests.complaints.moves import interim, remarked
from tests.complaints.world import World

KEY = b"k" * 32


@pytest.fixture(autouse=True)
def short_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("complaints.heads._BATCH", 2)


async def amiss(world: World, path: Path) -> list[str]:
    return [one async for one in compare_heads(world.pool, path, key=KEY)]


async def wound_back(world: World, number: str) -> None:
    """To before its last entry, history and row, as who owns the tables can."""
    async with world.pool.acquire() as conn, conn.transaction():
        await conn.execute("alter table complaint_history disable trigger history_is_append_only")
        await conn.execute("delete from complaint_history where seq = 2")
        await conn.execute(
            """update complaint c set entries = 1, head = h.hash from complaint_history h
               where c.number = $1 and h.complaint_id = c.id""",
            number,
        )
        await conn.execute("alter table complaint_history enable trigger history_is_append_only")


async def test_a_history_that_was_wound_back_with_its_row_is_found(
    world: World, tmp_path: Path
) -> None:
    numbers = [(await world.register()).number for _ in range(5)]
    await remarked(world, numbers[2])
    path = tmp_path / "kept"
    assert await write_heads(world.pool, path, key=KEY, at=world.now) == 5
    await remarked(world, numbers[3])  # what goes on is no fault
    await remarked(world, numbers[3])
    assert await amiss(world, path) == []
    await wound_back(world, numbers[2])
    assert await verify_one(world.pool, numbers[2]) == Verified(numbers[2], None)
    told = "entry 2 of its history is gone, as written down at 2025-11-20T05:30:00+00:00"
    assert await amiss(world, path) == [f"complaint {numbers[2]}: {told}"]
    await interim(world, numbers[2])
    [other] = await amiss(world, path)
    assert "entry 2 of its history is not the one, as written down" in other


async def test_the_disk_is_waited_for_beside_the_calls_of_the_process(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[bool] = []

    def fsync(file: int) -> None:
        synced.append(threading.current_thread() is threading.main_thread())
        real(file)

    real = os.fsync
    monkeypatch.setattr("complaints.heads.os.fsync", fsync)
    await world.register()
    await write_heads(world.pool, tmp_path / "kept", key=KEY, at=world.now)
    assert synced == [False]


async def test_a_complaint_that_is_gone_is_found(world: World, tmp_path: Path) -> None:
    number = (await world.register()).number
    path = tmp_path / "kept"
    await write_heads(world.pool, path, key=KEY, at=world.now)
    await world.pool.execute("truncate complaint cascade")
    [found] = await amiss(world, path)
    assert found.startswith(f"complaint {number}: it is gone")


async def test_each_day_has_what_moved_since_the_day_before(world: World, tmp_path: Path) -> None:
    quiet, moving = (await world.register()).number, (await world.register()).number

    async def kept() -> Path | None:
        return await write_daily(world.pool, tmp_path / "audit", key=KEY, now=world.now)

    world.later(hours=2)
    first = await kept()
    assert first is not None
    assert first.name == "complaints-2025-11-20.heads"
    assert {quiet, moving} < set(first.read_text().split())
    assert await kept() is None
    world.later(days=2)
    await world.dispose(moving)
    second = await kept()
    assert second is not None
    assert daily_files(tmp_path / "audit") == [first, second]
    assert (moving in second.read_text(), quiet in second.read_text()) == (True, False)
    assert await amiss(world, second) == []
    world.later(days=1)
    await kept()  # a day on which nothing happened has a file too
    assert len(daily_files(tmp_path / "audit")) == 3


class Counted:
    """A pool that counts how often a connection of it is taken: once for each statement here."""

    def __init__(self, pool: Pool) -> None:
        self._pool, self.taken = pool, 0

    def acquire(self, timeout: float) -> Any:
        self.taken += 1
        return self._pool.acquire(timeout=timeout)


async def test_what_moved_in_a_long_downtime_is_read_in_slices(
    world: World, tmp_path: Path
) -> None:
    """One statement over all of it would pass its time, and each later one would be longer."""
    await world.register()  # and no more
    since = world.later(hours=1)
    moved = []
    for n in range(7):
        moved.append((await world.register()).number)
        world.later(minutes=12 if n % 3 else 0)  # some in one slice, others apart
    await remarked(world, moved[0])
    world.later(days=1)
    pool, path = Counted(world.pool), tmp_path / "kept"
    await write_heads(cast(Pool, pool), path, key=KEY, at=world.now, since=since)
    told = path.read_text().splitlines()[1:-1]
    assert sorted(line.split()[:2] for line in told) == [
        [moved[0], "2"],
        *([one, "1"] for one in moved[1:]),
    ]
    assert pool.taken > 7
    assert await amiss(world, path) == []


@pytest.mark.parametrize("days_ahead", [1, 30])
async def test_a_clock_that_ran_ahead_leaves_no_day_after_it_empty(
    world: World, tmp_path: Path, days_ahead: int
) -> None:
    folder, start = tmp_path / "audit", world.now

    async def kept() -> Path | None:
        return await write_daily(world.pool, folder, key=KEY, now=world.now)

    number = (await world.register()).number
    await kept()
    for _ in range(2):  # the same mistake twice keeps both
        world.now = start + timedelta(days=days_ahead)
        ahead = await kept()
        assert ahead is not None
        world.now = start
        assert await kept() is None
        assert not ahead.exists()
    assert len(daily_files(folder)) == 3
    world.now = start + timedelta(days=days_ahead)  # it comes to pass
    await remarked(world, number)
    today = await kept()
    assert today is not None
    assert today == ahead
    assert number in today.read_text()
    await wound_back(world, number)
    assert len(await amiss(world, today)) == 1
    for path in daily_files(folder):
        assert path == today or await amiss(world, path) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(" 1 ", " 2 ", 1),
        lambda text: "\n".join([*text.split("\n")[:1], *text.split("\n")[2:]]),
        lambda text: text[: text.rindex("\n", 0, -1) + 1],
        lambda text: text.replace("2025-11-20", "2025-11-21"),
        lambda text: text + text,
        lambda text: "",
        lambda text: "पत्र",
    ],
    ids=["entry", "line", "signature", "time", "twice", "empty", "letter"],
)
async def test_a_file_that_was_changed_is_refused(
    world: World, tmp_path: Path, change: object
) -> None:
    await world.register()
    path = tmp_path / "kept"
    await write_heads(world.pool, path, key=KEY, at=world.now)
    assert callable(change)
    path.write_text(change(path.read_text()))
    with pytest.raises(HeadsError):
        await amiss(world, path)


async def test_another_sites_file_is_refused_and_none_is_replaced(
    world: World, tmp_path: Path
) -> None:
    await world.register()
    path = tmp_path / "kept"
    await write_heads(world.pool, path, key=b"x" * 32, at=world.now)
    with pytest.raises(HeadsError, match="is not as this site wrote it"):
        await amiss(world, path)
    with pytest.raises(HeadsError, match="is there already"):
        await write_heads(world.pool, path, key=KEY, at=world.now)
    with pytest.raises(HeadsError, match="cannot be read"):
        await amiss(world, tmp_path / "none")
