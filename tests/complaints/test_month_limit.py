"""How many matters one mobile registers in a calendar month in India."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.numbers import is_mobile
from complaints.calendar import IST
from complaints.ends import AdvisedAtDesk, AnsweredAtDesk, Thanked
from complaints.errors import DuplicateError, MonthLimitError
from complaints.intake import Facts, month_began, needs_room
from complaints.kinds import MatterKind
from complaints.mapping import Ladder
from complaints.policy import UP_1076
from complaints.registration_form import Registration
from tests.complaints.world import START, World

TWO = replace(UP_1076, registrations_per_month=2)
LANDLINE = "+915222238902"  # Lucknow


async def test_the_third_of_two_is_refused_with_the_limit_and_the_count(world: World) -> None:
    world.policy = TWO
    for _ in range(2):
        await world.register()
    with pytest.raises(MonthLimitError, match="has registered 2 this month, and 2 is the most"):
        await world.register()
    assert await world.pool.fetchval("select count(*) from complaint") == 2


async def test_beyond_the_limit_there_is_room_to_add_to_what_is_open(world: World) -> None:
    world.policy = TWO
    older, _ = [await world.register() for _ in range(2)]
    with pytest.raises(DuplicateError):
        await world.taken_up(world.form(separate=False))
    await world.taken_up(world.form(separate=False, adds_to=older.number))
    assert (await world.complaint(older.complaint_id))["weight"] == 2


async def test_incidents_landlines_and_what_gives_no_officer_work_have_room(world: World) -> None:
    world.policy = TWO
    for _ in range(2):
        await world.register()
    await world.register(world.form(incident=True))
    answered = world.form(kind=MatterKind.INFORMATION, answer="हाँ")
    await world.taken_up(answered)
    for _ in range(3):
        await world.register(world.form(contact=LANDLINE))
    with pytest.raises(MonthLimitError):
        await world.taken_up(world.form(kind=MatterKind.SUGGESTION))


async def test_incidents_and_answers_are_not_counted_and_suggestions_are(world: World) -> None:
    world.policy = TWO
    for _ in range(3):
        await world.register(world.form(incident=True))
        await world.taken_up(world.form(kind=MatterKind.INFORMATION, answer="हाँ"))
    await world.taken_up(world.form(kind=MatterKind.SUGGESTION))
    await world.register()
    with pytest.raises(MonthLimitError):
        await world.register()


async def test_a_new_month_in_india_has_new_room(world: World) -> None:
    world.policy = TWO
    world.now = datetime(2025, 11, 30, 18, 29, tzinfo=UTC)  # 23:59 in India
    for _ in range(2):
        await world.register()
    with pytest.raises(MonthLimitError):
        await world.register()
    world.later(minutes=1)
    await world.register()


async def test_of_two_at_once_at_the_limit_one_is_registered(world: World) -> None:
    world.policy = TWO
    await world.register()
    both = await asyncio.gather(
        *(world.register(world.form(citizen_name=name)) for name in ("राम", "श्याम")),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in both) == ["MonthLimitError", "Registered"]
    assert await world.pool.fetchval("select count(*) from complaint") == 2


@given(st.integers(0, 15 * 366 * 24 * 60).map(lambda n: START + timedelta(minutes=n)))
def test_a_month_begins_at_midnight_in_india_and_holds_its_moment(now: datetime) -> None:
    began = month_began(now)
    here = began.astimezone(IST)
    assert (here.day, here.hour, here.minute, here.second) == (1, 0, 0, 0)
    assert began <= now < began + timedelta(days=31)
    assert now.astimezone(IST).month == here.month


@given(
    limit=st.none() | st.integers(1, 5),
    count=st.integers(0, 8),
    incident=st.booleans(),
    contact=st.sampled_from(["+919876543210", LANDLINE]),
    end=st.sampled_from([None, AdvisedAtDesk, AnsweredAtDesk, Thanked]),
)
def test_exactly_what_an_officer_reads_beyond_the_limit_of_a_mobile_is_refused(
    limit: int | None,
    count: int,
    incident: bool,
    contact: str,
    end: type[AdvisedAtDesk | AnsweredAtDesk | Thanked] | None,
) -> None:
    form = Registration(
        key=_KEY, contact=contact, category="c", place="p", text="t", incident=incident
    )
    ended = end(text="", actor="agent:1", ended_at=START) if end else None
    policy = replace(UP_1076, registrations_per_month=limit)
    refused = (
        limit is not None
        and count >= limit
        and not incident
        and is_mobile(contact)
        and end in (None, Thanked)
    )
    try:
        needs_room(form, replace(_FACTS, this_month=count), policy, ended)
    except MonthLimitError:
        assert refused
    else:
        assert not refused


_KEY = UUID(int=1)
_FACTS = Facts(
    category_name="", place_name="", answered=None, advice="", citizen=None, on_number=False,
    candidates=(), in_confidence=False, this_month=0, matter=None,
    holidays=frozenset(), ladder=Ladder({}), templates={}, serial=1,
)  # fmt: skip


@pytest.mark.parametrize(
    ("number", "mobile"),
    [("+919876543210", True), ("+918052345678", True), (LANDLINE, False), ("+911202345678", False)],
)
def test_a_mobile_is_told_from_a_landline(number: str, mobile: bool) -> None:
    assert is_mobile(number) is mobile
