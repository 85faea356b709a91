"""A post falls vacant: what it has is told, and passed on; nothing comes back to it."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from complaints import vacancies
from complaints.feedback import Answer
from complaints.history import Event
from complaints.policy import UP_1076, Policy
from complaints.set_aside import set_aside
from complaints.staffing_report import load_staffing_report, render_staffing_report
from complaints.store import hold_by_id, transaction
from complaints.vacancies import _at_work, pass_on_vacant
from complaints.verification import verify_all
from db.pool import Connection
from tests.complaints.moves import at_level_two, reopened, transferred
from tests.complaints.use_cases import pausing_of, resuming
from tests.complaints.world import World, sign

DAY = timedelta(days=1)


async def vacate(world: World, post: str = "L1-MAH") -> None:
    await world.pool.execute(
        "update post set vacant_from = $2 where id = $1", post, world.now.date()
    )


async def passed_on(world: World, limit: int = 200) -> int:
    return await pass_on_vacant(
        world.pool, policy=world.policy, now=world.now, signer=sign, limit=limit
    )


async def test_it_is_told_at_once_and_passed_on_after_the_policys_days(world: World) -> None:
    call = await world.call()
    recording = await world.recording(call)
    made = [await world.register(world.form(call_id=call)), await world.register()]
    world.later(days=1)
    await vacate(world)
    assert sorted(await asyncio.gather(*(passed_on(world) for _ in range(3)))) == [0, 0, 2]
    [told] = await world.pool.fetch("select * from notification where kind = 'officer_vacancy'")
    assert told["recipient"] == "+919415000002"
    assert "अवर अभियंता महरौनी" in told["body"]
    assert "लंबित शिकायतें 2" in told["body"]
    assert "23-11-2025 00:00 से" in told["body"]
    for one in made:
        assert await world.events(one.complaint_id) == ["registered", "post_vacant"]
    world.now = made[0].due_at.replace(month=11, day=22, hour=18, minute=29)  # 23:59 in India
    await passed_on(world)
    assert await world.post_of(made[0].number) == "L1-MAH"
    world.later(hours=1)
    await passed_on(world)
    for one in made:
        row = await world.complaint(one.complaint_id)
        assert (row["post"], row["level"], row["due_at"]) == ("L2-LAL", 2, world.now + 7 * DAY)
        assert await world.events(one.complaint_id) == [
            *("registered", "post_vacant", "passed_on_vacant")
        ]
    [forwarded] = await world.messages(made[0].complaint_id, "officer_forwarded")
    assert (forwarded["recordings"], len(forwarded["links"])) == ([recording], 1)
    assert "पद रिक्त" in forwarded["body"]
    world.later(hours=2)
    assert await passed_on(world) == 0
    assert [one async for one in verify_all(world.pool) if one.broken_at] == []


@pytest.mark.parametrize(
    ("policy", "moved"),
    [
        (replace(UP_1076, vacancy_days=0), True),
        (replace(UP_1076, vacancy_days=None), False),
        (replace(UP_1076, by_category={"handpump": {"vacancy_days": 0.0}}), True),
        (replace(UP_1076, vacancy_days=0, last_level=1), False),
    ],
)
async def test_when_is_the_policys(world: World, policy: Policy, moved: bool) -> None:
    world.policy = policy
    registered = await world.register()
    world.later(days=1)
    await vacate(world)
    assert await passed_on(world) == 1
    assert await world.post_of(registered.number) == ("L2-LAL" if moved else "L1-MAH")


async def test_who_is_put_in_charge_in_time_keeps_it(world: World) -> None:
    registered = await world.register()
    world.later(days=1)
    await vacate(world)
    await passed_on(world)
    await world.pool.execute("insert into officer values ('o', 'राम', null)")
    await world.pool.execute(
        "insert into tenure values ('L1-MAH', 'o', 'charge', $1)", world.now.date()
    )
    world.later(days=3)
    assert await passed_on(world) == 0
    assert await world.post_of(registered.number) == "L1-MAH"
    left = world.now.date()
    await world.pool.execute("update tenure set until_on = $1", left)
    world.later(days=2)  # one whole day without anybody
    assert await passed_on(world) == 1
    assert await world.post_of(registered.number) == "L1-MAH"
    world.later(days=1)
    assert await passed_on(world) == 1
    assert await world.post_of(registered.number) == "L2-LAL"


async def test_while_somebody_was_in_charge_a_vacancy_had_not_begun(world: World) -> None:
    """Its days run from the first on which nobody was there, be it that the one in charge is on
    leave: a complaint is not taken away the same day.
    """
    registered = await world.register()
    await world.pool.execute("insert into officer values ('o', 'राम', null)")
    await world.pool.execute(
        "insert into tenure values ('L1-MAH', 'o', 'charge', $1)", world.now.date()
    )
    await vacate(world)
    world.later(days=5)
    assert await passed_on(world) == 0
    await world.pool.execute("insert into officer_leave values ('o', $1)", world.now.date())
    assert await passed_on(world) == 1
    assert await world.post_of(registered.number) == "L1-MAH"
    assert await world.events(registered.complaint_id) == ["registered", "post_vacant"]
    world.later(days=2)
    await passed_on(world)
    assert await world.post_of(registered.number) == "L2-LAL"


async def test_who_joins_between_the_looks_is_not_told_to_be_missing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered = await world.register()
    world.later(days=1)
    await vacate(world)
    found = vacancies.vacancies

    async def then_filled(conn: Connection, now: datetime) -> list[vacancies.Vacancy]:
        before = await found(conn, now)
        await world.pool.execute("update post set vacant_from = null")
        return before

    monkeypatch.setattr(vacancies, "vacancies", then_filled)
    assert await passed_on(world) == 1
    assert await world.events(registered.complaint_id) == ["registered"]


async def test_a_holder_on_leave_keeps_it(world: World) -> None:
    registered = await world.register()
    await world.pool.execute("insert into officer values ('o', 'राम', null)")
    await world.pool.execute(
        "insert into tenure values ('L1-MAH', 'o', 'holder', $1)", world.now.date()
    )
    await world.pool.execute(
        "insert into officer_leave values ('o', $1, $2)",
        *(world.now.date(), (world.now + 30 * DAY).date()),
    )
    world.later(days=4)
    assert await passed_on(world) == 0
    assert await world.post_of(registered.number) == "L1-MAH"


async def test_a_review_finds_who_holds_the_post_by_then(world: World) -> None:
    registered = await world.register(world.form(call_id=await world.call()))
    attempt = await world.disposed_and_called(registered.number)
    await vacate(world)
    result = await world.answer(attempt, Answer(satisfied=False))
    assert (result.event, result.level) == (Event.ESCALATED_DISSATISFIED, 2)
    assert await world.post_of(registered.number) == "L2-LAL"
    [forwarded] = await world.messages(registered.complaint_id, "officer_forwarded")
    assert forwarded["recipient"] == "+919415000002"


async def test_a_review_goes_to_the_post_that_serves_the_same_level_from_above(
    world: World,
) -> None:
    await world.pool.execute(
        """insert into post (id, title, department, place, level, number)
           values ('L1-LAL', 'सहायक अभियंता', 'jal-nigam', 'lalitpur', 1, '+919415000019')"""
    )
    registered = await world.register(world.form(call_id=await world.call()))
    attempt = await world.disposed_and_called(registered.number)
    await vacate(world)
    result = await world.answer(attempt, Answer(satisfied=False))
    assert (result.event, result.level) == (Event.RETURNED_FOR_REVIEW, 1)
    row = await world.complaint(registered.complaint_id)
    assert (row["post"], row["dissatisfied_at_level"]) == ("L1-LAL", 1)
    [forwarded] = await world.messages(registered.complaint_id, "officer_forwarded")
    assert (forwarded["recipient"], len(forwarded["links"])) == ("+919415000019", 1)
    await vacate(world, "L1-LAL")
    world.later(days=3)
    await passed_on(world)
    assert (await world.complaint(registered.complaint_id))["level"] == 2


async def test_a_reopened_one_finds_who_holds_the_post_by_then(world: World) -> None:
    registered = await world.register()
    attempt = await world.disposed_and_called(registered.number)
    await world.answer(attempt, Answer(satisfied=True))
    await vacate(world)
    after = await reopened(world, registered.number)
    assert (after.post, after.level) == ("L2-LAL", 2)


async def test_what_was_resumed_or_refused_leaves_its_vacant_post(world: World) -> None:
    resume = await resuming(world)
    proposal = await world.register()
    world.policy = replace(UP_1076, transfer_needs_approval=True)
    await transferred(world, proposal.number)
    world.later(days=1)
    await vacate(world)
    world.later(days=2, hours=1)
    await passed_on(world)  # what stands still stands still
    states = await world.pool.fetch("select state, post from complaint order by registered_at")
    assert [tuple(row) for row in states] == [("paused", "L1-MAH"), ("with_officer", "L2-LAL")]
    await resume(world)
    assert await passed_on(world) == 1
    posts = await world.pool.fetch("select post from complaint")
    assert {row["post"] for row in posts} == {"L2-LAL"}


async def test_where_nobody_else_is_there_it_stays_and_holds_up_nobody(world: World) -> None:
    world.policy = replace(UP_1076, registrations_per_month=None, vacancy_days=0)
    number = await at_level_two(world)
    for _ in range(3):
        await world.register()
    await vacate(world, "L2-LAL")
    await vacate(world, "L3-LAL")
    await vacate(world, "L4-UP")
    world.later(minutes=1)
    assert await passed_on(world, limit=2) == 1
    assert await world.post_of(number) == "L2-LAL"
    await vacate(world)
    world.later(hours=1)
    taken = [await passed_on(world, limit=2) for _ in range(6)]
    assert taken[-1] == 0  # each was moved, and told once of the vacancy there
    posts = await world.pool.fetch("select post from complaint")
    assert {row["post"] for row in posts} == {"L4-UP"}  # every post vacant: the highest office
    assert await set_aside(world.pool) == []


async def test_the_report_counts_all_that_is_with_a_vacant_post(world: World) -> None:
    await world.register()
    await pausing_of((await world.register()).number)(world)
    await vacate(world)
    report = render_staffing_report(await load_staffing_report(world.pool, world.now))
    assert "2 complaints are with it" in report


async def test_the_statement_takes_only_what_an_officer_works_on(world: World) -> None:
    disposed = await world.dispose((await world.register()).number)
    async with transaction(world.pool) as conn:
        held = await hold_by_id(conn, disposed.complaint_id)
        with pytest.raises(TypeError, match="held as a vacant post's"):
            _at_work(held)
