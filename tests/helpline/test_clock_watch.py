"""A wrong clock calls nobody, escalates nothing and erases nothing."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from cti.ami import AmiLink
from db.pool import Pool
from helpline.adapters import TrunkOriginator
from helpline.clock import ManualClock, shifted_clock
from helpline.clock_watch import ClockWatch
from helpline.deadlines import DeadlineSweep
from tests.complaints.world import World, sign

AT = datetime(2026, 3, 10, 5, 0, tzinfo=UTC)
MONTH = timedelta(days=30)


class Machine:
    """Its wall clock, and the one that cannot be set."""

    def __init__(self) -> None:
        self.wall, self.seconds = ManualClock(AT), 0.0
        self.watch = ClockWatch(self.wall, monotonic=lambda: self.seconds)

    def runs(self, **time: float) -> None:
        """Both go on."""
        passed = timedelta(**time)
        self.wall.advance(passed)
        self.seconds += passed.total_seconds()


def test_time_that_passes_or_is_corrected_a_little_is_acted_on() -> None:
    machine = Machine()
    for _ in range(10):
        machine.runs(hours=30)
        machine.wall.advance(timedelta(seconds=20))
        assert machine.watch.sound()
    machine.wall.advance(timedelta(seconds=-50))
    assert machine.watch.sound()


@pytest.mark.parametrize("jump", [MONTH, -MONTH, timedelta(minutes=2)])
def test_a_jump_is_not_acted_on_until_the_clock_is_right_again(jump: timedelta) -> None:
    machine = Machine()
    machine.wall.advance(jump)
    assert not machine.watch.sound()
    machine.runs(minutes=9)
    assert not machine.watch.sound()
    assert machine.watch.fault is not None
    machine.wall.advance(-jump)
    assert machine.watch.sound()


def test_a_jump_that_stays_is_a_correction_and_one_that_goes_on_is_not() -> None:
    machine = Machine()
    machine.wall.advance(MONTH)
    assert not machine.watch.sound()
    machine.runs(minutes=9)
    machine.wall.advance(MONTH)
    assert not machine.watch.sound()
    machine.runs(minutes=9)
    assert not machine.watch.sound()
    machine.runs(minutes=2)
    assert machine.watch.sound()


async def test_a_clock_that_is_not_the_databases_is_not_acted_on(emptied: Pool) -> None:
    for shift in (timedelta(0), MONTH):
        watch = ClockWatch(shifted_clock(shift), shift)
        await watch.compare(emptied)
        assert watch.sound()
        for wrong in (timedelta(hours=5, minutes=30), timedelta(hours=-1)):
            watch = ClockWatch(shifted_clock(shift + wrong), shift)
            await watch.compare(emptied)
            assert "from the database's" in (watch.fault or "")


async def test_nothing_is_escalated_by_a_clock_that_is_not_sound(world: World) -> None:
    await world.register()
    world.now += timedelta(days=400)
    asked, is_sound = asyncio.Event(), False

    def sound() -> bool:
        asked.set()
        return is_sound

    async def level() -> int:
        return int(await world.pool.fetchval("select level from complaint"))

    sweep = DeadlineSweep(world.pool, world.policy, lambda: world.now, sign, sound)
    service = asyncio.ensure_future(sweep.services["deadlines"]())
    try:
        async with asyncio.timeout(20):
            await asked.wait()
            assert await level() == 1
        service.cancel()
        await asyncio.gather(service, return_exceptions=True)
        is_sound = True
        service = asyncio.ensure_future(sweep.services["deadlines"]())
        async with asyncio.timeout(20):
            while await level() == 1:
                await asyncio.sleep(0.02)
    finally:
        service.cancel()
        await asyncio.gather(service, return_exceptions=True)


def test_nobody_is_called_by_a_clock_that_is_not_sound() -> None:
    class Link:
        ready = True

    link = cast(AmiLink, Link())
    assert TrunkOriginator(link, frozenset, lambda: True).ready
    assert not TrunkOriginator(link, frozenset, lambda: False).ready
