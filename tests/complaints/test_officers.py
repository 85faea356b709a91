"""Who holds a post, and where its complaints go: rules alone, then on the database."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from complaints.explaining import explain
from complaints.mapping import Candidate, Post, ladder_for, ladder_of
from complaints.officers import (
    Charge,
    Days,
    Holder,
    Officer,
    OnLeave,
    Staffing,
    Tenure,
    TenureKind,
    Unnamed,
    Vacant,
    occupancy,
    reach,
)
from complaints.policy import UP_1076
from complaints.staffing_report import load_staffing_report
from db.pool import Connection
from tests.complaints.world import START, World

# The machine may be busy.
_untimed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

NOON = datetime(2025, 11, 20, 6, 30, tzinfo=UTC)
ANITA = Officer("E1", "अनीता", "+919415100001")
BABU = Officer("E2", "बाबू", None)


def day(text: str) -> date:
    return date.fromisoformat(text)


def tenure(
    officer: Officer,
    first: str,
    last: str | None = None,
    *,
    kind: TenureKind = TenureKind.HOLDER,
    leave: Days | None = None,
) -> Tenure:
    days = Days(day(first), day(last) if last else None)
    return Tenure(officer, kind, days, (leave,) if leave else ())


THIS_WEEK = Days(day("2025-11-17"), day("2025-11-23"))


def test_a_post_without_any_record_answers_its_own_number() -> None:
    assert occupancy(Staffing(), NOON) == Unnamed()
    assert reach(Unnamed(), "+915176272001") == "+915176272001"


def test_the_present_holder_is_told_on_their_own_number_or_the_posts() -> None:
    assert occupancy(Staffing([tenure(ANITA, "2024-01-01")]), NOON) == Holder(ANITA)
    assert reach(Holder(ANITA), "+915176272001") == ANITA.number
    assert reach(Holder(BABU), "+915176272001") == "+915176272001"


def test_a_tenure_ends_with_its_last_day_in_india() -> None:
    ends = Staffing([tenure(ANITA, "2024-01-01", "2025-11-20")])
    assert occupancy(ends, datetime(2025, 11, 20, 18, 29, tzinfo=UTC)) == Holder(ANITA)
    after = occupancy(ends, datetime(2025, 11, 20, 18, 30, tzinfo=UTC))  # midnight in India
    assert after == Vacant(day("2025-11-21"))


def test_a_tenure_that_has_not_begun_neither_fills_nor_empties_a_post() -> None:
    assert occupancy(Staffing([tenure(ANITA, "2025-12-01")]), NOON) == Unnamed()


def test_additional_charge_counts_while_the_holder_is_on_leave() -> None:
    away = tenure(ANITA, "2024-01-01", leave=THIS_WEEK)
    charge = tenure(BABU, "2025-11-17", kind=TenureKind.CHARGE)
    assert occupancy(Staffing([away, charge]), NOON) == Charge(BABU)
    back = datetime(2025, 11, 24, 6, tzinfo=UTC)
    assert occupancy(Staffing([away, charge]), back) == Holder(ANITA)


def test_additional_charge_fills_a_vacancy() -> None:
    gone = tenure(ANITA, "2024-01-01", "2025-10-31")
    charge = tenure(BABU, "2025-11-01", kind=TenureKind.CHARGE)
    assert occupancy(Staffing([gone, charge]), NOON) == Charge(BABU)


def test_a_vacancy_begins_when_who_was_in_charge_goes_on_leave() -> None:
    gone = tenure(ANITA, "2024-01-01", "2025-10-31")
    absent = tenure(BABU, "2025-11-01", kind=TenureKind.CHARGE, leave=THIS_WEEK)
    assert occupancy(Staffing([gone, absent]), NOON) == Vacant(day("2025-11-17"))
    left = tenure(BABU, "2025-11-01", "2025-11-19", kind=TenureKind.CHARGE, leave=THIS_WEEK)
    assert occupancy(Staffing([gone, left]), NOON) == Vacant(day("2025-11-17"))
    never_there = tenure(BABU, "2025-11-18", kind=TenureKind.CHARGE, leave=THIS_WEEK)
    assert occupancy(Staffing([gone, never_there]), NOON) == Vacant(day("2025-11-01"))


def test_leave_without_anybody_in_charge_is_no_vacancy() -> None:
    away = Staffing([tenure(ANITA, "2024-01-01", leave=THIS_WEEK)])
    assert occupancy(away, NOON) == OnLeave(ANITA)
    assert reach(OnLeave(ANITA), "+915176272001") == "+915176272001"


def test_a_mark_of_vacancy_ends_the_tenure_before_it_and_yields_to_the_next() -> None:
    old, new = tenure(ANITA, "2024-01-01"), tenure(BABU, "2025-11-10")
    marked = day("2025-11-01")
    assert occupancy(Staffing([old], marked), NOON) == Vacant(marked)
    assert occupancy(Staffing([], marked), NOON) == Vacant(marked)
    assert occupancy(Staffing([tenure(ANITA, "2024-01-01", "2025-11-09"), new], marked), NOON) == (
        Holder(BABU)
    )
    assert occupancy(Staffing([old], day("2025-12-01")), NOON) == Holder(ANITA)
    assert occupancy(Staffing([new], new.days.first), NOON) == Holder(BABU)  # joined that day


def test_a_post_is_vacant_since_the_last_of_its_holders_left() -> None:
    past = [tenure(ANITA, "2020-01-01", "2022-12-31"), tenure(BABU, "2023-01-01", "2025-03-31")]
    assert occupancy(Staffing(past), NOON) == Vacant(day("2025-04-01"))
    assert occupancy(Staffing(past, day("2025-06-01")), NOON) == Vacant(day("2025-04-01"))


DAYS = st.dates(day("2025-01-01"), day("2025-12-31"))


@st.composite
def stretches(draw: st.DrawFn) -> Days:
    first, last = sorted([draw(DAYS), draw(DAYS)])
    return Days(first, draw(st.sampled_from([last, None])))


@_untimed
@given(stretches(), stretches())
def test_days_overlap_exactly_when_one_day_belongs_to_both(a: Days, b: Days) -> None:
    later = max(a.first, b.first)
    assert a.overlap(b) == (a.include(later) and b.include(later)) == b.overlap(a)


TENURES = st.builds(
    Tenure,
    st.sampled_from([ANITA, BABU]),
    st.sampled_from(TenureKind),
    stretches(),
    st.lists(stretches(), max_size=1),
)


@_untimed
@given(st.builds(Staffing, st.lists(TENURES, max_size=4), st.none() | DAYS))
def test_only_somebody_present_is_named_and_a_vacancy_has_a_cause_in_the_past(
    staffing: Staffing,
) -> None:
    today = day("2025-11-20")
    match occupancy(staffing, NOON):
        case Holder(officer):
            kinds = {TenureKind.HOLDER}
        case Charge(officer):
            kinds = {TenureKind.CHARGE}
        case Vacant(since):
            assert since <= today
            assert staffing.vacant_from or staffing.tenures
            return
        case _:
            return
    assert any(
        tenure.officer == officer and tenure.kind in kinds and tenure.present(today)
        for tenure in staffing.tenures
    )


def candidate(name: str, level: int, distance: int, *, vacant: bool = False) -> Candidate:
    return Candidate(Post(name, name, level, "somewhere", "+919415000000"), distance, vacant)


def test_a_vacant_post_leaves_its_level_to_the_next_place_above() -> None:
    ladder = ladder_of([candidate("block", 1, 0, vacant=True), candidate("district", 1, 1)])
    assert ladder.posts[1].id == "district"


def test_when_every_post_is_vacant_the_highest_office_gets_it() -> None:
    ladder = ladder_of(
        [
            candidate("L1", 1, 0, vacant=True),
            candidate("L3-far", 3, 2, vacant=True),
            candidate("L3-near", 3, 1, vacant=True),
        ]
    )
    assert {level: post.id for level, post in ladder.up_to(4).items()} == {3: "L3-near"}
    assert ladder_of([]).up_to(4) == {}


@_untimed
@given(held=st.sets(st.integers(1, 4)), there=st.sets(st.integers(1, 4)), last=st.integers(1, 4))
def test_up_to_the_last_level_a_vacant_office_answers_only_where_nobody_else_does(
    held: set[int], there: set[int], last: int
) -> None:
    ladder = ladder_of(candidate(f"L{n}", n, 0, vacant=n not in held) for n in held | there)
    known = {n for n in held | there if n <= last}
    answering = {n for n in held if n <= last} or ({max(known)} if known else set())
    assert set(ladder.up_to(last)) == answering
    for level in (1, 2, 3, 4):
        found = ladder.at_or_above(level, last)
        assert (found and found.level) == min((n for n in answering if n >= level), default=None)


async def test_a_category_whose_last_level_is_low_is_not_refused_for_vacancies(
    world: World,
) -> None:
    """Both officers that it may have are gone, while those above them are there, whom it never
    goes to. The highest of the two answers, and is told as vacant with what waits there.
    """
    world.policy = replace(UP_1076, by_category={"handpump": {"last_level": 2}})
    await world.pool.execute("update post set vacant_from = '2025-11-01' where level <= 2")
    told = await explain(world.pool, "handpump", "lalitpur-mahroni", world.policy, world.now)
    assert "L2 अधिशासी अभियंता ललितपुर (L2-LAL)" in told
    assert "L3" not in told.split("A pause ends")[0]
    registered = await world.register()
    assert (registered.level, registered.post_id) == (2, "L2-LAL")
    report = await load_staffing_report(world.pool, world.now)
    assert report.waiting["L2-LAL"] == 1
    assert "L2-LAL" in {post.id for post in report.empty}


@pytest.fixture
async def conn(world: World) -> AsyncIterator[Connection]:
    async with world.pool.acquire() as conn:
        await conn.execute(
            "insert into officer values ('E1', 'अनीता', '+919415100001'), ('E2', 'बाबू', null)"
        )
        yield conn


async def hold(
    conn: Connection,
    post: str,
    officer: str,
    first: str,
    last: str | None = None,
    kind: str = "holder",
) -> None:
    await conn.execute(
        "insert into tenure values ($1, $2, $3, $4, $5)",
        *(post, officer, kind, day(first), day(last) if last else None),
    )


@pytest.mark.parametrize(
    ("first", "last"),
    [("2025-06-30", None), ("2024-12-01", "2025-01-01"), ("2025-02-01", "2025-02-01")],
)
async def test_one_post_is_never_held_by_two_at_once(
    conn: Connection, first: str, last: str | None
) -> None:
    await hold(conn, "L1-MAH", "E1", "2025-01-01", "2025-06-30")
    with pytest.raises(asyncpg.ExclusionViolationError, match="one_officer_at_a_time"):
        await hold(conn, "L1-MAH", "E2", first, last)


async def test_a_successor_a_charge_and_another_post_do_not_collide(conn: Connection) -> None:
    await hold(conn, "L1-MAH", "E1", "2025-01-01", "2025-06-30")
    await hold(conn, "L1-MAH", "E2", "2025-07-01")
    await hold(conn, "L1-MAH", "E1", "2025-08-01", "2025-08-31", "charge")
    await hold(conn, "L2-LAL", "E1", "2025-01-01")
    assert await conn.fetchval("select count(*) from tenure") == 4


async def test_an_officer_has_one_leave_at_a_time(conn: Connection) -> None:
    put = "insert into officer_leave values ('E1', $1, $2)"
    await conn.execute(put, day("2025-11-01"), None)
    with pytest.raises(asyncpg.ExclusionViolationError, match="one_leave_at_a_time"):
        await conn.execute(put, day("2025-12-01"), day("2025-12-02"))


async def test_a_new_complaint_passes_over_a_vacant_post(world: World, conn: Connection) -> None:
    await hold(conn, "L1-MAH", "E1", "2024-01-01", "2025-10-31")
    registered = await world.register()
    assert (registered.level, registered.post_id) == (2, "L2-LAL")


async def test_an_officer_who_is_present_gets_the_message(world: World, conn: Connection) -> None:
    await hold(conn, "L1-MAH", "E1", "2025-11-01")
    await hold(conn, "L1-MAH", "E2", "2024-01-01", "2025-10-31")
    registered = await world.register()
    [message] = await world.messages(registered.complaint_id, "officer_assigned")
    assert (registered.post_id, message["recipient"]) == ("L1-MAH", "+919415100001")


async def test_whoever_is_in_charge_during_leave_gets_the_message(
    world: World, conn: Connection
) -> None:
    await hold(conn, "L1-MAH", "E2", "2024-01-01")
    await hold(conn, "L1-MAH", "E1", "2025-11-01", kind="charge")
    await conn.execute("insert into officer_leave values ('E2', $1, null)", day("2025-11-15"))
    registered = await world.register()
    [message] = await world.messages(registered.complaint_id, "officer_assigned")
    assert message["recipient"] == "+919415100001"


async def test_an_escalation_passes_over_a_vacant_level(world: World, conn: Connection) -> None:
    registered = await world.register()
    await conn.execute("update post set vacant_from = '2025-11-01' where id = 'L2-LAL'")
    await world.dissatisfied(registered.number)
    result = await world.dissatisfied(registered.number)
    assert result.level == 3


async def test_the_ladder_is_that_of_the_day_that_is_asked_about(
    world: World, conn: Connection
) -> None:
    await conn.execute("update post set vacant_from = '2025-11-21' where id = 'L1-MAH'")
    for now, levels in ((START, [1, 2, 3, 4]), (world.later(days=1), [2, 3, 4])):
        ladder = await ladder_for(conn, "jal-nigam", "handpump", "lalitpur-mahroni", now)
        assert sorted(ladder.posts) == levels
