"""What waits for the CM's team, or for a decision, is listed; the team is told of returns."""

from dataclasses import replace
from datetime import timedelta

import pytest

from access.rights import Role
from complaints.policy import MP_181, UP_1076
from complaints.reference import ReferenceData, load
from complaints.waiting import For, Waiting, render_waiting, to_decide, waiting
from db.statements import sql
from tests.complaints.moves import (
    at_level_two,
    decided,
    energy_has_officers,
    remarked,
    returned,
    sorted_to,
    specially_closed,
    transferred,
    user,
    withdrawn,
)
from tests.complaints.world import REFERENCE, World

APPROVED = replace(UP_1076, transfer_needs_approval=True)
TRIAGE = replace(UP_1076, triage=True)


async def lines(world: World, *what: For, at_most: int = 100) -> list[Waiting]:
    page = await waiting(
        world.pool, policy=world.policy, now=world.now, what=what or tuple(For), at_most=at_most
    )
    return list(page.lines)


async def numbers(world: World, *what: For) -> list[str]:
    return [one.number for one in await lines(world, *what)]


async def for_post(world: World, *posts: str, at_most: int = 100) -> list[str]:
    found = await to_decide(world.pool, posts, policy=world.policy, now=world.now, at_most=at_most)
    return [one.number for one in found]


async def fresh(world: World) -> str:
    world.policy = TRIAGE
    number = (await world.register()).number
    world.policy = APPROVED
    return number


async def sent_back(world: World) -> str:
    number = (await world.register()).number
    await returned(world, number)
    return number


async def proposed(world: World) -> str:
    world.policy = APPROVED
    number = (await world.register()).number
    assert await transferred(world, number) is None
    return number


async def one_of_each(world: World) -> list[str]:
    made = []
    for make in (sent_back, fresh, proposed):
        world.later(hours=1)
        made.append(await make(world))
    await world.register()
    return made


async def test_what_waits_is_listed_longest_first_whatever_it_waits_for(world: World) -> None:
    made = await one_of_each(world)
    assert await numbers(world) == made
    for n, what in enumerate((For.RETURNED, For.TRIAGE, For.PROPOSED)):
        assert await numbers(world, what) == [made[n]]


async def test_a_line_says_what_waits_for_whom_since_when_and_why(world: World) -> None:
    await one_of_each(world)
    world.later(days=1, hours=2)
    assert [
        render_waiting(one, world.now).partition("  waits ")[2] for one in await lines(world)
    ] == [
        "1 d 4 h, since 20-11-2025 12:00: हैंडपंप खराब, महरौनी; returned by L1 अवर अभियंता महरौनी"
        " (L1-MAH); goes on by itself 21-11-2025 12:00: हमारा क्षेत्र नहीं",
        "1 d 3 h, since 20-11-2025 13:00: हैंडपंप खराब, महरौनी; fresh, for L1 अवर अभियंता महरौनी"
        " (L1-MAH); goes on by itself 21-11-2025 13:00: गाँव का हैंडपंप दो महीने से खराब है",
        "1 d 2 h, since 20-11-2025 14:00: हैंडपंप खराब, महरौनी; transfer proposed by L1"
        " अवर अभियंता महरौनी (L1-MAH), decided by L2-LAL (L2); goes on by itself"
        " 27-11-2025 14:00: ऊर्जा विभाग का विषय",
    ]


async def test_how_long_it_waits_is_not_changed_by_a_remark(world: World) -> None:
    number = await sent_back(world)
    world.later(hours=3)
    await remarked(world, number)
    [line] = await lines(world)
    assert (world.now - line.since).total_seconds() == 3 * 3600


async def test_what_was_done_is_on_the_list_no_more(world: World) -> None:
    await energy_has_officers(world)
    back, new, asked = await one_of_each(world)
    await sorted_to(world, back, category="power-cut")
    await withdrawn(world, new)
    await decided(world, asked, approve=False, post="L2-LAL")
    assert await numbers(world) == []


