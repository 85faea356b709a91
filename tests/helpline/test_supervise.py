"""Services that are kept running."""

import asyncio

from helpline.supervise import Backoff, Supervisor

QUICK = Backoff(first=0.01, most=0.02)


async def _until(ready: "asyncio.Event") -> None:
    async with asyncio.timeout(5):
        await ready.wait()


async def test_a_failed_service_is_started_again_while_others_go_on() -> None:
    again, other_cancelled = asyncio.Event(), asyncio.Event()
    starts = 0

    async def failing() -> None:
        nonlocal starts
        starts += 1
        if starts == 3:
            again.set()
            await asyncio.Event().wait()
        raise OSError("link down")

    async def steady() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            other_cancelled.set()
            raise

    supervisor = Supervisor(QUICK)
    supervisor.start("steady", steady)
    supervisor.start("failing", failing)
    await _until(again)
    assert supervisor.restarts() == {"steady": 0, "failing": 2}
    assert not other_cancelled.is_set()
    await supervisor.stop()
    assert other_cancelled.is_set()


async def test_a_service_that_returns_is_taken_as_failed() -> None:
    again = asyncio.Event()
    starts = 0

    async def returning() -> None:
        nonlocal starts
        starts += 1
        if starts == 2:
            again.set()

    supervisor = Supervisor(QUICK)
    supervisor.start("returning", returning)
    await _until(again)
    await supervisor.stop()


async def test_a_waiting_service_is_reported_as_down() -> None:
    failed = asyncio.Event()

    async def failing() -> None:
        failed.set()
        raise OSError("link down")

    supervisor = Supervisor(Backoff(first=30))
    supervisor.start("ami", failing)
    await _until(failed)
    await asyncio.sleep(0)
    assert supervisor.down() == ["ami"]
    await supervisor.stop()


async def test_what_fails_three_times_in_a_row_is_failing_until_it_ran_for_a_healthy_while() -> (
    None
):
    third = asyncio.Event()
    starts, healthy = 0, 2.0

    async def failing() -> None:
        nonlocal starts
        starts += 1
        if starts == 4:
            third.set()
            await asyncio.Event().wait()
        raise OSError("link down")

    async def steady() -> None:
        await asyncio.Event().wait()

    supervisor = Supervisor(Backoff(first=0.001, most=0.001, healthy_after=healthy))
    supervisor.start("recordings", failing)
    supervisor.start("steady", steady)
    assert supervisor.failing() == []
    await _until(third)
    assert supervisor.failing() == ["recordings"]
    async with asyncio.timeout(5):
        while supervisor.failing():
            await asyncio.sleep(0.01)
    await supervisor.stop()


def test_the_delay_doubles_up_to_its_bound() -> None:
    backoff = Backoff(first=0.5, most=30)
    assert [backoff.delay(n) for n in (1, 2, 3, 10, 10_000)] == [0.5, 1, 2, 30, 30]
