"""What alarms watch of the server's own process."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cti.alarms import AlarmKind
from db.left_rows import LeftRows
from helpline.clock import ManualClock
from helpline.clock_watch import ClockWatch
from helpline.disk import DiskWatch
from helpline.supervise import Backoff, Supervisor
from helpline.watched import watched


async def test_a_wrong_clock_and_a_part_that_fails_again_and_again_are_counted(
    tmp_path: Path,
) -> None:
    wall = ManualClock(datetime(2026, 3, 10, tzinfo=UTC))
    services = Supervisor(Backoff(first=0.001, most=0.001, healthy_after=60))
    clock = ClockWatch(wall, monotonic=lambda: 0.0)
    counted = watched(LeftRows(tmp_path / "left"), DiskWatch({}), clock, services)

    def now() -> dict[AlarmKind, float | None]:
        return {kind: count() for kind, count in counted.items()}

    healthy = dict.fromkeys(counted, 0.0) | {AlarmKind.DISK_FULL: None}
    assert now() == healthy
    wall.advance(timedelta(days=30))
    assert now() == healthy | {AlarmKind.CLOCK_WRONG: 1.0}
    wall.advance(timedelta(days=-30))

    async def failing() -> None:
        raise OSError("no such folder")

    services.start("recordings", failing)
    async with asyncio.timeout(5):
        while services.restarts()["recordings"] < 3:
            await asyncio.sleep(0.001)
    assert now() == healthy | {AlarmKind.SERVICE_FAILING: 1.0}
    await services.stop()


def test_a_clock_that_is_moved_at_will_is_never_wrong(tmp_path: Path) -> None:
    counted = watched(LeftRows(tmp_path / "left"), DiskWatch({}), None, Supervisor())
    assert counted[AlarmKind.CLOCK_WRONG]() == 0
