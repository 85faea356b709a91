"""Users, roles given and taken back, the first administrator."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest

from access import first, grants, users
from access.errors import (
    AdministratorExistsError,
    GrantError,
    GrantFault,
    InvalidCodeError,
    InvalidUserError,
    LastAdministratorError,
)
from access.rights import TENANT, Grant, Right, Role, Scope, may
from access.users import NewUser, normal_name
from db.pool import Pool
from helpline.clock import ManualClock
from tests.access.people import BY, PASSWORD, People

BOSS = NewUser(sign_in_name="boss", display_name="प्रशासक")


async def test_a_role_is_held_from_and_until(people: People, clock: ManualClock) -> None:
    user = await people.add()
    day = timedelta(days=1)
    start = clock()
    given = Grant(Role.CM_OFFICE, TENANT, None, start + day, start + 2 * day)
    await grants.grant(people.pool, user.id, given, BY, start)
    held = []
    for at in (start, start + day, start + 2 * day - day / 24, start + 2 * day):
        clock.set(at)
        held.append(may(await people.person(user), Right.CONFIDENTIAL_SEE))
    assert held == [False, True, True, False]
    await grants.grant(people.pool, user.id, Grant(Role.CM_OFFICE), BY, clock())


async def test_the_same_role_is_not_given_twice(people: People, clock: ManualClock) -> None:
    user = await people.add(role=Role.AGENT)
    with pytest.raises(GrantError, match="already"):
        await grants.grant(people.pool, user.id, Grant(Role.AGENT), BY, clock())


@pytest.mark.parametrize(
    ("given", "fault"),
    [(Grant(Role.OFFICER), GrantFault.SCOPE),
     (Grant(Role.OFFICER, Scope(post="nowhere")), GrantFault.UNKNOWN),
     (Grant(Role.AGENT, Scope(department="jal")), GrantFault.SCOPE),
     (Grant(Role.CM_OFFICE, Scope(place="lal")), GrantFault.WHOLE)],
)  # fmt: skip
async def test_a_role_that_does_not_fit_is_refused(
    people: People, clock: ManualClock, given: Grant, fault: GrantFault
) -> None:
    user = await people.add()
    with pytest.raises(GrantError) as refused:
        await grants.grant(people.pool, user.id, given, BY, clock())
    assert refused.value.fault == fault


@pytest.mark.parametrize("typed", ["soon", "9999-12-31", "2100-01-01", ""])
def test_what_is_no_day_of_this_century_ends_no_role(typed: str) -> None:
    with pytest.raises(GrantError) as refused:
        grants.end_of(typed)
    assert refused.value.fault == GrantFault.DAY
    assert grants.end_of("2099-12-31") == datetime(2099, 12, 31, 18, 30, tzinfo=UTC)


async def test_a_revoked_role_is_gone_at_once(people: People, clock: ManualClock) -> None:
    user = await people.add(role=Role.OFFICER, scope=Scope(post="bdo"))
    (held,) = (await people.person(user)).grants
    assert held.id is not None
    await grants.revoke(people.pool, user.id, held.id, BY, clock())
    assert (await people.person(user)).grants == ()
    with pytest.raises(GrantError):
        await grants.revoke(people.pool, user.id, held.id, BY, clock())


async def test_an_officers_posts_are_those_of_their_tenures_today(
    people: People, pool: Pool, clock: ManualClock
) -> None:
    user = await people.add(officer="o1")
    await pool.execute(
        "insert into tenure values ('bdo', 'o1', 'holder', '2025-01-01', '2025-11-22'),"
        " ('sdo', 'o1', 'charge', '2025-11-23', null)"
    )
    assert (await people.person(user)).posts == {"bdo"}
    clock.advance(timedelta(hours=14))  # past midnight in India, still the 22nd in UTC
    assert clock().date() == date(2025, 11, 22)
    assert (await people.person(user)).posts == {"sdo"}


async def test_who_held_a_post_that_is_marked_vacant_holds_it_no_more(
    people: People, pool: Pool, clock: ManualClock
) -> None:
    """The mark comes first, mostly: the tenure's end is imported later. A successor does."""
    user = await people.add(officer="o1")
    await pool.execute("insert into tenure values ('bdo', 'o1', 'holder', '2025-01-01', null)")
    today = clock().date()
    mark = "update post set vacant_from = $1 where id = 'bdo'"
    await pool.execute(mark, today + timedelta(days=1))
    assert (await people.person(user)).posts == {"bdo"}
    await pool.execute(mark, today)
    assert (await people.person(user)).posts == set()
    await pool.execute("update tenure set from_on = $1", today)
    assert (await people.person(user)).posts == {"bdo"}
    await pool.execute("update tenure set from_on = '2025-01-01', kind = 'charge'")
    assert (await people.person(user)).posts == {"bdo"}


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"sign_in_name": "é"}, "sign_in_name"), ({"sign_in_name": "SITA"}, "sign_in_name"),
     ({"display_name": " "}, "display_name"), ({"number": "98765"}, "number"),
     ({"number": "+919876543210"}, "number"), ({"agent_id": "1001"}, "agent_id"),
     ({"agent_id": "x"}, "agent_id"), ({"officer": "nobody"}, "officer")],
)  # fmt: skip
async def test_a_field_that_cannot_be_or_is_taken_is_named(
    people: People, fields: dict[str, str], field: str
) -> None:
    await people.add(number="+919876543210", agent_id="1001")
    name = fields.pop("sign_in_name", "mohan")
    with pytest.raises(InvalidUserError) as refused:
        await people.add(name, None, TENANT, **fields)
    assert refused.value.field == field


