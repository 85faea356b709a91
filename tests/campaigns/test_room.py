"""Feedback calls, promised call-backs and agents' own calls share a rate and a trunk."""

from dataclasses import replace
from datetime import timedelta

from campaigns.callbacks import Callbacks
from campaigns.dialer import Dialer
from campaigns.pacing import Limits
from db.ids import new_id
from db.pool import Pool
from tests.campaigns.fakes import SETTINGS, Centre, Clock
from tests.campaigns.test_callbacks import House

LIMITS = Limits(max_channels=1000, calls_per_second=2, inbound_reserve=0, trunk_channels=1000)


async def _rounds(clock: Clock, seconds: float, *campaigns: Dialer | Callbacks) -> None:
    """Rounds of each, when they want them: a call-backs' process looks less often."""
    end = clock() + timedelta(seconds=seconds)
    due = {one: clock() for one in campaigns}
    while (at := min(due.values())) < end:
        one = next(one for one in campaigns if due[one] == at)
        clock.time = at
        await one.tick()
        pause = one.pause(1.0 if isinstance(one, Dialer) else 2.0)
        due[one] = at + timedelta(seconds=pause + 0.003)


async def _backlog(centre: Centre, size: int) -> None:
    for n in range(size):
        await centre.disposed(f"+919415{n:06d}", serial=n + 1)


async def test_promised_calls_are_half_of_all_while_a_backlog_of_feedback_calls_is_dialled(
    centre: Centre,
) -> None:
    house = House(centre.pool, centre.clock)
    for n in range(12):
        await house.agent(f"{1001 + n}")
    for n in range(10):
        await house.promised(f"+91981100{n:04d}", ago=10 + n)
    await _backlog(centre, 40)
    carrier = house.carrier(limits=LIMITS)
    here, there = (
        Dialer(
            *(centre.pool, centre.network, centre.clock),
            replace(SETTINGS, limits=LIMITS, cell=cell),
        )
        for cell in ("cell-1", "cell-2")
    )
    house.network.live = None  # nobody knows: nothing is taken for lost
    await _rounds(centre.clock, 12, here, there, carrier)
    assert len(house.network.dialled) == 10
    asked = len(centre.network.dialled)
    assert asked + 10 >= 22
    await _rounds(centre.clock, 5, here, there, carrier)
    assert len(centre.network.dialled) >= asked + 8  # nothing is kept free for nobody


async def test_what_a_cell_that_is_gone_pressed_for_holds_up_nobody(centre: Centre) -> None:
    await centre.pool.execute(
        "insert into callback_pressing values ('gone', 5, $1), ('ahead', 5, $2)",
        *(centre.clock(), centre.clock() + timedelta(hours=1)),
    )
    await _backlog(centre, 3)
    dialer = centre.dialer(limits=LIMITS)
    await _rounds(centre.clock, 9, dialer)
    assert centre.network.dialled == []
    await _rounds(centre.clock, 4, dialer)
    assert len(centre.network.dialled) == 3


async def test_calls_of_agents_leave_the_campaigns_channels_to_it(
    centre: Centre, pool: Pool
) -> None:
    for n in range(3):
        await pool.execute(
            "insert into call (id, cell, direction, citizen_number, started_at)"
            " values ($1, 'cell-1', 'outbound', $2, $3)",
            *(new_id(centre.clock()), f"+91981{n:07d}", centre.clock()),
        )
    await _backlog(centre, 4)
    limits = replace(LIMITS, max_channels=3, trunk_channels=100)
    await _rounds(centre.clock, 5, centre.dialer(limits=limits))
    assert len(centre.network.dialled) == 3
