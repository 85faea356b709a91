"""Hours of the settings and holidays of the database, as the inbound flow asks for them."""

from datetime import UTC, date, datetime, time, timedelta
from typing import cast

import pytest

from agi.hours import Opening
from agi.visit import Skill
from cti.staffing import ALL_QUEUES
from db.pool import Pool
from dialplans.settings import QueueSettings
from helpline.options.cell import CellOptions, DayHours, HoursOptions, QueueRoute, ShiftOptions
from helpline.reception import (
    OpeningBook,
    opening_book,
    planned_seats,
    queue_languages,
    staffing_plan,
)
from helpline.settings import GivenSettings

NOON = datetime(2026, 1, 26, 6, 30, tzinfo=UTC)  # in India, on Republic Day
DAY = ShiftOptions(name="day", begins=time(7), ends=time(23))
FEW_HOURS = ShiftOptions(name="few", begins=time(10), ends=time(14))


@pytest.fixture
def pool(emptied: Pool) -> Pool:
    return emptied


class Watch:
    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at


def book(pool: Pool, watch: Watch, **queues: DayHours) -> OpeningBook:
    hours = HoursOptions(shifts=(DAY,), holidays_too=False, queues=queues)
    names = ("helpline-hi", *queues)
    cell = CellOptions(queues=tuple(QueueSettings(name=name) for name in names))
    return opening_book(GivenSettings(cell=cell, hours=hours), pool, watch)


async def holiday(pool: Pool, on: date, calendar: str = "state") -> None:
    async with pool.acquire(timeout=5) as conn:
        await conn.execute("insert into holiday values ($1, $2, 'अवकाश')", calendar, on)


async def test_a_holiday_on_record_closes_until_the_next_days_shift(pool: Pool) -> None:
    await holiday(pool, NOON.date())
    assert await book(pool, Watch())() == Opening(False, NOON + timedelta(hours=19))
    await holiday(pool, date(2026, 1, 27))
    assert await book(pool, Watch())() == Opening(False, NOON + timedelta(hours=43))


async def test_another_calendars_holiday_closes_nothing(pool: Pool) -> None:
    await holiday(pool, NOON.date(), "courts")
    assert await book(pool, Watch())() == Opening(True)


async def test_each_queue_has_its_own_hours_and_holidays(pool: Pool) -> None:
    await holiday(pool, NOON.date())
    watch = Watch()
    found = book(
        pool,
        watch,
        always=DayHours(shifts=()),
        short=DayHours(shifts=(DAY,), holidays_too=False, holiday_shifts=(FEW_HOURS,)),
        courts=DayHours(shifts=(DAY,), holidays_too=False, calendar="courts"),
    )
    names = ("helpline-hi", "always", "short", "courts")
    assert [(await found(name)).is_open for name in names] == [False, True, True, True]
    assert (await found()).is_open  # some queue serves
    watch.at = NOON + timedelta(hours=3)
    assert [(await found(name)).is_open for name in names] == [False, True, False, True]


async def test_a_holiday_that_is_entered_today_counts_within_ten_minutes(pool: Pool) -> None:
    watch = Watch()
    found = book(pool, watch)
    assert (await found()).is_open
    await holiday(pool, NOON.date())
    watch.at += timedelta(minutes=11)
    assert not (await found()).is_open