async def test_pages_follow_each_other_without_gap_or_repetition(world: World) -> None:
    made = [await sent_back(world) for _ in range(5)]  # all at one moment
    seen, after = [], None
    for _ in range(3):
        page = await waiting(world.pool, policy=world.policy, now=world.now, after=after, at_most=2)
        seen += [one.number for one in page.lines]
        after = page.after
    assert seen == sorted(made)
    assert after is None


async def test_a_decider_finds_their_proposals_of_both_kinds(world: World) -> None:
    close = await at_level_two(world)
    world.policy = MP_181
    assert not await specially_closed(world, close)
    world.later(hours=1)
    transfer = await proposed(world)
    assert await for_post(world, "L2-LAL") == [transfer]
    assert await for_post(world, "L3-LAL") == [close]
    assert await for_post(world, "L3-LAL", "L2-LAL") == [close, transfer]
    assert await for_post(world, "L3-LAL", "L2-LAL", at_most=1) == [close]
    assert await for_post(world, "L1-MAH", "L4-UP") == []


async def test_a_proposal_waits_for_who_decides_today(world: World) -> None:
    number = await proposed(world)
    vacant = replace(REFERENCE.posts[1], vacant_from=world.now.date())
    await load(world.pool, ReferenceData(posts=[vacant]))
    assert await for_post(world, "L2-LAL") == []
    assert await for_post(world, "L3-LAL") == [number]


async def test_a_proposal_that_nobody_can_decide_is_listed_all_the_same(world: World) -> None:
    number = await proposed(world)
    gone = [replace(post, vacant_from=world.now.date()) for post in REFERENCE.posts[1:]]
    await load(world.pool, ReferenceData(posts=gone))
    [line] = await lines(world)
    assert (line.number, line.decider) == (number, None)
    assert "decided by nobody left" in render_waiting(line, world.now)


async def test_the_list_is_read_from_its_index(world: World) -> None:
    async with world.pool.acquire() as conn, conn.transaction():
        await conn.execute("set local enable_seqscan = off; set local enable_sort = off")
        rows = await conn.fetch(
            "explain " + sql("complaints_waiting"), list(For), world.now, "1", 25
        )
    assert any("complaint_waiting" in row[0] for row in rows), rows


async def test_each_of_the_cms_team_is_told_of_a_return_once(world: World) -> None:
    await user(world, "anita", Role.CM_OFFICE, "+919415000051")
    await user(world, "babu", Role.CM_OFFICE, "+919415000052")
    await user(world, "no-telephone", Role.CM_OFFICE, None)
    await user(world, "officer", Role.OFFICER, "+919415000053")
    await user(world, "boss", Role.ADMINISTRATOR, "+919415000054")
    await world.pool.execute("update app_user set active = false where sign_in_name = 'babu'")
    await user(world, "chandra", Role.CM_OFFICE, "+919415000055")
    number = await sent_back(world)
    told = await world.pool.fetch(
        "select recipient, body from notification where kind = 'team_returned' order by recipient"
    )
    assert [row["recipient"] for row in told] == ["+919415000051", "+919415000055"]
    assert number in told[0]["body"]
    assert "हमारा क्षेत्र नहीं" in told[0]["body"]


@pytest.mark.parametrize(
    ("from_hours", "until_hours"), [(-48, -1), (1, None)], ids=["over", "later"]
)
async def test_who_has_the_role_at_another_time_is_not_told(
    world: World, from_hours: int, until_hours: int | None
) -> None:
    await user(world, "anita", Role.CM_OFFICE, "+919415000051")
    await world.pool.execute(
        "update role_grant set from_at = $1, until_at = $2",
        world.now + timedelta(hours=from_hours),
        None if until_hours is None else world.now + timedelta(hours=until_hours),
    )
    await sent_back(world)
    told = "select count(*) from notification where kind = 'team_returned'"
    assert await world.pool.fetchval(told) == 0