async def test_the_telephone_of_a_person_who_left_can_be_given_on(
    people: People, clock: ManualClock
) -> None:
    left = await people.add(number="+919876543210")
    await users.set_active(people.pool, left.id, False, BY, clock())
    await people.add("mohan", number="+919876543210")
    with pytest.raises(InvalidUserError):
        await users.set_active(people.pool, left.id, True, BY, clock())


async def test_the_number_of_an_agent_who_left_is_nobody_elses(
    people: People, clock: ManualClock
) -> None:
    """What they wrote and were written, their drafts and their own recordings, stand under it."""
    left = await people.add(agent_id="1001")
    await users.set_active(people.pool, left.id, False, BY, clock())
    with pytest.raises(InvalidUserError) as refused:
        await people.add("mohan", agent_id="1001")
    assert (refused.value.field, refused.value.fault) == ("agent_id", "had")
    await people.add("mohan", agent_id="1002")
    await users.set_active(people.pool, left.id, True, BY, clock())


async def test_a_search_takes_signs_as_they_are(people: People, pool: Pool) -> None:
    await people.add("a_b")
    await people.add("axb")
    async with pool.acquire() as conn:
        assert [user.sign_in_name for user in await users.listed(conn, "a_b")] == ["a_b"]
        assert await users.listed(conn, "%") == []


async def test_the_last_administrator_stays(people: People, clock: ManualClock) -> None:
    user = await people.add(role=Role.ADMINISTRATOR)
    (held,) = (await people.person(user)).grants
    assert held.id is not None
    with pytest.raises(LastAdministratorError):
        await users.set_active(people.pool, user.id, False, BY, clock())
    with pytest.raises(LastAdministratorError):
        await grants.revoke(people.pool, user.id, held.id, BY, clock())
    assert (await people.person(user)).roles == {Role.ADMINISTRATOR}


async def test_two_administrators_cannot_remove_each_other_at_once(
    people: People, clock: ManualClock
) -> None:
    both = [await people.add(name, Role.ADMINISTRATOR) for name in ("sita", "gita")]
    removals = [users.set_active(people.pool, one.id, False, BY, clock()) for one in both]
    results = await asyncio.gather(*removals, return_exceptions=True)
    assert sum(isinstance(one, LastAdministratorError) for one in results) == 1


async def use(people: People, code: str, new: NewUser = BOSS) -> users.User:
    return await first.use_code(
        people.pool, code, new, PASSWORD, people.passwords, remote="", now=people.clock()
    )


async def test_the_first_administrator_is_made_once(people: People, clock: ManualClock) -> None:
    code = await first.issue_code(people.pool, clock())
    names = [NewUser(sign_in_name=name, display_name=name) for name in ("boss1", "boss2")]
    results = await asyncio.gather(*(use(people, code, n) for n in names), return_exceptions=True)
    assert sum(isinstance(one, InvalidCodeError) for one in results) == 1
    assert await people.pool.fetchval("select count(*) from app_user") == 1
    with pytest.raises(AdministratorExistsError):
        await first.issue_code(people.pool, clock())


async def test_a_code_ends_after_an_hour_and_with_the_next_one(
    people: People, clock: ManualClock
) -> None:
    old = await first.issue_code(people.pool, clock())
    newer = await first.issue_code(people.pool, clock())
    with pytest.raises(InvalidCodeError):
        await use(people, old)
    clock.advance(timedelta(hours=1))
    with pytest.raises(InvalidCodeError):
        await use(people, newer)


async def test_a_code_is_worth_nothing_once_there_is_an_administrator(
    people: People, clock: ManualClock
) -> None:
    code = await first.issue_code(people.pool, clock())
    await people.add(role=Role.ADMINISTRATOR)
    with pytest.raises(InvalidCodeError):
        await use(people, code)


async def test_what_is_logged_stays(people: People, pool: Pool) -> None:
    await people.add()
    with pytest.raises(asyncpg.RaiseError, match="append-only"):
        await pool.execute("delete from access_log")


def test_of_a_name_that_is_longer_than_any_the_beginning_is_looked_at() -> None:
    """Marks in disorder take quadratic time to be put in order: 64 KiB of them, seconds."""
    assert normal_name("Sita" + " " * 30) == "sita"
    assert len(normal_name("a" + "\u0327\u0323" * 30_000)) <= 200