class Gone:
    """A pool that can be taken away."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.away = False

    def acquire(self, *, timeout: float) -> object:
        if self.away:
            raise ConnectionRefusedError
        return self.pool.acquire(timeout=timeout)


async def test_without_a_database_the_holidays_known_stand(pool: Pool) -> None:
    await holiday(pool, NOON.date())
    watch, gone = Watch(), Gone(pool)
    found = book(cast(Pool, gone), watch)
    assert not (await found()).is_open
    gone.away = True
    watch.at += timedelta(minutes=11)
    assert not (await found()).is_open
    assert (await book(cast(Pool, gone), watch)()).is_open  # who knows of none lets callers in


def test_the_shifts_of_the_default_leave_no_hour_without_agents() -> None:
    hours = HoursOptions()
    spans = sorted((shift.begins, shift.ends) for shift in hours.shifts)
    assert [ends for _, ends in spans] == [begins for begins, _ in (*spans[1:], spans[0])]


def test_hours_of_a_queue_that_does_not_exist_are_refused() -> None:
    with pytest.raises(ValueError, match=r"hours\.queues: no queue elsewhere"):
        GivenSettings(hours=HoursOptions(queues={"elsewhere": DayHours()}))


async def test_seats_are_planned_by_the_shifts_that_run_also_on_holidays(pool: Pool) -> None:
    """Republic Day, a Monday: noon, nine in the evening, one at night, noon of the next day."""
    await holiday(pool, NOON.date())
    day = ShiftOptions(name="day", begins=time(7), ends=time(23), seats=40)
    late = ShiftOptions(name="late", begins=time(20), ends=time(2), seats=7)
    week = ShiftOptions(
        name="week", begins=time(9), ends=time(17), weekdays=frozenset({1}), seats=100
    )
    short = ShiftOptions(name="short", begins=time(10), ends=time(14), seats=3)
    watch = Watch()
    for holidays_too, expected in ((True, [40, 47, 7, 140]), (False, [3, 0, 0, 140])):
        hours = HoursOptions(
            shifts=(day, late, week), holidays_too=holidays_too, holiday_shifts=(short,)
        )
        seats = planned_seats(GivenSettings(hours=hours), pool, watch)
        found = []
        for after in (0, 9, 13, 24):
            watch.at = NOON + timedelta(hours=after)
            found.append(await seats())
        assert found == expected


async def test_the_week_ahead_is_of_all_shifts_or_of_a_queue_with_shifts_of_its_own(
    pool: Pool,
) -> None:
    """From Republic Day, a Monday, on: Tuesday's shift is Tuesday's, and today is a holiday."""
    await holiday(pool, NOON.date())
    day = ShiftOptions(name="day", begins=time(7), ends=time(23), seats=40)
    tuesday = ShiftOptions(
        name="tuesday", begins=time(9), ends=time(17), weekdays=frozenset({1}), seats=9
    )
    short = ShiftOptions(name="short", begins=time(10), ends=time(14), seats=3)
    own = DayHours(shifts=(tuesday,))
    hours = HoursOptions(
        shifts=(day, tuesday), holidays_too=False, holiday_shifts=(short,),
        queues={"english": own, "unplanned": DayHours(shifts=(DAY,))},
    )  # fmt: skip
    names = ("helpline-hi", "english", "unplanned")
    cell = CellOptions(queues=tuple(QueueSettings(name=name) for name in names))
    plan = staffing_plan(GivenSettings(cell=cell, hours=hours), pool, Watch())
    whole, english = await plan(ALL_QUEUES), await plan("english")
    assert whole is not None
    assert english is not None
    assert (whole.first, whole.holidays) == (NOON.date(), frozenset({0}))
    assert [whole.seats[at] for at in ((0, 8), (0, 10), (1, 8), (1, 9), (2, 9))] == [
        0, 3, 40, 49, 40,
    ]  # fmt: skip
    assert english.holidays == frozenset()  # open on holidays as on other days
    assert [english.seats[at] for at in ((0, 9), (1, 9), (1, 17))] == [0, 9, 0]
    assert await plan("unplanned") is None
    assert await plan("helpline-hi") is None  # the seats of all are not its own


def test_a_queue_has_a_language_where_callers_of_no_other_wait() -> None:
    routes = (
        QueueRoute(queue="en", language="en"),
        QueueRoute(queue="both", language="en", skill=Skill.SCHEMES),
        QueueRoute(queue="both", language="hi", skill=Skill.SCHEMES),
        QueueRoute(queue="any"),
    )
    assert queue_languages(routes) == {"en": "en"}
